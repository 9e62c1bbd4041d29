/* STUN messages (RFC 8489), as much as ICE needs (RFC 8445): Binding requests, indications and
 * responses with short-term credentials.
 *
 *      0                   1                   2                   3
 *     |0 0|  message type             |  length without the header   |
 *     |  magic cookie 0x2112A442                                     |
 *     |  transaction id (96 bits)                                    |
 *     |  attributes: type, length, value padded to 4 bytes ...       |
 */
#ifndef TL_MEDIA_STUN_H
#define TL_MEDIA_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "media/address.h"

enum {
    TL_STUN_HEADER_SIZE = 20,
    TL_STUN_TRANSACTION_SIZE = 12,
    TL_STUN_MESSAGE_LIMIT = 1200, /* longest we read or write */
    TL_STUN_USERNAME_LIMIT = 512, /* RFC 8489 section 14.3: less than 513 bytes */
    TL_STUN_UNKNOWN_LIMIT = 8,
    TL_STUN_INTEGRITY_SIZE = 20
};

enum tl_stun_class {
    TL_STUN_REQUEST = 0,
    TL_STUN_INDICATION = 1,
    TL_STUN_SUCCESS = 2,
    TL_STUN_ERROR = 3
};

enum { TL_STUN_BINDING = 1 };

struct tl_stun_message {
    enum tl_stun_class class_;
    uint16_t method;
    uint8_t transaction[TL_STUN_TRANSACTION_SIZE];
    struct tl_text username; /* data NULL when absent; spans point into the datagram */
    bool has_priority, has_controlling, has_controlled, use_candidate, has_fingerprint;
    bool has_mapped;
    uint32_t priority;
    uint64_t tie_breaker;
    struct tl_address mapped; /* XOR-MAPPED-ADDRESS */
    unsigned error_code;      /* of an error response, else 0 */
    size_t integrity_offset;  /* of the MESSAGE-INTEGRITY attribute; 0 when absent */
    uint16_t unknown[TL_STUN_UNKNOWN_LIMIT]; /* comprehension-required and not understood */
    size_t unknown_count;
};

/* Cheap test for demultiplexing (RFC 7983): first byte 0 to 3, magic cookie, length. */
bool tl_stun_is_message(struct tl_bytes datagram);
/* TL_ERROR_FORMAT: not STUN, or broken. A FINGERPRINT that is there must match. Attributes after
 * MESSAGE-INTEGRITY other than FINGERPRINT are not read (RFC 8489 section 14.5). */
enum tl_error tl_stun_read(struct tl_bytes datagram, struct tl_stun_message *ret_message);
/* Checks MESSAGE-INTEGRITY of a message just read; key is the password (short-term credential).
 * TL_ERROR_MISSING, TL_ERROR_AUTH. */
enum tl_error tl_stun_verify(struct tl_bytes datagram, const struct tl_stun_message *message,
                             struct tl_text password);

/* Writing: class, method, transaction and the attributes that are set. software, username and
 * error_reason may be empty. With a password, MESSAGE-INTEGRITY is added; FINGERPRINT always.
 * Unknown attributes are listed when error_code is 420. TL_ERROR_LIMIT: it does not fit. */
enum tl_error tl_stun_write(const struct tl_stun_message *message, struct tl_text password,
                            void *buffer, size_t room, size_t *ret_size);

/* What TURN (media/turn.h) shares: an XOR-...-ADDRESS attribute (RFC 8489 section 14.2), and the
 * HMAC of what stands before MESSAGE-INTEGRITY. */
enum tl_error tl_stun_read_address(struct tl_bytes value, const uint8_t *transaction,
                                   struct tl_address *ret_address);
void tl_stun_write_address(struct tl_writer *writer, uint16_t type, const uint8_t *transaction,
                           const struct tl_address *address);
enum tl_error tl_stun_integrity(struct tl_bytes before, struct tl_text key,
                                uint8_t ret_hmac[TL_STUN_INTEGRITY_SIZE]);

#endif
