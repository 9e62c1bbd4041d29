/* Media towards the relays: opening, slots, a relay that dies, what relays report. */
#include "world.h"

struct trio {
    struct world *w;
    uint64_t host, second, third;
};

static uint64_t join_in(struct world *w, uint64_t host, const char *ticket)
{
    uint64_t client = world_join(w, ticket);
    world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
               world_participant(w, client));
    return client;
}

static void media(struct world *w, uint64_t client, bool camera, bool screen, bool instrument)
{
    world_sayf(w, client,
               "{\"type\":\"media\",\"microphone\":true,\"camera\":%s,\"screen\":%s,"
               "\"instrument\":%s,\"instrument_audio\":%s}",
               camera ? "true" : "false", screen ? "true" : "false",
               instrument ? "true" : "false", instrument ? "true" : "false");
}

static struct trio trio_new(void)
{
    struct trio t = { .w = world_new() };
    t.host = world_join(t.w, "host:Anne");
    t.second = join_in(t.w, t.host, "guest:Bob");
    t.third = join_in(t.w, t.host, "patient:jeanne");
    world_offer(t.w, t.host, 7, 9);
    world_offer(t.w, t.second, 7, 9);
    world_offer(t.w, t.third, 7, 9);
    return t;
}

static void one_offer_gets_one_answer(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_offer(w, host, 7, 9);
    const char *sdp = world_text(world_last(w, host, "answer"), "sdp");
    assert_non_null(strstr(sdp, "a=setup:passive\r\n"));
    assert_non_null(strstr(sdp, "a=ice-lite\r\n"));
    assert_non_null(strstr(sdp, "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n"));
    world_offer(w, host, 7, 9);
    assert_int_equal(world_count(w, host, "answer"), 1);
    assert_string_equal(world_error(w, host), "order");
    json_t *open = world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_int_equal(json_array_size(json_object_get(open, "sends")), 5);
    assert_int_equal(json_array_size(json_object_get(open, "receives")), 16);
    assert_string_equal(world_text(open, "participant"), world_participant(w, host));
    assert_string_equal(world_text(open, "room"), w->room);
    world_free(w);
}

static void who_waits_has_no_media(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t patient = world_join(w, "patient:jeanne");
    world_offer(w, patient, 1, 1);
    assert_string_equal(world_error(w, patient), "order");
    assert_int_equal(world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_OPEN), 0);
    world_free(w);
}

static void people_move_between_slots_without_negotiation(void **state)
{
    (void)state;
    struct trio t = trio_new();
    assert_true(world_slot_is(t.w, t.host, "5", t.second, "microphone"));
    assert_true(world_slot_is(t.w, t.host, "6", t.third, "microphone"));
    assert_true(world_slot_is(t.w, t.host, "12", t.second, "camera"));
    assert_true(world_slot_is(t.w, t.host, "13", t.third, "camera"));
    world_sayf(t.w, t.host, "{\"type\":\"layout\",\"order\":[\"%s\"]}",
               world_participant(t.w, t.third));
    assert_true(world_slot_is(t.w, t.host, "12", t.third, "camera"));
    assert_true(world_slot_is(t.w, t.host, "13", t.second, "camera"));
    assert_int_equal(world_count(t.w, t.host, "answer"), 1);
    world_say(t.w, t.second, "{\"type\":\"leave\"}");
    assert_true(world_slot_is(t.w, t.host, "12", t.third, "camera"));
    assert_string_equal(world_slot(t.w, t.host, "13"), "");
    world_free(t.w);
}

static void a_shared_screen_moves_nobody(void **state)
{
    (void)state;
    struct trio t = trio_new();
    media(t.w, t.second, true, true, false);
    assert_true(world_slot_is(t.w, t.host, "12", t.second, "camera"));
    assert_true(world_slot_is(t.w, t.host, "13", t.third, "camera"));
    assert_true(world_slot_is(t.w, t.host, "20", t.second, "screen"));
    media(t.w, t.third, true, false, true);
    assert_true(world_slot_is(t.w, t.host, "20", t.second, "screen"));
    assert_true(world_slot_is(t.w, t.host, "19", t.third, "instrument"));
    assert_true(world_slot_is(t.w, t.host, "11", t.third, "instrument_audio"));
    media(t.w, t.second, true, false, false);
    assert_string_equal(world_slot(t.w, t.host, "20"), "");
    world_free(t.w);
}

