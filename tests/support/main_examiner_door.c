/* For integration tests: starts a real teleloire-examiner and is its supervisor, its door and its
 * relay.
 *
 *     in:   TYPE REQUEST {json}       a message of the door
 *           supervisor TYPE REQUEST {json}
 *           speak TEST MS IDENTITY    sound and pictures of a native participant, at once
 *           garbage TEST COUNT        datagrams that make no sense
 *           door                      a new door takes the place of the one before
 *     out:  {"type":n,"flags":n,"body":{...}}, {"supervisor":{"type":n,"flags":n,"body":{...}}}
 *
 * usage: examiner-door EXAMINER CONFIG */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/channel.h"
#include "base/clock.h"
#include "channels/types.h"
#include "child.h"
#include "client/packetizer.h"
#include "client/source.h"

static struct tl_channel *supervisor, *door;
static int relay;

static void attach(const char *json, int fd)
{
    struct tl_channel_message message = { .type = TL_MESSAGE_ATTACH,
                                          .json = tl_bytes(json, strlen(json)),
                                          .fds = { fd },
                                          .fd_count = 1 };
    if (tl_channel_send(supervisor, &message))
        exit(3);
    close(fd);
}

static void attach_door(void)
{
    int pair[2];
    if (tl_channel_pair(pair))
        exit(3);
    tl_channel_free(door);
    door = tl_channel_new(pair[0]);
    attach("{\"role\":\"door\",\"index\":0}", pair[1]);
}

static void send_datagram(struct tl_writer *w)
{
    (void)!send(relay, w->data, w->used, 0); /* waits when the examiner is slow */
}

static struct tl_writer begin_datagram(uint8_t *buffer, unsigned kind, uint32_t test,
                                       uint16_t sequence, uint32_t timestamp, bool marker)
{
    struct tl_writer w = tl_writer(buffer, 2048);
    tl_write_u8(&w, 1);
    tl_write_u8(&w, (uint8_t)kind);
    tl_write_u16(&w, 0);
    tl_write_u32(&w, test);
    tl_write_u64(&w, (uint64_t)tl_clock_monotonic());
    tl_write_u8(&w, 0x80);
    tl_write_u8(&w, (uint8_t)((marker ? 0x80 : 0) | (kind == 1 ? 111 : 96)));
    tl_write_u16(&w, sequence);
    tl_write_u32(&w, timestamp);
    tl_write_u32(&w, kind);
    return w;
}

static void speak(uint32_t test, unsigned ms, int identity)
{
    struct tl_voice *voice = tl_voice_new(identity, 0.4);
    struct tl_camera *camera = tl_camera_new((uint8_t)identity, 320, 180, 15, 300);
    uint8_t datagram[2048], payload[TL_VP8_PAYLOAD_LIMIT];
    uint16_t sequence = 0;
    for (unsigned i = 0; i < ms / 20; i++) {
        struct tl_writer w = begin_datagram(datagram, 1, test, (uint16_t)i, i * 960, false);
        tl_write_bytes(&w, tl_voice_next(voice));
        send_datagram(&w);
    }
    for (unsigned i = 0; i < ms * 15 / 1000; i++) {
        struct tl_vp8_packetizer packetizer;
        size_t size;
        bool last;
        tl_vp8_packetizer_init(&packetizer, tl_camera_next(camera, i == 0), (uint16_t)i);
        while (tl_vp8_packetizer_next(&packetizer, payload, &size, &last)) {
            struct tl_writer w = begin_datagram(datagram, 2, test, sequence++, i * 6000, last);
            tl_write_bytes(&w, tl_bytes(payload, size));
            send_datagram(&w);
        }
    }
    tl_voice_free(voice);
    tl_camera_free(camera);
}

