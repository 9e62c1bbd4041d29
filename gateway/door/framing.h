/* A request of a browser as the head of an HTTP_REQUEST to api, and api's HTTP_RESPONSE read back
 * (docs/channels.md). Pure. What api answers is foreign, too: a header it may not set, or one that
 * would split the answer (RFC 9112 section 11.1), makes the whole answer bad. */
#ifndef TL_DOOR_FRAMING_H
#define TL_DOOR_FRAMING_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_HEADER_VALUE_LIMIT_BYTES = 4096,
    TL_ANSWER_HEADERS_LIMIT = 24,
    TL_ANSWER_COOKIES_LIMIT = 4
};

/* The headers api is shown, lower case; the others end here. */
enum { TL_REQUEST_HEADERS = 10 };
extern const char *const tl_request_headers[TL_REQUEST_HEADERS];
extern const size_t tl_request_header_count;

struct tl_request_head {
    const char *method;
    struct tl_text path, query;
    const char *peer;
    struct tl_text headers[TL_REQUEST_HEADERS]; /* as tl_request_headers; data NULL: absent */
    int64_t length;                             /* of the body; 0: none */
    json_t
        *platform; /* what the door knows of the processes, for the call that asks; or NULL */
};

/* malloc'ed JSON. TL_ERROR_FORMAT: a header's value is not UTF-8 or has control characters;
 * TL_ERROR_LIMIT: one is too long. *ret_text is the caller's. */
enum tl_error tl_request_head_write(const struct tl_request_head *head, char **ret_text,
                                    size_t *ret_size);

struct tl_answer_header {
    const char *name; /* lower case */
    struct tl_text value;
};

struct tl_answer {
    int status;
    struct tl_answer_header headers[TL_ANSWER_HEADERS_LIMIT];
    size_t header_count;
    int64_t length; /* content-length, or -1 */
    bool has_cache_control;
    json_t *json; /* what the values point into */
};

/* TL_ERROR_FORMAT. Release with tl_answer_release. */
enum tl_error tl_answer_read(struct tl_bytes json, struct tl_answer *ret_answer);
void tl_answer_release(struct tl_answer *answer);

/* RFC 9457, with "type" "/problems/CODE". malloc'ed; NULL when out of memory. French unless asked
 * otherwise. */
char *tl_problem_write(int status, const char *code, bool english);

/* One query parameter as the server library gives it back, decoded: written again with percent
 * encoding (RFC 3986 section 2.1), so that what was encoded stays data. */
void tl_query_write(struct tl_writer *writer, struct tl_text fragment);

#endif
