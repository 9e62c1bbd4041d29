/* The equipment test: the client's own microphone and camera come back to it, a few seconds of them
 * go to the examiner, and the link is measured both ways. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

static const tl_time_us PROGRESS_EVERY_US = 200 * TL_MILLISECOND_US;

static bool has_room(const struct tl_hub *hub)
{
    unsigned probes = 0;
    for (const struct tl_test *test = hub->tests; test; test = test->next)
        probes += test->over_at && test->client;
    return probes < TL_HUB_PROBES_LIMIT;
}

void tl_test_open(struct tl_hub *hub, struct tl_client *client)
{
    char participant[TL_PARTICIPANT_SIZE];
    bool of_nobody = !client->ticket.act[0] && !client->ticket.who.person[0];
    struct tl_test *test = of_nobody && !has_room(hub) ? NULL : calloc(1, sizeof *test);
    if (!test) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "hello", 1013);
        return;
    }
    test->client = client->id;
    snprintf(test->act, sizeof test->act, "%s", client->ticket.act);
    snprintf(test->events.act, sizeof test->events.act, "%s", client->ticket.act);
    test->events.test = test;
    test->probe_kbps = -1;
    if (of_nobody) {
        test->over_at = hub->now.monotonic + TL_HUB_PROBE_US;
        tl_hub_wake_at(hub, test->over_at);
    }
    tl_hub_hex(hub, test->room);
    tl_hub_hex(hub, participant);
    test->peer.test = test;
    test->peer.offer_allowed = true;
    tl_peer_register(hub, &test->peer, participant);
    test->next = hub->tests;
    hub->tests = test;
    client->test = test;
    client->stage = TL_STAGE_TESTING;
    tl_welcome(hub, client, NULL);
}

static void stop_examining(struct tl_hub *hub, struct tl_test *test)
{
    if (test->examined && !test->audio)
        tl_examiner_send_json(hub, TL_MESSAGE_TEST_END,
                              json_pack("{s:I}", "test", (json_int_t)test->number));
}

static void forget_verdicts(struct tl_test *test)
{
    json_decref(test->audio);
    json_decref(test->video);
    test->audio = test->video = NULL;
}

void tl_test_close(struct tl_hub *hub, struct tl_client *client)
{
    struct tl_test *test = client->test;
    if (test->stage == TL_TEST_RUNNING)
        stop_examining(hub, test);
    tl_request_drop(hub, test->probe);
    test->probe = 0;
    tl_peer_close(hub, &test->peer);
    tl_peer_unregister(hub, &test->peer);
    test->client = 0;
    client->test = NULL;
}

void tl_tests_sweep(struct tl_hub *hub, bool all)
{
    for (struct tl_test **at = &hub->tests; *at;) {
        struct tl_test *test = *at;
        if (!all && (test->client || test->events.count)) {
            at = &test->next;
            continue;
        }
        *at = test->next;
        tl_request_drop(hub, test->probe);
        tl_peer_forget(hub, &test->peer);
        tl_peer_unregister(hub, &test->peer);
        tl_events_drop(hub, &test->events);
        forget_verdicts(test);
        free(test);
    }
}

static void tell(struct tl_hub *hub, const struct tl_test *test, const char *event,
                 json_t *detail)
{
    tl_client_send(
        hub, tl_client_find(hub, test->client),
        json_pack("{s:s, s:s, s:o}", "type", "test", "event", event, "detail", detail));
}

/* ---- the echo ---- */

static void echo(struct tl_hub *hub, struct tl_test *test, bool audio, enum tl_source source,
                 json_t *slots)
{
    struct tl_peer *peer = &test->peer;
    if (!peer->lines.sends[source][0])
        return;
    for (unsigned i = 0; i < peer->lines.receive_count; i++)
        if (peer->lines.receives[i].audio == audio) {
            peer->slots[i] = (struct tl_slot){ 0, (int)source };
            json_array_append_new(
                slots, json_pack("{s:s, s:s, s:s}", "mid", peer->lines.receives[i].mid, "from",
                                 peer->participant, "source", tl_source_names[source]));
            break;
        }
    (void)hub;
}

