/* What a relay may say, and of whom: only of the participants it carries. */
#include "world.h"

enum { MINE, OTHERS }; /* relay 0 carries the session or the test; relay 1 does not */

struct two {
    struct world *w;
    uint64_t host, patient, test;
    char patient_id[40], test_id[40];
};

static struct two two_new(void)
{
    struct two t = { .w = world_new() };
    t.host = world_join(t.w, "host:Anne");
    t.patient = world_join(t.w, "patient:jeanne");
    world_sayf(t.w, t.host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(t.w, t.patient));
    world_offer(t.w, t.host, 7, 9);
    world_offer(t.w, t.patient, 7, 9);
    t.test = world_join(t.w, "test:jeanne");
    world_offer(t.w, t.test, 1, 1);
    world_say(t.w, t.test, "{\"type\":\"test\",\"step\":\"begin\"}");
    world_say(t.w, t.test, "{\"type\":\"test\",\"step\":\"down\"}");
    snprintf(t.patient_id, sizeof t.patient_id, "%s", world_participant(t.w, t.patient));
    snprintf(t.test_id, sizeof t.test_id, "%s", world_participant(t.w, t.test));
    world_relay_starts(t.w, OTHERS);
    world_pass(t.w, 5 * TL_SECOND_US);
    return t;
}

static void say(struct two *t, unsigned relay, uint16_t type)
{
    static const char statistics[] =
        "{\"participant\":\"%s\",\"rtt_ms\":900,\"up\":{\"kbps\":77,\"packets\":90,\"lost\":1,"
        "\"loss\":0.5,\"jitter_ms\":4},\"down\":{\"kbps\":400,\"packets\":80,\"lost\":0,"
        "\"loss\":0.5,\"nacked\":0,\"retransmitted\":0},\"sources\":[]}";
    switch (type) {
    case TL_MESSAGE_PARTICIPANT_STATISTICS:
        world_relay_says(t->w, relay, type, statistics, t->patient_id);
        world_relay_says(t->w, relay, type, statistics, t->test_id);
        break;
    case TL_MESSAGE_PARTICIPANT_STATE:
        world_relay_says(t->w, relay, type,
                         "{\"participant\":\"%s\",\"state\":\"closed\",\"reason\":\"closed\"}",
                         t->patient_id);
        break;
    case TL_MESSAGE_INCIDENT:
        world_relay_says(t->w, relay, type,
                         "{\"participant\":\"%s\",\"kind\":\"interruption\","
                         "\"started_us_ago\":9000000,\"ended_us_ago\":1,\"measure\":9000,"
                         "\"unit\":\"ms\"}",
                         t->patient_id);
        break;
    case TL_MESSAGE_SPEAKER:
        world_relay_says(t->w, relay, type, "{\"room\":\"%s\",\"participant\":\"%s\"}",
                         t->w->room, t->patient_id);
        break;
    case TL_MESSAGE_PROBE_RESULT:
        world_relay_says(t->w, relay, type,
                         "{\"participant\":\"%s\",\"steps\":[{\"kbps\":300,\"received_kbps\":9,"
                         "\"loss\":0.9,\"delay_ms\":1}]}",
                         t->test_id);
        break;
    default: fail();
    }
    world_pass(t->w, 20 * TL_SECOND_US);
}

/* How many of the messages that follow from it were told, to whoever is told of it. */
static unsigned effects(struct two *t, uint16_t type)
{
    unsigned count = 0;
    json_t *item;
    size_t i;
    switch (type) {
    case TL_MESSAGE_PARTICIPANT_STATE: return world_count(t->w, t->patient, "media");
    case TL_MESSAGE_INCIDENT: return world_events(t->w, "incident");
    case TL_MESSAGE_SPEAKER: return world_count(t->w, t->host, "speaker");
    case TL_MESSAGE_PARTICIPANT_STATISTICS:
        json_array_foreach(json_object_get(world_last(t->w, t->host, "quality"), "links"), i,
                           item)
        {
            json_t *up = json_object_get(item, "up");
            count += json_number_value(json_object_get(up, "kbps")) == 77;
        }
        break;
    default: break;
    }
    json_array_foreach(t->w->clients[t->test].heard, i, item)
    {
        const char *event = world_text(item, "event");
        count += event && strcmp(event, type == TL_MESSAGE_PROBE_RESULT ? "down" : "up") == 0;
    }
    return count;
}