static void slots_are_set_only_when_they_change(void **state)
{
    (void)state;
    struct trio t = trio_new();
    unsigned set = world_to_relay_count(t.w, TL_MESSAGE_SLOTS_SET);
    unsigned told = world_count(t.w, t.host, "slots");
    world_say(t.w, t.host, "{\"type\":\"hand\",\"raised\":true}");
    media(t.w, t.second, false, false, false); /* a camera switched off keeps its slot */
    world_pass(t.w, 10 * TL_SECOND_US);
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_SLOTS_SET), set);
    assert_int_equal(world_count(t.w, t.host, "slots"), told);
    world_free(t.w);
}

static void audio_first_takes_the_cameras_away_and_gives_them_back(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_say(t.w, t.third, "{\"type\":\"link\",\"audio_first\":true}");
    assert_string_equal(world_slot(t.w, t.third, "12"), "");
    assert_true(world_slot_is(t.w, t.third, "5", t.host, "microphone"));
    assert_true(world_slot_is(t.w, t.host, "13", t.third, "camera"));
    world_pass(t.w, 2 * TL_SECOND_US);
    world_say(t.w, t.third, "{\"type\":\"link\",\"audio_first\":false}");
    assert_true(world_slot_is(t.w, t.third, "12", t.host, "camera"));
    world_free(t.w);
}

static void a_muted_source_is_dropped_at_the_relay_also_after_a_new_offer(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_sayf(
        t.w, t.host,
        "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"microphone\",\"muted\":true}",
        world_participant(t.w, t.third));
    json_t *mute = world_to_relay(t.w, TL_MESSAGE_SOURCE_MUTE);
    assert_string_equal(world_text(mute, "participant"), world_participant(t.w, t.third));
    assert_true(json_is_true(json_object_get(mute, "muted")));
    assert_string_equal(world_text(world_last(t.w, t.third, "mute"), "source"), "microphone");
    world_relay_starts(t.w, 1);
    world_relay_dies(t.w, 0);
    world_offer(t.w, t.third, 7, 9);
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_SOURCE_MUTE), 2);
    /* Heard again while its link is down: the relay, which remembers, is told with the next offer. */
    world_relay_says(t.w, 1, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%s\",\"state\":\"failed\",\"reason\":null}",
                     world_participant(t.w, t.third));
    world_sayf(
        t.w, t.host,
        "{\"type\":\"mute\",\"participant\":\"%s\",\"source\":\"microphone\",\"muted\":false}",
        world_participant(t.w, t.third));
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_SOURCE_MUTE), 2);
    world_offer(t.w, t.third, 7, 9);
    mute = world_to_relay(t.w, TL_MESSAGE_SOURCE_MUTE);
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_SOURCE_MUTE), 3);
    assert_false(json_is_true(json_object_get(mute, "muted")));
    world_free(t.w);
}

