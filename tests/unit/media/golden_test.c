/* Calls recorded with real browsers, replayed through the core: every datagram that leaves is bit
 * for bit the one that left then, to the same address, in the same order. tests/golden/README.md
 * says how to record again what was changed on purpose. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "golden/tape.h"
#include "media/relay.h"
#include "media/srtp.h"

static uint8_t *tape;
static size_t tape_size, at, outs;
static uint8_t begun[TL_RELAY_PACKET_ROOM];
static bool over; /* what closing says is not on the tape */

const uint8_t *tape_read(char letter, size_t size, size_t *ret_size)
{
    static const uint8_t nothing[sizeof(struct tl_srtp_keys)];
    uint32_t length;
    if (over) {
        if (ret_size)
            *ret_size = 0;
        return nothing;
    }
    if (at + 5 > tape_size)
        fail_msg("the tape ends before the core does, at byte %zu", at);
    memcpy(&length, tape + at + 1, sizeof length);
    if (tape[at] != (uint8_t)letter || (size != SIZE_MAX && size != length))
        fail_msg("byte %zu of the tape, after %zu datagrams: the core wants %c of %zu bytes, "
                 "recorded is %c of %u; if that is on purpose, record again",
                 at, outs, letter, size, tape[at], length);
    const uint8_t *data = tape + at + 5;
    at += 5 + length;
    if (ret_size)
        *ret_size = length;
    return data;
}

void tape_write(char letter, const void *data, size_t size)
{
    (void)letter, (void)data, (void)size; /* only the recorder writes */
}

static uint8_t *begin(void *context)
{
    (void)context;
    return begun;
}

static void send_media(void *context, const struct tl_address *to, size_t size,
                       enum tl_traffic traffic)
{
    (void)context;
    uint32_t number = traffic;
    if (over)
        return;
    const uint8_t *record = tape_read(TAPE_OUT, sizeof *to + sizeof number + size, NULL);
    assert_memory_equal(record, to, sizeof *to);
    assert_memory_equal(record + sizeof *to, &number, sizeof number);
    assert_memory_equal(record + sizeof *to + sizeof number, begun, size);
    outs++;
}

static void send_packet(void *context, const struct tl_address *to, size_t size)
{
    send_media(context, to, size, TL_TRAFFIC_CONTROL);
}

static void event(void *context, const struct tl_relay_event *event)
{
    (void)context, (void)event;
}

static void load(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", GOLDEN_FOLDER, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    tape = malloc(TAPE_LIMIT + 100000);
    tape_size = fread(tape, 1, TAPE_LIMIT + 100000, file);
    (void)fclose(file);
    assert_in_range(tape_size, 100000, TAPE_LIMIT + 99999);
    at = outs = 0;
}

static void one_call(struct tl_relay *relay)
{
    char letter = (char)tape[at];
    size_t size;
    const uint8_t *record = tape_read(letter, SIZE_MAX, &size);
    tl_time_us now;
    memcpy(&now, record, sizeof now);
    record += sizeof now;
    size -= sizeof now;
    if (letter == TAPE_OPEN) {
        struct tl_participant_parameters parameters;
        struct tl_participant_answer answer;
        assert_int_equal(size, sizeof parameters);
        memcpy(&parameters, record, sizeof parameters);
        assert_int_equal(tl_relay_open(relay, now, &parameters, &answer), TL_OK);
    } else if (letter == TAPE_SLOTS) {
        struct tl_slot_wish wishes[TL_RELAY_RECEIVES_LIMIT];
        size_t count = (size - TL_RELAY_ID_SIZE) / sizeof wishes[0];
        memcpy(wishes, record + TL_RELAY_ID_SIZE, count * sizeof wishes[0]);
        assert_int_equal(tl_relay_slots_set(relay, now, (const char *)record, wishes, count),
                         TL_OK);
    } else if (letter == TAPE_INPUT) {
        uint8_t data[2048];
        struct tl_address from;
        memcpy(&from, record, sizeof from);
        memcpy(data, record + sizeof from, size - sizeof from);
        tl_relay_input(relay, now, &from, data, size - sizeof from);
    } else if (letter == TAPE_TICK) {
        tl_relay_tick(relay, now);
    } else {
        fail_msg("byte %zu of the tape, after %zu datagrams: recorded is %c, and the core did "
                 "not ask for it; if that is on purpose, record again",
                 at, outs, letter);
    }
}

static void replay(const char *name)
{
    struct tl_relay *relay;
    struct tl_relay_config config = { .output = { NULL, begin, send_packet, event, NULL,
                                                  send_media } };
    load(name);
    over = false;
    tape_replays = true;
    memcpy(&config.wall_offset, tape_read(TAPE_NEW, sizeof config.wall_offset, NULL),
           sizeof config.wall_offset);
    assert_int_equal(tl_relay_new(&config, &relay), TL_OK);
    while (at < tape_size)
        one_call(relay);
    print_message("%zu datagrams left as they did\n", outs);
    assert_true(outs > 200);
    assert_true(tl_relay_counter(relay, TL_RELAY_PACKETS_FORWARDED) > 100);
    over = true;
    tl_relay_free(relay);
    tape_replays = false;
    free(tape);
}

static void a_chromium_call_replays_bit_for_bit(void **state)
{
    (void)state;
    replay("chromium.tape");
}

static void a_firefox_call_replays_bit_for_bit(void **state)
{
    (void)state;
    replay("firefox.tape");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chromium_call_replays_bit_for_bit),
        cmocka_unit_test(a_firefox_call_replays_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
