/* The examiner's shell: waits on the supervisor, the door and each relay's datagrams; thinks
 * nothing. It holds no key and no socket but these. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/role.h"
#include "base/sandbox_roles.h"
#include "channels/types.h"
#include "examine/examine.h"
#include "examine/messages.h"

enum {
    RELAYS_LIMIT = 64,
    FIRST_RELAY = 2, /* in the poll list: after supervisor and door */
    DATAGRAM_LIMIT = 2048,
    BATCH_LIMIT = 256 /* datagrams of one relay before the others are served */
};

struct shell {
    struct tl_role role;
    struct tl_channel *door;
    int relays[RELAYS_LIMIT]; /* -1: none */
    struct tl_examiner *examiner;
    tl_time_us metrics_at;
    bool leaving;
};

static void attach(struct shell *shell, const struct tl_channel_message *message)
{
    struct tl_role_attach peer;
    if (tl_role_attach_read(message, &peer))
        return;
    if (strcmp(peer.role, "door") == 0) {
        /* The tests of a door that died: nobody waits for them. */
        tl_channel_free(shell->door);
        tl_examiner_drop_all(shell->examiner);
        shell->door = tl_channel_new(peer.fd);
        if (!shell->door)
            close(peer.fd);
    } else if (strcmp(peer.role, "examiner-media") == 0 && peer.index < RELAYS_LIMIT) {
        if (shell->relays[peer.index] >= 0)
            close(shell->relays[peer.index]);
        shell->relays[peer.index] = peer.fd;
    } else {
        close(peer.fd);
    }
}

static void hear_supervisor(struct shell *shell)
{
    struct tl_channel_message message;
    for (;;) {
        switch (tl_role_receive(&shell->role, &message)) {
        case TL_ROLE_ATTACH: attach(shell, &message); break;
        case TL_ROLE_STOP:
        case TL_ROLE_ORPHANED: shell->leaving = true; return;
        case TL_ROLE_OTHER: break;
        case TL_ROLE_NOTHING: return;
        }
    }
}

static void send_to_door(struct shell *shell, uint16_t type, json_t *json)
{
    tl_autojson json_t *owned = json;
    tl_autofree char *text = NULL;
    size_t size;
    if (!shell->door || !owned || tl_json_write(owned, &text, &size))
        return;
    struct tl_channel_message message = { .type = type, .json = tl_bytes(text, size) };
    (void)tl_channel_send(shell->door, &message);
}

static void begin(struct shell *shell, const struct tl_channel_message *message)
{
    struct tl_examine_begin wanted;
    if (tl_examine_begin_read(message->json, &wanted)) {
        tl_log(TL_LOG_WARNING, "examiner.bad_message", TL_INTEGER("type", message->type));
        return;
    }
    tl_time_us now = tl_clock_monotonic();
    enum tl_error error = tl_examiner_begin(shell->examiner, now, wanted.test, wanted.opus,
                                            wanted.vp8, wanted.seconds);
    if (!error)
        return;
    tl_log(TL_LOG_WARNING, "examiner.refused", TL_WORD("reason", tl_error_name(error)));
    if (error == TL_ERROR_EXISTS)
        return;
    /* The door waits for an answer: nothing was heard, nothing was seen. */
    struct tl_examine_event nothing = { .kind = TL_EXAMINE_VERDICT,
                                        .test = wanted.test,
                                        .report.sound = { .level_dbfs = TL_SOUND_FLOOR_DBFS,
                                                          .peak_dbfs = TL_SOUND_FLOOR_DBFS } };
    send_to_door(shell, TL_MESSAGE_TEST_VERDICT, tl_examine_event_write(&nothing));
}

static void hear_door(struct shell *shell)
{
    struct tl_channel_message message;
    while (shell->door) {
        enum tl_error error = tl_channel_receive(shell->door, &message);
        if (error == TL_ERROR_AGAIN)
            return;
        if (error == TL_ERROR_CLOSED) {
            shell->door = tl_channel_free(shell->door);
            tl_examiner_drop_all(shell->examiner);
            return;
        }
        if (error)
            continue;
        for (unsigned i = 0; i < message.fd_count; i++)
            close(message.fds[i]);
        uint32_t test;
        if (message.type == TL_MESSAGE_TEST_BEGIN)
            begin(shell, &message);
        else if (message.type == TL_MESSAGE_TEST_END &&
                 tl_examine_end_read(message.json, &test) == TL_OK)
            (void)tl_examiner_end(shell->examiner, tl_clock_monotonic(), test);
        else
            tl_log(TL_LOG_WARNING, "examiner.bad_message", TL_INTEGER("type", message.type));
    }
}