static void a_dead_relay_moves_everyone_to_another_and_is_an_incident(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_relay_starts(t.w, 1);
    world_relay_dies(t.w, 0);
    assert_string_equal(world_text(world_last(t.w, t.host, "media"), "event"), "restart");
    assert_string_equal(world_text(world_last(t.w, t.third, "media"), "event"), "restart");
    assert_int_equal(world_count(t.w, t.second, "media"), 1);
    assert_int_equal(world_events(t.w, "incident"), 1);
    json_t *incident = json_array_get(t.w->recorded, json_array_size(t.w->recorded) - 1);
    assert_string_equal(world_text(json_object_get(incident, "detail"), "kind"),
                        "relay_restart");
    world_offer(t.w, t.host, 7, 9);
    world_offer(t.w, t.third, 7, 9);
    assert_int_equal(world_count(t.w, t.host, "answer"), 2);
    json_t *open = world_to_relay(t.w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_int_equal(json_integer_value(json_object_get(open, "_relay")), 1);
    assert_true(world_slot_is(t.w, t.host, "13", t.third, "camera") ||
                world_slot_is(t.w, t.host, "12", t.third, "camera"));
    world_free(t.w);
}

/* A picture that disappears and comes again is worse than one that stands still a moment. */
static void who_comes_back_first_from_a_dead_relay_finds_the_others_in_their_slots(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_relay_starts(t.w, 1);
    const char *mid = world_slot_is(t.w, t.host, "12", t.third, "camera") ? "12" : "13";
    assert_true(world_slot_is(t.w, t.host, mid, t.third, "camera"));
    world_relay_dies(t.w, 0);
    assert_true(
        json_is_false(json_object_get(world_last(t.w, t.host, "media"), "media_alive")));
    unsigned told = world_count(t.w, t.host, "slots");
    world_offer(t.w, t.host, 7, 9);
    assert_int_equal(world_count(t.w, t.host, "slots"), told + 1);
    assert_true(world_slot_is(t.w, t.host, mid, t.third, "camera"));
    world_offer(t.w, t.third, 7, 9);
    assert_int_equal(world_count(t.w, t.host, "slots"), told + 1);
    world_free(t.w);

    t = trio_new();
    world_relay_starts(t.w, 1);
    world_relay_dies(t.w, 0);
    world_offer(t.w, t.host, 7, 9);
    assert_true(world_slot_is(t.w, t.host, mid, t.third, "camera"));
    world_pass(t.w, TL_HUB_RETURN_US); /* it never came back */
    assert_false(world_slot_is(t.w, t.host, "12", t.third, "camera"));
    assert_false(world_slot_is(t.w, t.host, "13", t.third, "camera"));
    world_free(t.w);
}

static void restart_is_told_when_the_only_relay_is_back(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_relay_dies(t.w, 0);
    assert_null(world_last(t.w, t.host, "media"));
    world_relay_starts(t.w, 0);
    assert_string_equal(world_text(world_last(t.w, t.host, "media"), "event"), "restart");
    world_offer(t.w, t.host, 7, 9);
    assert_int_equal(world_count(t.w, t.host, "answer"), 2);
    world_free(t.w);
}

static void who_was_away_while_the_relay_died_learns_it_with_the_welcome(void **state)
{
    (void)state;
    struct trio t = trio_new();
    char token[64];
    snprintf(token, sizeof token, "%s", world_token(t.w, t.third));
    world_drop(t.w, t.third);
    world_relay_dies(t.w, 0);
    world_relay_starts(t.w, 0);
    uint64_t again = world_resume(t.w, token);
    assert_false(
        json_is_true(json_object_get(world_last(t.w, again, "welcome"), "media_alive")));
    world_offer(t.w, again, 7, 9);
    assert_non_null(world_last(t.w, again, "answer"));
    world_free(t.w);
}

static void a_relay_that_does_not_answer_costs_five_seconds_and_an_error(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    w->relay_silent = true;
    world_offer(w, host, 1, 1);
    world_pass(w, 4 * TL_SECOND_US);
    assert_null(world_last(w, host, "error"));
    world_pass(w, 2 * TL_SECOND_US);
    assert_string_equal(world_error(w, host), "away");
    w->relay_silent = false;
    world_offer(w, host, 1, 1);
    assert_non_null(world_last(w, host, "answer"));
    world_free(w);
}

static void people_of_a_session_share_a_relay_and_sessions_spread(void **state)
{
    (void)state;
    struct trio t = trio_new();
    world_relay_starts(t.w, 1);
    uint64_t fourth = join_in(t.w, t.host, "helper:h");
    world_offer(t.w, fourth, 7, 9);
    json_t *open = world_to_relay(t.w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_int_equal(json_integer_value(json_object_get(open, "_relay")), 0);
    uint64_t test = world_join(t.w, "test:Zoe"); /* a test is a room of its own */
    world_offer(t.w, test, 1, 1);
    open = world_to_relay(t.w, TL_MESSAGE_PARTICIPANT_OPEN);
    assert_int_equal(json_integer_value(json_object_get(open, "_relay")), 1);
    world_free(t.w);
}

static void the_state_of_a_link_is_told_to_its_owner(void **state)
{
    (void)state;
    struct trio t = trio_new();
    const char *who = world_participant(t.w, t.third);
    static const char *const states[] = { "connected", "reconnecting", "failed" };
    for (size_t i = 0; i < 3; i++) {
        world_relay_says(t.w, 0, TL_MESSAGE_PARTICIPANT_STATE,
                         "{\"participant\":\"%s\",\"state\":\"%s\",\"reason\":null}", who,
                         states[i]);
        assert_string_equal(world_text(world_last(t.w, t.third, "media"), "event"), states[i]);
    }
    assert_null(world_last(t.w, t.host, "media"));
    assert_string_equal(world_slot(t.w, t.host, "13"), ""); /* a failed link fills no slot */
    world_offer(t.w, t.third, 7, 9);                        /* and may be made anew */
    assert_int_equal(world_count(t.w, t.third, "answer"), 2);
    world_relay_says(t.w, 1, TL_MESSAGE_PARTICIPANT_STATE,
                     "{\"participant\":\"%s\",\"state\":\"failed\",\"reason\":null}",
                     world_participant(t.w, t.host));
    assert_null(world_last(t.w, t.host, "media")); /* another relay has no say */
    world_free(t.w);
}

/* The height the relay was told last for a slot of a receiver; -1: not told, -2: no such slot. */
static int height(struct world *w, uint64_t receiver, const char *mid)
{
    json_t *slot, *set = world_to_relay(w, TL_MESSAGE_SLOTS_SET);
    size_t i;
    assert_string_equal(world_text(set, "participant"), world_participant(w, receiver));
    json_array_foreach(json_object_get(set, "slots"), i, slot)
    {
        json_t *said = json_object_get(slot, "height");
        if (strcmp(world_text(slot, "mid"), mid) == 0)
            return said ? (int)json_integer_value(said) : -1;
    }
    return -2;
}

static void view(struct world *w, uint64_t client, const char *mid, unsigned rows)
{
    world_sayf(w, client,
               "{\"type\":\"view\",\"sizes\":[{\"mid\":\"%s\",\"width\":%u,\"height\":%u},"
               "{\"mid\":\"5\",\"width\":1,\"height\":1},{\"mid\":\"gone\",\"width\":1,"
               "\"height\":1}]}",
               mid, rows * 16 / 9, rows);
}

static void the_relay_learns_how_large_a_picture_is_shown_when_that_changes(void **state)
{
    (void)state;
    struct trio t = trio_new();
    view(t.w, t.host, "12", 720);
    assert_int_equal(height(t.w, t.host, "12"), 720);
    assert_int_equal(height(t.w, t.host, "13"), -1);
    assert_int_equal(height(t.w, t.host, "5"), -1); /* sound has no size */
    unsigned set = world_to_relay_count(t.w, TL_MESSAGE_SLOTS_SET);
    unsigned told = world_count(t.w, t.host, "slots");
    view(t.w, t.host, "12", 720);
    assert_int_equal(world_to_relay_count(t.w, TL_MESSAGE_SLOTS_SET), set);
    view(t.w, t.host, "13", 0);
    assert_int_equal(height(t.w, t.host, "12"), 720);
    assert_int_equal(height(t.w, t.host, "13"), 0);
    assert_int_equal(world_count(t.w, t.host, "slots"), told); /* nothing new for the client */
    world_free(t.w);
}

static void the_size_of_one_picture_is_not_taken_for_that_of_the_next(void **state)
{
    (void)state;
    struct trio t = trio_new();
    view(t.w, t.host, "12", 0);
    world_sayf(t.w, t.host, "{\"type\":\"layout\",\"order\":[\"%s\"]}",
               world_participant(t.w, t.third));
    assert_int_equal(height(t.w, t.host, "12"), -1);
    view(t.w, t.host, "12", 360);
    assert_int_equal(height(t.w, t.host, "12"), 360);
    world_free(t.w);
}

static void offer_redundant(struct world *w, uint64_t client, const char *redundant)
{
    char sdp[20000];
    world_offer_text(sdp, sizeof sdp, NULL, "abcd", 7, 9);
    json_t *json =
        json_pack("{s:s, s:s, s:{s:s, s:s}, s:[s]}", "type", "offer", "sdp", sdp, "sources",
                  "microphone", "0", "instrument_audio", "4", "redundant", redundant);
    char *message = json_dumps(json, JSON_COMPACT);
    world_say(w, client, message);
    free(message);
    json_decref(json);
}

static int red_of(struct world *w, const char *list, size_t at)
{
    json_t *open = world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN);
    json_t *red = json_object_get(json_array_get(json_object_get(open, list), at), "red");
    return json_is_integer(red) ? (int)json_integer_value(red) : -1;
}

/* Where a page makes RED over an engine that knows none: its own, and only this way. */
static void a_sound_that_is_told_to_be_red_is_red_under_the_number_of_opus(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    offer_redundant(w, host, "microphone");
    assert_int_equal(red_of(w, "sends", 0), 111);
    assert_int_equal(red_of(w, "sends", 1), -1);
    assert_int_equal(red_of(w, "receives", 0), -1);
    const char *answer = world_text(world_last(w, host, "answer"), "sdp");
    assert_non_null(answer);
    assert_null(strstr(answer, "red/48000"));
    world_free(w);
}

static void only_a_sound_may_be_told_to_be_red(void **state)
{
    (void)state;
    static const char *const wrong[] = { "camera", "microphones", "" };
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (size_t i = 0; i < TL_COUNT_OF(wrong); i++) {
        world_forget(w, host);
        offer_redundant(w, host, wrong[i]);
        assert_string_equal(world_error(w, host), "field");
        assert_string_equal(world_text(world_last(w, host, "error"), "field"), "redundant");
    }
    world_free(w);
}

static void offer_layers(struct world *w, uint64_t client)
{
    char path[512];
    char *sdp = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%.*sdata/chromium-156-layers.sdp",
             (int)(strrchr(__FILE__, '/') - __FILE__ + 1), __FILE__);
    assert_int_equal(tl_file_read(path, 100000, &sdp, &size), TL_OK);
    json_t *json = json_pack("{s:s, s:s%, s:{s:s, s:s}}", "type", "offer", "sdp", sdp, size,
                             "sources", "microphone", "0", "camera", "1");
    char *message = json_dumps(json, JSON_COMPACT);
    world_say(w, client, message);
    free(message);
    free(sdp);
    json_decref(json);
}

