/* teleloire-seat: a participant without a browser.
 *
 *     teleloire-seat join --url wss://HOST/ws --ca FILE --ticket T [--seconds N] [--index N]
 *                         [--name CLIENT] [--size 640x360] [--fps 15] [--kbps 500]
 *                         [--grain 0..100] [--way udp|tcp|shared|turn|proxy] [--proxy URL]
 *     teleloire-seat bare [--index N] ...       the same without a server: messages by stdin/stdout
 *     teleloire-seat selftest --url https://HOST:PORT --ca FILE --demo var/demo.json
 *
 * Several tickets (--ticket given again) make several seats in one process; their events carry
 * "seat": 0, 1 .... Events are JSON lines on standard output, commands JSON lines on standard
 * input (README.md). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "client/loop.h"
#include "client/tone.h"
#include "selftest.h"

enum {
    SEATS_LIMIT = 8,
    LINE_LIMIT = 256 * 1024,
};

struct options {
    const char *url, *ca, *proxy, *demo, *name, *tickets[SEATS_LIMIT];
    size_t ticket_count;
    unsigned seconds, index, width, height, fps, kbps, grain;
    enum tl_way way;
};

struct program {
    struct tl_loop *loop;
    struct tl_loop_seat *seats[SEATS_LIMIT];
    struct {
        struct program *program;
        size_t index;
    } contexts[SEATS_LIMIT];
    size_t count;
    bool quit, timed; /* timed: the end of the input is not the end */
    char *line;
    size_t used;
};

typedef __typeof__(((struct program *)0)->contexts[0]) seat_context;

static void print_line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text)
        puts(text);
    free(text);
    fflush(stdout);
}

static void print_event(void *context, json_t *event)
{
    const seat_context *seat = context;
    if (seat->program->count > 1)
        json_object_set_new(event, "seat", json_integer((json_int_t)seat->index));
    print_line(event);
}

static void print_message(void *context, const char *text, size_t size)
{
    const seat_context *seat = context;
    json_t *message = json_loadb(text, size, 0, NULL);
    json_t *line = json_pack("{s:s,s:o,s:I}", "event", "message", "message", message, "seat",
                             (json_int_t)seat->index);
    if (line)
        print_line(line);
    json_decref(line);
}

static void refuse(const char *reason)
{
    json_t *line = json_pack("{s:s,s:s}", "event", "bad_command", "reason", reason);
    print_line(line);
    json_decref(line);
}

static void take_command(struct program *program, struct tl_bytes text)
{
    tl_autojson json_t *command = NULL;
    if (tl_json_read(text, LINE_LIMIT, &command)) {
        refuse("not a JSON object");
        return;
    }
    const char *word = json_string_value(json_object_get(command, "do"));
    json_int_t index = json_integer_value(json_object_get(command, "seat"));
    if (!word || index < 0 || (size_t)index >= program->count) {
        refuse("no such seat, or no command");
        return;
    }
    struct tl_loop_seat *seat = program->seats[index];
    tl_time_us now = tl_clock_monotonic();
    if (strcmp(word, "quit") == 0) {
        program->quit = true;
    } else if (strcmp(word, "drop") == 0) {
        tl_loop_seat_drop(seat);
    } else if (strcmp(word, "opened") == 0) { /* bare only: the socket is said to be open */
        tl_seat_opened(tl_loop_seat_core(seat), now, "bare");
    } else if (strcmp(word, "receive") == 0) { /* a message as if from the server */
        tl_autofree char *message = NULL;
        size_t size;
        if (tl_json_write(json_object_get(command, "message"), &message, &size) == TL_OK)
            tl_seat_message(tl_loop_seat_core(seat), now, tl_bytes(message, size));
    } else if (tl_seat_command(tl_loop_seat_core(seat), now, command)) {
        refuse("unknown, or a field is missing");
    }
}

static void read_commands(void *context)
{
    struct program *program = context;
    ssize_t got = read(STDIN_FILENO, program->line + program->used, LINE_LIMIT - program->used);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        program->quit = !program->timed;
        return;
    }
    if (got < 0)
        return;
    program->used += (size_t)got;
    char *start = program->line, *end;
    while ((end = memchr(start, '\n', program->used - (size_t)(start - program->line)))) {
        if (end > start)
            take_command(program, tl_bytes(start, (size_t)(end - start)));
        start = end + 1;
    }
    program->used -= (size_t)(start - program->line);
    memmove(program->line, start, program->used);
    if (program->used == LINE_LIMIT) {
        refuse("line too long");
        program->used = 0;
    }
}

static enum tl_error add_seats(struct program *program, const struct options *options,
                               bool bare)
{
    program->count = bare ? 1 : options->ticket_count;
    for (size_t i = 0; i < program->count; i++) {
        program->contexts[i].program = program;
        program->contexts[i].index = i;
        struct tl_loop_seat_config config = {
            .url = bare ? NULL : options->url,
            .ticket = bare ? "bare" : options->tickets[i],
            .client = options->name,
            .number = (uint8_t)(options->index + i),
            .width = options->width,
            .height = options->height,
            .fps = options->fps,
            .kbps = options->kbps,
            .grain = (uint8_t)options->grain,
            .way = options->way,
            .event = print_event,
            .message = print_message,
            .context = &program->contexts[i],
        };
        enum tl_error error = tl_loop_add(program->loop, &config, &program->seats[i]);
        if (error)
            return error;
    }
    return TL_OK;
}

