/* teleloire-relay: one UDP port, one thread on epoll. The core is media/relay.h; this is the loop
 * around it: sockets, channels, the clock. */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/role.h"
#include "base/sandbox_roles.h"
#include "base/secret.h"
#include "channels/types.h"
#include "media/control.h"
#include "media/streams.h"
#include "media/turn_service.h"
#include "media/udp.h"
#include "media/window.h"

enum {
    EVENTS = 8,
    METRICS_INTERVAL_US = TL_SECOND_US,
    BATCHES_PER_WAKE = 4,
    TIMER_SLACK_NS = 10000, /* a wait of 100 us is to end in time */
    RELAY_PRIORITY = -10
};

struct loop {
    struct tl_role role;
    struct tl_config config;
    struct tl_dtls_identity *identity;
    struct tl_relay *core;
    struct tl_udp *udp;
    struct tl_streams *streams;
    struct tl_turn_service *turn; /* NULL: none */
    uint8_t *begun;               /* the packet being written */
    struct tl_control control;
    struct tl_channel *door;
    int examiner; /* datagram pair; -1: none */
    int epoll;
    bool leaving;
    struct tl_window window;
    bool door_writes, supervisor_writes; /* EPOLLOUT is asked for */
    tl_time_us now, metrics_at;
    uint64_t given_back; /* of settled associations, when memory was given back last */
    uint64_t copies_dropped;
};

/* ---- the core's output ---- */

static uint8_t *begin_packet(void *context)
{
    struct loop *loop = context;
    loop->begun = tl_udp_begin(loop->udp);
    return loop->begun;
}

static void send_media(void *context, const struct tl_address *to, size_t size,
                       enum tl_traffic traffic)
{
    struct loop *loop = context;
    if (to->stream)
        tl_streams_send(loop->streams, to, tl_bytes(loop->begun, size),
                        traffic == TL_TRAFFIC_VIDEO);
    else if (traffic == TL_TRAFFIC_AUDIO)
        tl_udp_queue_sound(loop->udp, to, size);
    else
        tl_udp_queue(loop->udp, to, size);
}

static void send_packet(void *context, const struct tl_address *to, size_t size)
{
    send_media(context, to, size, TL_TRAFFIC_CONTROL);
}

static void flush(struct loop *loop)
{
    tl_udp_flush(loop->udp);
    tl_streams_flush(loop->streams);
}

static void tell_door(void *context, const struct tl_relay_event *event)
{
    tl_control_event(&((struct loop *)context)->control, event);
}

