/* Memory: nothing is allocated while packets flow, and an opening that runs out of memory at any
 * point leaves the relay as it was. The allocator is ours here; under a sanitizer it is the
 * sanitizer's, nothing fails, and the same is run for what the sanitizer sees. */
#include "testing.h"

#include "counting_allocator.h"

#define WORLD_PACKETS 16
#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

enum { PACKETS = 2000, ROOM = 1300 };
static uint8_t packets[PACKETS][ROOM];
static size_t sizes[PACKETS];

static void seal_frames(struct world_peer *sender)
{
    for (size_t i = 0; i < PACKETS; i++) {
        uint8_t payload[1100] = { 0x90, 0xc0, 0x80, 1, 1, i % 100 == 0 ? 0x00 : 0x01 };
        struct tl_rtp_packet header = { .payload_type = PT_VP8,
                                        .sequence = sender->video_sequence++,
                                        .timestamp = (uint32_t)i * 3000,
                                        .ssrc = SSRC_VIDEO };
        struct tl_rtp_extension_value values[] = {
            { EXT_MID, 1, { '1' } }, { EXT_CC, 2, { (uint8_t)(i >> 8), (uint8_t)i } }
        };
        size_t size;
        assert_int_equal(tl_rtp_write_header(&header, values, 2, packets[i], ROOM, NULL, &size),
                         TL_OK);
        memcpy(packets[i] + size, payload, sizeof payload);
        size += sizeof payload;
        assert_int_equal(tl_srtp_seal_rtp(sender->srtp, packets[i], ROOM, &size), TL_OK);
        sizes[i] = size;
    }
}

/* What NSS takes and gives back inside each cipher operation (libsrtp's business, not ours). */
static long allocations_of_ciphers(const struct world_peer *sender)
{
    struct tl_srtp_keys keys;
    struct tl_srtp *srtp = NULL;
    assert_int_equal(tl_dtls_keys(sender->dtls, &keys), TL_OK);
    memcpy(keys.remote, keys.local, sizeof keys.remote);
    assert_int_equal(tl_srtp_new(&keys, &srtp), TL_OK);
    assert_int_equal(tl_srtp_add_sender(srtp, 1), TL_OK);
    long taken = 0;
    for (uint8_t i = 0; i < 2; i++) { /* the second time: the stream is known */
        uint8_t packet[64] = { 0x80, 96, 0, i, 0, 0, 0, 0, 0, 0, 0, 1, 'x' };
        size_t size = 13;
        long before = calls;
        assert_int_equal(tl_srtp_seal_rtp(srtp, packet, sizeof packet, &size), TL_OK);
        long sealing = calls - before;
        before = calls;
        assert_int_equal(tl_srtp_open_rtp(srtp, packet, &size), TL_OK);
        taken = 3 * sealing + (calls - before); /* three receivers */
    }
    tl_srtp_free(srtp);
    return taken;
}

static void nothing_is_allocated_while_packets_flow(void **state)
{
    (void)state;
    struct world *w = world_new(8);
    struct world_peer *sender = world_join(w, 0, room, 1);
    for (int i = 1; i < 4; i++) {
        world_join(w, i, room, 1);
        world_watch(w, i, "v0", 0, TL_SOURCE_CAMERA);
    }
    world_send_video(w, 0, true, false);
    seal_frames(sender);
    for (size_t i = 0; i < PACKETS / 2; i++) { /* streams are learned by now */
        tl_relay_input(w->relay, w->now, &sender->address, packets[i], sizes[i]);
        w->queued = 0;
    }
    long before = calls;
    for (size_t i = PACKETS / 2; i < PACKETS; i++) {
        tl_relay_input(w->relay, w->now, &sender->address, packets[i], sizes[i]);
        w->queued = 0;
    }
    long taken = calls - before;
    assert_int_equal(taken, PACKETS / 2 * allocations_of_ciphers(sender));
    assert_true(tl_relay_counter(w->relay, TL_RELAY_PACKETS_FORWARDED) > 3 * PACKETS - 10);
    world_free(w);
}

static void an_opening_that_runs_out_of_memory_anywhere_leaves_the_relay_as_it_was(void **state)
{
    (void)state;
    struct world *w = world_new(8);
    struct world_peer *other = world_join(w, 1, room, 1);
    world_open(w, 0, room, 1);
    struct tl_participant_parameters parameters = w->peers[0].parameters;
    struct tl_participant_answer answer;
    assert_int_equal(tl_relay_close(w->relay, w->now, parameters.id), TL_OK);
    enum tl_error error = TL_ERROR_MEMORY;
    long tries = 0;
    for (; error && tries < 5000; tries++) {
        calls = 0;
        fail_at = tries;
        error = tl_relay_open(w->relay, w->now, &parameters, &answer);
        fail_at = -1;
        if (error)
            assert_int_equal(tl_relay_participant_count(w->relay), 1);
    }
    assert_int_equal(error, TL_OK);
#ifndef TL_SANITIZED
    assert_true(tries > 3); /* it did fail before */
#endif
    assert_int_equal(tl_relay_participant_count(w->relay), 2);
    world_watch(w, 1, "a0", 1, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 1);
    assert_int_equal(other->got_count, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_while_packets_flow),
        cmocka_unit_test(
            an_opening_that_runs_out_of_memory_anywhere_leaves_the_relay_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
