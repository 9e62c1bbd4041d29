/* What a peer can make grow, at its edge. */
#include "world.h"

static void two_thousand_sessions_and_not_one_more(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (unsigned i = 0; i <= TL_HUB_SESSIONS_LIMIT; i++) {
        char hello[100];
        uint64_t id = i < TL_HUB_SESSIONS_LIMIT ? 100 + i : 1;
        snprintf(hello, sizeof hello, "{\"type\":\"hello\",\"ticket\":\"host:Anne@%u\"}",
                 i + 1);
        tl_hub_client_opened(w->hub, w->now, id, id);
        world_say(w, id, hello);
    }
    assert_int_equal(tl_hub_counts(w->hub).sessions, TL_HUB_SESSIONS_LIMIT);
    assert_string_equal(world_error(w, 1), "away");
    assert_int_equal(w->clients[1].code, 1013);
    world_free(w);
}

static void sixteen_wait_for_a_session_that_is_read_back(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t clients[TL_HUB_WAITING_LIMIT + 1];
    w->api_mode = API_LOADS_NOT;
    for (unsigned i = 0; i <= TL_HUB_WAITING_LIMIT; i++) {
        char ticket[20];
        snprintf(ticket, sizeof ticket, "patient:p%u", i);
        clients[i] = world_join(w, ticket);
    }
    for (unsigned i = 0; i < TL_HUB_WAITING_LIMIT; i++)
        assert_int_equal(w->clients[clients[i]].code, 0);
    assert_int_equal(w->clients[clients[TL_HUB_WAITING_LIMIT]].code, 1013);
    w->api_mode = API_ANSWERS;
    world_pass(w, 60 * TL_SECOND_US);
    unsigned in = 0;
    for (unsigned i = 0; i < TL_HUB_WAITING_LIMIT; i++)
        in += world_last(w, clients[i], "welcome") != NULL;
    assert_int_equal(in, TL_HUB_SEATS_LIMIT);
    world_free(w);
}

static void two_hundred_and_fifty_six_events_of_an_act_wait_for_api(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    char who[40];
    snprintf(who, sizeof who, "%s", world_participant(w, host));
    size_t before = json_array_size(w->recorded);
    w->api_mode = API_AWAY;
    for (unsigned i = 0; i < 256; i++) {
        world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":%s}",
                   who, i % 2 ? "false" : "true");
        world_pass(w, 60 * TL_MILLISECOND_US);
    }
    assert_null(world_last(w, host, "error"));
    world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":true}", who);
    assert_string_equal(world_error(w, host), "away");
    w->api_mode = API_ANSWERS;
    world_pass(w, 5 * TL_SECOND_US);
    assert_int_equal(json_array_size(w->recorded), before + 256);
    assert_int_equal(w->repeated, 0);
    world_free(w);
}

static void an_event_that_can_never_be_written_does_not_hold_the_others(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne"), patient = world_join(w, "patient:jeanne");
    w->api_mode = API_BREAKS;
    world_sayf(w, host, "{\"type\":\"identity\",\"participant\":\"%s\",\"checked\":true}",
               world_participant(w, host));
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, patient));
    /* refused at once, then after 0.1, 0.2, 0.4, 0.8, 1.6 and 2 s each: 20 times in 31.1 s */
    world_pass(w, 31 * TL_SECOND_US);
    assert_null(world_last(w, host, "error"));
    world_pass(w, 200 * TL_MILLISECOND_US);
    assert_string_equal(world_text(world_last(w, host, "error"), "re"), "identity");
    w->api_mode = API_ANSWERS;
    world_pass(w, 3 * TL_SECOND_US);
    assert_non_null(world_last(w, patient, "admitted"));
    world_free(w);
}

/* A first try and seven more, 0.1, 0.2, 0.4 ... 6.4 s apart: the eighth is 12.7 s after the first. */
static void eight_tries_of_a_ticket_or_a_load_and_not_a_ninth(void **state)
{
    (void)state;
    static const enum world_api asked_for[] = { API_FAILS, API_LOADS_NOT };
    for (size_t i = 0; i < TL_COUNT_OF(asked_for); i++)
        for (int answered = 0; answered < 2; answered++) {
            struct world *w = world_new();
            w->api_mode = asked_for[i];
            uint64_t host = world_join(w, "host:Anne");
            if (asked_for[i] == API_LOADS_NOT) { /* the first is given up after 40 s */
                w->api_mode = API_FAILS;
                world_pass(w, 40 * TL_SECOND_US);
            }
            world_pass(w, 12600 * TL_MILLISECOND_US);
            assert_int_equal(w->clients[host].code, 0);
            w->api_mode = answered ? API_ANSWERS : API_FAILS;
            world_pass(w, 200 * TL_MILLISECOND_US);
            assert_int_equal(w->clients[host].code, answered ? 0 : 1013);
            assert_string_equal(world_error(w, host), answered ? "" : "away");
            assert_int_equal(world_count(w, host, "welcome"), answered);
            world_free(w);
        }
}

