/* What people cost: how many a relay takes, and the memory of each. */
#include "testing.h"

#include <malloc.h>
#include <unistd.h>

#include "relay_world.h"
#include "route/internal.h"

#if defined(__SANITIZE_ADDRESS__)
/* The runtime's own count; gcc ships no header for it. */
size_t __sanitizer_get_current_allocated_bytes(void);

enum { RESIDENT_TELLS = 0 }; /* shadow memory is resident too */

static size_t allocated_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes();
}
#else
enum { RESIDENT_TELLS = 1 };

static size_t allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif

static size_t resident_bytes(void)
{
    unsigned long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
    (void)fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* As the pages open it: eight people's sound and pictures. */
static enum tl_error open_one(struct world *w, unsigned number)
{
    static struct world_peer peer;
    peer = (struct world_peer){ 0 };
    char room[TL_RELAY_ID_SIZE];
    (void)snprintf(room, sizeof room, "%032x", number / 2);
    world_parameters(&peer, (int)number, room, 8);
    return tl_relay_open(w->relay, w->now, &peer.parameters, &peer.answer);
}

static void a_relay_holds_1024_people_and_not_one_more(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    unsigned opened = 0;
    while (opened < 2000 && open_one(w, opened) == TL_OK)
        opened++;
    assert_int_equal(opened, 1024);
    assert_int_equal(open_one(w, opened), TL_ERROR_LIMIT);
    assert_int_equal(tl_relay_participant_count(w->relay), 1024);
    /* whoever goes makes room for one */
    assert_int_equal(tl_relay_close(w->relay, w->now, "00000000000000000000000000000007"),
                     TL_OK);
    assert_int_equal(open_one(w, opened), TL_OK);
    assert_int_equal(open_one(w, opened + 1), TL_ERROR_LIMIT);
    world_free(w);
}

static void an_empty_relay_touches_next_to_no_memory(void **state)
{
    (void)state;
    struct world *w = world_new(1); /* everything that is loaded once is loaded */
    struct tl_relay_config config = { .identity = w->identity, .output = { .context = w } };
    struct tl_relay *relay;
    size_t before = resident_bytes();
    assert_int_equal(tl_relay_new(&config, &relay), TL_OK);
    size_t after = resident_bytes();
    if (RESIDENT_TELLS)
        assert_in_range(after - before, 0, 128 * 1024);
    tl_relay_free(relay);
    world_free(w);
}

/* TLS state, which is OpenSSL's, and rings, which follow the pictures sent, are told apart; what SRTP
 * needs is in it. Allocated, that is: the pages it lies on have room between (bench relay-memory). */
static void each_person_takes_under_64_KiB_beside_rings_and_tls(void **state)
{
    (void)state;
    enum { FIRST = 100, MORE = 100 };
    struct world *w = world_new(0);
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE] = { 0 };
    struct tl_dtls *tls[MORE];
    for (unsigned i = 0; i < FIRST; i++)
        assert_int_equal(open_one(w, i), TL_OK);
    size_t before = allocated_bytes();
    for (unsigned i = 0; i < MORE; i++)
        assert_int_equal(open_one(w, FIRST + i), TL_OK);
    size_t opened = allocated_bytes();
    for (unsigned i = 0; i < MORE; i++)
        assert_int_equal(tl_dtls_new(w->identity, TL_DTLS_SERVER, fingerprint, &tls[i]), TL_OK);
    size_t of_tls = allocated_bytes() - opened;
    enum { RING_RESERVED = TL_RING_BLOCKS_LIMIT * TL_RING_BLOCK_SIZE };
    size_t each =
        (opened - before - of_tls) / MORE - sizeof(struct tl_ring) - (size_t)RING_RESERVED;
    print_message("%zu bytes a participant, %zu of TLS before its handshake, %zu of a ring\n",
                  each, of_tls / MORE, sizeof(struct tl_ring));
    assert_in_range(each, sizeof(struct participant), 44 * 1024);
    for (unsigned i = 0; i < MORE; i++)
        tl_dtls_free(tls[i]);
    world_free(w);
}

