/* The loop: signals, channels, time. What to decide is in plan.c, restart.c and child.c. */
#include "gateway/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sandbox_roles.h"
#include "channels/types.h"
#include "child.h"
#include "listeners.h"
#include "reload.h"

enum { TICK_MS = 200, PATH_SIZE = 4096, LISTENERS = 2 };

struct listener {
    const char *name;
    int fd; /* -1: none */
};

struct supervisor {
    const struct tl_config *config;
    const char *config_path, *folder;
    struct tl_plan plan;
    struct tl_child children[TL_PLAN_PROCESSES_LIMIT];
    struct listener listeners[LISTENERS];
    struct tl_reload reload;
    int signals;
    bool told_ready, stopping;
    tl_time_us kill_at; /* while stopping */
    int exit_code;
};

/* ---- channels between roles ---- */

static void attach(struct tl_child *to, const struct tl_child *peer, const char *as, int index,
                   int fd)
{
    json_t *body = json_pack("{s:s,s:i}", "role", as, "index", index);
    if (peer->process.lane)
        json_object_set_new(body, "lane", json_string(peer->process.lane));
    (void)tl_child_send(to, TL_MESSAGE_ATTACH, body, 0, &fd);
    json_decref(body);
}

/* A new pair for one link, when both ends live. */
static void join(struct supervisor *supervisor, const struct tl_plan_link *link)
{
    struct tl_child *a = &supervisor->children[link->a], *b = &supervisor->children[link->b];
    int fds[2];
    if (!a->pid || !b->pid)
        return;
    int type = link->media ? SOCK_DGRAM : SOCK_SEQPACKET;
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | (link->media ? SOCK_NONBLOCK : 0), 0, fds) !=
        0)
        return;
    if (link->media) {
        attach(a, b, "examiner-media", a->process.index, fds[0]);
        attach(b, a, "examiner-media", a->process.index, fds[1]);
    } else {
        attach(a, b, tl_role_kind_name(b->process.kind), b->process.index, fds[0]);
        attach(b, a, tl_role_kind_name(a->process.kind), a->process.index, fds[1]);
    }
    close(fds[0]);
    close(fds[1]);
}

static void give_listeners(struct supervisor *supervisor, struct tl_child *door)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        const struct listener *listener = &supervisor->listeners[i];
        if (listener->fd < 0)
            continue;
        tl_autojson json_t *body =
            json_pack("{s:s,s:i,s:s}", "role", "listener", "index", 0, "name", listener->name);
        (void)tl_child_send(door, TL_MESSAGE_ATTACH, body, 0, &listener->fd);
    }
}

static void start(struct supervisor *supervisor, size_t which, tl_time_us now)
{
    struct tl_child *child = &supervisor->children[which];
    if (tl_child_start(child, supervisor->folder, supervisor->config_path, now)) {
        tl_restart_ended(&child->restart, now);
        return;
    }
    if (child->process.kind == TL_ROLE_DOOR)
        give_listeners(supervisor, child);
    for (size_t i = 0; i < supervisor->plan.link_count; i++) {
        const struct tl_plan_link *link = &supervisor->plan.links[i];
        if (link->a == which || link->b == which)
            join(supervisor, link);
    }
}

static void tell_drains(struct supervisor *supervisor);

/* ---- what roles say ---- */

static struct tl_child *door_of(struct supervisor *supervisor)
{
    return &supervisor->children[0]; /* the plan's first process */
}

static void forward_metrics(struct supervisor *supervisor, struct tl_child *child,
                            json_t *metrics)
{
    tl_autojson json_t *body = tl_child_peer_metrics(child, metrics);
    if (body)
        (void)tl_child_send(door_of(supervisor), TL_MESSAGE_PEER_METRICS, body, 0, NULL);
}

/* A door that was just started knows nothing of the others. */
static void tell_door(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        forward_metrics(supervisor, &supervisor->children[i], NULL);
    tell_drains(supervisor);
}

/* Whether PING is answered, told when it changes. */
static void tell_silence(struct supervisor *supervisor, struct tl_child *child, tl_time_us now)
{
    if (!child->ready || child->told_silent == tl_child_is_silent(child, now))
        return;
    child->told_silent = !child->told_silent;
    forward_metrics(supervisor, child, NULL);
}

static void tell_ready(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        if (!supervisor->children[i].ready)
            return;
    if (supervisor->told_ready)
        return;
    supervisor->told_ready = true;
    printf("ready\n");
    fflush(stdout);
    tl_log(TL_LOG_INFO, "supervisor.ready",
           TL_INTEGER("processes", supervisor->plan.process_count));
}

