/* An HTTP request as the door frames it (docs/channels.md), and the small readers handlers need.
 * Pure: no database, no clock. */
#ifndef TL_RECORDS_REQUEST_H
#define TL_RECORDS_REQUEST_H

#include <jansson.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum tl_method { TL_GET, TL_POST, TL_PATCH, TL_DELETE, TL_METHOD_COUNT };

enum {
    TL_REQUEST_PATH_LIMIT = 512,
    TL_REQUEST_QUERY_LIMIT = 2048,
    TL_REQUEST_HEADERS_LIMIT = 40,
    TL_REQUEST_HEADER_LIMIT = 8192,
    TL_QUERY_PARAMETERS_LIMIT = 12,
    TL_QUERY_VALUE_LIMIT = 400
};

enum tl_language { TL_FRENCH, TL_ENGLISH };
const char *tl_language_code(enum tl_language language);

/* What people read, in both languages, side by side so that neither is forgotten. */
struct tl_words {
    const char *in[2]; /* by tl_language */
};
#define TL_SAY(french, english) ((struct tl_words){ { (french), (english) } })

/* Spans into the JSON head, and the body given to the dispatcher. */
struct tl_request {
    enum tl_method method;
    struct tl_text path, query, peer;
    struct tl_text content_type, cookie, csrf, idempotency_key, if_match;
    struct tl_text name; /* of a file sent, percent-encoded: a name may be a patient's */
    enum tl_language language;
    json_t *platform; /* what the door knows of the processes, where it is asked; or NULL */
    int64_t length;   /* announced, -1 when it was not */
    struct tl_bytes body;
};

/* TL_ERROR_FORMAT: a field is missing, unknown, or too long. TL_ERROR_UNSUPPORTED: a method no
 * route has. */
enum tl_error tl_request_read(json_t *head, struct tl_request *ret_request);

/* The first of fr and en a client names; French when it names neither. */
enum tl_language tl_language_read(struct tl_text accept_language);
/* The value of one cookie (RFC 6265 section 4.2.1); TL_ERROR_MISSING. */
enum tl_error tl_cookie_read(struct tl_text header, const char *name,
                             struct tl_text *ret_value);
/* Percent-decodes into buffer (RFC 3986 section 2.1; + is a space, as forms write it).
 * TL_ERROR_FORMAT: malformed or not UTF-8; TL_ERROR_LIMIT: does not fit. */
enum tl_error tl_percent_read(struct tl_text text, char *buffer, size_t size, size_t *ret_size);
/* All but the unreserved characters of RFC 3986 section 2.3 as %XX; fails as the writer does. */
void tl_percent_write(struct tl_writer *writer, struct tl_text text);
/* a=b&c=d with %XX and + into an object of texts, for tl_fields. TL_ERROR_FORMAT: malformed, a
 * name twice, not UTF-8; TL_ERROR_LIMIT: too many or too long. */
enum tl_error tl_query_read(struct tl_text query, json_t **ret_object);

#endif
