/* Several voices on a thin line: which pass, and which pass twice. */
#include "media/bandwidth.h"
#include "media/simulcast.h"
#include "testing.h"

#include "layered_scene.h"
#include "route/internal.h"

/* ---- the sharing ---- */

static void a_voice_alone_passes_whatever_the_line(void **state)
{
    (void)state;
    struct tl_allocation_voice voice = { .plain_kbps = 50, .spare_kbps = 30 };
    assert_int_equal(tl_allocate_voices(&voice, 1, 0, false), 50);
    assert_true(voice.passes && !voice.doubled);
}

static void the_voices_of_the_lowest_rank_pass_and_the_line_is_not_overfilled(void **state)
{
    (void)state;
    struct tl_allocation_voice voices[5];
    for (uint32_t i = 0; i < 5; i++)
        voices[i] =
            (struct tl_allocation_voice){ .plain_kbps = 50, .spare_kbps = 30, .rank = 5 - i };
    assert_int_equal(tl_allocate_voices(voices, 5, 170, false), 150);
    assert_true(voices[4].passes && voices[3].passes && voices[2].passes);
    assert_false(voices[1].passes || voices[0].passes);
    for (size_t i = 0; i < 5; i++)
        assert_false(voices[i].doubled);
}

static void beginning_needs_a_tenth_more_room_than_going_on(void **state)
{
    (void)state;
    struct tl_allocation_voice voices[2] = { { .plain_kbps = 50 },
                                             { .plain_kbps = 50, .rank = 1 } };
    (void)tl_allocate_voices(voices, 2, 104, false);
    assert_false(voices[1].passes);
    (void)tl_allocate_voices(voices, 2, 105, false);
    assert_true(voices[1].passes);
    (void)tl_allocate_voices(voices, 2, 100, false);
    assert_true(voices[1].passes);
    (void)tl_allocate_voices(voices, 2, 99, false);
    assert_false(voices[1].passes);
}

static void sound_goes_twice_on_half_of_the_line_and_on_more_of_one_that_loses(void **state)
{
    (void)state;
    struct tl_allocation_voice voice = { .plain_kbps = 50, .spare_kbps = 40, .passes = true };
    (void)tl_allocate_voices(&voice, 1, 180, false);
    assert_false(voice.doubled);
    (void)tl_allocate_voices(&voice, 1, 188, false);
    assert_true(voice.doubled);
    (void)tl_allocate_voices(&voice, 1, 180, false);
    assert_true(voice.doubled);
    (void)tl_allocate_voices(&voice, 1, 179, false);
    assert_false(voice.doubled);
    (void)tl_allocate_voices(&voice, 1, 118, true);
    assert_true(voice.doubled);
}

/* ---- in a relay ---- */

enum { SPEAKERS = 4, PRIMARY = 80, OLDER = 80, RED_OUT = 100 };

/* Four who speak in RED, at 32 kbit/s and as much again, and a listener on a line of kbps. */
static struct scene *meet(double kbps, bool listener_takes_red)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->world = world_new(0);
    assert_int_equal(world_open(scene->world, 1, room, SPEAKERS), TL_OK);
    struct world_peer *listener = &scene->world->peers[1];
    for (size_t i = 0; i < listener->parameters.receive_count; i++)
        if (!listener->parameters.receives[i].video && listener_takes_red)
            listener->parameters.receives[i].types.red = RED_OUT;
    assert_int_equal(tl_relay_open(scene->world->relay, scene->world->now,
                                   &listener->parameters, &listener->answer),
                     TL_OK);
    assert_true(world_connect(scene->world, 1));
    struct tl_slot_wish wishes[SPEAKERS];
    for (int i = 0; i < SPEAKERS; i++) {
        world_join(scene->world, 2 + i, room, 1);
        wishes[i] = (struct tl_slot_wish){ .source = TL_SOURCE_MICROPHONE };
        (void)snprintf(wishes[i].mid, sizeof wishes[i].mid, "a%d", i);
        memcpy(wishes[i].from, scene->world->peers[2 + i].parameters.id, TL_RELAY_ID_SIZE);
    }
    assert_int_equal(tl_relay_slots_set(scene->world->relay, scene->world->now,
                                        listener->parameters.id, wishes, SPEAKERS),
                     TL_OK);
    tl_arrivals_init(&scene->down.arrivals);
    scene->down.kbps = kbps;
    scene->down.feedback_at = scene->audio_at = scene->world->now;
    return scene;
}

static void speak(struct scene *scene, int number)
{
    struct world_peer *peer = &scene->world->peers[number];
    uint8_t payload[5 + OLDER + PRIMARY] = { 0x80 | PT_OPUS, 960 >> 6, (960 & 0x3f) << 2, OLDER,
                                             PT_OPUS };
    struct tl_rtp_packet header = { .payload_type = scene->plain ? PT_OPUS : PT_RED,
                                    .sequence = peer->audio_sequence,
                                    .timestamp = peer->audio_sequence * 960u,
                                    .ssrc = SSRC_AUDIO };
    peer->audio_sequence++;
    world_send_rtp(scene->world, peer, &header, payload,
                   scene->plain ? PRIMARY : sizeof payload, true);
    world_settle(scene->world);
}