static void the_layers_of_a_camera_reach_the_relay_and_the_answer(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    offer_layers(w, host);
    json_t *open = world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN);
    json_t *camera = json_array_get(json_object_get(open, "sends"), 1);
    json_t *rids = json_object_get(camera, "rids");
    assert_int_equal(json_array_size(rids), 3);
    assert_string_equal(json_string_value(json_array_get(rids, 0)), "q");
    assert_string_equal(json_string_value(json_array_get(rids, 2)), "f");
    json_t *ids = json_object_get(camera, "extensions");
    assert_int_equal(json_integer_value(json_object_get(ids, "rid")), 10);
    assert_int_equal(json_integer_value(json_object_get(ids, "repaired_rid")), 11);
    json_t *sound = json_array_get(json_object_get(open, "sends"), 0);
    assert_int_equal(json_array_size(json_object_get(sound, "rids")), 0);
    assert_null(json_object_get(json_object_get(sound, "extensions"), "rid"));
    assert_non_null(
        strstr(world_text(world_last(w, host, "answer"), "sdp"), "a=simulcast:recv q;h;f\r\n"));
    world_free(w);
}

static void the_equipment_test_stays_with_one_layer(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t client = world_join(w, "test:jeanne");
    offer_layers(w, client);
    json_t *open = world_to_relay(w, TL_MESSAGE_PARTICIPANT_OPEN);
    json_t *camera = json_array_get(json_object_get(open, "sends"), 1);
    assert_int_equal(json_array_size(json_object_get(camera, "rids")), 0);
    assert_null(json_object_get(json_object_get(camera, "extensions"), "rid"));
    const char *answer = world_text(world_last(w, client, "answer"), "sdp");
    assert_null(strstr(answer, "a=simulcast"));
    assert_null(strstr(answer, "rtp-stream-id"));
    world_free(w);
}

