/* An HTTP proxy's CONNECT (RFC 9110 section 9.3.6): whom to ask, what to say, what it answers. Pure. */
#ifndef TL_CLIENT_PROXY_H
#define TL_CLIENT_PROXY_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum { TL_PROXY_TEXT_SIZE = 256, TL_PROXY_ANSWER_LIMIT = 8192, TL_PROXY_REQUEST_ROOM = 1536 };

struct tl_proxy {
    char host[TL_PROXY_TEXT_SIZE];
    uint16_t port;
    char authorization[2 * TL_PROXY_TEXT_SIZE]; /* "Basic ..."; "": none */
};

/* http://[USER:PASSWORD@]HOST[:PORT][/]; HOST may be [::1]; the scheme may be missing; port 80 when
 * none is said, 3128 without a scheme. TL_ERROR_FORMAT: anything else, https:// too. */
enum tl_error tl_proxy_read(const char *url, struct tl_proxy *ret_proxy);
/* TL_ERROR_LIMIT. */
enum tl_error tl_proxy_request_write(const struct tl_proxy *proxy, const char *host,
                                     uint16_t port, char *buffer, size_t room,
                                     size_t *ret_size);
/* TL_ERROR_AGAIN: not whole yet; TL_ERROR_FORMAT: no HTTP, or too long. What follows ret_size bytes
 * is the other end's. */
enum tl_error tl_proxy_answer_read(struct tl_bytes bytes, unsigned *ret_status,
                                   size_t *ret_size);
/* turns:HOST:PORT?transport=tcp, as servers name TURN (RFC 7065). TL_ERROR_FORMAT: another scheme or
 * transport. */
enum tl_error tl_turn_url_read(const char *url, char ret_host[TL_PROXY_TEXT_SIZE],
                               uint16_t *ret_port);

#endif
