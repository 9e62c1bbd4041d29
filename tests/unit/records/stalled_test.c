/* What waits apart: one act's events in their order, tried with a pause that doubles to a bound. */
#include "testing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal/stalled.h"

static const uint8_t key[TL_SEAL_KEY_SIZE] = { 4, 5, 6 };
static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/teleloire-stalled-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/api-0.stalled", folder);
    unlink(path);
    return rmdir(folder);
}

static struct tl_stalled *open_stalled(size_t limit)
{
    struct tl_stalled *stalled = NULL;
    assert_int_equal(tl_stalled_open(folder, 0, key, limit, &stalled), TL_OK);
    return stalled;
}

static void act_id(char id[TL_UUID_SIZE], unsigned number)
{
    snprintf(id, TL_UUID_SIZE, "%08x-0000-4000-8000-000000000000", number);
}

static enum tl_error put(struct tl_stalled *stalled, unsigned act, unsigned event,
                         tl_time_us now)
{
    char id[TL_UUID_SIZE], text[128];
    act_id(id, act);
    int size = snprintf(text, sizeof text, "{\"act\":\"%s\",\"n\":%u}", id, event);
    return tl_stalled_add(stalled, tl_text(id), tl_bytes(text, (size_t)size), now);
}

static bool waits(const struct tl_stalled *stalled, unsigned act)
{
    char id[TL_UUID_SIZE];
    act_id(id, act);
    return tl_stalled_has(stalled, tl_text(id));
}

struct recorder {
    char events[256];
    const char *broken; /* act numbers as in the text: "00000001" */
    enum tl_error error;
    unsigned asked;
};

static enum tl_error record(void *context, struct tl_bytes plain)
{
    struct recorder *recorder = context;
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)plain.size, (const char *)plain.data);
    recorder->asked++;
    if (recorder->broken && strstr(text, recorder->broken))
        return recorder->error;
    size_t used = strlen(recorder->events);
    snprintf(recorder->events + used, sizeof recorder->events - used, "%s",
             strstr(text, "\"n\":") + 4);
    return TL_OK;
}

static void one_act_waits_in_order_and_others_are_recorded(void **state)
{
    (void)state;
    struct tl_stalled *stalled = open_stalled(0);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(put(stalled, 1 + i % 2, i, 0), TL_OK);
    assert_true(waits(stalled, 1) && waits(stalled, 2) && !waits(stalled, 3));
    struct recorder recorder = { .broken = "00000001", .error = TL_ERROR_IO };
    assert_true(tl_stalled_try(stalled, 10 * TL_SECOND_US, record, &recorder));
    assert_string_equal(recorder.events, "1}3}5}");
    assert_int_equal(recorder.asked, 4); /* the first of the broken act only */
    assert_true(waits(stalled, 1) && !waits(stalled, 2));
    stalled = tl_stalled_free(stalled);
    stalled = open_stalled(0); /* started again: both wait until known better */
    assert_true(waits(stalled, 1) && waits(stalled, 2));
    recorder = (struct recorder){ .broken = NULL };
    assert_true(tl_stalled_try(stalled, 20 * TL_SECOND_US, record, &recorder));
    assert_string_equal(recorder.events, "0}1}2}3}4}5}");
    assert_int_equal(tl_stalled_count(stalled), 0);
    assert_false(waits(stalled, 1));
    tl_stalled_free(stalled);
}

static void the_pause_doubles_to_its_bound_and_not_while_the_database_is_away(void **state)
{
    (void)state;
    struct tl_stalled *stalled = open_stalled(0);
    struct recorder recorder = { .broken = "00000001", .error = TL_ERROR_AWAY };
    tl_time_us now = 0, pause = (tl_time_us)TL_STALLED_FIRST_PAUSE_S * TL_SECOND_US;
    assert_int_equal(put(stalled, 1, 0, now), TL_OK);
    for (int i = 0; i < 3; i++) {
        now += pause;
        assert_false(tl_stalled_try(stalled, now - 1, record, &recorder));
        assert_true(tl_stalled_try(stalled, now, record, &recorder));
    }
    recorder.error = TL_ERROR_IO;
    for (int i = 0; i < 12; i++) {
        now += pause;
        assert_false(tl_stalled_try(stalled, now - 1, record, &recorder));
        assert_true(tl_stalled_try(stalled, now, record, &recorder));
        pause = pause * 2 < TL_STALLED_LONGEST_PAUSE_S * TL_SECOND_US
                    ? pause * 2
                    : TL_STALLED_LONGEST_PAUSE_S * TL_SECOND_US;
    }
    recorder.broken = NULL;
    assert_true(tl_stalled_try(stalled, now + pause, record, &recorder));
    assert_int_equal(put(stalled, 1, 0, 0), TL_OK);
    assert_true(
        tl_stalled_try(stalled, TL_STALLED_FIRST_PAUSE_S * TL_SECOND_US, record, &recorder));
    tl_stalled_free(stalled);
}

static void more_acts_than_there_is_room_for_all_wait(void **state)
{
    (void)state;
    struct tl_stalled *stalled = open_stalled(0);
    for (unsigned i = 0; i < TL_STALLED_ACTS_LIMIT; i++)
        assert_int_equal(put(stalled, i, i, 0), TL_OK);
    assert_false(waits(stalled, 9999));
    assert_int_equal(put(stalled, TL_STALLED_ACTS_LIMIT, 0, 0), TL_OK);
    assert_true(waits(stalled, 9999));
    struct recorder recorder = { .broken = "00000007", .error = TL_ERROR_IO };
    assert_true(tl_stalled_try(stalled, 10 * TL_SECOND_US, record, &recorder));
    assert_true(waits(stalled, 7) && !waits(stalled, 9999));
    recorder.broken = NULL;
    assert_true(tl_stalled_try(stalled, 20 * TL_SECOND_US, record, &recorder));
    assert_int_equal(tl_stalled_count(stalled), 0);
    tl_stalled_free(stalled);
    stalled = open_stalled(200);
    while (put(stalled, 1, 1, 0) == TL_OK)
        ;
    assert_int_equal(put(stalled, 1, 1, 0), TL_ERROR_LIMIT);
    tl_stalled_free(stalled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_act_waits_in_order_and_others_are_recorded,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            the_pause_doubles_to_its_bound_and_not_while_the_database_is_away, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(more_acts_than_there_is_room_for_all_wait, make_folder,
                                        drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