static void statistics(struct world *w, uint64_t client, double loss, int rtt)
{
    world_relay_says(w, 0, TL_MESSAGE_PARTICIPANT_STATISTICS,
                     "{\"participant\":\"%s\",\"rtt_ms\":%d,\"up\":{\"kbps\":812.5,\"packets\":"
                     "90,\"lost\":1,"
                     "\"loss\":%f,\"jitter_ms\":4},\"down\":{\"kbps\":400,\"packets\":80,"
                     "\"lost\":0,\"loss\":0,"
                     "\"nacked\":0,\"retransmitted\":0},\"sources\":[]}",
                     world_participant(w, client), rtt, loss);
}

/* The way down of one link, as the last `quality` told it. */
static json_t *down_of(struct world *w, uint64_t viewer, uint64_t client)
{
    json_t *link, *links = json_object_get(world_last(w, viewer, "quality"), "links");
    size_t i;
    json_array_foreach(links, i, link)
    {
        if (strcmp(world_text(link, "participant"), world_participant(w, client)) == 0)
            return json_object_get(link, "down");
    }
    return NULL;
}

static const char *grade(struct world *w, uint64_t viewer, uint64_t client)
{
    json_t *item, *seats = json_object_get(world_last(w, viewer, "roster"), "seats");
    size_t i;
    json_array_foreach(seats, i, item)
    {
        if (strcmp(world_text(item, "participant"), world_participant(w, client)) == 0)
            return world_text(item, "quality");
    }
    return NULL;
}

