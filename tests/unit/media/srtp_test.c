#include "testing.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "media/srtp.h"

static const enum tl_srtp_profile profiles[] = { TL_SRTP_AEAD_AES_128_GCM,
                                                 TL_SRTP_AEAD_AES_256_GCM,
                                                 TL_SRTP_AES128_CM_SHA1_80 };

static bool by_library; /* RTP too */

static struct tl_srtp *make(enum tl_srtp_profile profile, uint8_t local, uint8_t remote)
{
    struct tl_srtp_keys keys = { .profile = profile, .library = by_library };
    memset(keys.local, local, sizeof keys.local);
    memset(keys.remote, remote, sizeof keys.remote);
    struct tl_srtp *srtp = NULL;
    assert_int_equal(tl_srtp_new(&keys, &srtp), TL_OK);
    return srtp;
}

static size_t plain(uint8_t *packet, uint16_t sequence, uint32_t ssrc)
{
    struct tl_writer w = tl_writer(packet, 64);
    tl_write_u16(&w, 0x8060);
    tl_write_u16(&w, sequence);
    tl_write_u32(&w, 1000u + sequence);
    tl_write_u32(&w, ssrc);
    tl_write_bytes(&w, tl_bytes("payload", 7));
    return w.used;
}

/* The vectors libsrtp, Chromium and Firefox are checked with. */
static void known_packets_seal_to_known_bytes(void **state)
{
    (void)state;
    struct tl_srtp_keys cm = { .profile = TL_SRTP_AES128_CM_SHA1_80 };
    tl_hex_read(tl_text("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6"),
                cm.local, 30);
    struct tl_srtp_keys gcm = { .profile = TL_SRTP_AEAD_AES_128_GCM };
    tl_hex_read(tl_text("000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab"), gcm.local,
                28);
    const struct {
        struct tl_srtp_keys *keys;
        const char *sealed;
    } cases[] = {
        { &cm, "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb" },
        { &gcm, "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131"
                "a127e8a392" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        uint8_t packet[80], expected[80];
        tl_hex_read(tl_text("800f1234decafbadcafebabe"), packet, 12);
        memset(packet + 12, 0xab, 16);
        struct tl_srtp *srtp = NULL;
        size_t size = 28, expected_size = strlen(cases[i].sealed) / 2;
        assert_int_equal(tl_srtp_new(cases[i].keys, &srtp), TL_OK);
        assert_int_equal(tl_srtp_add_sender(srtp, 0xcafebabe), TL_OK);
        assert_int_equal(tl_srtp_seal_rtp(srtp, packet, sizeof packet, &size), TL_OK);
        tl_hex_read(tl_text(cases[i].sealed), expected, expected_size);
        assert_int_equal(size, expected_size);
        assert_memory_equal(packet, expected, size);
        tl_srtp_free(srtp);
    }
}

static void what_one_side_seals_the_other_opens_in_every_profile(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(profiles); i++) {
        struct tl_srtp *a = make(profiles[i], 1, 2), *b = make(profiles[i], 2, 1);
        uint8_t packet[64], original[64];
        assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
        size_t size = plain(packet, 1, 77), before = plain(original, 1, 77);
        assert_int_equal(tl_srtp_seal_rtp(a, packet, sizeof packet, &size), TL_OK);
        assert_true(size > before);
        assert_int_equal(tl_srtp_open_rtp(b, packet, &size), TL_OK);
        assert_int_equal(size, before);
        assert_memory_equal(packet, original, size);
        uint8_t report[64] = { 0x80, 201, 0, 1, 0, 0, 0, 77 };
        size = 8;
        assert_int_equal(tl_srtp_seal_rtcp(a, report, sizeof report, &size), TL_OK);
        assert_int_equal(tl_srtp_open_rtcp(b, report, &size), TL_OK);
        assert_int_equal(size, 8);
        tl_srtp_free(a);
        tl_srtp_free(b);
    }
}