static void handle(struct supervisor *supervisor, struct tl_child *child,
                   const struct tl_channel_message *message, tl_time_us now)
{
    struct tl_child_said said;
    tl_child_hear(child, message, now, &said);
    for (unsigned i = 0; i < message->fd_count; i++)
        close(message->fds[i]);
    tl_autojson json_t *metrics = said.metrics;
    switch (said.news) {
    case TL_CHILD_IS_READY:
        if (child->process.kind == TL_ROLE_DOOR)
            tell_door(supervisor);
        else
            forward_metrics(supervisor, child, NULL);
        tell_ready(supervisor);
        break;
    case TL_CHILD_METRICS: forward_metrics(supervisor, child, metrics); break;
    case TL_CHILD_FAILED:
        tl_log(TL_LOG_ERROR, "supervisor.role_failed",
               TL_WORD("child", tl_role_kind_name(child->process.kind)),
               TL_INTEGER("child_index", child->process.index), TL_WORD("reason", said.reason));
        break;
    case TL_CHILD_ANSWERED: tell_silence(supervisor, child, now); break;
    case TL_CHILD_RELOADED: tl_reload_hear(&supervisor->reload, child, &said); break;
    case TL_CHILD_NO_NEWS:
        if (!tl_child_is_babbling(child))
            break;
        tl_log(TL_LOG_WARNING, "supervisor.babbling",
               TL_WORD("child", tl_role_kind_name(child->process.kind)),
               TL_INTEGER("child_index", child->process.index));
        tl_child_kill(child);
        break;
    }
}

static void listen_to(struct supervisor *supervisor, struct tl_child *child, tl_time_us now)
{
    struct tl_channel_message message;
    (void)tl_channel_flush(child->channel);
    for (int i = 0; i < 64; i++) { /* one talkative role does not starve the others */
        enum tl_error error = tl_channel_receive(child->channel, &message);
        if (error == TL_ERROR_AGAIN || error == TL_ERROR_CLOSED)
            return;
        if (!error)
            handle(supervisor, child, &message, now);
    }
}

/* ---- ends ---- */

static void reap(struct supervisor *supervisor, tl_time_us now)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (size_t i = 0; i < supervisor->plan.process_count; i++) {
            struct tl_child *child = &supervisor->children[i];
            if (child->pid != pid)
                continue;
            if (child->channel)
                listen_to(supervisor, child, now); /* its last words */
            tl_log(supervisor->stopping ? TL_LOG_INFO : TL_LOG_WARNING, "supervisor.ended",
                   TL_WORD("child", tl_role_kind_name(child->process.kind)),
                   TL_INTEGER("child_index", child->process.index), TL_INTEGER("pid", pid),
                   TL_INTEGER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
                   TL_INTEGER("code", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
            tl_child_ended(child, now);
            if (child->process.kind != TL_ROLE_DOOR)
                forward_metrics(supervisor, child, NULL);
        }
}

static void stop_all(struct supervisor *supervisor, tl_time_us now)
{
    tl_autojson json_t *empty = json_object();
    supervisor->stopping = true;
    supervisor->kill_at = now + TL_CHILD_STOP_WITHIN_US;
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        (void)tl_child_send(&supervisor->children[i], TL_MESSAGE_STOP, empty, 0, NULL);
}

/* ---- drain: the command sends SIGUSR1 with the index of a relay ---- */

static struct tl_child *relay_of(struct supervisor *supervisor, int index)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        if (supervisor->children[i].process.kind == TL_ROLE_RELAY &&
            supervisor->children[i].process.index == index)
            return &supervisor->children[i];
    return NULL;
}

/* Calls need somewhere to go. */
static bool another_relay_serves(const struct supervisor *supervisor,
                                 const struct tl_child *relay)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++) {
        const struct tl_child *child = &supervisor->children[i];
        if (child != relay && child->process.kind == TL_ROLE_RELAY && child->ready &&
            !child->drain_by)
            return true;
    }
    return false;
}

static void tell_drain(struct supervisor *supervisor, const struct tl_child *relay)
{
    tl_autojson json_t *body = json_pack("{s:i}", "relay", relay->process.index);
    (void)tl_child_send(door_of(supervisor), TL_MESSAGE_DRAIN, body, 0, NULL);
}

static void drain(struct supervisor *supervisor, int index, tl_time_us now)
{
    struct tl_child *relay = relay_of(supervisor, index);
    if (!relay || !relay->ready || relay->drain_by || !another_relay_serves(supervisor, relay))
        return;
    relay->drain_by = now + TL_CHILD_DRAIN_WITHIN_US;
    tl_log(TL_LOG_INFO, "supervisor.drain", TL_INTEGER("relay", index));
    tell_drain(supervisor, relay);
}

static void tell_drains(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        if (supervisor->children[i].drain_by)
            tell_drain(supervisor, &supervisor->children[i]);
}

static bool all_ended(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->plan.process_count; i++)
        if (supervisor->children[i].pid)
            return false;
    return true;
}

static void read_signals(struct supervisor *supervisor, tl_time_us now)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo == SIGUSR1)
            drain(supervisor, info.ssi_int, now);
        else if (info.ssi_signo == SIGHUP)
            tl_reload_begin(&supervisor->reload, info.ssi_code == SI_QUEUE ? info.ssi_int : 0,
                            now);
        else if (info.ssi_signo != SIGCHLD && !supervisor->stopping)
            stop_all(supervisor, now);
    reap(supervisor, now);
}

