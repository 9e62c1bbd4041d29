/* One UDP socket with batches both ways: recvmmsg with UDP_GRO in; out, what one batch of input
 * produced leaves sorted by destination, runs of equal size as one UDP_SEGMENT message. A shell:
 * it thinks nothing. All memory is taken at the start. */
#ifndef TL_MEDIA_UDP_H
#define TL_MEDIA_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "media/address.h"

enum {
    TL_UDP_PACKET_ROOM = 1600,
    TL_UDP_QUEUE_LIMIT = 1024, /* datagrams waiting to leave */
};

struct tl_udp_counters {
    uint64_t kernel_dropped; /* SO_RXQ_OVFL: the socket's buffer was full */
    uint64_t send_dropped;   /* the kernel refused or was full */
    uint64_t sent_messages, sent_datagrams, received_messages, received_datagrams;
};

struct tl_udp;
/* TL_ERROR_IO: cannot bind (errno says why). */
enum tl_error tl_udp_new(const struct tl_address *bind_to, struct tl_udp **ret_udp);
struct tl_udp *tl_udp_free(struct tl_udp *udp);
int tl_udp_fd(const struct tl_udp *udp);
const struct tl_udp_counters *tl_udp_counters(const struct tl_udp *udp);

typedef void tl_udp_receiver(void *context, tl_time_us now, const struct tl_address *from,
                             uint8_t *data, size_t size);
/* One batch. The clock is read once for it, when it is here: its packets came before that, however
 * long the ones before them in the batch, or the batch before, took. False when nothing more is
 * there. */
bool tl_udp_receive(struct tl_udp *udp, tl_udp_receiver *receiver, void *context);

/* A buffer of TL_UDP_PACKET_ROOM bytes; a full queue is sent first. */
uint8_t *tl_udp_begin(struct tl_udp *udp);
/* Queues what was written to the buffer last begun. */
void tl_udp_queue(struct tl_udp *udp, const struct tl_address *to, size_t size);
/* The same for sound: its packet is marked EF, where all else is AF41 (RFC 8837 section 5). */
void tl_udp_queue_sound(struct tl_udp *udp, const struct tl_address *to, size_t size);
/* Everything queued leaves. */
void tl_udp_flush(struct tl_udp *udp);

#endif
