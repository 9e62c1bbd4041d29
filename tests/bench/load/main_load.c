/* The load generator. usage:
 *     relay-load --count N --group N --senders N --port BASE --core N --video FILE --audio FILE
 *                [--known-keys PORT] [--split 1] [--dtls server] [--answers 0] [--slow N]
 * Speaks lines. First out, one for each participant:
 *     {"participant":0,"room":0,"sends":true,"ufrag":..,"pwd":..,"fingerprint":..,"audio":ssrc,"video":ssrc}
 * in:  remote INDEX UFRAG PWD FINGERPRINT IP PORT    what it connects to
 *      connect SECONDS      out: {"connected":n,"gcm":all with AEAD_AES_128_GCM}
 *      run WARMUP SECONDS PID ROOMS    out: one line of figures; the first ROOMS rooms send
 *      end */
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum {
    EVENTS = 256,
    READ_EVERY_US = TL_MILLISECOND_US,
    SENDS_AT_ONCE = 64,
    TICK_US = 20 * TL_MILLISECOND_US,
    DRAIN_US = 500 * TL_MILLISECOND_US
};

static void fail(const char *what)
{
    fprintf(stderr, "relay-load: %s\n", what);
    exit(2);
}

/* ---- the loop ---- */

static void tick_all(struct load *load, tl_time_us now)
{
    load->wall_offset = tl_clock_wall() - now;
    for (unsigned i = 0; i < load->count; i++)
        participant_tick(load, &load->participants[i], now);
}

static void send_due(struct load *load)
{
    tl_time_us now = tl_clock_monotonic();
    /* a generator that cannot keep up still has to hear, and to end */
    for (unsigned i = 0; i < SENDS_AT_ONCE && load->heap_count && load->heap[0]->due <= now;
         i++) {
        struct stream *stream = load->heap[0];
        stream_send(load, stream, now);
        heap_fix(load);
        now = tl_clock_monotonic();
    }
}

/* While there is nothing else to do. */
static void seal_ahead(struct load *load)
{
    while (load->unsealed_count) {
        struct stream *stream = load->unsealed[--load->unsealed_count];
        if (!stream->size)
            stream_seal(stream);
        if (load->heap[0]->due <= tl_clock_monotonic())
            return;
    }
}

/* What came is read once a millisecond: the kernel noted when it came, and a generator that was woken
 * by every packet would have less left of its core, and cost the relay that wakes it. */
static void wait_until(struct load *load, tl_time_us until)
{
    struct epoll_event events[EVENTS];
    tl_time_us now = tl_clock_monotonic(), next = load->read_at + READ_EVERY_US;
    if (now < next) {
        tl_time_us left = (until < next ? until : next) - now;
        struct timespec pause = { 0, left > 0 ? left * 1000 : 0 };
        if (left > 0)
            (void)nanosleep(&pause, NULL);
        return;
    }
    load->read_at = now;
    int count;
    do {
        count = epoll_wait(load->epoll, events, EVENTS, 0);
        for (int i = 0; i < count; i++) {
            participant_read(load, events[i].data.ptr);
            send_due(load);
        }
    } while (count == EVENTS);
}

static void run_until(struct load *load, tl_time_us end)
{
    tl_time_us next_tick = 0;
    for (tl_time_us now = tl_clock_monotonic(); now < end; now = tl_clock_monotonic()) {
        if (now >= next_tick) {
            tick_all(load, now);
            next_tick = now + TICK_US;
        }
        send_due(load);
        seal_ahead(load);
        tl_time_us until = next_tick < end ? next_tick : end;
        if (load->heap_count && load->heap[0]->due < until)
            until = load->heap[0]->due;
        wait_until(load, until);
    }
}

/* ---- commands ---- */

static void command_connect(struct load *load, int seconds)
{
    tl_time_us end = tl_clock_monotonic() + seconds * (tl_time_us)TL_SECOND_US;
    while (load->connected < load->wanted && tl_clock_monotonic() < end)
        run_until(load, tl_clock_monotonic() + TICK_US);
    printf("{\"connected\":%u,\"gcm\":%s}\n", load->connected,
           load->profiles == 1u << TL_SRTP_AEAD_AES_128_GCM ? "true" : "false");
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / TL_SECOND_US;
}

static void start_streams(struct load *load, tl_time_us now, unsigned rooms)
{
    /* spread as independent callers are, and the same in every run */
    uint32_t random = 12345;
    if (load->heap_count && load->rooms == rooms)
        return;
    load->heap_count = load->unsealed_count = 0;
    load->rooms = rooms;
    for (unsigned i = 0; i < load->count; i++) {
        struct participant *p = &load->participants[i];
        if (!p->sends || !p->connected || p->room >= rooms)
            continue;
        random = random * 1664525u + 1013904223u;
        stream_start(load, &p->video, now, (tl_time_us)(random >> 8) % load->video.length);
        random = random * 1664525u + 1013904223u;
        stream_start(load, &p->audio, now, (tl_time_us)(random >> 8) % load->audio.length);
    }
}