void tl_test_opened(struct tl_hub *hub, struct tl_test *test)
{
    json_t *slots = json_array();
    echo(hub, test, true, TL_SOURCE_MICROPHONE, slots);
    echo(hub, test, false, TL_SOURCE_CAMERA, slots);
    tl_relay_send_json(
        hub, test->peer.relay, TL_MESSAGE_SLOTS_SET, 0,
        json_pack("{s:s, s:o}", "participant", test->peer.participant, "slots", slots));
    tl_client_send(hub, tl_client_find(hub, test->client), tl_view_slots(NULL, &test->peer));
}

/* ---- steps ---- */

static void begin(struct tl_hub *hub, struct tl_test *test)
{
    if (++hub->last_test == 0)
        hub->last_test = 1;
    test->number = hub->last_test;
    test->stage = TL_TEST_RUNNING;
    test->best_up_kbps = test->worst_up_loss = 0;
    test->probe_kbps = -1;
    test->probe_loss = 0;
    forget_verdicts(test);
    /* The examiner first: it must know the test when its first packet comes. */
    test->examined = tl_examiner_send_json(
        hub, TL_MESSAGE_TEST_BEGIN,
        json_pack("{s:I, s:b, s:b, s:i}", "test", (json_int_t)test->number, "opus",
                  test->peer.lines.sends[TL_SOURCE_MICROPHONE][0] != 0, "vp8",
                  test->peer.lines.sends[TL_SOURCE_CAMERA][0] != 0, "seconds",
                  TL_HUB_TEST_COPY_S));
    if (test->examined)
        tl_relay_send_json(hub, test->peer.relay, TL_MESSAGE_TEST_COPY, 0,
                           json_pack("{s:s, s:I, s:i}", "participant", test->peer.participant,
                                     "test", (json_int_t)test->number, "seconds",
                                     TL_HUB_TEST_COPY_S));
}

static void probe(struct tl_hub *hub, struct tl_test *test)
{
    static const int steps[] = { 300, 700, 1500, 2500, 4000 };
    json_t *list = json_array();
    for (size_t i = 0; i < TL_COUNT_OF(steps); i++)
        json_array_append_new(list, json_pack("{s:i, s:i}", "kbps", steps[i], "ms", 500));
    test->probe = tl_request_new(hub, TL_REQUEST_PROBE, test, (unsigned)test->peer.relay,
                                 TL_HUB_TEST_PROBE_US);
    if (tl_relay_send_json(
            hub, test->peer.relay, TL_MESSAGE_PROBE_DOWN, test->probe,
            json_pack("{s:s, s:o}", "participant", test->peer.participant, "steps", list)) &&
        test->probe)
        return;
    tl_request_drop(hub, test->probe);
    tl_test_probe_failed(hub, test);
}

void tl_test_probe_failed(struct tl_hub *hub, struct tl_test *test)
{
    test->probe = 0;
    tell(hub, test, "down", json_pack("{s:[]}", "steps"));
}

/* ---- the verdict ---- */

/* Few bits say that the link carries few only where there was a picture to send: one that is black
 * or stands still needs none. */
static bool sends_little(const struct tl_test *test)
{
    const char *picture = json_string_value(json_object_get(test->video, "verdict"));
    bool needs_none = picture && strcmp(picture, "good") != 0 && strcmp(picture, "none") != 0;
    return test->best_up_kbps < 100 && !needs_none;
}

/* How much a camera happens to send says little of what the link carries; loss and delay do. */
static json_t *network_json(const struct tl_test *test)
{
    const struct tl_statistics *s = &test->peer.statistics;
    bool measured = test->best_up_kbps > 0, probed = test->probe_kbps >= 0;
    const char *word = "good";
    if (!measured)
        word = "none";
    else if (test->worst_up_loss > 0.15 || s->rtt_ms > 800 ||
             (probed && test->probe_kbps < 100))
        word = "poor";
    else if (test->worst_up_loss > 0.05 || s->rtt_ms > 400 || s->up_jitter_ms > 60 ||
             sends_little(test) || (probed && test->probe_kbps < 500))
        word = "audio_first";
    return json_pack("{s:s, s:f, s:f, s:f, s:o, s:o, s:o}", "verdict", word, "up_kbps",
                     test->best_up_kbps, "up_loss", test->worst_up_loss, "jitter_ms",
                     measured ? s->up_jitter_ms : 0.0, "rtt_ms",
                     measured && s->rtt_ms >= 0 ? json_real(s->rtt_ms) : json_null(),
                     "down_kbps", probed ? json_real(test->probe_kbps) : json_null(),
                     "down_loss", probed ? json_real(test->probe_loss) : json_null());
}