/* What lies between the pieces of a handshake would keep their pages. */
static void keys_that_come_take_no_more_memory(void **state)
{
    (void)state;
    enum {
        FIRST = 8,
        MORE = 8,
        SENDERS = 35
    }; /* the first leave the allocator pieces for what is passing */
    struct tl_srtp_keys keys = { .profile = TL_SRTP_AEAD_AES_128_GCM };
    struct tl_srtp *srtp[FIRST + MORE];
    size_t before = 0;
    for (size_t i = 0; i < FIRST + MORE; i++)
        assert_int_equal(tl_srtp_reserve(false, SENDERS, &srtp[i]), TL_OK);
    for (size_t i = 0; i < FIRST + MORE; i++) {
        if (i == FIRST)
            before = allocated_bytes();
        assert_int_equal(tl_srtp_start(srtp[i], &keys), TL_OK);
        for (uint32_t ssrc = 1; ssrc <= SENDERS; ssrc++)
            assert_int_equal(tl_srtp_add_sender(srtp[i], ssrc), TL_OK);
    }
    assert_int_equal(allocated_bytes(), before);
    for (size_t i = 0; i < FIRST + MORE; i++)
        tl_srtp_free(srtp[i]);
}

static void who_opens_again_may_ask_for_more_or_for_less(void **state)
{
    (void)state;
    static const char *const room = "0123456789abcdef0123456789abcdef";
    static const uint8_t slots[] = { 8, 1, 10, 2 };
    struct world *w = world_new(0);
    world_join(w, 0, room, 0);
    struct world_peer *peer = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    const struct participant *participant = w->relay->participants[1];
    assert_int_equal(
        tl_relay_source_mute(w->relay, w->now, peer->parameters.id, TL_SOURCE_MICROPHONE, true),
        TL_OK);
    for (size_t i = 0; i < TL_COUNT_OF(slots); i++) {
        world_join(w, 1, room, slots[i]);
        peer->parameters.send_count = 1 + i % 2; /* with and without a camera */
        assert_int_equal(tl_relay_open(w->relay, w->now, &peer->parameters, &peer->answer),
                         TL_OK);
        world_join(w, 1, room, slots[i]);
        assert_int_equal(participant->parameters.receive_count, 2 * slots[i]);
        assert_true(participant->sources[0].muted);
        assert_false(participant->sources[1].muted);
        size_t got = peer->got_count;
        world_send_audio(w, 0); /* the wish stays */
        assert_int_equal(peer->got_count, got + 1);
    }
    world_free(w);
}

static void a_thousand_idle_people_are_looked_at_ten_times_a_second(void **state)
{
    (void)state;
    enum { PEOPLE = 1000 };
    struct world *w = world_new(0);
    for (unsigned i = 0; i < PEOPLE; i++, w->now += 331)
        assert_int_equal(open_one(w, i), TL_OK);
    for (tl_time_us end = w->now + TL_SECOND_US; w->now < end;) { /* all have begun */
        w->now = tl_relay_next_deadline(w->relay, w->now);
        tl_relay_tick(w->relay, w->now);
    }
    unsigned looks = 0, wakes = 0;
    for (tl_time_us end = w->now + TL_SECOND_US; w->now < end; wakes++) {
        static struct wheel before;
        before = w->relay->wheel;
        w->now = tl_relay_next_deadline(w->relay, w->now);
        tl_relay_tick(w->relay, w->now);
        for (unsigned i = 0; i < PEOPLE; i++)
            looks += before.places[i].due != w->relay->wheel.places[i].due;
    }
    assert_in_range(looks, 9 * PEOPLE, 13 * PEOPLE);
    assert_in_range(wakes, 1, 60);
    world_free(w);
}

/* Whose ids and whose addresses a peer chooses: found however many are there. */
static void everybody_is_found_by_id_while_others_come_and_go(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    char id[TL_RELAY_ID_SIZE];
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(open_one(w, i), TL_OK);
    for (unsigned i = 0; i < 1024; i += 3) {
        (void)snprintf(id, sizeof id, "%032x", i + 1);
        assert_int_equal(tl_relay_close(w->relay, w->now, id), TL_OK);
    }
    for (unsigned i = 0; i < 1024; i++) {
        (void)snprintf(id, sizeof id, "%032x", i + 1);
        const struct tl_participant_parameters *found = tl_relay_parameters(w->relay, id);
        assert_int_equal(found != NULL, i % 3 != 0);
        if (found)
            assert_string_equal(found->id, id);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first: later the allocator has memory of its own to give again */
        cmocka_unit_test(an_empty_relay_touches_next_to_no_memory),
        cmocka_unit_test(keys_that_come_take_no_more_memory),
        cmocka_unit_test(who_opens_again_may_ask_for_more_or_for_less),
        cmocka_unit_test(a_relay_holds_1024_people_and_not_one_more),
        cmocka_unit_test(a_thousand_idle_people_are_looked_at_ten_times_a_second),
        cmocka_unit_test(everybody_is_found_by_id_while_others_come_and_go),
        cmocka_unit_test(each_person_takes_under_64_KiB_beside_rings_and_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
