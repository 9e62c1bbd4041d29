#include "http/request.h"

#include <string.h>

#include "base/json.h"

static const char *const method_words[] = { "GET", "POST", "PATCH", "DELETE" };

const char *tl_language_code(enum tl_language language)
{
    return language == TL_ENGLISH ? "en" : "fr";
}

enum tl_language tl_language_read(struct tl_text accept)
{
    struct tl_text part;
    for (bool more = accept.data != NULL; more;) {
        more = tl_text_split(&accept, ',', &part);
        while (part.size && part.data[0] == ' ')
            part = (struct tl_text){ part.data + 1, part.size - 1 };
        if (tl_text_starts_with(part, "en"))
            return TL_ENGLISH;
        if (tl_text_starts_with(part, "fr"))
            return TL_FRENCH;
    }
    return TL_FRENCH;
}

static struct tl_text header(json_t *headers, const char *name)
{
    json_t *value = json_object_get(headers, name);
    if (!json_is_string(value))
        return (struct tl_text){ NULL, 0 };
    return (struct tl_text){ json_string_value(value), json_string_length(value) };
}

/* The door chooses which headers it keeps; those nobody here asks for are let be. */
static bool headers_are_bounded(json_t *headers)
{
    const char *name;
    json_t *value;
    if (json_object_size(headers) > TL_REQUEST_HEADERS_LIMIT)
        return false;
    json_object_foreach(headers, name, value) if (!json_is_string(value) ||
                                                  json_string_length(value) >
                                                      TL_REQUEST_HEADER_LIMIT) return false;
    return true;
}

enum tl_error tl_request_read(json_t *head, struct tl_request *ret_request)
{
    struct tl_request request = { .method = TL_METHOD_COUNT };
    struct tl_fields f = tl_fields(head);
    struct tl_text method = tl_field_text(&f, "method", 1, 16);
    request.path = tl_field_text(&f, "path", 1, TL_REQUEST_PATH_LIMIT);
    request.query = tl_field_text_or_none(&f, "query", TL_REQUEST_QUERY_LIMIT);
    request.peer = tl_field_text(&f, "peer", 1, 64);
    json_t *headers = tl_field_object(&f, "headers");
    request.platform = tl_field_object_or_none(&f, "platform");
    request.length = tl_field_integer_or(&f, "length", -1, INT64_MAX, -1);
    if (tl_fields_end(&f) || !headers_are_bounded(headers))
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < TL_METHOD_COUNT; i++)
        if (tl_text_is(method, method_words[i]))
            request.method = (enum tl_method)i;
    if (request.method == TL_METHOD_COUNT)
        return TL_ERROR_UNSUPPORTED;
    request.content_type = header(headers, "content-type");
    request.cookie = header(headers, "cookie");
    request.csrf = header(headers, "x-teleloire-csrf");
    request.idempotency_key = header(headers, "idempotency-key");
    request.if_match = header(headers, "if-match");
    request.name = header(headers, "x-teleloire-name");
    request.language = tl_language_read(header(headers, "accept-language"));
    *ret_request = request;
    return TL_OK;
}

enum tl_error tl_cookie_read(struct tl_text all, const char *name, struct tl_text *ret_value)
{
    struct tl_text pair, key;
    for (bool more = all.data != NULL; more;) {
        more = tl_text_split(&all, ';', &pair);
        while (pair.size && pair.data[0] == ' ')
            pair = (struct tl_text){ pair.data + 1, pair.size - 1 };
        if (tl_text_split(&pair, '=', &key) && tl_text_is(key, name)) {
            *ret_value = pair;
            return TL_OK;
        }
    }
    return TL_ERROR_MISSING;
}

void tl_percent_write(struct tl_writer *writer, struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            tl_write_u8(writer, (uint8_t)c);
        else
            tl_write_format(writer, "%%%02X", (unsigned)(uint8_t)c);
    }
}

enum tl_error tl_percent_read(struct tl_text text, char *buffer, size_t size, size_t *ret_size)
{
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte == '%') {
            if (text.size - i < 3 ||
                tl_hex_read((struct tl_text){ text.data + i + 1, 2 }, &byte, 1))
                return TL_ERROR_FORMAT;
            i += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        if (used == size)
            return TL_ERROR_LIMIT;
        buffer[used++] = (char)byte;
    }
    if (!tl_utf8_is_valid((struct tl_text){ buffer, used }))
        return TL_ERROR_FORMAT;
    *ret_size = used;
    return TL_OK;
}

static enum tl_error add_parameter(json_t *object, struct tl_text pair)
{
    struct tl_text key;
    char name[TL_JSON_NAME_LIMIT], value[TL_QUERY_VALUE_LIMIT];
    size_t name_size, value_size;
    bool has_value = tl_text_split(&pair, '=', &key);
    enum tl_error error = tl_percent_read(key, name, sizeof name - 1, &name_size);
    if (!error)
        error =
            tl_percent_read(has_value ? pair : TL_TEXT(""), value, sizeof value, &value_size);
    if (error)
        return error;
    name[name_size] = 0;
    if (!name_size || strlen(name) != name_size || json_object_get(object, name))
        return TL_ERROR_FORMAT;
    if (json_object_size(object) == TL_QUERY_PARAMETERS_LIMIT)
        return TL_ERROR_LIMIT;
    return json_object_set_new(object, name, json_stringn(value, value_size)) ? TL_ERROR_MEMORY
                                                                              : TL_OK;
}

enum tl_error tl_query_read(struct tl_text query, json_t **ret_object)
{
    json_t *object = json_object();
    enum tl_error error = object ? TL_OK : TL_ERROR_MEMORY;
    struct tl_text pair;
    for (bool more = query.size > 0; more && !error;) {
        more = tl_text_split(&query, '&', &pair);
        error = add_parameter(object, pair);
    }
    if (error)
        json_decref(object);
    else
        *ret_object = object;
    return error;
}
