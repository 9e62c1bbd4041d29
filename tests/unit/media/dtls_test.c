#include "testing.h"

#include "base/memory.h"
#include "dtls/identity.h"
#include "media/dtls.h"

#include <unistd.h>

struct pair {
    struct tl_dtls_identity *server_identity, *client_identity;
    struct tl_dtls *server, *client;
    size_t largest;
    unsigned datagrams;
};

static void open_pair(struct pair *p, const char *server_expects, const char *client_expects)
{
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    *p = (struct pair){ 0 };
    assert_int_equal(tl_dtls_identity_new(&p->server_identity), TL_OK);
    assert_int_equal(tl_dtls_identity_new(&p->client_identity), TL_OK);
    const char *client = tl_dtls_identity_fingerprint(p->client_identity);
    const char *server = tl_dtls_identity_fingerprint(p->server_identity);
    assert_int_equal(tl_dtls_fingerprint_read(tl_text(server_expects ? server_expects : client),
                                              fingerprint),
                     TL_OK);
    assert_int_equal(tl_dtls_new(p->server_identity, TL_DTLS_SERVER, fingerprint, &p->server),
                     TL_OK);
    assert_int_equal(tl_dtls_fingerprint_read(tl_text(client_expects ? client_expects : server),
                                              fingerprint),
                     TL_OK);
    assert_int_equal(tl_dtls_new(p->client_identity, TL_DTLS_CLIENT, fingerprint, &p->client),
                     TL_OK);
}

static void close_pair(struct pair *p)
{
    tl_dtls_free(p->server);
    tl_dtls_free(p->client);
    tl_dtls_identity_free(p->server_identity);
    tl_dtls_identity_free(p->client_identity);
}

static bool pass(struct pair *p, struct tl_dtls *from, struct tl_dtls *to, unsigned lose)
{
    struct tl_bytes datagram;
    bool any = false;
    while (tl_dtls_next_output(from, &datagram)) {
        any = true;
        if (datagram.size > p->largest)
            p->largest = datagram.size;
        if (p->datagrams++ == lose)
            continue;
        uint8_t copy[1600];
        assert_true(datagram.size <= sizeof copy);
        memcpy(copy, datagram.data, datagram.size);
        tl_dtls_input(to, tl_bytes(copy, datagram.size));
    }
    return any;
}

static void exchange(struct pair *p, unsigned lose)
{
    tl_dtls_start(p->client);
    for (unsigned i = 0; i < 20; i++) {
        bool any = pass(p, p->client, p->server, lose);
        any |= pass(p, p->server, p->client, lose);
        if (!any)
            return;
    }
}

static const char wrong[] = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

static void both_sides_agree_on_keys_of_the_first_profile(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    exchange(&p, UINT32_MAX);
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    assert_int_equal(tl_dtls_state(p.client), TL_DTLS_CONNECTED);
    struct tl_srtp_keys server, client;
    assert_int_equal(tl_dtls_keys(p.server, &server), TL_OK);
    assert_int_equal(tl_dtls_keys(p.client, &client), TL_OK);
    assert_int_equal(server.profile, TL_SRTP_AEAD_AES_128_GCM);
    assert_memory_equal(server.local, client.remote, 28);
    assert_memory_equal(server.remote, client.local, 28);
    assert_memory_not_equal(server.local, server.remote, 28);
    close_pair(&p);
}

static void flights_stay_below_the_mtu(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    exchange(&p, UINT32_MAX);
    assert_true(p.largest <= TL_DTLS_DATAGRAM_LIMIT);
    assert_true(p.largest > 256); /* OpenSSL falls to 256 when it is not told the MTU */
    close_pair(&p);
}

static void a_client_with_another_certificate_is_refused(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, wrong, NULL);
    exchange(&p, UINT32_MAX);
    struct tl_srtp_keys keys;
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_FAILED);
    assert_string_equal(tl_dtls_reason(p.server), "fingerprint");
    assert_int_equal(tl_dtls_keys(p.server, &keys), TL_ERROR_STATE);
    close_pair(&p);
}

static void a_server_with_another_certificate_is_refused(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, wrong);
    exchange(&p, UINT32_MAX);
    assert_int_equal(tl_dtls_state(p.client), TL_DTLS_FAILED);
    assert_string_equal(tl_dtls_reason(p.client), "fingerprint");
    assert_int_not_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    close_pair(&p);
}

static void a_handshake_without_a_common_profile_gives_no_keys(void **state)
{
    (void)state;
    struct pair p;
    struct tl_srtp_keys keys;
    open_pair(&p, NULL, NULL);
    tl_dtls_free(p.client);
    /* a profile the other side does not take; OpenSSL completes the handshake without one */
    assert_int_equal(
        SSL_CTX_set_tlsext_use_srtp(p.client_identity->context, "SRTP_AES128_CM_SHA1_32"), 0);
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    assert_int_equal(tl_dtls_fingerprint_read(
                         tl_text(tl_dtls_identity_fingerprint(p.server_identity)), fingerprint),
                     TL_OK);
    assert_int_equal(tl_dtls_new(p.client_identity, TL_DTLS_CLIENT, fingerprint, &p.client),
                     TL_OK);
    exchange(&p, UINT32_MAX);
    struct tl_dtls *both[] = { p.server, p.client };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tl_dtls_state(both[i]), TL_DTLS_FAILED);
        assert_string_equal(tl_dtls_reason(both[i]), "profile");
        assert_int_equal(tl_dtls_keys(both[i], &keys), TL_ERROR_STATE);
    }
    close_pair(&p);
}