/* ---- time ---- */

static void tick(struct supervisor *supervisor, tl_time_us now)
{
    tl_reload_tick(&supervisor->reload, now);
    for (size_t i = 0; i < supervisor->plan.process_count; i++) {
        struct tl_child *child = &supervisor->children[i];
        if (supervisor->stopping) {
            if (child->pid && now >= supervisor->kill_at)
                tl_child_kill(child);
        } else if (!child->pid && tl_restart_is_due(&child->restart, now)) {
            start(supervisor, i, now);
        } else {
            tl_child_keep_alive(child, now);
            tell_silence(supervisor, child, now);
            tl_child_drain(child, now);
        }
    }
}

static void loop(struct supervisor *supervisor)
{
    struct pollfd waiting[TL_PLAN_PROCESSES_LIMIT + 1];
    size_t which[TL_PLAN_PROCESSES_LIMIT + 1];
    while (!(supervisor->stopping && all_ended(supervisor))) {
        size_t count = 0;
        waiting[count++] = (struct pollfd){ .fd = supervisor->signals, .events = POLLIN };
        for (size_t i = 0; i < supervisor->plan.process_count; i++) {
            struct tl_child *child = &supervisor->children[i];
            if (!child->channel)
                continue;
            short events = POLLIN;
            if (tl_channel_wants_write(child->channel))
                events |= POLLOUT;
            which[count] = i;
            waiting[count++] =
                (struct pollfd){ .fd = tl_channel_fd(child->channel), .events = events };
        }
        int ready = poll(waiting, count, TICK_MS);
        tl_time_us now = tl_clock_monotonic();
        for (size_t i = 1; ready > 0 && i < count; i++) {
            struct tl_child *child = &supervisor->children[which[i]];
            if (waiting[i].revents && child->channel)
                listen_to(supervisor, child, now);
            /* A closed channel would wake us until the process is reaped. */
            if ((waiting[i].revents & POLLHUP) && !(waiting[i].revents & POLLIN) &&
                child->channel)
                child->channel = tl_channel_free(child->channel);
        }
        if (ready > 0 && waiting[0].revents)
            read_signals(supervisor, now);
        tick(supervisor, now);
    }
}

/* ---- start ---- */

static bool open_listeners(struct supervisor *supervisor)
{
    const struct tl_config *config = supervisor->config;
    const struct {
        const char *name, *address;
        int port;
    } wanted[LISTENERS] = { { "web", config->server.listen, config->server.port },
                            { "metrics", "127.0.0.1", config->server.metrics_port } };
    for (size_t i = 0; i < LISTENERS; i++) {
        supervisor->listeners[i] = (struct listener){ wanted[i].name, -1 };
        if (!wanted[i].port)
            continue;
        enum tl_error error =
            tl_listener_open(wanted[i].address, wanted[i].port, &supervisor->listeners[i].fd);
        if (error) {
            fprintf(stderr, "teleloire: cannot listen on %s port %d: %s\n", wanted[i].address,
                    wanted[i].port,
                    error == TL_ERROR_EXISTS ? "the port is taken" : tl_error_name(error));
            return false;
        }
    }
    return true;
}

static void write_pid_file(const struct supervisor *supervisor, bool present)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/supervisor.pid",
                 supervisor->config->server.state_dir) >= PATH_SIZE)
        return;
    if (!present) {
        (void)unlink(path);
        return;
    }
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
}

static bool open_signals(struct supervisor *supervisor)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    supervisor->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return supervisor->signals >= 0;
}

int tl_supervisor_run(const struct tl_config *config, const char *config_path,
                      const char *folder)
{
    static struct supervisor supervisor;
    supervisor.config = config;
    supervisor.config_path = config_path;
    supervisor.folder = folder;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (tl_plan_make(config, cores > 0 ? (int)cores : 1, &supervisor.plan)) {
        fprintf(stderr, "teleloire: the configuration asks for too many processes\n");
        return 1;
    }
    if (!open_listeners(&supervisor) || !open_signals(&supervisor))
        return 1;
    for (size_t i = 0; i < supervisor.plan.process_count; i++)
        supervisor.children[i].process = supervisor.plan.processes[i];
    supervisor.reload = (struct tl_reload){ .config = config,
                                            .children = supervisor.children,
                                            .child_count = supervisor.plan.process_count };
    write_pid_file(&supervisor, true);
    if (tl_sandbox_enter_role(TL_SANDBOX_SUPERVISOR, NULL, NULL)) {
        fprintf(stderr, "teleloire: this kernel has no seccomp; not started\n");
        return 1;
    }
    loop(&supervisor);
    write_pid_file(&supervisor, false);
    tl_log(TL_LOG_INFO, "supervisor.stopped", TL_INTEGER("code", supervisor.exit_code));
    return supervisor.exit_code;
}
