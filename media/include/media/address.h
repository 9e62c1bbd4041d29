/* A transport address: IPv6, or IPv4 in its mapped form (::ffff:a.b.c.d), so that one comparison
 * and one hash serve both, and no second spelling of an address can slip past a check. */
#ifndef TL_MEDIA_ADDRESS_H
#define TL_MEDIA_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"

struct tl_address {
    uint8_t ip[16];
    uint16_t port;
    /* Which of our own addresses it spoke to, as the socket's shell numbers them; 0: any. Carried
     * along so that an answer leaves from there; never compared. */
    uint16_t path;
    /* The stream it is the far end of (media/streams.h); 0: datagrams. Compared: the same host and
     * port over TCP is another address, and only the streams' shell can make one. */
    uint32_t stream;
};

static inline bool tl_address_equal(const struct tl_address *a, const struct tl_address *b)
{
    return a->port == b->port && a->stream == b->stream &&
           memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool tl_address_is_ipv4(const struct tl_address *address);
struct tl_address tl_address_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
/* From a sockaddr_in or sockaddr_in6. TL_ERROR_UNSUPPORTED for other families. */
enum tl_error tl_address_from_socket(const void *socket_address,
                                     struct tl_address *ret_address);
void tl_address_to_socket(const struct tl_address *address, struct sockaddr_in6 *ret_socket);
/* Reads "203.0.113.7" or "2001:db8::1". TL_ERROR_FORMAT. */
enum tl_error tl_address_read(struct tl_text ip, uint16_t port, struct tl_address *ret_address);
/* The address without its port, as text. */
enum { TL_ADDRESS_TEXT_SIZE = 46 };
void tl_address_write_ip(const struct tl_address *address, char buffer[TL_ADDRESS_TEXT_SIZE]);
/* For tables: keyed, so that a peer cannot choose addresses and ports that collide. */
uint64_t tl_address_hash(const struct tl_address *address, const struct tl_hash_key *key);

#endif
