/* TURN over TLS, the connections: handed over by the door with nothing read, TLS ended here with a
 * certificate of its own, and a pool of UDP sockets opened at the start, which are the relayed
 * addresses. A shell: what a message means, media/turn.h says. */
#ifndef TL_MEDIA_TURN_SERVICE_H
#define TL_MEDIA_TURN_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/role.h"
#include "certs/chain.h"
#include "media/turn.h"

enum {
    TL_TURN_CONNECTIONS_LIMIT = 256, /* and as many relayed addresses */
    TL_TURN_OF_ADDRESS_LIMIT = 128,
    TL_TURN_IDLE_US = 10 * TL_SECOND_US, /* without an allocation, then closed */
    TL_TURN_OUT_ROOM = 48 * 1024,
    TL_TURN_OUT_VIDEO = 24 * 1024,
};

struct tl_turn_service_config {
    const char *certificate, *key; /* PEM files */
    const char *name;              /* the realm */
    struct tl_address bind_to;     /* port 0 */
    struct tl_address own[TL_TURN_OWN_LIMIT];
    size_t own_count;
    uint16_t first_port, port_count;
    uint16_t
        pool_port; /* of the first relayed address, the others behind it; those that are taken,
                         * and 0: any */
};
enum { TL_TURN_POOL_AFTER = 1000 }; /* the first relay's, from the first media port */

struct tl_turn_counters {
    uint64_t handed, turned_away, closed_idle, closed_format, closed_tls, closed_peer;
    uint64_t allocations, to_peers, from_peers, dropped;
    uint64_t certificates_exchanged, certificates_refused;
};

struct tl_turn_service;
/* *ret_problem says, for people, what is wrong. */
enum tl_error tl_turn_service_new(const struct tl_turn_service_config *config,
                                  struct tl_turn_service **ret_service,
                                  const char **ret_problem);
struct tl_turn_service *tl_turn_service_free(struct tl_turn_service *service);
int tl_turn_service_fd(const struct tl_turn_service *service);
struct tl_turn *tl_turn_service_core(struct tl_turn_service *service);
/* fd is taken over. */
enum tl_error tl_turn_service_adopt(struct tl_turn_service *service, tl_time_us now, int fd);
void tl_turn_service_serve(struct tl_turn_service *service, tl_time_us now);
/* Ends what is over, once a second. */
void tl_turn_service_tick(struct tl_turn_service *service, tl_time_us now);
/* A user was ended: what they hold goes now. */
void tl_turn_service_sweep(struct tl_turn_service *service, tl_time_us now);
tl_time_us tl_turn_service_next_deadline(const struct tl_turn_service *service);
/* Another certificate and key, from open files of PEM, which stay the caller's: judged first, for the
 * name of the service too; then every new connection is served with it, and those that are there go
 * on. On failure the old one stays and why says the reason. */
enum tl_error tl_turn_service_exchange(struct tl_turn_service *service, int certificate_fd,
                                       int key_fd, tl_time_us wall, char ret_why[TL_WHY_SIZE]);
/* The supervisor's RELOAD, answered. service may be NULL: no TURN here. Any other message is dropped. */
void tl_turn_service_hear(struct tl_turn_service *service, struct tl_role *role,
                          const struct tl_channel_message *message);
/* When the certificate in use ends, in seconds since 1970. */
int64_t tl_turn_service_certificate_ends_s(const struct tl_turn_service *service);
size_t tl_turn_service_count(const struct tl_turn_service *service);
const struct tl_turn_counters *tl_turn_service_counters(const struct tl_turn_service *service);

#endif
