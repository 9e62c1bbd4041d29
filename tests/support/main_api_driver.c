/* Speaks the supervisor's and the door's side of the channels to a real teleloire-api, for tests
 * that are not written in C: JSON lines on standard input and output.
 *
 *     in   {"do":"start","command":"PATH","config":"PATH","index":0}
 *          {"do":"send","type":513,"request":1,"json":{...},"raw":"<base64url>"}
 *          {"do":"signal","signal":9}  {"do":"stop"}
 *     out  {"event":"started","pid":n}  {"event":"ready"}  {"event":"failed","reason":".."}
 *          {"event":"exit","status":n,"signal":n}
 *          {"event":"message","type":n,"flags":n,"request":n,"json":{...}|null,"raw":"<base64url>"}
 *
 * A raw part over 64 KiB goes out in pieces, the later ones with type + 1. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"

enum { LINE_LIMIT = 40 * 1024 * 1024, READ_SIZE = 1 << 16 };

static struct tl_channel *supervisor, *door;
static pid_t child = -1;

static void say(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text)
        puts(text);
    fflush(stdout);
    free(text);
}

static void send_patiently(struct tl_channel *channel, const struct tl_channel_message *message)
{
    while (tl_channel_send(channel, message) == TL_ERROR_LIMIT) {
        struct pollfd waiting = { .fd = tl_channel_fd(channel), .events = POLLOUT };
        if (poll(&waiting, 1, 10000) <= 0)
            return;
    }
}

static void attach_door(void)
{
    static const char body[] = "{\"role\":\"door\",\"index\":0}";
    int pair[2];
    if (tl_channel_pair(pair))
        exit(2);
    tl_channel_free(door);
    door = tl_channel_new(pair[0]);
    struct tl_channel_message message = { .type = TL_MESSAGE_ATTACH,
                                          .json = tl_bytes(body, sizeof body - 1),
                                          .fds = { pair[1] },
                                          .fd_count = 1 };
    send_patiently(supervisor, &message);
    close(pair[1]);
}

static void start(json_t *line)
{
    const char *command = json_string_value(json_object_get(line, "command"));
    const char *config = json_string_value(json_object_get(line, "config"));
    char index[12];
    int pair[2];
    snprintf(index, sizeof index, "%d",
             (int)json_integer_value(json_object_get(line, "index")));
    if (!command || !config || tl_channel_pair(pair))
        exit(2);
    child = fork();
    if (child == 0) {
        if (dup2(pair[1], TL_SUPERVISOR_FD) < 0)
            _exit(127);
        execl(command, command, "--config", config, "--index", index, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    tl_channel_free(supervisor);
    supervisor = tl_channel_new(pair[0]);
    attach_door();
    say(json_pack("{s:s,s:i}", "event", "started", "pid", (int)child));
}

static void send_line(json_t *line)
{
    json_t *body = json_object_get(line, "json");
    const char *raw = json_string_value(json_object_get(line, "raw"));
    tl_autofree char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    size_t size = 0, room = raw ? strlen(raw) : 0, at = 0;
    tl_autofree uint8_t *bytes = malloc(room + 1);
    if (!door || !bytes || (raw && tl_base64url_read(tl_text(raw), bytes, room + 1, &size)))
        return;
    do {
        size_t left = size - at,
               piece = left < TL_CHANNEL_RAW_LIMIT ? left : TL_CHANNEL_RAW_LIMIT;
        struct tl_channel_message message = {
            .type =
                (uint16_t)(json_integer_value(json_object_get(line, "type")) + (at ? 1 : 0)),
            .flags = piece < left ? TL_CHANNEL_MORE : 0,
            .request = (uint32_t)json_integer_value(json_object_get(line, "request")),
            .json = at || !text ? tl_bytes(NULL, 0) : tl_bytes(text, strlen(text)),
            .raw = tl_bytes(bytes + at, piece),
        };
        send_patiently(door, &message);
        at += piece;
    } while (at < size);
}

static void obey(char *text, size_t size)
{
    json_t *line = json_loadb(text, size, 0, NULL);
    const char *what = json_string_value(json_object_get(line, "do"));
    if (!what)
        exit(2);
    if (strcmp(what, "start") == 0)
        start(line);
    else if (strcmp(what, "send") == 0)
        send_line(line);
    else if (strcmp(what, "signal") == 0 && child > 0)
        kill(child, (int)json_integer_value(json_object_get(line, "signal")));
    else if (strcmp(what, "stop") == 0 && supervisor) {
        struct tl_channel_message message = { .type = TL_MESSAGE_STOP,
                                              .json = tl_bytes("{}", 2) };
        send_patiently(supervisor, &message);
    }
    json_decref(line);
}

/* Reads what standard input has; false at its end. */
static bool read_lines(void)
{
    static char *buffer;
    static size_t used, room;
    if (room - used < READ_SIZE) {
        room = room ? room * 2 : READ_SIZE * 2;
        buffer = room > LINE_LIMIT ? NULL : realloc(buffer, room);
        if (!buffer)
            exit(2);
    }
    ssize_t got = read(STDIN_FILENO, buffer + used, room - used);
    if (got <= 0)
        return false;
    used += (size_t)got;
    for (char *end; (end = memchr(buffer, '\n', used));) {
        size_t line = (size_t)(end - buffer);
        obey(buffer, line);
        used -= line + 1;
        memmove(buffer, end + 1, used);
    }
    return true;
}