/* One piece of a relay's list: so many participants, numbered from the first on. */
static void list_some(struct world *w, uint32_t request, unsigned first, unsigned count)
{
    tl_autofree char *text = malloc(1000 + count * 200);
    size_t used = (size_t)sprintf(text, "{\"participants\":[");
    for (unsigned i = first; i < first + count; i++)
        used += (size_t)sprintf(text + used,
                                "%s{\"participant\":\"%032x\",\"room\":\"%032x\",\"state\":"
                                "\"connected\",\"offer\":null,\"sends\":[],\"receives\":[]}",
                                i > first ? "," : "", i, i / 8);
    used += (size_t)sprintf(text + used, "]}");
    struct tl_channel_message message = { .type = TL_MESSAGE_RELAY_LIST,
                                          .flags = TL_CHANNEL_REPLY | TL_CHANNEL_MORE,
                                          .request = request,
                                          .json = tl_bytes(text, used) };
    tl_hub_relay_message(w->hub, w->now, 0, &message);
}

/* A relay that is asked for its list and has not answered yet. */
static struct world *relay_asked(uint32_t *ret_request)
{
    struct world *w = world_new_without_relay();
    w->relay_up[0] = w->relay_silent = true;
    tl_hub_relay_up(w->hub, w->now, 0);
    assert_int_equal(w->relay_count, 1);
    *ret_request = w->relay[0].request;
    world_pump(w);
    return w;
}

static unsigned closed_at_relay(struct world *w)
{
    world_pump(w);
    return world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_CLOSE);
}

static void a_hundred_are_read_of_one_message_of_a_list_and_not_one_more(void **state)
{
    (void)state;
    uint32_t request;
    struct world *w = relay_asked(&request);
    list_some(w, request, 0, 100);
    assert_int_equal(tl_hub_counts(w->hub).refused, 0);
    list_some(w, request, 100, 101);
    assert_int_equal(tl_hub_counts(w->hub).refused, 1);
    world_pass(w, TL_HUB_SEAT_KEPT_US);
    assert_int_equal(closed_at_relay(w), 100); /* nobody came for those that were read */
    world_free(w);
}

static void ten_thousand_carried_for_nobody_yet_are_kept_and_not_one_more(void **state)
{
    (void)state;
    enum { PIECE = 100 };
    uint32_t request;
    char text[40];
    struct world *w = relay_asked(&request);
    assert_int_equal(TL_HUB_ORPHANS_LIMIT, 10000);
    for (unsigned i = 0; i < TL_HUB_ORPHANS_LIMIT; i += PIECE)
        list_some(w, request, i, PIECE);
    list_some(w, request, 0, PIECE); /* known: they take no place again */
    assert_int_equal(closed_at_relay(w), 0);
    list_some(w, request, TL_HUB_ORPHANS_LIMIT, 1);
    assert_int_equal(closed_at_relay(w), 1);
    snprintf(text, sizeof text, "%032x", TL_HUB_ORPHANS_LIMIT);
    assert_string_equal(
        world_text(world_to_relay(w, TL_MESSAGE_PARTICIPANT_CLOSE), "participant"), text);
    /* one goes, and there is room for one */
    world_relay_says(w, 0, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%032x\",\"state\":\"closed\"}", 7u);
    list_some(w, request, TL_HUB_ORPHANS_LIMIT + 1, 1);
    assert_int_equal(closed_at_relay(w), 1);
    list_some(w, request, TL_HUB_ORPHANS_LIMIT + 2, 1);
    assert_int_equal(closed_at_relay(w), 2);
    assert_int_equal(tl_hub_counts(w->hub).refused, 0);
    world_free(w);
}

static void time_of_the_record_never_steps_back_within_an_act(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_pass(w, TL_SECOND_US);
    w->now.wall -= 3600LL * TL_SECOND_US; /* the clock was set */
    world_say(w, host, "{\"type\":\"leave\"}");
    size_t count = json_array_size(w->recorded);
    const char *before = world_text(json_array_get(w->recorded, count - 2), "at");
    const char *left = world_text(json_array_get(w->recorded, count - 1), "at");
    assert_true(strcmp(before, left) <= 0);
    world_free(w);
}

static void relays_beyond_the_table_are_not_heard(void **state)
{
    (void)state;
    struct world *w = world_new_without_relay();
    struct tl_channel_message message = { .type = TL_MESSAGE_SPEAKER,
                                          .json = tl_bytes("{}", 2) };
    tl_hub_relay_up(w->hub, w->now, TL_HUB_RELAYS_LIMIT);
    tl_hub_relay_message(w->hub, w->now, TL_HUB_RELAYS_LIMIT, &message);
    tl_hub_relay_down(w->hub, w->now, TL_HUB_RELAYS_LIMIT);
    assert_int_equal(tl_hub_counts(w->hub).refused, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_thousand_sessions_and_not_one_more),
        cmocka_unit_test(sixteen_wait_for_a_session_that_is_read_back),
        cmocka_unit_test(two_hundred_and_fifty_six_events_of_an_act_wait_for_api),
        cmocka_unit_test(an_event_that_can_never_be_written_does_not_hold_the_others),
        cmocka_unit_test(eight_tries_of_a_ticket_or_a_load_and_not_a_ninth),
        cmocka_unit_test(a_hundred_are_read_of_one_message_of_a_list_and_not_one_more),
        cmocka_unit_test(ten_thousand_carried_for_nobody_yet_are_kept_and_not_one_more),
        cmocka_unit_test(time_of_the_record_never_steps_back_within_an_act),
        cmocka_unit_test(relays_beyond_the_table_are_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