static void send_garbage(uint32_t test, unsigned count)
{
    uint8_t datagram[2048];
    uint32_t seed = 7;
    for (unsigned i = 0; i < count; i++) {
        struct tl_writer w =
            begin_datagram(datagram, 1 + i % 3, test, (uint16_t)i, i, i % 5 == 0);
        for (unsigned size = i % 900; size; size--) {
            seed = seed * 1664525u + 1013904223u;
            tl_write_u8(&w, (uint8_t)(seed >> 24));
        }
        if (i % 7 == 0)
            w.used = i % 30;
        send_datagram(&w);
    }
}

static void send_line(struct tl_channel *channel, char *line)
{
    char *end;
    unsigned long type = strtoul(line, &end, 10), request = strtoul(end, &end, 10);
    end += strspn(end, " ");
    struct tl_channel_message message = { .type = (uint16_t)type,
                                          .request = (uint32_t)request,
                                          .json = tl_bytes(end, strlen(end)) };
    if (tl_channel_send(channel, &message))
        fprintf(stderr, "the examiner does not take messages\n");
}

static void take_line(char *line)
{
    unsigned test, amount;
    int identity;
    if (strncmp(line, "supervisor ", 11) == 0)
        send_line(supervisor, line + 11);
    else if (strcmp(line, "door") == 0)
        attach_door();
    else if (sscanf(line, "speak %u %u %d", &test, &amount, &identity) == 3)
        speak(test, amount, identity);
    else if (sscanf(line, "garbage %u %u", &test, &amount) == 2)
        send_garbage(test, amount);
    else
        send_line(door, line);
}

static bool hear(struct tl_channel *channel, bool is_door)
{
    struct tl_channel_message message;
    enum tl_error error;
    while ((error = tl_channel_receive(channel, &message)) != TL_ERROR_AGAIN) {
        if (error == TL_ERROR_CLOSED)
            return false;
        if (error)
            continue;
        fputs(is_door ? "" : "{\"supervisor\":", stdout);
        printf("{\"type\":%u,\"flags\":%u,\"body\":%.*s}%s\n", message.type, message.flags,
               message.json.size ? (int)message.json.size : 2,
               message.json.size ? (const char *)message.json.data : "{}", is_door ? "" : "}");
    }
    return true;
}

int main(int count, char **arguments)
{
    int pair[2], copies[2];
    if (count != 3 || tl_channel_pair(pair) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, copies) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        if (pair[1] != TL_SUPERVISOR_FD)
            dup2(pair[1], TL_SUPERVISOR_FD);
        else
            (void)fcntl(pair[1], F_SETFD, 0);
        execl(arguments[1], arguments[1], "--config", arguments[2], "--index", "0",
              (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    printf("{\"pid\":%d}\n", (int)child);
    supervisor = tl_channel_new(pair[0]);
    relay = copies[0];
    attach_door();
    attach("{\"role\":\"examiner-media\",\"index\":0}", copies[1]);
    static char input[1 << 16];
    size_t used = 0;
    bool by_itself = false;
    for (;;) {
        struct pollfd waiting[] = { { .fd = 0, .events = POLLIN },
                                    { .fd = tl_channel_fd(supervisor), .events = POLLIN },
                                    { .fd = tl_channel_fd(door), .events = POLLIN } };
        if (poll(waiting, 3, -1) < 0)
            break;
        if (waiting[0].revents) {
            ssize_t got = read(0, input + used, sizeof input - used - 1);
            if (got <= 0)
                break;
            used += (size_t)got;
            input[used] = 0;
            char *line = input, *end;
            while ((end = strchr(line, '\n'))) {
                *end = 0;
                take_line(line);
                line = end + 1;
            }
            used -= (size_t)(line - input);
            memmove(input, line, used + 1);
        }
        (void)hear(door, true);
        if (!hear(supervisor, false)) {
            by_itself = true; /* its channel closes a moment before its process ends */
            break;
        }
    }
    int status = 0;
    if (!by_itself)
        kill(child, SIGKILL);
    (void)tl_test_child_ended(child, TL_TEST_CHILD_MS, &status);
    printf("{\"ended\":%d}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 0;
}
