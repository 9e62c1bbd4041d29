/* Starts one role as its supervisor would (channel at descriptor 3) and speaks its channel as JSON
 * lines, so that an integration test can drive a role by itself:
 *
 *     supervise-one EXECUTABLE --config PATH --index N
 *     {"type":258}            on standard input: a message of that type, body {} or "body"
 *     {"type":385,"body":{}}  on standard output: what the role says
 *
 * Ends when the role ends, with its exit code; kills it when standard input closes. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "child.h"

enum { LINE_SIZE = 70000 };

static void say(const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    if (tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return;
    tl_autojson json_t *line = json_pack("{s:i,s:i,s:O}", "type", message->type, "flags",
                                         message->flags, "body", body);
    tl_autofree char *text = json_dumps(line, JSON_COMPACT);
    printf("%s\n", text);
    fflush(stdout);
}

static void hear(struct tl_channel *channel, const char *line)
{
    tl_autojson json_t *order = json_loads(line, 0, NULL);
    json_t *body = json_object_get(order, "body");
    tl_autofree char *text = json_dumps(body ? body : json_object(), JSON_COMPACT);
    struct tl_channel_message message = {
        .type = (uint16_t)json_integer_value(json_object_get(order, "type")),
        .request = (uint32_t)json_integer_value(json_object_get(order, "request")),
        .json = tl_bytes(text, strlen(text)),
    };
    (void)tl_channel_send(channel, &message);
}

int main(int count, char **arguments)
{
    static char line[LINE_SIZE];
    int fds[2], status = 0;
    if (count < 2 || tl_channel_pair(fds))
        return 2;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], TL_SUPERVISOR_FD);
        execv(arguments[1], arguments + 1);
        _exit(127);
    }
    close(fds[1]);
    struct tl_channel *channel = tl_channel_new(fds[0]);
    if (!channel)
        return 2;
    setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what stdio would hide */
    printf("{\"pid\":%d}\n", (int)child);
    fflush(stdout);
    for (bool open = true; open;) {
        struct pollfd waiting[2] = { { .fd = tl_channel_fd(channel), .events = POLLIN },
                                     { .fd = STDIN_FILENO, .events = POLLIN } };
        (void)poll(waiting, 2, -1);
        if (waiting[0].revents) {
            struct tl_channel_message message;
            enum tl_error error = tl_channel_receive(channel, &message);
            if (!error)
                say(&message);
            open = error == TL_OK || error == TL_ERROR_AGAIN || error == TL_ERROR_FORMAT;
        }
        if (waiting[1].revents) {
            if (fgets(line, sizeof line, stdin)) {
                hear(channel, line);
            } else {
                kill(child, SIGKILL);
                open = false;
            }
        }
    }
    tl_channel_free(channel);
    (void)tl_test_child_ended(child, TL_TEST_CHILD_MS, &status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