static void the_quality_of_each_link_is_shown_every_two_seconds(void **state)
{
    (void)state;
    struct trio t = trio_new();
    assert_null(grade(t.w, t.host, t.third));
    for (int i = 0; i < 4; i++) {
        statistics(t.w, t.third, 0, 40);
        world_pass(t.w, TL_SECOND_US);
    }
    assert_string_equal(grade(t.w, t.host, t.third), "good");
    json_t *links = json_object_get(world_last(t.w, t.host, "quality"), "links");
    assert_int_equal(json_array_size(links), 1);
    assert_string_equal(world_text(json_array_get(links, 0), "grade"), "good");
    unsigned told = world_count(t.w, t.host, "quality");
    for (int i = 0; i < 8; i++) {
        statistics(t.w, t.third, 0.2, 40);
        world_pass(t.w, TL_SECOND_US);
    }
    assert_string_equal(grade(t.w, t.host, t.third), "poor");
    assert_int_equal(world_count(t.w, t.host, "quality"), told + 4);
    world_pass(t.w, 8 * TL_SECOND_US);
    assert_string_equal(grade(t.w, t.host, t.third), "lost");
    world_free(t.w);
}

static void what_a_client_sees_of_its_own_link_counts_as_it_grows(void **state)
{
    (void)state;
    struct trio t = trio_new();
    static const struct {
        int concealed;
        const char *grade;
    } reports[] = { { 0, "good" }, { 5000, "poor" }, { 5000, "good" }, { 5100, "good" } };
    for (size_t i = 0; i < TL_COUNT_OF(reports); i++) {
        world_sayf(
            t.w, t.third,
            "{\"type\":\"link\",\"audio_first\":false,\"freezes\":0,\"concealed_ms\":%d}",
            reports[i].concealed);
        for (int j = 0; j < 6; j++) {
            statistics(t.w, t.third, 0, 40);
            world_pass(t.w, TL_SECOND_US);
        }
        assert_string_equal(grade(t.w, t.host, t.third), reports[i].grade);
    }
    world_free(t.w);
}