static int by_size(const void *a, const void *b)
{
    tl_time_us x = *(const tl_time_us *)a, y = *(const tl_time_us *)b;
    return (x > y) - (x < y);
}

/* Gives the queue that stands: its median over the last four seconds. A cluster that asks how much
 * the line carries stands in it for a moment every two seconds. */
static tl_time_us talk(struct scene *scene, double seconds)
{
    struct world *world = scene->world;
    tl_time_us until = world->now + (tl_time_us)(seconds * TL_SECOND_US), queues[4 * 200];
    size_t count = 0;
    while (world->now < until) {
        world->now += 5 * TL_MILLISECOND_US;
        if (world->now >= scene->audio_at) {
            scene->audio_at += 20 * TL_MILLISECOND_US;
            for (int i = 0; i < SPEAKERS; i++)
                speak(scene, 2 + i);
        }
        tl_relay_tick(world->relay, world->now);
        world_settle(world);
        acknowledge(scene);
        if (until - world->now < 4 * TL_SECOND_US && count < 4 * 200)
            queues[count++] = scene->down.free_at - world->now;
        if (world->now % TL_SECOND_US < 5 * TL_MILLISECOND_US) {
            for (int i = 1; i < 2 + SPEAKERS; i++)
                world_send_stun(world, &world->peers[i], true, NULL);
            world_settle(world);
        }
    }
    qsort(queues, count, sizeof queues[0], by_size);
    return queues[count / 2];
}

struct heard {
    unsigned voices, red, packets;
};

/* What the listener got lately. Each voice's numbers have no hole: what was left out is a pause. */
static struct heard hear(struct scene *scene, size_t packets)
{
    const struct world_peer *peer = &scene->world->peers[1];
    struct heard heard = { 0 };
    uint16_t sequences[SPEAKERS];
    bool seen[SPEAKERS] = { false };
    assert_true(peer->got_count >= packets && packets <= WORLD_PACKETS);
    for (size_t i = peer->got_count - packets; i < peer->got_count; i++) {
        const struct tl_rtp_packet *header = &peer->got[i % WORLD_PACKETS].header;
        for (size_t r = 0; r < peer->parameters.receive_count; r++) {
            if (peer->parameters.receives[r].video ||
                header->ssrc != peer->answer.receives[r].ssrc)
                continue;
            size_t voice = (size_t)(peer->parameters.receives[r].mid[1] - '0');
            assert_true(voice < SPEAKERS);
            if (seen[voice])
                assert_int_equal(header->sequence, (uint16_t)(sequences[voice] + 1));
            sequences[voice] = header->sequence;
            seen[voice] = true;
            heard.red += header->payload_type == RED_OUT;
            heard.packets++;
        }
    }
    for (size_t i = 0; i < SPEAKERS; i++)
        heard.voices += seen[i];
    return heard;
}

static void leave(struct scene *scene)
{
    world_free(scene->world);
    free(scene);
}

static void a_wide_line_carries_every_voice_twice(void **state)
{
    (void)state;
    struct scene *scene = meet(4000, true);
    (void)talk(scene, 10);
    struct heard heard = hear(scene, 200);
    assert_int_equal(heard.voices, SPEAKERS);
    assert_int_equal(heard.red, heard.packets);
    leave(scene);
}

static void a_thinner_line_carries_every_voice_once(void **state)
{
    (void)state;
    struct scene *scene = meet(320, true); /* four times 63 fit, four times 96 do not */
    assert_true(talk(scene, 15) < 100 * TL_MILLISECOND_US);
    struct heard heard = hear(scene, 200);
    assert_int_equal(heard.voices, SPEAKERS);
    assert_int_equal(heard.red, 0);
    leave(scene);
}

static void a_line_too_thin_for_all_carries_some_voices_well(void **state)
{
    (void)state;
    struct scene *scene = meet(180, true);
    assert_true(talk(scene, 20) < 100 * TL_MILLISECOND_US);
    struct heard heard = hear(scene, 80);
    assert_in_range(heard.voices, 1, 3);
    assert_int_equal(heard.red, 0);
    scene->down.kbps = 4000; /* and all come back by themselves */
    (void)talk(scene, 10);
    heard = hear(scene, 200);
    assert_int_equal(heard.voices, SPEAKERS);
    assert_int_equal(heard.red, heard.packets);
    leave(scene);
}

/* The listener reports a tenth lost. */
static void report_loss(struct scene *scene)
{
    struct world_peer *listener = &scene->world->peers[1];
    uint8_t buffer[200];
    for (unsigned i = 0; i < 3; i++) {
        struct tl_writer w = tl_writer(buffer, sizeof buffer);
        struct tl_rtcp_report report = { .ssrc = listener->answer.receives[0].ssrc,
                                         .highest_sequence = 1000 + i * 100,
                                         .lost = (int32_t)(i * 10) };
        tl_rtcp_write_receiver_report(&w, 1, &report, 1);
        world_send_rtcp(scene->world, 1, &w);
    }
}

