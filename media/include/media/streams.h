/* The relay's TCP connections: ICE over TCP, passive side (RFC 6544), accepted on the relay's own
 * port or handed over by the door, which shares 443. To the core a connection is an address: that
 * of the peer with a number no datagram can carry, so that tuples, nomination and consent are the
 * same for both. A shell: what a frame means, the core says.
 *
 * A connection that has not authenticated within TL_STREAM_UNKNOWN_US, or begins with anything but
 * STUN, is closed; so is one whose participant has gone. What a peer does not read is bounded:
 * pictures are dropped first, then everything, and both are counted. */
#ifndef TL_MEDIA_STREAMS_H
#define TL_MEDIA_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/address.h"

enum {
    TL_STREAMS_LIMIT = 1024,           /* power of two */
    TL_STREAMS_OF_ADDRESS_LIMIT = 256, /* a whole hospital behind one router */
    TL_STREAMS_UNKNOWN_LIMIT = 256, /* not authenticated: then the oldest of them gives way */
    TL_STREAM_UNKNOWN_US = 5 * TL_SECOND_US,
    TL_STREAM_OUT_ROOM = 48 * 1024,      /* waiting for the kernel, of one connection */
    TL_STREAM_OUT_VIDEO = 24 * 1024,     /* from here on no picture is added */
    TL_STREAM_KERNEL_BUFFER = 64 * 1024, /* what the kernel queues is delay as well */
};

struct tl_streams_counters {
    uint64_t accepted;    /* on the own port */
    uint64_t handed;      /* by the door */
    uint64_t turned_away; /* over a limit */
    uint64_t closed_unknown, closed_format, closed_peer;
    uint64_t dropped_video, dropped_other; /* datagrams for which there was no room */
};

/* Who uses the connections. */
struct tl_streams_user {
    void *context;
    /* One datagram that came; it may be written to. */
    void (*receive)(void *context, const struct tl_address *from, uint8_t *data, size_t size);
    /* Has the address authenticated, and does that hold? */
    bool (*knows)(void *context, const struct tl_address *address);
};

struct tl_streams;
/* bind_to NULL: no port of its own. TL_ERROR_IO: it cannot be bound (errno says why). */
enum tl_error tl_streams_new(const struct tl_address *bind_to,
                             const struct tl_streams_user *user,
                             struct tl_streams **ret_streams);
struct tl_streams *tl_streams_free(struct tl_streams *streams);
/* Readable when tl_streams_serve has something to do. */
int tl_streams_fd(const struct tl_streams *streams);
/* The port it listens on; 0: none. */
uint16_t tl_streams_port(const struct tl_streams *streams);
/* A connection the door accepted and read nothing from; fd is taken over. */
enum tl_error tl_streams_adopt(struct tl_streams *streams, tl_time_us now, int fd);
void tl_streams_serve(struct tl_streams *streams, tl_time_us now);
/* Queues a datagram for an address of a connection; pictures give way. */
void tl_streams_send(struct tl_streams *streams, const struct tl_address *to,
                     struct tl_bytes datagram, bool video);
/* Everything queued goes to the kernel, as far as it takes it. */
void tl_streams_flush(struct tl_streams *streams);
/* Closes what has been unknown for too long. */
void tl_streams_tick(struct tl_streams *streams, tl_time_us now);
/* When that may next be needed; INT64_MAX without connections. */
tl_time_us tl_streams_next_deadline(const struct tl_streams *streams);
size_t tl_streams_count(const struct tl_streams *streams);
const struct tl_streams_counters *tl_streams_counters(const struct tl_streams *streams);

#endif