static void who_speaks_is_told_on_change(void **state)
{
    (void)state;
    struct trio t = trio_new();
    for (int i = 0; i < 3; i++)
        world_relay_says(t.w, 0, TL_MESSAGE_SPEAKER, "{\"room\":\"%s\",\"participant\":\"%s\"}",
                         t.w->room, world_participant(t.w, t.third));
    assert_int_equal(world_count(t.w, t.host, "speaker"), 1);
    assert_string_equal(world_text(world_last(t.w, t.host, "speaker"), "participant"),
                        world_participant(t.w, t.third));
    world_relay_says(t.w, 0, TL_MESSAGE_SPEAKER, "{\"room\":\"%s\",\"participant\":null}",
                     t.w->room);
    assert_null(world_text(world_last(t.w, t.host, "speaker"), "participant"));
    world_free(t.w);
}

static void garbage_from_a_relay_is_counted_and_changes_nothing(void **state)
{
    (void)state;
    struct trio t = trio_new();
    static const uint16_t types[] = {
        TL_MESSAGE_PARTICIPANT_STATE, TL_MESSAGE_PARTICIPANT_STATISTICS, TL_MESSAGE_SPEAKER,
        TL_MESSAGE_INCIDENT,          TL_MESSAGE_PROBE_RESULT,           0x9999
    };
    uint64_t before = tl_hub_counts(t.w->hub).refused;
    for (size_t i = 0; i < TL_COUNT_OF(types); i++) {
        world_relay_says(t.w, 0, types[i], "%s", "");
        world_relay_says(t.w, 0, types[i], "{\"participant\":5}");
        world_relay_says(t.w, 0, types[i], "{\"unknown\":[[[]]]}");
    }
    assert_int_equal(tl_hub_counts(t.w->hub).refused, before + 3 * TL_COUNT_OF(types));
    assert_int_equal(t.w->clients[t.host].code, 0);
    world_free(t.w);
}

static void two_hundred_joins_and_leaves_leave_nothing_behind(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (int i = 0; i < 200; i++) {
        uint64_t id = 40; /* the shell's ids are used again here; the hub must not mind */
        tl_hub_client_opened(w->hub, w->now, id, id);
        world_forget(w, id);
        world_say(w, id, "{\"type\":\"hello\",\"ticket\":\"patient:jeanne\"}");
        world_sayf(w, host, "{\"type\":\"admit\",\"participant\":\"%s\"}",
                   world_participant(w, id));
        world_offer(w, id, 7, 9);
        assert_non_null(world_last(w, id, "answer"));
        world_say(w, id, "{\"type\":\"leave\"}");
        world_drop(w, id);
        world_forget(w, host);
        world_pass(w, TL_SECOND_US);
        json_array_clear(w->recorded);
        json_array_clear(w->relay_log);
    }
    struct tl_hub_counts counts = tl_hub_counts(w->hub);
    assert_int_equal(counts.seats, 1);
    assert_int_equal(counts.clients, 1);
    assert_int_equal(json_object_size(w->at_relay[0]), 0);
    world_free(w);
}