static json_t *report_json(const struct tl_test *test)
{
    json_t *none = json_pack("{s:s}", "verdict", "none");
    json_t *report =
        json_pack("{s:O, s:O, s:o}", "audio", test->audio ? test->audio : none, "video",
                  test->video ? test->video : none, "network", network_json(test));
    json_decref(none);
    return report;
}

static void finish(struct tl_hub *hub, struct tl_test *test)
{
    struct tl_event *event = NULL;
    test->verdict_by = 0;
    if (test->act[0])
        event = tl_event_new(hub, &test->events, TL_EVENT_TEST_RESULT, NULL,
                             json_pack("{s:o}", "report", report_json(test)));
    if (!event) {
        test->stage = TL_TEST_IDLE;
        tell(hub, test, "verdict", report_json(test));
        return;
    }
    test->stage = TL_TEST_RECORDING;
    tl_event_send(hub, &test->events, event);
}

/* Durable, or refused for good: the person learns the verdict either way. */
void tl_test_recorded(struct tl_hub *hub, struct tl_test *test)
{
    if (test->stage != TL_TEST_RECORDING)
        return; /* an incident of the test */
    test->stage = TL_TEST_IDLE;
    if (test->client)
        tell(hub, test, "verdict", report_json(test));
}

static void end(struct tl_hub *hub, struct tl_test *test)
{
    if (!test->examined || test->audio) {
        finish(hub, test);
        return;
    }
    stop_examining(hub, test);
    test->stage = TL_TEST_ENDING;
    test->verdict_by = hub->now.monotonic + TL_HUB_TEST_VERDICT_US;
    tl_hub_wake_at(hub, test->verdict_by);
}

void tl_test_message(struct tl_hub *hub, struct tl_client *client,
                     const struct tl_client_message *message)
{
    struct tl_test *test = client->test;
    const char *re = tl_client_type_name(message->type);
    bool alive = tl_peer_is_alive(&test->peer);
    if (message->type == TL_CLIENT_OFFER) {
        tl_peer_offer(hub, client, &test->peer, message);
        return;
    }
    if (message->type == TL_CLIENT_LEAVE) {
        tl_client_bye(hub, client, "left", 1000);
        return;
    }
    if (message->type == TL_CLIENT_MEDIA)
        return; /* nobody else is there to know */
    if (message->type != TL_CLIENT_TEST) {
        tl_client_refuse(hub, client, TL_REFUSE_ORDER, NULL, re);
        return;
    }
    enum tl_test_step step = message->test.step;
    if (step == TL_TEST_STEP_BEGIN && alive && test->stage == TL_TEST_IDLE)
        begin(hub, test);
    else if (step == TL_TEST_STEP_DOWN && alive && !test->probe &&
             test->stage == TL_TEST_RUNNING)
        probe(hub, test);
    else if (step == TL_TEST_STEP_END && test->stage == TL_TEST_RUNNING)
        end(hub, test);
    else
        tl_client_refuse(hub, client, TL_REFUSE_ORDER, "step", re);
}

/* ---- what is heard of it ---- */

void tl_test_media_failed(struct tl_hub *hub, struct tl_test *test)
{
    char at[TL_TIMESTAMP_SIZE];
    tl_request_failed(hub, test->probe);
    if (!test->act[0] || test->events.count)
        return;
    tl_timestamp_write(hub->now.wall, at);
    struct tl_event *event =
        tl_event_new(hub, &test->events, TL_EVENT_INCIDENT, NULL,
                     json_pack("{s:s, s:s, s:n, s:n, s:s}", "kind", "test_failed", "started_at",
                               at, "ended_at", "measure", "unit", ""));
    if (event)
        tl_event_send(hub, &test->events, event);
}

