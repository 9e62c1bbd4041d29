#include "client/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"

enum { ANSWER_LIMIT = 1 << 20, URL_SIZE = 1024, WHY_SIZE = 512, TIMEOUT_S = 15, CONNECT_S = 8 };

struct tl_http {
    CURL *curl;
    char base[URL_SIZE], csrf[256], why[WHY_SIZE];
    const char *word;
    char *answer;
    size_t size;
};

struct tl_http *tl_http_free(struct tl_http *http)
{
    if (!http)
        return NULL;
    curl_easy_cleanup(http->curl);
    free(http->answer);
    free(http);
    return NULL;
}

static size_t take_answer(char *data, size_t one, size_t count, void *context)
{
    struct tl_http *http = context;
    size_t size = one * count;
    if (size > ANSWER_LIMIT - http->size)
        return 0;
    memcpy(http->answer + http->size, data, size);
    http->size += size;
    return size;
}

struct tl_http *tl_http_new(const char *base, const char *ca, const char *proxy)
{
    struct tl_http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    http->curl = curl_easy_init();
    http->answer = malloc(ANSWER_LIMIT);
    if (!http->curl || !http->answer || tl_text_copy(tl_text(base), http->base, URL_SIZE))
        return tl_http_free(http);
    if (ca)
        curl_easy_setopt(http->curl, CURLOPT_CAINFO, ca);
    curl_easy_setopt(http->curl, CURLOPT_COOKIEFILE, ""); /* in memory */
    curl_easy_setopt(http->curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(http->curl, CURLOPT_PROXY, proxy ? proxy : "");
    curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    http->word = "";
    curl_easy_setopt(http->curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(http->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, http);
    return http;
}

void tl_http_set_csrf(struct tl_http *http, const char *csrf)
{
    (void)tl_text_copy(tl_text(csrf ? csrf : ""), http->csrf, sizeof http->csrf);
}

const char *tl_http_why(const struct tl_http *http)
{
    return http->why;
}

const char *tl_http_word(const struct tl_http *http)
{
    return http->word;
}

static const char *word_of(struct tl_http *http, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_HTTP_CONNECTCODE, &status);
    if (status == 407)
        return "proxy_credentials";
    if (status >= 300)
        return "proxy_refused";
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return "name";
    case CURLE_COULDNT_CONNECT: return "refused";
    case CURLE_OPERATION_TIMEDOUT: return "no_answer";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return "certificate";
    case CURLE_SSL_CONNECT_ERROR: return "tls";
    default: return "closed";
    }
}

static struct curl_slist *headers_of(const struct tl_http *http, bool changes)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    char line[512], key[TL_UUID_SIZE];
    headers = curl_slist_append(headers, "Accept-Language: fr");
    if (!changes)
        return headers;
    headers = curl_slist_append(headers, "Content-Type: application/json");
    tl_random_uuid(key);
    snprintf(line, sizeof line, "Idempotency-Key: %s", key);
    headers = curl_slist_append(headers, line);
    if (*http->csrf) {
        snprintf(line, sizeof line, "X-Teleloire-CSRF: %s", http->csrf);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

enum tl_error tl_http_call(struct tl_http *http, const char *method, const char *path,
                           json_t *body, int expected, json_t **ret_answer)
{
    tl_autojson json_t *owned = body;
    tl_autofree char *text = NULL;
    size_t size = 0;
    char url[2 * URL_SIZE];
    snprintf(url, sizeof url, "%s%s", http->base, path);
    if (owned && tl_json_write(owned, &text, &size))
        return TL_ERROR_MEMORY;
    bool changes = strcmp(method, "GET") != 0;
    struct curl_slist *headers = headers_of(http, changes);
    http->size = 0;
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    if (changes) {
        curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, text ? text : "{}");
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE, text ? (long)size : 2L);
    }
    curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode result = curl_easy_perform(http->curl);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) {
        snprintf(http->why, sizeof http->why, "%s %s: %s", method, path,
                 curl_easy_strerror(result));
        http->word = word_of(http, result);
        return TL_ERROR_AWAY;
    }
    long status = 0;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != expected) {
        snprintf(http->why, sizeof http->why, "%s %s: %ld, not %d: %.*s", method, path, status,
                 expected, (int)(http->size < 300 ? http->size : 300), http->answer);
        http->word = status == 429 || status == 503 ? "busy" : "no_access";
        return TL_ERROR_STATE;
    }
    http->word = "";
    if (ret_answer)
        *ret_answer = http->size ? json_loadb(http->answer, http->size, 0, NULL) : NULL;
    return TL_OK;
}