static void a_client_is_told_what_its_line_carries(void **state)
{
    (void)state;
    static const struct {
        const char *more, *video;
        int estimate;
    } cases[] = {
        { "\"estimate_kbps\":1800,\"queue_ms\":3.5,\"video\":\"all\"", "all", 1800 },
        { "\"estimate_kbps\":600,\"queue_ms\":0,\"video\":\"reduced\"", "reduced", 600 },
        { "\"estimate_kbps\":60,\"queue_ms\":90,\"video\":\"none\"", "none", 60 },
        { "\"estimate_kbps\":900,\"queue_ms\":0,\"video\":null", NULL, 900 },
        { "\"estimate_kbps\":null", NULL, -1 },
    };
    struct trio t = trio_new();
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        for (int second = 0; second < 4; second++) {
            world_relay_says(t.w, 0, TL_MESSAGE_PARTICIPANT_STATISTICS,
                             "{\"participant\":\"%s\",\"rtt_ms\":30,\"up\":{},"
                             "\"down\":{\"kbps\":50,%s},\"sources\":[]}",
                             world_participant(t.w, t.third), cases[i].more);
            world_pass(t.w, TL_SECOND_US);
        }
        json_t *down = down_of(t.w, t.third, t.third);
        json_t *estimate = json_object_get(down, "estimate_kbps");
        assert_true(cases[i].estimate < 0
                        ? json_is_null(estimate)
                        : (int)json_number_value(estimate) == cases[i].estimate);
        if (cases[i].video)
            assert_string_equal(world_text(down, "video"), cases[i].video);
        else
            assert_true(json_is_null(json_object_get(down, "video")));
    }
    uint64_t refused = tl_hub_counts(t.w->hub).refused;
    world_relay_says(t.w, 0, TL_MESSAGE_PARTICIPANT_STATISTICS,
                     "{\"participant\":\"%s\",\"rtt_ms\":30,\"up\":{},"
                     "\"down\":{\"video\":\"some\"},\"sources\":[]}",
                     world_participant(t.w, t.third));
    assert_int_equal(tl_hub_counts(t.w->hub).refused, refused + 1);
    world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_offer_gets_one_answer),
        cmocka_unit_test(who_waits_has_no_media),
        cmocka_unit_test(people_move_between_slots_without_negotiation),
        cmocka_unit_test(a_shared_screen_moves_nobody),
        cmocka_unit_test(slots_are_set_only_when_they_change),
        cmocka_unit_test(the_relay_learns_how_large_a_picture_is_shown_when_that_changes),
        cmocka_unit_test(the_size_of_one_picture_is_not_taken_for_that_of_the_next),
        cmocka_unit_test(the_layers_of_a_camera_reach_the_relay_and_the_answer),
        cmocka_unit_test(a_sound_that_is_told_to_be_red_is_red_under_the_number_of_opus),
        cmocka_unit_test(only_a_sound_may_be_told_to_be_red),
        cmocka_unit_test(the_equipment_test_stays_with_one_layer),
        cmocka_unit_test(a_client_is_told_what_its_line_carries),
        cmocka_unit_test(audio_first_takes_the_cameras_away_and_gives_them_back),
        cmocka_unit_test(a_muted_source_is_dropped_at_the_relay_also_after_a_new_offer),
        cmocka_unit_test(a_dead_relay_moves_everyone_to_another_and_is_an_incident),
        cmocka_unit_test(
            who_comes_back_first_from_a_dead_relay_finds_the_others_in_their_slots),
        cmocka_unit_test(restart_is_told_when_the_only_relay_is_back),
        cmocka_unit_test(who_was_away_while_the_relay_died_learns_it_with_the_welcome),
        cmocka_unit_test(a_relay_that_does_not_answer_costs_five_seconds_and_an_error),
        cmocka_unit_test(people_of_a_session_share_a_relay_and_sessions_spread),
        cmocka_unit_test(the_state_of_a_link_is_told_to_its_owner),
        cmocka_unit_test(the_quality_of_each_link_is_shown_every_two_seconds),
        cmocka_unit_test(what_a_client_sees_of_its_own_link_counts_as_it_grows),
        cmocka_unit_test(who_speaks_is_told_on_change),
        cmocka_unit_test(garbage_from_a_relay_is_counted_and_changes_nothing),
        cmocka_unit_test(two_hundred_joins_and_leaves_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