static void rubbish_does_not_end_a_handshake(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    static const uint8_t rubbish[] = {
        22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2
    };
    tl_dtls_input(p.server, tl_bytes(rubbish, sizeof rubbish));
    for (size_t size = 0; size < sizeof rubbish; size++)
        tl_dtls_input(p.server, tl_bytes(rubbish, size));
    exchange(&p, UINT32_MAX);
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    tl_dtls_input(p.server, tl_bytes(rubbish, sizeof rubbish));
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    close_pair(&p);
}

static void a_lost_flight_leaves_a_timer_running(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    assert_true(tl_dtls_timeout(p.server) < 0);
    tl_dtls_start(p.client);
    assert_true(tl_dtls_timeout(p.client) >= 0);
    close_pair(&p);
}

static void whichever_datagram_is_lost_the_handshake_ends_soon(void **state)
{
    (void)state;
    bool lost = true;
    for (unsigned lose = 0; lost; lose++) {
        struct pair p;
        open_pair(&p, NULL, NULL);
        exchange(&p, lose);
        lost = p.datagrams > lose;
        for (unsigned tries = 0; tries < 3 && tl_dtls_state(p.client) == TL_DTLS_HANDSHAKING;
             tries++) {
            assert_true(tl_dtls_timeout(p.client) >= 0 || tl_dtls_timeout(p.server) >= 0);
            assert_true(tl_dtls_timeout(p.client) <= TL_DTLS_FIRST_REPEAT_US);
            assert_true(tl_dtls_timeout(p.server) <= TL_DTLS_FIRST_REPEAT_US);
            usleep(TL_DTLS_FIRST_REPEAT_US + 5000); /* OpenSSL looks at the clock itself */
            tl_dtls_tick(p.client);
            tl_dtls_tick(p.server);
            exchange(&p, UINT32_MAX);
        }
        assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
        assert_int_equal(tl_dtls_state(p.client), TL_DTLS_CONNECTED);
        close_pair(&p);
    }
}

static void closing_is_told_to_the_peer(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    exchange(&p, UINT32_MAX);
    tl_dtls_close(p.server);
    pass(&p, p.server, p.client, UINT32_MAX);
    assert_int_equal(tl_dtls_state(p.client), TL_DTLS_CLOSED);
    close_pair(&p);
}

/* Settled by one side: it repeats nothing, hears nothing, and its close is told all the same. */
static void a_settled_association_keeps_its_keys_and_its_farewell(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p, NULL, NULL);
    struct tl_bytes datagram;
    tl_dtls_settle(p.server); /* before it is connected: nothing */
    exchange(&p, UINT32_MAX);
    struct tl_srtp_keys before, after;
    assert_int_equal(tl_dtls_keys(p.server, &before), TL_OK);
    tl_dtls_settle(p.server);
    tl_dtls_settle(p.server); /* again: nothing */
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    assert_int_equal(tl_dtls_keys(p.server, &after), TL_OK);
    assert_memory_equal(&before, &after, sizeof before);
    assert_false(tl_dtls_next_output(p.server, &datagram));
    assert_int_equal(tl_dtls_timeout(p.server), -1);
    tl_dtls_tick(p.server);
    static const uint8_t late[] = { 21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0 };
    tl_dtls_input(p.server, tl_bytes(late, sizeof late));
    assert_false(tl_dtls_next_output(p.server, &datagram));
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CONNECTED);
    tl_dtls_close(p.server);
    assert_int_equal(tl_dtls_state(p.server), TL_DTLS_CLOSED);
    pass(&p, p.server, p.client, UINT32_MAX);
    assert_int_equal(tl_dtls_state(p.client), TL_DTLS_CLOSED);
    assert_false(tl_dtls_next_output(p.server, &datagram)); /* told once */
    close_pair(&p);
}

static void fingerprints_are_read_strictly(void **state)
{
    (void)state;
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    assert_int_equal(tl_dtls_fingerprint_read(tl_text(wrong), fingerprint), TL_OK);
    assert_int_equal(fingerprint[1], 0x11);
    char bad[sizeof wrong];
    for (size_t size = 0; size < sizeof wrong - 1; size++)
        assert_int_equal(tl_dtls_fingerprint_read((struct tl_text){ wrong, size }, fingerprint),
                         TL_ERROR_FORMAT);
    for (size_t i = 0; i < sizeof wrong - 1; i++) {
        memcpy(bad, wrong, sizeof bad);
        bad[i] = 'x';
        assert_int_equal(tl_dtls_fingerprint_read(tl_text(bad), fingerprint), TL_ERROR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree_on_keys_of_the_first_profile),
        cmocka_unit_test(flights_stay_below_the_mtu),
        cmocka_unit_test(a_client_with_another_certificate_is_refused),
        cmocka_unit_test(a_server_with_another_certificate_is_refused),
        cmocka_unit_test(a_handshake_without_a_common_profile_gives_no_keys),
        cmocka_unit_test(rubbish_does_not_end_a_handshake),
        cmocka_unit_test(a_lost_flight_leaves_a_timer_running),
        cmocka_unit_test(whichever_datagram_is_lost_the_handshake_ends_soon),
        cmocka_unit_test(closing_is_told_to_the_peer),
        cmocka_unit_test(a_settled_association_keeps_its_keys_and_its_farewell),
        cmocka_unit_test(fingerprints_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
