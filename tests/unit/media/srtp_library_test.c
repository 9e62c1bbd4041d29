/* The switch between OpenSSL and libsrtp, and the whole relay behind either. */
#include "testing.h"

#include "relay_world.h"
#include "route/internal.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/* Sound and pictures, a repeat, a new path and a forged packet. */
static void call(bool libsrtp)
{
    struct world *w = world_new_with(4, libsrtp);
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    for (int i = 0; i < 2; i++) {
        const char *id = w->peers[i].parameters.id;
        assert_int_equal(tl_srtp_is_direct(participant_by_id(w->relay, id)->srtp), !libsrtp);
    }
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    assert_int_equal(receiver->got_count, 1);
    uint16_t sequence = world_last(receiver)->header.sequence;
    uint8_t buffer[200];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &sequence, 1);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(receiver->got_count, 2);
    assert_int_equal(world_last(receiver)->header.ssrc, receiver->answer.receives[1].rtx_ssrc);
    for (unsigned i = 0; i < 1000; i++)
        world_send_audio(w, 0);
    world_pass(w, 2 * TL_SECOND_US);
    assert_true(sender->transport_feedback > 0); /* and RTCP of ours opens there */
    uint64_t forged = tl_relay_counter(w->relay, TL_RELAY_DROP_SRTP_AUTH);
    uint8_t junk[100] = { 0x80, PT_OPUS };
    world_input(w, sender, junk, sizeof junk);
    assert_int_equal(tl_relay_counter(w->relay, TL_RELAY_DROP_SRTP_AUTH), forged + 1);
    assert_int_equal(tl_relay_counter(w->relay, TL_RELAY_DROP_SEAL), 0);
    world_free(w);
}

static void a_call_goes_over_openssl(void **state)
{
    (void)state;
    call(false);
}

static void a_call_goes_over_libsrtp_when_it_is_chosen(void **state)
{
    (void)state;
    call(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_over_openssl),
        cmocka_unit_test(a_call_goes_over_libsrtp_when_it_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