static int run(const struct options *options, bool bare)
{
    static struct program program;
    program.line = malloc(LINE_LIMIT);
    program.timed = options->seconds != 0;
    enum tl_error error = program.line ? tl_loop_new(options->ca, options->proxy, &program.loop)
                                       : TL_ERROR_MEMORY;
    if (!error)
        error = add_seats(&program, options, bare);
    if (!error)
        (void)fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    if (!error)
        error = tl_loop_watch(program.loop, STDIN_FILENO, read_commands, &program);
    if (error) {
        fprintf(stderr, "teleloire-seat: %s\n", tl_error_name(error));
        return 1;
    }
    tl_time_us until = options->seconds ? tl_clock_monotonic() + options->seconds * TL_SECOND_US
                                        : INT64_MAX / 2;
    while (!program.quit && tl_loop_lives(program.loop) && tl_clock_monotonic() < until)
        tl_loop_turn(program.loop, tl_clock_monotonic() + TL_SECOND_US < until
                                       ? tl_clock_monotonic() + TL_SECOND_US
                                       : until);
    tl_loop_free(program.loop);
    free(program.line);
    return 0;
}

static int usage(void)
{
    fprintf(
        stderr,
        "usage: teleloire-seat join --url wss://HOST/ws --ca FILE --ticket T [--ticket T]...\n"
        "           [--seconds N] [--index 0..15] [--name TEXT] [--size WxH] [--fps N] [--kbps "
        "N]\n"
        "           [--grain 0..100] [--way udp|tcp|shared|turn|proxy] [--proxy "
        "http://HOST:PORT]\n"
        "       teleloire-seat bare [--index N] [--seconds N] [--size WxH] [--fps N] [--kbps "
        "N]\n"
        "       teleloire-seat selftest --url https://HOST:PORT --ca FILE --demo "
        "var/demo.json\n");
    return 2;
}

static bool number(const char *text, unsigned least, unsigned most, unsigned *ret_number)
{
    uint64_t value;
    if (tl_text_u64(tl_text(text), most, &value) || value < least)
        return false;
    *ret_number = (unsigned)value;
    return true;
}

static bool size_of_picture(const char *text, struct options *options)
{
    struct tl_text rest = tl_text(text), width;
    uint64_t w, h;
    if (!tl_text_split(&rest, 'x', &width) || tl_text_u64(width, 1920, &w) ||
        tl_text_u64(rest, 1080, &h) || w < 80 || h < 40 || w % 2 || h % 2)
        return false;
    options->width = (unsigned)w;
    options->height = (unsigned)h;
    return true;
}

static bool way(const char *word, enum tl_way *ret_way)
{
    for (unsigned i = 0; i < TL_WAY_COUNT; i++)
        if (strcmp(word, tl_way_words[i]) == 0) {
            *ret_way = (enum tl_way)i;
            return true;
        }
    return false;
}

static bool read_option(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--url") == 0)
        o->url = value;
    else if (strcmp(name, "--ca") == 0)
        o->ca = value;
    else if (strcmp(name, "--demo") == 0)
        o->demo = value;
    else if (strcmp(name, "--name") == 0)
        o->name = value;
    else if (strcmp(name, "--ticket") == 0 && o->ticket_count < SEATS_LIMIT)
        o->tickets[o->ticket_count++] = value;
    else if (strcmp(name, "--seconds") == 0)
        return number(value, 1, 86400, &o->seconds);
    else if (strcmp(name, "--index") == 0)
        return number(value, 0, TL_TONE_IDENTITIES - 1, &o->index);
    else if (strcmp(name, "--fps") == 0)
        return number(value, 1, 30, &o->fps);
    else if (strcmp(name, "--kbps") == 0)
        return number(value, 50, 5000, &o->kbps);
    else if (strcmp(name, "--grain") == 0)
        return number(value, 0, 100, &o->grain);
    else if (strcmp(name, "--proxy") == 0)
        o->proxy = value;
    else if (strcmp(name, "--way") == 0)
        return way(value, &o->way);
    else if (strcmp(name, "--size") == 0)
        return size_of_picture(value, o);
    else
        return false;
    return true;
}

int main(int count, char **arguments)
{
    struct options options = { .width = 640, .height = 360, .fps = 15, .kbps = 500 };
    signal(SIGPIPE, SIG_IGN);
    for (int i = 2; i < count; i += 2)
        if (i + 1 >= count || !read_option(&options, arguments[i], arguments[i + 1]))
            return usage();
    if (count >= 2 && strcmp(arguments[1], "join") == 0 && options.url && options.ticket_count)
        return run(&options, false);
    if (count >= 2 && strcmp(arguments[1], "bare") == 0)
        return run(&options, true);
    if (count >= 2 && strcmp(arguments[1], "selftest") == 0 && options.url && options.demo)
        return tl_selftest(options.url, options.ca, options.demo);
    return usage();
}
