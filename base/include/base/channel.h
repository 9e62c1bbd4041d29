/* Channels between roles: SOCK_SEQPACKET pairs carrying typed messages, descriptors beside them.
 *
 *      0                   1                   2                   3
 *     +-------------------------------+-------------------------------+
 *     | 0x544c "TL"                   | type                          |
 *     +-------------------------------+-------------------------------+
 *     | flags                         | 0                             |
 *     +-------------------------------+-------------------------------+
 *     | request number (0: no answer expected)                        |
 *     +---------------------------------------------------------------+
 *     | size of JSON                                                  |
 *     +---------------------------------------------------------------+
 *     | JSON object (may be empty), then raw bytes to the end         |
 *
 * The types and their directions are declared in channels/, one table a direction. A reader
 * treats every message as hostile: a malformed one is TL_ERROR_FORMAT, descriptors it carried
 * are closed, and the channel stays usable. */
#ifndef TL_BASE_CHANNEL_H
#define TL_BASE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_CHANNEL_HEADER_SIZE = 16,
    TL_CHANNEL_JSON_LIMIT = 65536,
    TL_CHANNEL_RAW_LIMIT = 65536,
    TL_CHANNEL_MESSAGE_LIMIT =
        TL_CHANNEL_HEADER_SIZE + TL_CHANNEL_JSON_LIMIT + TL_CHANNEL_RAW_LIMIT,
    TL_CHANNEL_FDS_LIMIT = 4,
    TL_CHANNEL_QUEUE_BYTES_LIMIT = 4 * 1024 * 1024
};

enum tl_channel_flags {
    TL_CHANNEL_MORE = 1,  /* the body goes on in another message of the same request */
    TL_CHANNEL_REPLY = 2, /* answers the request of this number */
    TL_CHANNEL_ERROR = 4  /* a reply that refuses: JSON is {"error": name, "detail": text} */
};

struct tl_channel_message {
    uint16_t type;
    uint16_t flags;
    uint32_t request;
    struct tl_bytes json; /* not owned; valid until the next receive */
    struct tl_bytes raw;
    int fds[TL_CHANNEL_FDS_LIMIT]; /* received: the reader owns them; sent: stay the sender's */
    unsigned fd_count;
};

struct tl_channel; /* one end */

/* Takes over fd (a SOCK_SEQPACKET socket), makes it non-blocking. NULL when out of memory; fd is
 * then still the caller's. */
struct tl_channel *tl_channel_new(int fd);
/* Closes it; takes NULL; returns NULL. */
struct tl_channel *tl_channel_free(struct tl_channel *channel);
int tl_channel_fd(const struct tl_channel *channel);
/* A connected pair of descriptors, close-on-exec. */
enum tl_error tl_channel_pair(int ret_fds[2]);

/* Sends at once, or queues a copy when the peer is slow (descriptors are duplicated). Never
 * blocks. TL_ERROR_LIMIT: too large, or TL_CHANNEL_QUEUE_BYTES_LIMIT are waiting: the peer is
 * stuck and the message was not taken. TL_ERROR_CLOSED: the peer is gone. */
enum tl_error tl_channel_send(struct tl_channel *channel,
                              const struct tl_channel_message *message);
/* Sends what waits. TL_OK when nothing is left, TL_ERROR_AGAIN when the peer is still slow. */
enum tl_error tl_channel_flush(struct tl_channel *channel);
bool tl_channel_wants_write(const struct tl_channel *channel);
size_t tl_channel_queued_bytes(const struct tl_channel *channel);

/* One message. TL_ERROR_AGAIN: none now. TL_ERROR_CLOSED: peer gone. TL_ERROR_FORMAT: a bad
 * message was dropped and counted. */
enum tl_error tl_channel_receive(struct tl_channel *channel,
                                 struct tl_channel_message *ret_message);
/* Waits at most timeout_ms (-1: for ever) for a message. TL_ERROR_TIMEOUT. For synchronous roles. */
enum tl_error tl_channel_wait(struct tl_channel *channel, int timeout_ms,
                              struct tl_channel_message *ret_message);
uint64_t tl_channel_bad_messages(const struct tl_channel *channel);

/* The pure part, for tests and fuzzing: bytes of one datagram into a message without
 * descriptors. */
enum tl_error tl_channel_message_read(struct tl_bytes datagram,
                                      struct tl_channel_message *ret_message);
enum tl_error tl_channel_message_header(const struct tl_channel_message *message,
                                        uint8_t ret_header[TL_CHANNEL_HEADER_SIZE]);

#endif