static void tell(const char *event, const struct tl_channel_message *message)
{
    json_t *body = message->json.size ? json_loadb((const char *)message->json.data,
                                                   message->json.size, 0, NULL)
                                      : NULL;
    tl_autofree char *raw = malloc((message->raw.size * 4 + 2) / 3 + 1);
    if (!raw)
        exit(2);
    tl_base64url_write(message->raw, raw);
    say(json_pack("{s:s,s:i,s:i,s:I,s:o?,s:s}", "event", event, "type", (int)message->type,
                  "flags", (int)message->flags, "request", (json_int_t)message->request, "json",
                  body, "raw", raw));
}

static void listen_to_supervisor(void)
{
    struct tl_channel_message message;
    while (supervisor && tl_channel_receive(supervisor, &message) == TL_OK) {
        if (message.type == TL_MESSAGE_READY)
            say(json_pack("{s:s}", "event", "ready"));
        else
            tell(message.type == TL_MESSAGE_METRICS ? "metrics" : "message", &message);
    }
}

static bool listen_to_door(void)
{
    struct tl_channel_message message;
    enum tl_error error = TL_OK;
    while (door && (error = tl_channel_receive(door, &message)) == TL_OK)
        tell("message", &message);
    if (error == TL_ERROR_CLOSED)
        door = tl_channel_free(door);
    return error != TL_ERROR_CLOSED;
}

static void reap(void)
{
    int status;
    if (child <= 0 || waitpid(child, &status, WNOHANG) != child)
        return;
    child = -1;
    say(json_pack("{s:s,s:i,s:i}", "event", "exit", "status",
                  WIFEXITED(status) ? WEXITSTATUS(status) : -1, "signal",
                  WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

int main(void)
{
    for (bool open = true; open;) {
        struct pollfd waiting[3] = {
            { .fd = STDIN_FILENO, .events = POLLIN },
            { .fd = supervisor && child > 0 ? tl_channel_fd(supervisor) : -1,
              .events = POLLIN },
            { .fd = door ? tl_channel_fd(door) : -1,
              .events =
                  (short)(POLLIN | (door && tl_channel_wants_write(door) ? POLLOUT : 0)) },
        };
        if (poll(waiting, 3, 100) < 0)
            continue;
        if (waiting[1].revents)
            listen_to_supervisor();
        if (waiting[2].revents & POLLOUT)
            (void)tl_channel_flush(door);
        if (waiting[2].revents)
            (void)listen_to_door();
        reap();
        if (waiting[0].revents)
            open = read_lines();
    }
    if (child > 0)
        kill(child, SIGKILL);
    return 0;
}
