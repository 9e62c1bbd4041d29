/* The HTTP side of a native participant: one person's cookies and CSRF token, over libcurl. */
#ifndef TL_CLIENT_HTTP_H
#define TL_CLIENT_HTTP_H

#include <jansson.h>

#include "base/error.h"

struct tl_http;

/* base: https://HOST:PORT; ca and proxy (http://...) may be NULL. NULL when out of memory. */
struct tl_http *tl_http_new(const char *base, const char *ca, const char *proxy);
struct tl_http *tl_http_free(struct tl_http *http);
void tl_http_set_csrf(struct tl_http *http, const char *csrf);
/* body may be NULL; it is taken over. The answer (NULL when it was not JSON) is the caller's.
 * TL_ERROR_AWAY: no connection, or TLS refused; TL_ERROR_STATE: a status other than expected.
 * tl_http_why says in words what went wrong. */
enum tl_error tl_http_call(struct tl_http *http, const char *method, const char *path,
                           json_t *body, int expected, json_t **ret_answer);
const char *tl_http_why(const struct tl_http *http);
/* The same as a word of docs/probe.md. */
const char *tl_http_word(const struct tl_http *http);

#endif