static void a_packet_with_one_bit_changed_never_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(profiles); i++) {
        struct tl_srtp *a = make(profiles[i], 1, 2);
        assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
        uint8_t sealed[64];
        size_t sealed_size = plain(sealed, 1, 77);
        assert_int_equal(tl_srtp_seal_rtp(a, sealed, sizeof sealed, &sealed_size), TL_OK);
        for (size_t at = 0; at < sealed_size; at++) {
            struct tl_srtp *b = make(profiles[i], 2, 1);
            uint8_t packet[64];
            memcpy(packet, sealed, sealed_size);
            packet[at] ^= 1;
            size_t size = sealed_size;
            assert_int_not_equal(tl_srtp_open_rtp(b, packet, &size), TL_OK);
            tl_srtp_free(b);
        }
        tl_srtp_free(a);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct tl_srtp *a = make(profiles[0], 1, 2), *b = make(profiles[0], 2, 1);
    assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
    uint8_t sealed[64];
    size_t sealed_size = plain(sealed, 1, 77);
    assert_int_equal(tl_srtp_seal_rtp(a, sealed, sizeof sealed, &sealed_size), TL_OK);
    for (size_t cut = 0; cut < sealed_size; cut++) {
        uint8_t packet[64];
        memcpy(packet, sealed, sealed_size);
        size_t size = cut;
        assert_int_not_equal(tl_srtp_open_rtp(b, packet, &size), TL_OK);
        size = cut;
        assert_int_not_equal(tl_srtp_open_rtcp(b, packet, &size), TL_OK);
    }
    tl_srtp_free(a);
    tl_srtp_free(b);
}

static void a_replayed_packet_is_refused(void **state)
{
    (void)state;
    struct tl_srtp *a = make(profiles[0], 1, 2), *b = make(profiles[0], 2, 1);
    assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
    uint8_t packet[64], again[64];
    size_t size = plain(packet, 5, 77);
    assert_int_equal(tl_srtp_seal_rtp(a, packet, sizeof packet, &size), TL_OK);
    size_t again_size = size;
    memcpy(again, packet, size);
    assert_int_equal(tl_srtp_open_rtp(b, packet, &size), TL_OK);
    assert_int_equal(tl_srtp_open_rtp(b, again, &again_size), TL_ERROR_EXISTS);
    tl_srtp_free(a);
    tl_srtp_free(b);
}

static void lose_the_first_wrap(enum tl_srtp_profile profile)
{
    struct tl_srtp *a = make(profile, 1, 2), *b = make(profile, 2, 1);
    assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
    unsigned opened = 0, sealed = 0;
    for (uint32_t i = 65000; i < 66200; i++) {
        uint8_t packet[64];
        size_t size = plain(packet, (uint16_t)i, 77);
        assert_int_equal(tl_srtp_seal_rtp(a, packet, sizeof packet, &size), TL_OK);
        if (i > 65500 && i < 65600)
            continue; /* the wrap itself is lost */
        sealed++;
        opened += tl_srtp_open_rtp(b, packet, &size) == TL_OK;
    }
    assert_int_equal(opened, sealed);
    tl_srtp_free(a);
    tl_srtp_free(b);
}

static void loss_around_the_first_wrap_does_not_end_the_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * TL_COUNT_OF(profiles); i++) {
        by_library = i % 2;
        lose_the_first_wrap(profiles[i / 2]);
    }
    by_library = false;
}

static void foreign_streams_are_limited(void **state)
{
    (void)state;
    struct tl_srtp *a = make(profiles[0], 1, 2), *b = make(profiles[0], 2, 1);
    for (uint32_t ssrc = 1; ssrc <= TL_SRTP_STREAMS_LIMIT + 1; ssrc++) {
        uint8_t packet[64];
        size_t size = plain(packet, 1, ssrc);
        assert_int_equal(tl_srtp_add_sender(a, ssrc), TL_OK);
        assert_int_equal(tl_srtp_seal_rtp(a, packet, sizeof packet, &size), TL_OK);
        assert_int_equal(tl_srtp_open_rtp(b, packet, &size),
                         ssrc <= TL_SRTP_STREAMS_LIMIT ? TL_OK : TL_ERROR_LIMIT);
    }
    tl_srtp_free(a);
    tl_srtp_free(b);
}

static void sealing_needs_its_room(void **state)
{
    (void)state;
    struct tl_srtp *a = make(profiles[0], 1, 2);
    assert_int_equal(tl_srtp_add_sender(a, 77), TL_OK);
    uint8_t packet[64];
    size_t size = plain(packet, 1, 77), whole = size;
    assert_int_equal(tl_srtp_seal_rtp(a, packet, size + TL_SRTP_OVERHEAD - 1, &size),
                     TL_ERROR_LIMIT);
    assert_int_equal(size, whole);
    assert_int_equal(tl_srtp_seal_rtp(a, packet, size + TL_SRTP_OVERHEAD, &size), TL_OK);
    tl_srtp_free(a);
}

static void warming_up_twice_is_harmless(void **state)
{
    (void)state;
    assert_int_equal(tl_srtp_warm_up(), TL_OK);
    assert_int_equal(tl_srtp_warm_up(), TL_OK);
}

