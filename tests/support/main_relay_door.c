/* For integration tests: starts a real teleloire-relay, is its supervisor, its door and its
 * examiner's socket, and speaks lines with the test.
 *
 *     in:   TYPE REQUEST {json}          a message of the door
 *           stop                         the supervisor's STOP
 *     out:  {"type":n,"flags":n,"request":n,"body":{...}}   what the relay told the door
 *           {"metrics":{...}}            what it told the supervisor
 *           {"copy":{"kind":1,"size":n}} a datagram for the examiner
 *
 * usage: relay-door RELAY CONFIG INDEX */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "channels/types.h"

static struct tl_channel *supervisor, *door;

static pid_t start_relay(char **arguments, int fd)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    if (fd != TL_SUPERVISOR_FD)
        dup2(fd, TL_SUPERVISOR_FD);
    else
        (void)fcntl(fd, F_SETFD, 0);
    execl(arguments[1], arguments[1], "--config", arguments[2], "--index", arguments[3],
          (char *)NULL);
    _exit(127);
}

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

static void print_message(const struct tl_channel_message *message)
{
    printf("{\"type\":%u,\"flags\":%u,\"request\":%u,\"body\":%.*s}\n", message->type,
           message->flags, message->request, message->json.size ? (int)message->json.size : 2,
           message->json.size ? (const char *)message->json.data : "{}");
}

static void take_line(char *line)
{
    if (strncmp(line, "stop", 4) == 0) {
        struct tl_channel_message stop = { .type = TL_MESSAGE_STOP, .json = tl_bytes("{}", 2) };
        (void)tl_channel_send(supervisor, &stop);
        return;
    }
    char *end;
    unsigned long type = strtoul(line, &end, 10);
    unsigned long request = strtoul(end, &end, 10);
    while (*end == ' ')
        end++;
    struct tl_channel_message message = { .type = (uint16_t)type,
                                          .request = (uint32_t)request,
                                          .json = tl_bytes(end, strcspn(end, "\n")) };
    if (tl_channel_send(door, &message))
        fprintf(stderr, "the relay does not take messages\n");
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
        if (is_door)
            print_message(&message);
        else if (message.type == TL_MESSAGE_METRICS)
            printf("{\"metrics\":%.*s}\n", (int)message.json.size,
                   (const char *)message.json.data);
        else
            print_message(&message);
    }
    return true;
}

static void hear_copies(int fd)
{
    uint8_t datagram[4096];
    ssize_t got;
    while ((got = recv(fd, datagram, sizeof datagram, MSG_DONTWAIT)) > 0)
        printf("{\"copy\":{\"kind\":%u,\"size\":%zd}}\n", datagram[1], got);
}

int main(int count, char **arguments)
{
    int pair[2], to_door[2], copies[2];
    if (count != 4 || tl_channel_pair(pair) || tl_channel_pair(to_door) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, copies) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    pid_t child = start_relay(arguments, pair[1]);
    close(pair[1]);
    printf("{\"pid\":%d}\n", (int)child);
    supervisor = tl_channel_new(pair[0]);
    door = tl_channel_new(to_door[0]);
    attach("{\"role\":\"door\",\"index\":0}", to_door[1]);
    attach("{\"role\":\"examiner-media\",\"index\":0}", copies[1]);
    static char input[1 << 17];
    size_t used = 0;
    for (;;) {
        struct pollfd waiting[] = { { .fd = 0, .events = POLLIN },
                                    { .fd = tl_channel_fd(supervisor), .events = POLLIN },
                                    { .fd = tl_channel_fd(door), .events = POLLIN },
                                    { .fd = copies[0], .events = POLLIN } };
        if (poll(waiting, 4, -1) < 0)
            break;
        if (waiting[0].revents) {
            ssize_t got = read(0, input + used, sizeof input - used - 1);
            if (got <= 0) {
                kill(child, SIGKILL); /* the test is gone */
                break;
            }
            used += (size_t)got;
            input[used] = 0;
            char *line = input, *end;
            while ((end = strchr(line, '\n'))) {
                take_line(line);
                line = end + 1;
            }
            used -= (size_t)(line - input);
            memmove(input, line, used + 1);
        }
        if (waiting[3].revents)
            hear_copies(copies[0]);
        (void)hear(door, true);
        if (!hear(supervisor, false))
            break;
    }
    /* a relay that was stopped ends by itself; a sanitized build takes its time to (no leak is
     * looked for: in a sandbox that check is off) */
    int status = 0;
    pid_t ended = 0;
    for (unsigned i = 0; i < 150 && ended == 0; i++) {
        ended = waitpid(child, &status, WNOHANG);
        if (ended == 0)
            (void)poll(NULL, 0, 100);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    printf("{\"ended\":%d}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