static void a_relay_speaks_only_for_whom_it_carries(void **state)
{
    (void)state;
    static const uint16_t types[] = { TL_MESSAGE_PARTICIPANT_STATISTICS, TL_MESSAGE_INCIDENT,
                                      TL_MESSAGE_SPEAKER, TL_MESSAGE_PROBE_RESULT,
                                      TL_MESSAGE_PARTICIPANT_STATE };
    for (size_t i = 0; i < TL_COUNT_OF(types); i++) {
        struct two t = two_new();
        uint64_t people = types[i] == TL_MESSAGE_PARTICIPANT_STATISTICS ? 2 : 1;
        uint64_t refused = tl_hub_counts(t.w->hub).refused;
        unsigned before = effects(&t, types[i]);
        say(&t, OTHERS, types[i]);
        assert_int_equal(tl_hub_counts(t.w->hub).refused, refused + people);
        /* a probe with no word of its relay is told as nothing measured; not as what was said */
        if (types[i] == TL_MESSAGE_PROBE_RESULT)
            assert_int_equal(
                json_array_size(json_object_get(
                    json_object_get(world_last(t.w, t.test, "test"), "detail"), "steps")),
                0);
        else
            assert_int_equal(effects(&t, types[i]), before);
        world_free(t.w);

        t = two_new();
        refused = tl_hub_counts(t.w->hub).refused;
        before = effects(&t, types[i]);
        say(&t, MINE, types[i]);
        assert_int_equal(tl_hub_counts(t.w->hub).refused, refused);
        assert_true(effects(&t, types[i]) > before);
        world_free(t.w);
    }
}

static void an_answer_of_another_relay_opens_nothing(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_relay_starts(w, 1);
    uint64_t host = world_join(w, "host:Anne");
    w->relay_silent = true;
    world_offer(w, host, 7, 9);
    json_t *open = world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_non_null(open);
    unsigned other = json_integer_value(json_object_get(open, "_relay")) == 0;
    uint64_t refused = tl_hub_counts(w->hub).refused;
    for (uint32_t request = 1; request < 200; request++) {
        struct tl_channel_message message = { .type = TL_MESSAGE_PARTICIPANT_OPEN,
                                              .flags = TL_CHANNEL_REPLY,
                                              .request = request,
                                              .json = tl_bytes("{}", 2) };
        tl_hub_relay_message(w->hub, w->now, other, &message);
    }
    assert_int_equal(tl_hub_counts(w->hub).refused, refused + 199);
    assert_null(world_last(w, host, "answer"));
    assert_null(world_last(w, host, "error"));
    world_free(w);
}

static void somebody_of_another_relay_who_is_listed_is_closed_there(void **state)
{
    (void)state;
    struct two t = two_new();
    json_object_set(t.w->at_relay[OTHERS], t.patient_id,
                    json_object_get(t.w->at_relay[MINE], t.patient_id));
    tl_hub_relay_down(t.w->hub, t.w->now, OTHERS);
    tl_hub_relay_up(t.w->hub, t.w->now, OTHERS);
    world_pump(t.w);
    json_t *closed = world_to_relay(t.w, TL_MESSAGE_PARTICIPANT_CLOSE);
    assert_string_equal(world_text(closed, "participant"), t.patient_id);
    assert_int_equal(json_integer_value(json_object_get(closed, "_relay")), OTHERS);
    assert_int_equal(world_count(t.w, t.patient, "media"), 0);
    world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_speaks_only_for_whom_it_carries),
        cmocka_unit_test(an_answer_of_another_relay_opens_nothing),
        cmocka_unit_test(somebody_of_another_relay_who_is_listed_is_closed_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