/* A stream of numbers that jump, wrap, repeat and come late, through both implementations. */
static void the_fast_path_seals_and_opens_as_libsrtp_does(void **state)
{
    (void)state;
    for (size_t p = 0; p < 2; p++) { /* the AES-GCM profiles */
        struct tl_srtp *pairs[2][2];
        for (int library = 0; library < 2; library++)
            for (uint8_t side = 0; side < 2; side++) {
                struct tl_srtp_keys keys = { .profile = profiles[p], .library = library };
                memset(keys.local, side ? 9 : 5, sizeof keys.local);
                memset(keys.remote, side ? 5 : 9, sizeof keys.remote);
                assert_int_equal(tl_srtp_new(&keys, &pairs[library][side]), TL_OK);
                assert_int_equal(tl_srtp_add_sender(pairs[library][side], 77), TL_OK);
            }
        uint32_t random = 1, at = 65000;
        for (unsigned i = 0; i < 20000; i++) {
            random = random * 1664525u + 1013904223u;
            uint32_t kind = random >> 28, step = random >> 8;
            at += kind < 12   ? 1
                  : kind < 14 ? step % 3000
                  : kind < 15 ? step % 40000
                              : 0u - step % 1100;
            uint8_t packets[2][64];
            size_t sizes[2];
            enum tl_error sealed[2], opened[2];
            for (int library = 0; library < 2; library++) {
                sizes[library] = plain(packets[library], (uint16_t)at, 77);
                sealed[library] = tl_srtp_seal_rtp(pairs[library][0], packets[library],
                                                   sizeof packets[0], &sizes[library]);
            }
            assert_int_equal(sealed[0], sealed[1]);
            if (sealed[0])
                continue;
            assert_int_equal(sizes[0], sizes[1]);
            assert_memory_equal(packets[0], packets[1], sizes[0]);
            if (random % 5 == 0)
                continue; /* lost */
            for (unsigned again = 0; again < 2; again++)
                for (int library = 0; library < 2; library++) {
                    uint8_t packet[64];
                    size_t size = sizes[0];
                    memcpy(packet, packets[0], size);
                    opened[library] = tl_srtp_open_rtp(pairs[library][1], packet, &size);
                    assert_int_equal(opened[library], opened[0]);
                }
        }
        for (int i = 0; i < 4; i++)
            tl_srtp_free(pairs[i / 2][i % 2]);
    }
}

enum { REPORTS = 400, REPORT_ROOM = 64, REPORT_WINDOW = 128 };

static void open_report(struct tl_srtp *const to[2], const uint8_t *sealed, size_t sealed_size,
                        enum tl_error expected)
{
    for (int library = 0; library < 2; library++) {
        uint8_t report[REPORT_ROOM];
        size_t size = sealed_size;
        memcpy(report, sealed, size);
        assert_int_equal(tl_srtp_open_rtcp(to[library], report, &size), expected);
    }
}