/* Every half second of so many: within a fifth. */
static void assert_estimated(struct scene *scene, double kbps, double seconds)
{
    for (double passed = 0; passed < seconds; passed += 0.5) {
        (void)talk(scene, 0.5);
        assert_in_range(scene->world->last_statistics[1].estimate_kbps, kbps * 0.8, kbps * 1.2);
    }
}

/* A cluster weighs what its datagrams weigh, headers and all: of small ones that is much. */
static void a_cluster_asks_the_line_for_no_more_than_it_says(void **state)
{
    (void)state;
    enum { WINDOW_MS = 50, STEP_MS = 5, FIRST_KBPS = TL_BANDWIDTH_START_KBPS * 3 / 2 };
    struct scene *scene = meet(4000, true);
    const struct world_peer *listener = &scene->world->peers[1];
    size_t steps[WINDOW_MS / STEP_MS] = { 0 }, most = 0;
    uint32_t before = TL_BANDWIDTH_START_KBPS;
    for (size_t i = 0; before < TL_BANDWIDTH_START_KBPS * 5 / 4;
         i++) { /* until it is believed */
        size_t *step = &steps[i % (WINDOW_MS / STEP_MS)], sum = 0, seen = listener->got_count;
        (void)talk(scene, STEP_MS / 1000.0);
        for (*step = 0; seen < listener->got_count; seen++)
            *step += listener->got[seen % WORLD_PACKETS].size + 44;
        for (size_t s = 0; s < WINDOW_MS / STEP_MS; s++)
            sum += steps[s];
        if (sum > most)
            most = sum;
        before = tl_bandwidth_kbps(
            &participant_by_id(scene->world->relay, listener->parameters.id)->bandwidth);
        assert_true(i < 1000);
    }
    /* and four voices' packets at an edge of the window */
    assert_in_range(most, FIRST_KBPS * WINDOW_MS / 8 * 9 / 10,
                    FIRST_KBPS * WINDOW_MS / 8 + SPEAKERS * 240);
    leave(scene);
}

/* The repeats have no number that feedback tells of, and fill the line as well. */
static void what_is_said_twice_counts_on_the_line(void **state)
{
    (void)state;
    struct scene *scene = meet(1500, false);
    report_loss(scene);
    (void)talk(scene, 5);
    uint64_t before = tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED);
    (void)talk(scene, 4);
    assert_true(tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED) > before + 700);
    scene->down.kbps = 420; /* four times 63, twice, are more: as much is cut, and no voice */
    for (unsigned i = 0; i < 10; i++) {
        (void)talk(scene, 0.5);
        assert_true(scene->world->last_statistics[1].estimate_kbps > 300);
    }
    assert_estimated(scene, 420, 10);
    leave(scene);
}

/* A listener who takes RED gets repeats of who does not send it: they cost, as RED would. */
static void voices_without_red_nearly_fill_a_line_and_it_is_estimated(void **state)
{
    (void)state;
    struct scene *scene = meet(300, true);
    scene->plain = true;
    report_loss(scene);
    (void)talk(scene, 5);
    assert_estimated(scene, 300, 15);
    uint64_t before = tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED);
    assert_true(talk(scene, 4) < 100 * TL_MILLISECOND_US);
    assert_int_equal(tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED), before);
    leave(scene);
}

static void loss_from_a_full_line_is_not_answered_with_more_sound(void **state)
{
    (void)state;
    struct scene *scene = meet(320, false);
    (void)talk(scene, 5);
    report_loss(scene);
    (void)talk(scene, 3);
    uint64_t before = tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED);
    assert_true(talk(scene, 4) < 100 * TL_MILLISECOND_US);
    /* four voices of 63 are 250: no room to say any of them again */
    assert_int_equal(tl_relay_counter(scene->world->relay, TL_RELAY_SOUND_REPEATED), before);
    assert_int_equal(hear(scene, 200).voices, SPEAKERS);
    leave(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voice_alone_passes_whatever_the_line),
        cmocka_unit_test(the_voices_of_the_lowest_rank_pass_and_the_line_is_not_overfilled),
        cmocka_unit_test(beginning_needs_a_tenth_more_room_than_going_on),
        cmocka_unit_test(sound_goes_twice_on_half_of_the_line_and_on_more_of_one_that_loses),
        cmocka_unit_test(a_wide_line_carries_every_voice_twice),
        cmocka_unit_test(a_thinner_line_carries_every_voice_once),
        cmocka_unit_test(a_line_too_thin_for_all_carries_some_voices_well),
        cmocka_unit_test(a_cluster_asks_the_line_for_no_more_than_it_says),
        cmocka_unit_test(what_is_said_twice_counts_on_the_line),
        cmocka_unit_test(voices_without_red_nearly_fill_a_line_and_it_is_estimated),
        cmocka_unit_test(loss_from_a_full_line_is_not_answered_with_more_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
