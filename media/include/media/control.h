/* The door's messages to a relay and the relay's to the door (docs/channels.md): JSON to calls of
 * the core, events of the core to JSON. What comes is treated as hostile. */
#ifndef TL_MEDIA_CONTROL_H
#define TL_MEDIA_CONTROL_H

#include <jansson.h>

#include "base/channel.h"
#include "media/relay.h"
#include "media/turn.h"

enum { TL_CONTROL_ADDRESSES_LIMIT = 8 };

struct tl_control {
    struct tl_relay *relay;
    struct tl_channel *door; /* NULL while there is none; not owned */
    char instance[TL_RELAY_ID_SIZE];
    unsigned index;
    struct tl_address addresses[TL_CONTROL_ADDRESSES_LIMIT]; /* what clients are told */
    size_t address_count;
    uint16_t tcp_port, shared_port; /* ICE over TCP at the same addresses; 0: not there */
    const char *fingerprint;
    struct tl_turn *turn; /* NULL: there is none; not owned */
    bool turn_ended;      /* somebody may no longer use it: the shell sweeps, and resets this */
    uint64_t refused, unsent; /* messages refused; events the door did not take */
};

/* "198.51.100.7, 2001:db8::7" with the port. TL_ERROR_FORMAT, TL_ERROR_LIMIT. */
enum tl_error tl_control_addresses_read(struct tl_text list, uint16_t port,
                                        struct tl_control *control);
/* RELAY_HELLO, first thing on a new channel. */
void tl_control_hello(struct tl_control *control);
/* One message of the door: done and, when it asks for it, answered. */
void tl_control_message(struct tl_control *control, tl_time_us now,
                        const struct tl_channel_message *message);
/* An event of the core, told to the door. */
void tl_control_event(struct tl_control *control, const struct tl_relay_event *event);

/* Readers of bodies, for tests and fuzzing. *ret_problem names the field that was wrong. */
enum tl_error tl_control_open_read(json_t *body,
                                   struct tl_participant_parameters *ret_parameters,
                                   const char **ret_problem);
enum tl_error tl_control_slots_read(json_t *body, char ret_id[TL_RELAY_ID_SIZE],
                                    struct tl_slot_wish *ret_wishes, size_t *ret_count,
                                    const char **ret_problem);

struct tl_relay;
struct tl_udp;
struct tl_streams;
struct tl_turn_service;
/* Each adds the counters and gauges of one part (docs/channels.md, METRICS). */
void tl_relay_metrics(const struct tl_relay *relay, json_t *counters, json_t *gauges);
void tl_sockets_metrics(const struct tl_udp *udp, const struct tl_streams *streams,
                        json_t *counters, json_t *gauges);
void tl_turn_service_metrics(const struct tl_turn_service *service, json_t *counters,
                             json_t *gauges);

#endif