static void reports_are_sealed_and_opened_as_libsrtp_does(void **state)
{
    (void)state;
    static const enum tl_srtp_profile direct[] = { TL_SRTP_AEAD_AES_128_GCM,
                                                   TL_SRTP_AEAD_AES_256_GCM };
    static uint8_t sealed[REPORTS][REPORT_ROOM];
    for (size_t p = 0; p < TL_COUNT_OF(direct); p++) {
        struct tl_srtp *from[2], *to[2];
        size_t sealed_size = 0;
        for (int library = 0; library < 2; library++) {
            by_library = library;
            from[library] = make(direct[p], 1, 2);
            to[library] = make(direct[p], 2, 1);
            assert_int_equal(tl_srtp_add_sender(from[library], 77), TL_OK);
        }
        by_library = false;
        for (unsigned i = 0; i < REPORTS; i++) {
            for (int library = 0; library < 2; library++) {
                uint8_t report[REPORT_ROOM] = { 0x80, 201, 0, 3, 0, 0, 0, 77, (uint8_t)i, 9 };
                sealed_size = 16;
                assert_int_equal(
                    tl_srtp_seal_rtcp(from[library], report, sizeof report, &sealed_size),
                    TL_OK);
                if (library)
                    assert_memory_equal(report, sealed[i], sealed_size);
                memcpy(sealed[i], report, sealed_size);
            }
            assert_int_equal(sealed_size, 16 + 16 + 4);
        }
        /* each bit is authenticated, that of the flag that says "encrypted" too */
        for (size_t bit = 0; bit < 8 * sealed_size; bit++)
            for (int library = 0; library < 2; library++) {
                uint8_t report[REPORT_ROOM];
                size_t size = sealed_size;
                memcpy(report, sealed[0], size);
                report[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_not_equal(tl_srtp_open_rtcp(to[library], report, &size), TL_OK);
            }
        for (size_t size = 0; size < sealed_size; size++)
            for (int library = 0; library < 2; library++) {
                uint8_t report[REPORT_ROOM];
                size_t cut = size;
                memcpy(report, sealed[0], sealed_size);
                assert_int_not_equal(tl_srtp_open_rtcp(to[library], report, &cut), TL_OK);
            }
        unsigned newest = 300;
        open_report(to, sealed[newest], sealed_size, TL_OK);
        open_report(to, sealed[newest], sealed_size, TL_ERROR_EXISTS);
        open_report(to, sealed[newest - REPORT_WINDOW], sealed_size, TL_ERROR_EXISTS);
        open_report(to, sealed[newest - REPORT_WINDOW + 1], sealed_size, TL_OK);
        open_report(to, sealed[newest - REPORT_WINDOW + 1], sealed_size, TL_ERROR_EXISTS);
        open_report(to, sealed[newest - 5], sealed_size, TL_OK);
        open_report(to, sealed[newest + 3], sealed_size, TL_OK);
        open_report(to, sealed[newest - 5], sealed_size, TL_ERROR_EXISTS);
        open_report(to, sealed[newest + 1], sealed_size, TL_OK);
        open_report(to, sealed[newest + 1], sealed_size, TL_ERROR_EXISTS);
        for (int library = 0; library < 2; library++) {
            uint8_t report[REPORT_ROOM] = { 0x80, 201, 0, 1, 0, 0, 0, 78 };
            size_t size = 8;
            assert_int_equal(tl_srtp_seal_rtcp(from[library], report, sizeof report, &size),
                             TL_ERROR_MISSING); /* no stream of ours */
            tl_srtp_free(from[library]);
            tl_srtp_free(to[library]);
        }
    }
}

static void no_profile_makes_no_context(void **state)
{
    (void)state;
    struct tl_srtp_keys keys = { .profile = TL_SRTP_NONE };
    struct tl_srtp *srtp = NULL;
    assert_int_not_equal(tl_srtp_new(&keys, &srtp), TL_OK);
    assert_null(srtp);
}

/* As many of ours as a participant may have, of which any may begin, in any order. */
static void every_stream_of_ours_has_its_own_numbers_whichever_begins_first(void **state)
{
    (void)state;
    enum { SENDERS = 41 };
    for (size_t p = 0; p < TL_COUNT_OF(profiles); p++) {
        struct tl_srtp *ours = make(profiles[p], 1, 2), *theirs = make(profiles[p], 2, 1);
        for (uint32_t s = 0; s < SENDERS; s++)
            assert_int_equal(tl_srtp_add_sender(ours, 100 + s), TL_OK);
        for (uint16_t round = 0; round < 3; round++)
            for (uint32_t s = 0; s < SENDERS; s++) {
                uint32_t ssrc = 100 + s * 17 % SENDERS;
                uint8_t packet[100], again[100];
                size_t size = plain(packet, (uint16_t)(1000 * s + round), ssrc), twice = size;
                memcpy(again, packet, size);
                assert_int_equal(tl_srtp_seal_rtp(ours, packet, sizeof packet, &size), TL_OK);
                assert_int_not_equal(tl_srtp_seal_rtp(ours, again, sizeof again, &twice),
                                     TL_OK);
                assert_int_equal(tl_srtp_open_rtp(theirs, packet, &size), TL_OK);
            }
        uint8_t packet[100];
        size_t size = plain(packet, 1, 100 + SENDERS); /* nobody's */
        assert_int_equal(tl_srtp_seal_rtp(ours, packet, sizeof packet, &size),
                         TL_ERROR_MISSING);
        tl_srtp_free(ours);
        tl_srtp_free(theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_packets_seal_to_known_bytes),
        cmocka_unit_test(what_one_side_seals_the_other_opens_in_every_profile),
        cmocka_unit_test(a_packet_with_one_bit_changed_never_passes),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_replayed_packet_is_refused),
        cmocka_unit_test(loss_around_the_first_wrap_does_not_end_the_stream),
        cmocka_unit_test(foreign_streams_are_limited),
        cmocka_unit_test(every_stream_of_ours_has_its_own_numbers_whichever_begins_first),
        cmocka_unit_test(sealing_needs_its_room),
        cmocka_unit_test(warming_up_twice_is_harmless),
        cmocka_unit_test(the_fast_path_seals_and_opens_as_libsrtp_does),
        cmocka_unit_test(reports_are_sealed_and_opened_as_libsrtp_does),
        cmocka_unit_test(no_profile_makes_no_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