void tl_test_statistics(struct tl_hub *hub, struct tl_test *test)
{
    const struct tl_statistics *s = &test->peer.statistics;
    if (test->stage != TL_TEST_RUNNING)
        return;
    if (s->up_kbps > test->best_up_kbps)
        test->best_up_kbps = s->up_kbps;
    if (s->up_loss > test->worst_up_loss)
        test->worst_up_loss = s->up_loss;
    tell(hub, test, "up",
         json_pack("{s:f, s:f, s:f, s:o}", "kbps", s->up_kbps, "loss", s->up_loss, "jitter_ms",
                   s->up_jitter_ms, "rtt_ms",
                   s->rtt_ms < 0 ? json_null() : json_real(s->rtt_ms)));
}

void tl_test_probed(struct tl_hub *hub, struct tl_test *test, const struct tl_probe *probe)
{
    if (!test->probe)
        return;
    tl_request_drop(hub, test->probe);
    test->probe = 0;
    test->probe_kbps = probe->best_kbps;
    test->probe_loss = probe->loss;
    tell(hub, test, "down", json_pack("{s:O}", "steps", probe->steps));
}

static struct tl_test *find_by_number(struct tl_hub *hub, uint32_t number)
{
    for (struct tl_test *test = hub->tests; test; test = test->next)
        if (test->number == number && test->client &&
            (test->stage == TL_TEST_RUNNING || test->stage == TL_TEST_ENDING))
            return test;
    return NULL;
}

static void take_progress(struct tl_hub *hub, json_t *json)
{
    uint32_t number;
    double level, brightness;
    if (tl_progress_read(json, &number, &level, &brightness)) {
        hub->counts.refused++;
        return;
    }
    struct tl_test *test = find_by_number(hub, number);
    if (!test || (test->up_at && hub->now.monotonic - test->up_at < PROGRESS_EVERY_US))
        return;
    test->up_at = hub->now.monotonic;
    tell(hub, test, "progress",
         json_pack("{s:f, s:o}", "level_dbfs", level, "brightness",
                   brightness < 0 ? json_null() : json_real(brightness)));
}

static void take_verdict(struct tl_hub *hub, json_t *json)
{
    uint32_t number;
    json_t *audio, *video;
    if (tl_verdict_read(json, &number, &audio, &video)) {
        hub->counts.refused++;
        return;
    }
    struct tl_test *test = find_by_number(hub, number);
    if (!test)
        return;
    forget_verdicts(test);
    test->audio = json_incref(audio);
    test->video = json_incref(video);
    if (test->stage == TL_TEST_ENDING)
        finish(hub, test);
}

void tl_test_examiner(struct tl_hub *hub, uint16_t type, json_t *json)
{
    if (type == TL_MESSAGE_TEST_PROGRESS)
        take_progress(hub, json);
    else if (type == TL_MESSAGE_TEST_VERDICT)
        take_verdict(hub, json);
    else
        hub->counts.refused++;
}

void tl_test_examiner_lost(struct tl_hub *hub)
{
    for (struct tl_test *test = hub->tests; test; test = test->next) {
        test->examined = false;
        if (test->stage == TL_TEST_ENDING)
            finish(hub, test);
    }
}

void tl_tests_tick(struct tl_hub *hub)
{
    for (struct tl_test *test = hub->tests; test; test = test->next) {
        tl_events_tick(hub, &test->events);
        if (test->over_at && test->client) {
            if (test->over_at <= hub->now.monotonic)
                tl_client_bye(hub, tl_client_find(hub, test->client), "expired", 1000);
            else
                tl_hub_wake_at(hub, test->over_at);
        }
        if (test->stage == TL_TEST_ENDING && test->verdict_by <= hub->now.monotonic)
            finish(hub, test);
        else if (test->stage == TL_TEST_ENDING)
            tl_hub_wake_at(hub, test->verdict_by);
    }
}
