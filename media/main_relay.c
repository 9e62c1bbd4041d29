/* teleloire-relay: one UDP port, one thread on epoll. The core is media/relay.h; this is the loop
 * around it: sockets, channels, the clock. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/role.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "channels/types.h"
#include "media/control.h"
#include "media/udp.h"

enum { EVENTS = 8, METRICS_INTERVAL_US = TL_SECOND_US, BATCHES_PER_WAKE = 8, DESCRIPTORS = 64 };

struct loop {
    struct tl_role role;
    struct tl_config config;
    struct tl_dtls_identity *identity;
    struct tl_relay *core;
    struct tl_udp *udp;
    struct tl_control control;
    struct tl_channel *door;
    int examiner; /* datagram pair; -1: none */
    int epoll;
    bool leaving;
    tl_time_us now, metrics_at;
    uint64_t copies_dropped;
};

/* ---- the core's output ---- */

static uint8_t *begin_packet(void *context)
{
    return tl_udp_begin(((struct loop *)context)->udp);
}

static void send_packet(void *context, const struct tl_address *to, size_t size)
{
    tl_udp_queue(((struct loop *)context)->udp, to, size);
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

/* ---- descriptors ---- */

static void watch(struct loop *loop, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void watch_writable(struct loop *loop, struct tl_channel *channel)
{
    if (!channel)
        return;
    uint32_t events = EPOLLIN;
    if (tl_channel_wants_write(channel))
        events |= EPOLLOUT;
    int fd = tl_channel_fd(channel);
    struct epoll_event event = { .events = events, .data.fd = fd };
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
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
        case TL_ROLE_OTHER: break;
        }
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
        for (unsigned f = 0; f < message.fd_count; f++)
            close(message.fds[f]); /* none of the door's messages carries one */
        tl_control_message(&loop->control, loop->now, &message);
    }
}

/* ---- metrics ---- */

static void tell_metrics(struct loop *loop)
{
    if (loop->now < loop->metrics_at)
        return;
    loop->metrics_at = loop->now + METRICS_INTERVAL_US;
    json_t *counters = json_object(), *gauges = json_object();
    char name[96];
    for (unsigned i = 0; i < TL_RELAY_COUNTER_COUNT; i++) {
        struct tl_writer w = tl_writer(name, sizeof name - 1);
        tl_write_format(&w, "relay_%s", tl_relay_counter_words[i]);
        name[w.used] = 0;
        json_object_set_new(counters, name,
                            json_integer((json_int_t)tl_relay_counter(loop->core, i)));
    }
    const struct tl_udp_counters *udp = tl_udp_counters(loop->udp);
    const struct {
        const char *name;
        uint64_t value;
    } more[] = {
        { "relay_socket_dropped", udp->kernel_dropped },
        { "relay_send_dropped", udp->send_dropped },
        { "relay_sent_messages", udp->sent_messages },
        { "relay_received_messages", udp->received_messages },
        { "relay_test_copies_dropped", loop->copies_dropped },
        { "relay_control_refused", loop->control.refused },
        { "relay_control_unsent", loop->control.unsent },
    };
    for (size_t i = 0; i < TL_COUNT_OF(more); i++)
        json_object_set_new(counters, more[i].name, json_integer((json_int_t)more[i].value));
    json_object_set_new(gauges, "relay_participants",
                        json_integer((json_int_t)tl_relay_participant_count(loop->core)));
    tl_role_metrics(&loop->role, counters, gauges);
}

/* ---- the loop ---- */

static int wait_ms(const struct loop *loop)
{
    tl_time_us next = tl_relay_next_deadline(loop->core, loop->now);
    if (loop->metrics_at < next)
        next = loop->metrics_at;
    tl_time_us left = next - loop->now;
    return left <= 0 ? 0 : (int)((left + TL_MILLISECOND_US - 1) / TL_MILLISECOND_US);
}

static void run(struct loop *loop)
{
    while (!loop->leaving && !tl_relay_is_drained(loop->core)) {
        struct epoll_event events[EVENTS];
        watch_writable(loop, loop->door);
        watch_writable(loop, loop->role.supervisor);
        loop->now = tl_clock_monotonic();
        int count = epoll_wait(loop->epoll, events, EVENTS, wait_ms(loop));
        loop->now = tl_clock_monotonic();
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == tl_udp_fd(loop->udp)) {
                bool more = true;
                for (unsigned b = 0; more && b < BATCHES_PER_WAKE; b++) {
                    more = tl_udp_receive(loop->udp, receive_packet, loop);
                    tl_udp_flush(loop->udp); /* per batch: waiting for more would be delay */
                }
            } else if (fd == TL_SUPERVISOR_FD) {
                hear_supervisor(loop);
            } else if (loop->door && fd == tl_channel_fd(loop->door)) {
                hear_door(loop);
            }
        }
        tl_relay_tick(loop->core, loop->now);
        tl_udp_flush(loop->udp);
        tell_metrics(loop);
    }
}

static const char *start_core(struct loop *loop)
{
    struct tl_relay_config config = {
        .index = (unsigned)loop->role.index,
        .identity = loop->identity,
        .wall_offset = tl_clock_wall() - tl_clock_monotonic(),
        .output = { loop, begin_packet, send_packet, tell_door, copy_to_examiner },
    };
    if (tl_relay_new(&config, &loop->core))
        return "out of memory";
    loop->control.relay = loop->core;
    loop->control.index = config.index;
    loop->control.fingerprint = tl_dtls_identity_fingerprint(loop->identity);
    tl_random_id(loop->control.instance);
    return NULL;
}

static const char *start(struct loop *loop)
{
    struct tl_config_problem problem;
    if (tl_config_read(loop->role.config_path, &loop->config, &problem))
        return "the configuration cannot be read";
    tl_log_open("relay", loop->role.index, (enum tl_log_level)loop->config.server.log_level);
    uint16_t port = (uint16_t)(loop->config.relay.udp_port + loop->role.index);
    struct tl_address bind_to;
    if (tl_address_read(tl_text(loop->config.relay.bind_address), port, &bind_to))
        return "relay.bind_address is not an address";
    if (tl_control_addresses_read(tl_text(loop->config.server.public_address), port,
                                  &loop->control))
        return "server.public_address is not a list of addresses";
    if (tl_dtls_identity_new(&loop->identity))
        return "no DTLS certificate could be made";
    /* NSS opens files at the first use of each cipher: after landlock it could not */
    if (tl_srtp_warm_up())
        return "SRTP does not work here";
    if (tl_udp_new(&bind_to, &loop->udp))
        return errno == EADDRINUSE ? "the UDP port is taken" : "the UDP port cannot be bound";
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return "no epoll";
    watch(loop, tl_udp_fd(loop->udp));
    watch(loop, TL_SUPERVISOR_FD);
    return start_core(loop);
}

static enum tl_error enter_sandbox(void)
{
    struct tl_sandbox sandbox = { .allow = TL_SANDBOX_MESSAGES,
                                  .descriptors_limit = DESCRIPTORS };
    return tl_sandbox_enter(&sandbox, NULL);
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
    tl_udp_flush(loop.udp);
    tl_log(TL_LOG_INFO, "relay.stopped", TL_INTEGER("index", loop.role.index));
    loop.door = tl_channel_free(loop.door);
    loop.udp = tl_udp_free(loop.udp);
    loop.identity = tl_dtls_identity_free(loop.identity);
    tl_role_close(&loop.role);
    return 0;
}