static void copy_to_examiner(void *context, struct tl_bytes datagram)
{
    struct loop *loop = context;
    /* the examiner may be slow or gone: a test loses packets, a call loses nothing */
    if (loop->examiner < 0 ||
        send(loop->examiner, datagram.data, datagram.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        loop->copies_dropped++;
}

static void receive_packet(void *context, const struct tl_address *from, uint8_t *data,
                           size_t size)
{
    struct loop *loop = context;
    tl_relay_input(loop->core, loop->now, from, data, size);
}

static void receive_datagram(void *context, tl_time_us now, const struct tl_address *from,
                             uint8_t *data, size_t size)
{
    ((struct loop *)context)->now = now;
    receive_packet(context, from, data, size);
}

static bool knows_address(void *context, const struct tl_address *address)
{
    struct loop *loop = context;
    return tl_relay_knows(loop->core, loop->now, address);
}

/* ---- descriptors ---- */

static void watch(struct loop *loop, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Wakes when there is room again; a system call only where that changes. */
static void watch_writable(struct loop *loop, struct tl_channel *channel, bool *asked)
{
    bool wanted = channel && tl_channel_wants_write(channel);
    if (!channel || wanted == *asked)
        return;
    int fd = tl_channel_fd(channel);
    struct epoll_event event = { .events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                 .data.fd = fd };
    if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        *asked = wanted;
}

static void drop_door(struct loop *loop)
{
    loop->door = tl_channel_free(loop->door); /* closing takes it out of the epoll set */
    loop->control.door = NULL;
}

static void attach(struct loop *loop, const struct tl_channel_message *message)
{
    struct tl_role_attach peer;
    if (tl_role_attach_read(message, &peer))
        return;
    if (strcmp(peer.role, "door") == 0) {
        /* calls go on while the door is away; the new one asks who is here */
        drop_door(loop);
        loop->door = tl_channel_new(peer.fd);
        if (!loop->door) {
            close(peer.fd);
            return;
        }
        loop->control.door = loop->door;
        loop->door_writes = false;
        watch(loop, peer.fd);
        tl_control_hello(&loop->control);
    } else if (strcmp(peer.role, "examiner-media") == 0) {
        if (loop->examiner >= 0)
            close(loop->examiner);
        loop->examiner = peer.fd;
    } else {
        close(peer.fd);
    }
}

static void hear_supervisor(struct loop *loop)
{
    struct tl_channel_message message;
    for (;;) {
        switch (tl_role_receive(&loop->role, &message)) {
        case TL_ROLE_NOTHING: return;
        case TL_ROLE_ATTACH: attach(loop, &message); break;
        case TL_ROLE_STOP:
        case TL_ROLE_ORPHANED: loop->leaving = true; return;
        case TL_ROLE_OTHER: tl_turn_service_hear(loop->turn, &loop->role, &message); break;
        }
    }
}

/* A connection the door accepted on its port; its first bytes said whose it is. */
static void take_stream(struct loop *loop, const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    static const char *const kinds[] = { "ice", "turn" };
    size_t kind = 0;
    enum tl_error error = tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body);
    if (!error) {
        struct tl_fields f = tl_fields(body);
        kind = tl_field_word(&f, "kind", kinds, TL_COUNT_OF(kinds));
        error = tl_fields_end(&f);
    }
    if (error || (kind == 1 && !loop->turn)) {
        loop->control.refused++;
        close(message->fds[0]);
    } else if (kind == 1) {
        (void)tl_turn_service_adopt(loop->turn, loop->now, message->fds[0]);
    } else {
        (void)tl_streams_adopt(loop->streams, loop->now, message->fds[0]);
    }
}

static void hear_door(struct loop *loop)
{
    enum { MESSAGES_PER_WAKE = 64 };
    (void)tl_channel_flush(loop->door);
    for (unsigned i = 0; i < MESSAGES_PER_WAKE && loop->door; i++) {
        struct tl_channel_message message;
        enum tl_error error = tl_channel_receive(loop->door, &message);
        if (error == TL_ERROR_AGAIN)
            return;
        if (error == TL_ERROR_CLOSED) {
            drop_door(loop);
            return;
        }
        if (error)
            continue;
        if (message.type == TL_MESSAGE_STREAM && message.fd_count == 1) {
            take_stream(loop, &message);
            continue;
        }
        for (unsigned f = 0; f < message.fd_count; f++)
            close(message.fds[f]); /* none of the others carries one */
        tl_control_message(&loop->control, loop->now, &message);
        if (loop->control.turn_ended && loop->turn)
            tl_turn_service_sweep(loop->turn, loop->now);
        loop->control.turn_ended = false;
    }
}

/* ---- metrics ---- */

/* What handshakes held lies all over the heap, and only its top goes back to the system by itself. */
static void give_memory_back(struct loop *loop)
{
    enum { WORTH_IT = 16 };
    uint64_t settled = tl_relay_counter(loop->core, TL_RELAY_DTLS_SETTLED);
    if (settled - loop->given_back < WORTH_IT)
        return;
    loop->given_back = settled;
    (void)malloc_trim(0);
}

static void tell_metrics(struct loop *loop)
{
    if (loop->now < loop->metrics_at)
        return;
    loop->metrics_at = loop->now + METRICS_INTERVAL_US;
    give_memory_back(loop);
    json_t *counters = json_object(), *gauges = json_object();
    tl_relay_metrics(loop->core, counters, gauges);
    tl_sockets_metrics(loop->udp, loop->streams, counters, gauges);
    if (loop->turn)
        tl_turn_service_metrics(loop->turn, counters, gauges);
    const struct {
        const char *name;
        uint64_t value;
    } more[] = {
        { "relay_test_copies_dropped", loop->copies_dropped },
        { "relay_control_refused", loop->control.refused },
        { "relay_control_unsent", loop->control.unsent },
    };
    for (size_t i = 0; i < TL_COUNT_OF(more); i++)
        json_object_set_new(counters, more[i].name, json_integer((json_int_t)more[i].value));
    json_object_set_new(
        gauges, "relay_libsrtp",
        json_integer(loop->config.relay.srtp_library == TL_CONFIG_LIBSRTP ? 1 : 0));
    json_object_set_new(gauges, "relay_receive_window_us", json_integer(loop->window.wait));
    tl_role_metrics(&loop->role, counters, gauges);
}

/* ---- the loop ---- */

static int wait_ms(const struct loop *loop)
{
    const tl_time_us deadlines[] = { tl_relay_next_deadline(loop->core, loop->now),
                                     tl_streams_next_deadline(loop->streams),
                                     loop->turn ? tl_turn_service_next_deadline(loop->turn)
                                                : INT64_MAX };
    tl_time_us next = loop->metrics_at;
    for (size_t i = 0; i < TL_COUNT_OF(deadlines); i++)
        next = deadlines[i] < next ? deadlines[i] : next;
    tl_time_us left = next - loop->now;
    return left <= 0 ? 0 : (int)((left + TL_MILLISECOND_US - 1) / TL_MILLISECOND_US);
}

static void wait_for_more(struct loop *loop)
{
    if (tl_window_is_due(&loop->window, loop->now))
        tl_window_judge(&loop->window, loop->now, tl_clock_processor());
    tl_time_us left = tl_window_left(&loop->window, loop->now);
    if (left > 0)
        (void)nanosleep(&(struct timespec){ .tv_nsec = left * 1000 }, NULL);
}

static void hear_socket(struct loop *loop)
{
    bool more = true;
    for (unsigned b = 0; more && b < BATCHES_PER_WAKE; b++) {
        more = tl_udp_receive(loop->udp, receive_datagram, loop);
        flush(loop); /* per batch: waiting for more would be delay */
    }
    tl_window_read(&loop->window, loop->now);
}

static void run(struct loop *loop)
{
    while (!loop->leaving && !tl_relay_is_drained(loop->core)) {
        struct epoll_event events[EVENTS];
        watch_writable(loop, loop->door, &loop->door_writes);
        watch_writable(loop, loop->role.supervisor, &loop->supervisor_writes);
        loop->now = tl_clock_monotonic();
        wait_for_more(loop);
        int count = epoll_wait(loop->epoll, events, EVENTS, wait_ms(loop));
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            loop->now = tl_clock_monotonic(); /* what was served before may have taken long */
            if (fd == tl_udp_fd(loop->udp)) {
                hear_socket(loop);
            } else if (fd == tl_streams_fd(loop->streams)) {
                tl_streams_serve(loop->streams, loop->now);
            } else if (loop->turn && fd == tl_turn_service_fd(loop->turn)) {
                tl_turn_service_serve(loop->turn, loop->now);
            } else if (fd == TL_SUPERVISOR_FD) {
                hear_supervisor(loop);
            } else if (loop->door && fd == tl_channel_fd(loop->door)) {
                hear_door(loop);
            }
        }
        loop->now = tl_clock_monotonic();
        tl_relay_tick(loop->core, loop->now);
        tl_streams_tick(loop->streams, loop->now);
        if (loop->turn)
            tl_turn_service_tick(loop->turn, loop->now);
        flush(loop);
        tell_metrics(loop);
    }
}

static uint16_t relay_count(const struct tl_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return (uint16_t)(config->relay.processes ? config->relay.processes
                      : cores > 0             ? cores
                                              : 1);
}

/* Where a relay's relayed addresses begin: known to the others, so that each can tell a client that
 * comes by TURN. 0: there are no such ports. */
static uint16_t pool_port(const struct tl_config *config, unsigned index)
{
    long first =
        config->relay.udp_port + TL_TURN_POOL_AFTER + (long)index * TL_TURN_CONNECTIONS_LIMIT;
    return first + TL_TURN_CONNECTIONS_LIMIT <= UINT16_MAX + 1 ? (uint16_t)first : 0;
}

static const char *start_core(struct loop *loop)
{
    struct tl_relay_config config = {
        .index = (unsigned)loop->role.index,
        .identity = loop->identity,
        .wall_offset = tl_clock_wall() - tl_clock_monotonic(),
        .libsrtp = loop->config.relay.srtp_library == TL_CONFIG_LIBSRTP,
        .output = { loop, begin_packet, send_packet, tell_door, copy_to_examiner, send_media },
    };
    _Static_assert(sizeof config.turn_hosts == sizeof loop->control.addresses, "all of them");
    memcpy(config.turn_hosts, loop->control.addresses, sizeof config.turn_hosts);
    config.turn_host_count = loop->control.address_count;
    config.turn_first_port = pool_port(&loop->config, 0);
    if (config.turn_first_port)
        config.turn_port_count = relay_count(&loop->config) * TL_TURN_CONNECTIONS_LIMIT;
    if (tl_relay_new(&config, &loop->core))
        return "out of memory";
    loop->control.relay = loop->core;
    loop->control.index = config.index;
    loop->control.fingerprint = tl_dtls_identity_fingerprint(loop->identity);
    tl_random_id(loop->control.instance);
    return NULL;
}

static const char *open_sockets(struct loop *loop)
{
    const struct tl_config *config = &loop->config;
    const struct tl_streams_user user = { loop, receive_packet, knows_address };
    struct tl_address udp, tcp;
    if (tl_address_read(tl_text(config->relay.bind_address), loop->control.addresses[0].port,
                        &udp))
        return "relay.bind_address is not an address";
    tcp = udp;
    tcp.port =
        config->relay.tcp_port ? (uint16_t)(config->relay.tcp_port + loop->role.index) : 0;
    if (tl_udp_new(&udp, &loop->udp))
        return errno == EADDRINUSE ? "the UDP port is taken" : "the UDP port cannot be bound";
    if (tl_streams_new(tcp.port ? &tcp : NULL, &user, &loop->streams))
        return errno == EADDRINUSE ? "the TCP port is taken" : "the TCP port cannot be bound";
    loop->control.tcp_port = tcp.port;
    loop->control.shared_port = config->relay.shared_port ? (uint16_t)config->server.port : 0;
    return NULL;
}

/* All of this host's relays, the one a client's media is at being one of them. */
static const char *open_turn(struct loop *loop)
{
    const struct tl_config *config = &loop->config;
    if (!config->relay.shared_port || !config->relay.turn_name[0])
        return NULL;
    struct tl_turn_service_config turn = {
        .certificate = config->relay.turn_certificate,
        .key = config->relay.turn_key,
        .name = config->relay.turn_name,
        .own_count = loop->control.address_count,
        .first_port = (uint16_t)config->relay.udp_port,
        .port_count = relay_count(config),
        .pool_port = pool_port(config, (unsigned)loop->role.index),
    };
    const char *problem = NULL;
    memcpy(turn.own, loop->control.addresses, sizeof turn.own);
    (void)tl_address_read(tl_text(config->relay.bind_address), 0, &turn.bind_to);
    if (tl_turn_service_new(&turn, &loop->turn, &problem))
        return problem;
    loop->control.turn = tl_turn_service_core(loop->turn);
    watch(loop, tl_turn_service_fd(loop->turn));
    return NULL;
}

static const char *start(struct loop *loop)
{
    /* sound is late where a page may wait; without the right to it, as everybody */
    (void)setpriority(PRIO_PROCESS, 0, RELAY_PRIORITY);
    (void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
    struct tl_config_problem problem;
    if (tl_config_read(loop->role.config_path, &loop->config, &problem))
        return "the configuration cannot be read";
    tl_log_open("relay", loop->role.index, (enum tl_log_level)loop->config.server.log_level);
    uint16_t port = (uint16_t)(loop->config.relay.udp_port + loop->role.index);
    if (tl_control_addresses_read(tl_text(loop->config.server.public_address), port,
                                  &loop->control))
        return "server.public_address is not a list of addresses";
    if (tl_dtls_identity_new(&loop->identity))
        return "no DTLS certificate could be made";
    /* NSS opens files at the first use of each cipher: after landlock it could not */
    if (tl_srtp_warm_up())
        return "SRTP does not work here";
    const char *problem_of_sockets = open_sockets(loop);
    if (problem_of_sockets)
        return problem_of_sockets;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return "no epoll";
    watch(loop, tl_udp_fd(loop->udp));
    watch(loop, tl_streams_fd(loop->streams));
    watch(loop, TL_SUPERVISOR_FD);
    const char *problem_of_turn = open_turn(loop);
    return problem_of_turn ? problem_of_turn : start_core(loop);
}

static enum tl_error enter_sandbox(void)
{
    /* The table counts what a relay holds in numbers of its own. */
    _Static_assert(64 + TL_STREAMS_LIMIT + 2 * TL_TURN_CONNECTIONS_LIMIT == 64 + 1024 + 2 * 256,
                   "base/sandbox_roles.c follows");
    return tl_sandbox_enter_role(TL_SANDBOX_RELAY, NULL, NULL);
}

int main(int argc, char **argv)
{
    static struct loop loop = { .examiner = -1, .epoll = -1 };
    if (tl_role_open("relay", argc, argv, &loop.role))
        return 2;
    const char *problem = start(&loop);
    if (!problem && enter_sandbox())
        problem = "the sandbox cannot be entered";
    if (problem) {
        tl_role_failed(&loop.role, problem);
        return 1;
    }
    tl_role_ready(&loop.role);
    tl_log(TL_LOG_INFO, "relay.ready", TL_INTEGER("port", loop.control.addresses[0].port));
    run(&loop);
    /* clients see close_notify rather than silence */
    loop.core = tl_relay_free(loop.core);
    flush(&loop);
    tl_log(TL_LOG_INFO, "relay.stopped", TL_INTEGER("index", loop.role.index));
    loop.door = tl_channel_free(loop.door);
    loop.streams = tl_streams_free(loop.streams);
    loop.turn = tl_turn_service_free(loop.turn);
    loop.udp = tl_udp_free(loop.udp);
    loop.identity = tl_dtls_identity_free(loop.identity);
    tl_role_close(&loop.role);
    return 0;
}
