/* The recording relay: teleloire-relay with its core's doors wrapped. For tests only: it writes the
 * keys of its calls to the file TL_GOLDEN_TAPE names. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/relay.h"
#include "tape.h"

static int tape = -1;
static size_t written;
static struct tl_relay_output shell;
static uint8_t *begun;
static bool full;

void tape_write(char letter, const void *data, size_t size)
{
    uint8_t head[5] = { (uint8_t)letter };
    uint32_t length = (uint32_t)size;
    memcpy(head + 1, &length, sizeof length);
    if (full || tape < 0)
        return;
    if (write(tape, head, sizeof head) != sizeof head ||
        (size && write(tape, data, size) != (ssize_t)size))
        abort();
    written += sizeof head + size;
}

const uint8_t *tape_read(char letter, size_t size, size_t *ret_size)
{
    (void)letter, (void)size, (void)ret_size;
    abort(); /* only the test reads */
}

/* A call begins; the tape ends between calls. */
static void enter(void)
{
    full |= written > TAPE_LIMIT;
    tape_inside = true;
}

static uint8_t *begin(void *context)
{
    begun = shell.begin(context);
    return begun;
}

static void note_out(const struct tl_address *to, size_t size, uint32_t traffic)
{
    uint8_t record[sizeof *to + sizeof traffic + TL_RELAY_PACKET_ROOM];
    memcpy(record, to, sizeof *to);
    memcpy(record + sizeof *to, &traffic, sizeof traffic);
    memcpy(record + sizeof *to + sizeof traffic, begun, size);
    tape_write(TAPE_OUT, record, sizeof *to + sizeof traffic + size);
}

static void send_packet(void *context, const struct tl_address *to, size_t size)
{
    note_out(to, size, TL_TRAFFIC_CONTROL);
    shell.send(context, to, size);
}

static void send_media(void *context, const struct tl_address *to, size_t size,
                       enum tl_traffic traffic)
{
    note_out(to, size, traffic);
    shell.send_media(context, to, size, traffic);
}

enum tl_error __real_tl_relay_new(const struct tl_relay_config *, struct tl_relay **);
enum tl_error __wrap_tl_relay_new(const struct tl_relay_config *, struct tl_relay **);
enum tl_error __wrap_tl_relay_new(const struct tl_relay_config *config, struct tl_relay **ret)
{
    struct tl_relay_config recorded = *config;
    const char *path = getenv("TL_GOLDEN_TAPE");
    tape = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    shell = config->output;
    recorded.output.begin = begin;
    recorded.output.send = send_packet;
    recorded.output.send_media = send_media;
    enter();
    tape_write(TAPE_NEW, &config->wall_offset, sizeof config->wall_offset);
    enum tl_error error = __real_tl_relay_new(&recorded, ret);
    tape_inside = false;
    return error;
}

enum tl_error __real_tl_relay_open(struct tl_relay *, tl_time_us,
                                   const struct tl_participant_parameters *,
                                   struct tl_participant_answer *);
enum tl_error __wrap_tl_relay_open(struct tl_relay *, tl_time_us,
                                   const struct tl_participant_parameters *,
                                   struct tl_participant_answer *);
enum tl_error __wrap_tl_relay_open(struct tl_relay *relay, tl_time_us now,
                                   const struct tl_participant_parameters *parameters,
                                   struct tl_participant_answer *answer)
{
    uint8_t record[sizeof now + sizeof *parameters];
    memcpy(record, &now, sizeof now);
    memcpy(record + sizeof now, parameters, sizeof *parameters);
    enter();
    tape_write(TAPE_OPEN, record, sizeof record);
    enum tl_error error = __real_tl_relay_open(relay, now, parameters, answer);
    tape_inside = false;
    return error;
}

enum tl_error __real_tl_relay_slots_set(struct tl_relay *, tl_time_us, const char *,
                                        const struct tl_slot_wish *, size_t);
enum tl_error __wrap_tl_relay_slots_set(struct tl_relay *, tl_time_us, const char *,
                                        const struct tl_slot_wish *, size_t);
enum tl_error __wrap_tl_relay_slots_set(struct tl_relay *relay, tl_time_us now, const char *id,
                                        const struct tl_slot_wish *wishes, size_t count)
{
    uint8_t record[sizeof now + TL_RELAY_ID_SIZE + TL_RELAY_RECEIVES_LIMIT * sizeof *wishes] = {
        0
    };
    if (count > TL_RELAY_RECEIVES_LIMIT)
        abort();
    memcpy(record, &now, sizeof now);
    memcpy(record + sizeof now, id, strnlen(id, TL_RELAY_ID_SIZE - 1));
    memcpy(record + sizeof now + TL_RELAY_ID_SIZE, wishes, count * sizeof *wishes);
    enter();
    tape_write(TAPE_SLOTS, record, sizeof now + TL_RELAY_ID_SIZE + count * sizeof *wishes);
    enum tl_error error = __real_tl_relay_slots_set(relay, now, id, wishes, count);
    tape_inside = false;
    return error;
}

void __real_tl_relay_input(struct tl_relay *, tl_time_us, const struct tl_address *, uint8_t *,
                           size_t);
void __wrap_tl_relay_input(struct tl_relay *, tl_time_us, const struct tl_address *, uint8_t *,
                           size_t);
void __wrap_tl_relay_input(struct tl_relay *relay, tl_time_us now,
                           const struct tl_address *from, uint8_t *data, size_t size)
{
    uint8_t record[sizeof now + sizeof *from + 2048];
    if (size <= 2048) {
        memcpy(record, &now, sizeof now);
        memcpy(record + sizeof now, from, sizeof *from);
        memcpy(record + sizeof now + sizeof *from, data, size);
        enter();
        tape_write(TAPE_INPUT, record, sizeof now + sizeof *from + size);
        __real_tl_relay_input(relay, now, from, data, size);
        tape_inside = false;
    }
}

void __real_tl_relay_tick(struct tl_relay *, tl_time_us);
void __wrap_tl_relay_tick(struct tl_relay *, tl_time_us);
void __wrap_tl_relay_tick(struct tl_relay *relay, tl_time_us now)
{
    if (now >= tl_relay_next_deadline(relay, now)) {
        enter();
        tape_write(TAPE_TICK, &now, sizeof now);
        __real_tl_relay_tick(relay, now);
        tape_inside = false;
    }
}

struct tl_relay *__real_tl_relay_free(struct tl_relay *);
struct tl_relay *__wrap_tl_relay_free(struct tl_relay *);
struct tl_relay *__wrap_tl_relay_free(struct tl_relay *relay)
{
    full = true; /* the end is not part of it */
    return __real_tl_relay_free(relay);
}