/* A packet belongs to the window in which it was sent: what is in flight at its end is waited for. */
static void command_run(struct load *load, int warmup, int seconds, int pid, unsigned rooms)
{
    struct measure *m = &load->measure;
    start_streams(load, tl_clock_monotonic(), rooms);
    run_until(load, tl_clock_monotonic() + warmup * (tl_time_us)TL_SECOND_US);
    memset(m, 0, sizeof *m);
    m->on = true;
    m->ended = INT64_MAX;
    m->began = tl_clock_monotonic();
    uint64_t cpu = pid > 0 ? cpu_of(pid) : 0;
    double own = own_cpu();
    run_until(load, m->began + seconds * (tl_time_us)TL_SECOND_US);
    cpu = pid > 0 ? cpu_of(pid) - cpu : 0;
    own = own_cpu() - own;
    m->ended = tl_clock_monotonic();
    double took = (double)(m->ended - m->began) / TL_SECOND_US;
    run_until(load, m->ended + DRAIN_US);
    m->on = false;
    uint64_t expected = m->sent * (load->group - 1);
    printf("{\"seconds\":%.3f,\"sent\":%llu,\"expected\":%llu,\"received\":%llu,"
           "\"unopened\":%llu,\"loss\":%.6f,\"cpu_ns\":%llu,\"headroom\":%.3f,"
           "\"late_p99_us\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f}\n",
           took, (unsigned long long)m->sent, (unsigned long long)expected,
           (unsigned long long)m->received, (unsigned long long)m->unopened,
           expected ? 1 - (double)m->received / (double)expected : 1, (unsigned long long)cpu,
           1 - own / took, delay_quantile(m->late, 0.99), delay_quantile(m->delays, 0.5),
           delay_quantile(m->delays, 0.99), delay_quantile(m->delays, 0.999));
}

static void command_remote(struct load *load, const char *line)
{
    unsigned index, port;
    char ufrag[257], password[257], fingerprint[128], ip[64];
    struct tl_address to;
    if (sscanf(line, "remote %u %256s %256s %127s %63s %u", &index, ufrag, password,
               fingerprint, ip, &port) != 6 ||
        index >= load->count || tl_address_read(tl_text(ip), (uint16_t)port, &to) ||
        !participant_remote(load, &load->participants[index], ufrag, password, fingerprint,
                            &to))
        fail("a remote that cannot be");
    load->wanted++;
}

static void hear(struct load *load)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        int a, b, pid;
        unsigned rooms;
        if (strncmp(line, "remote ", 7) == 0)
            command_remote(load, line);
        else if (sscanf(line, "connect %d", &a) == 1)
            command_connect(load, a);
        else if (sscanf(line, "run %d %d %d %u", &a, &b, &pid, &rooms) == 4)
            command_run(load, a, b, pid, rooms);
        else
            return;
    }
}

/* ---- start ---- */

static void say_hello(const struct load *load)
{
    for (unsigned i = 0; i < load->count; i++) {
        const struct participant *p = &load->participants[i];
        printf("{\"participant\":%u,\"room\":%u,\"sends\":%s,\"port\":%u,\"ufrag\":\"%s\","
               "\"pwd\":\"%s\",\"fingerprint\":\"%s\",\"audio\":%u,\"video\":%u}\n",
               i, p->room, p->sends ? "true" : "false", p->port, p->ice.ufrag, p->ice.password,
               tl_dtls_identity_fingerprint(load->identity), p->audio.ssrc, p->video.ssrc);
    }
}

static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    (void)prctl(PR_SET_TIMERSLACK, 1);
}

int main(int count, char **arguments)
{
    static struct load load = {
        .group = 2, .senders = 2, .role = TL_DTLS_CLIENT, .answers = true
    };
    unsigned slow = 1;
    const char *video = NULL, *audio = NULL;
    struct tl_address known = { .port = 0 };
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        unsigned number = (unsigned)strtoul(value, NULL, 10);
        if (strcmp(name, "--count") == 0)
            load.count = number;
        else if (strcmp(name, "--group") == 0)
            load.group = number;
        else if (strcmp(name, "--senders") == 0)
            load.senders = number;
        else if (strcmp(name, "--port") == 0)
            load.base_port = (uint16_t)number;
        else if (strcmp(name, "--core") == 0)
            pin((int)number);
        else if (strcmp(name, "--video") == 0)
            video = value;
        else if (strcmp(name, "--audio") == 0)
            audio = value;
        else if (strcmp(name, "--split") == 0)
            load.split = number;
        else if (strcmp(name, "--answers") == 0)
            load.answers = number;
        else if (strcmp(name, "--slow") == 0)
            slow = number;
        else if (strcmp(name, "--dtls") == 0)
            load.role = strcmp(value, "server") == 0 ? TL_DTLS_SERVER : TL_DTLS_CLIENT;
        else if (strcmp(name, "--known-keys") == 0)
            known = tl_address_ipv4(127, 0, 0, 1, (uint16_t)number);
        else
            fail("unknown option");
    }
    if (!load.count || load.group < 2 || !slow || load.count % load.group || !video || !audio)
        fail("--count (a multiple of --group), --video and --audio are needed");
    if (load.split)
        load.count *= 2;
    if (!trace_read(video, slow, &load.video) || !trace_read(audio, slow, &load.audio))
        fail("a trace cannot be read");
    load.wall_offset = tl_clock_wall() - tl_clock_monotonic();
    load.participants = calloc(load.count, sizeof *load.participants);
    load.heap = calloc(2 * (size_t)load.count, sizeof *load.heap);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.unsealed = calloc(2 * (size_t)load.count, sizeof *load.unsealed);
    if (!load.participants || !load.heap || !load.unsealed || load.epoll < 0 ||
        tl_dtls_identity_new(&load.identity) || tl_srtp_warm_up())
        fail("it cannot start");
    for (unsigned i = 0; i < load.count; i++)
        if (!participant_open(&load, i))
            fail("a socket cannot be made");
    for (unsigned i = 0; known.port && i < load.count; i++)
        if (!participant_known_keys(&load, &load.participants[i], &known))
            fail("known keys do not work");
    say_hello(&load);
    hear(&load);
    return 0;
}
