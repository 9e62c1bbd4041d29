#include "framing.h"

#include "base/channel.h"
#include "base/json.h"
#include "base/memory.h"

const char *const tl_request_headers[TL_REQUEST_HEADERS] = {
    "content-type", "cookie",   "x-teleloire-csrf", "idempotency-key", "accept-language",
    "origin",       "if-match", "if-none-match",    "user-agent",      "x-teleloire-name",
};
const size_t tl_request_header_count = TL_REQUEST_HEADERS;

/* What api may say about its answer. The connection and the policies are the door's. */
static const char *const answer_headers[] = {
    "content-type",     "content-length", "content-disposition",
    "content-language", "cache-control",  "etag",
    "last-modified",    "location",       "retry-after",
    "www-authenticate", "vary",           "allow",
};

/* Visible characters, space and beyond ASCII; no line end (RFC 9110 section 5.5). */
static bool value_is_plain(struct tl_text value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static json_t *text(struct tl_text value)
{
    return json_stringn(value.data ? value.data : "", value.size);
}

static enum tl_error headers_write(const struct tl_request_head *head, json_t *headers)
{
    for (size_t i = 0; i < tl_request_header_count; i++) {
        struct tl_text value = head->headers[i];
        if (!value.data)
            continue;
        if (value.size > TL_HEADER_VALUE_LIMIT_BYTES)
            return TL_ERROR_LIMIT;
        if (!value_is_plain(value) || !tl_utf8_is_valid(value))
            return TL_ERROR_FORMAT;
        if (json_object_set_new(headers, tl_request_headers[i], text(value)) != 0)
            return TL_ERROR_MEMORY;
    }
    return TL_OK;
}

enum tl_error tl_request_head_write(const struct tl_request_head *head, char **ret_text,
                                    size_t *ret_size)
{
    tl_autojson json_t *headers = json_object();
    if (!headers)
        return TL_ERROR_MEMORY;
    enum tl_error error = headers_write(head, headers);
    if (error)
        return error;
    if (!tl_utf8_is_valid(head->query))
        return TL_ERROR_FORMAT;
    tl_autojson json_t *object =
        json_pack("{s:s,s:o,s:o,s:s,s:O,s:I}", "method", head->method, "path", text(head->path),
                  "query", text(head->query), "peer", head->peer, "headers", headers, "length",
                  (json_int_t)head->length);
    if (object && head->platform && json_object_set(object, "platform", head->platform) != 0)
        return TL_ERROR_MEMORY;
    return object ? tl_json_write(object, ret_text, ret_size) : TL_ERROR_MEMORY;
}

static enum tl_error header_add(struct tl_answer *answer, const char *name, json_t *value)
{
    struct tl_text words = { json_string_value(value), json_string_length(value) };
    if (!json_is_string(value) || words.size > TL_HEADER_VALUE_LIMIT_BYTES ||
        !value_is_plain(words) || answer->header_count == TL_ANSWER_HEADERS_LIMIT)
        return TL_ERROR_FORMAT;
    answer->headers[answer->header_count++] = (struct tl_answer_header){ name, words };
    return TL_OK;
}

static enum tl_error cookies_add(struct tl_answer *answer, json_t *cookies)
{
    if (!json_is_array(cookies))
        return header_add(answer, "set-cookie", cookies);
    enum tl_error error =
        json_array_size(cookies) > TL_ANSWER_COOKIES_LIMIT ? TL_ERROR_FORMAT : TL_OK;
    for (size_t i = 0; !error && i < json_array_size(cookies); i++)
        error = header_add(answer, "set-cookie", json_array_get(cookies, i));
    return error;
}

static enum tl_error headers_read(struct tl_answer *answer, json_t *headers)
{
    const char *name;
    json_t *value;
    json_object_foreach(headers, name, value)
    {
        size_t known = 0;
        while (known < TL_COUNT_OF(answer_headers) && strcmp(answer_headers[known], name) != 0)
            known++;
        enum tl_error error;
        uint64_t length;
        if (strcmp(name, "set-cookie") == 0) {
            error = cookies_add(answer, value);
        } else if (known == TL_COUNT_OF(answer_headers)) {
            error = TL_ERROR_FORMAT;
        } else if (strcmp(name, "content-length") == 0) {
            struct tl_text words = { json_string_value(value), json_string_length(value) };
            error = json_is_string(value) ? tl_text_u64(words, INT32_MAX, &length)
                                          : TL_ERROR_FORMAT;
            if (!error)
                answer->length = (int64_t)length;
        } else {
            error = header_add(answer, answer_headers[known], value);
            answer->has_cache_control |= strcmp(name, "cache-control") == 0;
        }
        if (error)
            return TL_ERROR_FORMAT;
    }
    return TL_OK;
}

enum tl_error tl_answer_read(struct tl_bytes json, struct tl_answer *ret_answer)
{
    tl_autojson json_t *object = NULL;
    if (tl_json_read(json, TL_CHANNEL_JSON_LIMIT, &object))
        return TL_ERROR_FORMAT;
    struct tl_fields f = tl_fields(object);
    struct tl_answer answer = { .length = -1 };
    answer.status = (int)tl_field_integer(&f, "status", 200, 599);
    json_t *headers = tl_field_object(&f, "headers");
    if (tl_fields_end(&f) || headers_read(&answer, headers))
        return TL_ERROR_FORMAT;
    answer.json = TL_TAKE(object);
    *ret_answer = answer;
    return TL_OK;
}

void tl_answer_release(struct tl_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

/* ---- what the door itself refuses ---- */

static const struct {
    int status;
    const char *title_fr, *detail_fr, *title_en, *detail_en;
} problems[] = {
    { 400, "Demande incomprise", "La demande ne respecte pas le protocole.",
      "Request not understood", "The request does not follow the protocol." },
    { 403, "Refusé", "Cette demande n'est pas permise.", "Refused",
      "This request is not allowed." },
    { 404, "Introuvable", "Il n'y a rien à cette adresse.", "Not found",
      "There is nothing at this address." },
    { 405, "Méthode refusée", "Cette adresse ne se demande pas ainsi.", "Method not allowed",
      "This address is not asked for in that way." },
    { 408, "Trop lent", "La demande n'est pas arrivée à temps.", "Too slow",
      "The request did not arrive in time." },
    { 411, "Longueur inconnue", "La taille du contenu doit être annoncée.", "Length required",
      "The size of the content must be given." },
    { 413, "Trop volumineux", "Le contenu envoyé dépasse la taille permise.", "Too large",
      "What was sent is larger than allowed." },
    { 414, "Adresse trop longue", "L'adresse demandée est trop longue.", "Address too long",
      "The address asked for is too long." },
    { 429, "Trop de demandes", "Attendez un instant avant de réessayer.", "Too many requests",
      "Wait a moment before trying again." },
    { 431, "En-têtes trop longs", "Les en-têtes de la demande sont trop longs.",
      "Headers too long", "The headers of the request are too long." },
    { 502, "Réponse illisible", "Le service a mal répondu. Réessayez.", "Bad answer",
      "The service answered badly. Try again." },
    { 503, "Service occupé", "Le service est occupé ou redémarre. Réessayez dans un instant.",
      "Service busy", "The service is busy or restarting. Try again in a moment." },
    { 504, "Pas de réponse", "Le service n'a pas répondu à temps. Réessayez.", "No answer",
      "The service did not answer in time. Try again." },
};

char *tl_problem_write(int status, const char *code, bool english)
{
    size_t i = 0;
    while (i + 1 < TL_COUNT_OF(problems) && problems[i].status != status)
        i++;
    char type[80] = "/problems/";
    strncat(type, code, sizeof type - sizeof "/problems/");
    tl_autojson json_t *object =
        json_pack("{s:s,s:s,s:i,s:s}", "type", type, "title",
                  english ? problems[i].title_en : problems[i].title_fr, "status", status,
                  "detail", english ? problems[i].detail_en : problems[i].detail_fr);
    return object ? json_dumps(object, JSON_COMPACT) : NULL;
}

static bool is_unreserved(unsigned char c) /* RFC 3986 section 2.3 */
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

void tl_query_write(struct tl_writer *writer, struct tl_text fragment)
{
    bool name = true;
    if (writer->used)
        tl_write_u8(writer, '&');
    for (size_t i = 0; i < fragment.size; i++) {
        unsigned char c = (unsigned char)fragment.data[i];
        if (name && c == '=')
            name = false, tl_write_u8(writer, c);
        else if (is_unreserved(c))
            tl_write_u8(writer, c);
        else
            tl_write_format(writer, "%%%02X", c);
    }
}