static void hear_relay(struct shell *shell, int *fd, bool hung_up)
{
    static uint8_t datagram[DATAGRAM_LIMIT];
    for (unsigned i = 0; i < BATCH_LIMIT; i++) {
        ssize_t size = recv(*fd, datagram, sizeof datagram, MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0)
            return;
        if (size == 0 && hung_up) { /* the end; else an empty datagram, which is a bad one */
            close(*fd);
            *fd = -1;
            return;
        }
        /* A cut one is handed on empty: it counts as bad. */
        tl_examiner_datagram(
            shell->examiner, tl_clock_monotonic(),
            tl_bytes(datagram, size <= DATAGRAM_LIMIT ? (size_t)size : (size_t)0));
    }
}

static void tell(struct shell *shell)
{
    struct tl_examine_event event;
    while (tl_examiner_next_event(shell->examiner, tl_clock_monotonic(), &event))
        send_to_door(shell,
                     event.kind == TL_EXAMINE_PROGRESS ? TL_MESSAGE_TEST_PROGRESS
                                                       : TL_MESSAGE_TEST_VERDICT,
                     tl_examine_event_write(&event));
}

static void send_metrics(struct shell *shell, tl_time_us now)
{
    if (now < shell->metrics_at)
        return;
    shell->metrics_at = now + TL_SECOND_US;
    const struct tl_examine_counters *counters = tl_examiner_counters(shell->examiner);
    tl_role_metrics(
        &shell->role,
        json_pack("{s:I,s:I,s:I,s:I,s:I}", "examiner_tests_begun_total",
                  (json_int_t)counters->begun, "examiner_tests_ended_total",
                  (json_int_t)counters->ended, "examiner_tests_refused_total",
                  (json_int_t)counters->refused, "examiner_datagrams_total",
                  (json_int_t)counters->datagrams, "examiner_bad_datagrams_total",
                  (json_int_t)counters->bad_datagrams),
        json_pack("{s:I}", "examiner_tests", (json_int_t)tl_examiner_count(shell->examiner)));
}

static int wait_ms(const struct shell *shell, tl_time_us now)
{
    tl_time_us due = tl_examiner_next_deadline(shell->examiner);
    if (due < 0 || due > shell->metrics_at)
        due = shell->metrics_at;
    return due <= now ? 0 : (int)((due - now + TL_MILLISECOND_US - 1) / TL_MILLISECOND_US);
}

static void run(struct shell *shell)
{
    struct pollfd waiting[FIRST_RELAY + RELAYS_LIMIT];
    while (!shell->leaving) {
        short door_events = POLLIN;
        if (shell->door && tl_channel_wants_write(shell->door))
            door_events |= POLLOUT;
        waiting[0] =
            (struct pollfd){ .fd = tl_channel_fd(shell->role.supervisor), .events = POLLIN };
        waiting[1] = (struct pollfd){ .fd = shell->door ? tl_channel_fd(shell->door) : -1,
                                      .events = door_events };
        for (size_t i = 0; i < RELAYS_LIMIT; i++)
            waiting[FIRST_RELAY + i] =
                (struct pollfd){ .fd = shell->relays[i], .events = POLLIN };
        (void)poll(waiting, TL_COUNT_OF(waiting), wait_ms(shell, tl_clock_monotonic()));
        if (waiting[1].revents & POLLOUT)
            (void)tl_channel_flush(shell->door);
        /* The door before the relays: a test is begun before its first datagram is read. */
        hear_door(shell);
        for (size_t i = 0; i < RELAYS_LIMIT; i++)
            if (waiting[FIRST_RELAY + i].revents && shell->relays[i] >= 0)
                hear_relay(shell, &shell->relays[i],
                           waiting[FIRST_RELAY + i].revents & POLLHUP);
        hear_supervisor(shell);
        tell(shell);
        send_metrics(shell, tl_clock_monotonic());
    }
}

int main(int count, char **arguments)
{
    static struct shell shell;
    if (tl_role_open("examiner", count, arguments, &shell.role))
        return 2;
    memset(shell.relays, -1, sizeof shell.relays);
    shell.examiner = tl_examiner_new();
    if (!shell.examiner) {
        tl_role_failed(&shell.role, "out of memory");
        return 1;
    }
    int landlock = 0;
    enum tl_error error = tl_sandbox_enter_role(TL_SANDBOX_EXAMINER, NULL, &landlock);
    if (error) {
        tl_role_failed(&shell.role, "the sandbox cannot be entered");
        return 1;
    }
    tl_log(TL_LOG_INFO, "examiner.sandbox", TL_BOOLEAN("landlock", landlock));
    tl_role_ready(&shell.role);
    run(&shell);
    tl_channel_free(shell.door);
    tl_examiner_free(shell.examiner);
    tl_role_close(&shell.role);
    return 0;
}
