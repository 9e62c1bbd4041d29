/* Who stands in which slot: a pure function, tried on many small worlds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/slots.h"

#define BIT(source) (1u << TL_SOURCE_##source)

/* Everyone sends everything; microphone and camera are on; the receiver is seat 0. */
static struct tl_slots_question people(unsigned count, unsigned audio, unsigned video)
{
    struct tl_slots_question q = { .count = audio + video };
    for (unsigned i = 0; i < count; i++) {
        q.seats[i].sends = 31;
        q.seats[i].on = BIT(MICROPHONE) | BIT(CAMERA);
    }
    for (unsigned i = 0; i < q.count; i++) {
        q.is_audio[i] = i < audio;
        q.before[i] = (struct tl_slot){ -1, TL_SOURCE_NONE };
    }
    return q;
}

static void assert_slot(struct tl_slot slot, int seat, int source)
{
    assert_int_equal(slot.seat, seat);
    assert_int_equal(slot.source, source);
}

static void everyone_else_has_a_slot_of_each_kind(void **state)
{
    (void)state;
    struct tl_slots_question q = people(8, 7, 9);
    struct tl_slot slots[TL_SLOTS_LIMIT];
    tl_slots_assign(&q, slots);
    for (int i = 0; i < 7; i++) {
        assert_slot(slots[i], i + 1, TL_SOURCE_MICROPHONE);
        assert_slot(slots[7 + i], i + 1, TL_SOURCE_CAMERA);
    }
    assert_slot(slots[14], -1, TL_SOURCE_NONE);
    assert_slot(slots[15], -1, TL_SOURCE_NONE);
}

static void the_layout_moves_cameras_only_and_names_who_comes_first(void **state)
{
    (void)state;
    struct tl_slots_question q = people(4, 3, 5);
    struct tl_slot slots[TL_SLOTS_LIMIT];
    tl_slots_assign(&q, slots);
    memcpy(q.before, slots, sizeof slots);
    q.order[0] = 3;
    q.order_count = 1;
    tl_slots_assign(&q, slots);
    assert_slot(slots[3], 3, TL_SOURCE_CAMERA);
    assert_slot(slots[4], 2, TL_SOURCE_CAMERA); /* stays */
    assert_slot(slots[5], 1, TL_SOURCE_CAMERA); /* made room */
    for (int i = 0; i < 3; i++)
        assert_slot(slots[i], i + 1, TL_SOURCE_MICROPHONE);
}

static void a_share_moves_nobody(void **state)
{
    (void)state;
    struct tl_slots_question q = people(8, 7, 9);
    struct tl_slot first[TL_SLOTS_LIMIT], second[TL_SLOTS_LIMIT];
    tl_slots_assign(&q, first);
    memcpy(q.before, first, sizeof first);
    q.seats[4].on |= BIT(SCREEN);
    q.seats[5].on |= BIT(INSTRUMENT);
    tl_slots_assign(&q, second);
    for (int i = 0; i < 14; i++)
        assert_slot(second[i], first[i].seat, first[i].source);
    assert_slot(second[15], 4, TL_SOURCE_SCREEN);
    assert_slot(second[14], 5, TL_SOURCE_INSTRUMENT);
}

static void with_little_room_screens_come_before_instruments_before_cameras(void **state)
{
    (void)state;
    struct tl_slots_question q = people(5, 0, 1);
    struct tl_slot slots[TL_SLOTS_LIMIT];
    q.seats[1].on = BIT(CAMERA);
    q.seats[2].on = BIT(INSTRUMENT);
    q.seats[3].on = BIT(SCREEN);
    tl_slots_assign(&q, slots);
    assert_slot(slots[0], 3, TL_SOURCE_SCREEN);
    q.seats[3].on = 0;
    tl_slots_assign(&q, slots);
    assert_slot(slots[0], 2, TL_SOURCE_INSTRUMENT);
    q.seats[2].on = 0;
    tl_slots_assign(&q, slots);
    assert_slot(slots[0], 1, TL_SOURCE_CAMERA);
    q.seats[1].on = 0;
    q.seats[4].on = BIT(CAMERA); /* on, before those that are off */
    tl_slots_assign(&q, slots);
    assert_slot(slots[0], 4, TL_SOURCE_CAMERA);
}

static void nobody_is_given_itself(void **state)
{
    (void)state;
    for (unsigned receiver = 0; receiver < 8; receiver++) {
        struct tl_slots_question q = people(8, 8, 12);
        struct tl_slot slots[TL_SLOTS_LIMIT];
        for (unsigned i = 0; i < 8; i++)
            q.seats[i].on = 31;
        q.receiver = receiver;
        tl_slots_assign(&q, slots);
        for (unsigned i = 0; i < q.count; i++)
            assert_int_not_equal(slots[i].seat, receiver);
    }
}

/* A thousand small steps from a fixed seed: nothing stands twice, kinds fit, and asking again
 * changes nothing. */
static void any_walk_keeps_the_table_sound(void **state)
{
    (void)state;
    uint32_t random = 1;
    struct tl_slots_question q = people(8, 6, 8);
    for (int step = 0; step < 1000; step++) {
        struct tl_slot slots[TL_SLOTS_LIMIT], again[TL_SLOTS_LIMIT];
        random = random * 1664525 + 1013904223;
        unsigned seat = (random >> 8) % 8;
        if (random >> 31)
            q.seats[seat].on ^= 1u << ((random >> 12) % TL_SOURCE_COUNT);
        else if (random >> 30)
            q.seats[seat].sends = q.seats[seat].sends ? 0 : 31;
        q.order_count = (random >> 16) % 4;
        for (unsigned i = 0; i < q.order_count; i++)
            q.order[i] = (uint8_t)((seat + i * 3) % 8);
        q.audio_first = (random >> 20) % 16 == 0;
        tl_slots_assign(&q, slots);
        for (unsigned i = 0; i < q.count; i++) {
            if (slots[i].seat < 0)
                continue;
            assert_int_equal(tl_source_is_audio[slots[i].source], q.is_audio[i]);
            assert_true(q.seats[slots[i].seat].sends & (1u << slots[i].source));
            assert_false(q.audio_first && slots[i].source == TL_SOURCE_CAMERA);
            for (unsigned j = 0; j < i; j++)
                assert_false(slots[i].seat == slots[j].seat &&
                             slots[i].source == slots[j].source);
        }
        memcpy(q.before, slots, sizeof slots);
        tl_slots_assign(&q, again);
        for (unsigned i = 0; i < q.count; i++)
            assert_slot(again[i], slots[i].seat, slots[i].source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everyone_else_has_a_slot_of_each_kind),
        cmocka_unit_test(the_layout_moves_cameras_only_and_names_who_comes_first),
        cmocka_unit_test(a_share_moves_nobody),
        cmocka_unit_test(with_little_room_screens_come_before_instruments_before_cameras),
        cmocka_unit_test(nobody_is_given_itself),
        cmocka_unit_test(any_walk_keeps_the_table_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
