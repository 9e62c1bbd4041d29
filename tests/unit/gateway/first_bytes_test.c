/* Whose a connection is, from its first bytes. The ClientHellos are OpenSSL's own. */
#include "testing.h"

#include <openssl/ssl.h>
#include <string.h>

#include "door/first_bytes.h"

static const char turn[] = "turn.example.fr";

static uint8_t hello[4096];
static size_t hello_size;

/* padding lengthens it as post-quantum shares do, by an ALPN list as long as asked. */
static void make_hello(const char *name, size_t padding)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (name)
        SSL_set_tlsext_host_name(ssl, name);
    uint8_t protocols[2048];
    size_t used = 0;
    while (used < padding) {
        protocols[used] = 99;
        memset(protocols + used + 1, 'x', 99);
        used += 100;
    }
    if (used)
        assert_int_equal(SSL_set_alpn_protos(ssl, protocols, (unsigned)used), 0);
    (void)SSL_connect(ssl);
    hello_size = (size_t)BIO_read(SSL_get_wbio(ssl), hello, sizeof hello);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* A copy of exactly the size, so that a sanitizer sees a read beyond it. */
static enum tl_first_bytes sort(const uint8_t *bytes, size_t size, const char *name,
                                unsigned *ret_relay)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    unsigned relay = 999;
    enum tl_first_bytes verdict = tl_first_bytes_sort(tl_bytes(copy, size), name, &relay);
    free(copy);
    if (ret_relay)
        *ret_relay = relay;
    return verdict;
}

static void a_hello_is_told_by_its_server_name_however_long_and_wherever_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tl_first_bytes verdict;
    } cases[] = { { "turn.example.fr", TL_FIRST_BYTES_TURN },
                  { "TURN.Example.FR", TL_FIRST_BYTES_TURN },
                  { "turn.example.fr.evil.example", TL_FIRST_BYTES_HTTPS },
                  { "example.fr", TL_FIRST_BYTES_HTTPS },
                  { NULL, TL_FIRST_BYTES_HTTPS } };
    for (size_t padding = 0; padding <= 1800; padding += 900)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            make_hello(cases[i].name, padding);
            assert_true(hello_size > padding);
            assert_int_equal(sort(hello, hello_size, turn, NULL), cases[i].verdict);
            bool said = false;
            for (size_t size = 0; size < hello_size; size++) {
                enum tl_first_bytes verdict = sort(hello, size, turn, NULL);
                assert_true(verdict == cases[i].verdict ||
                            (!said && verdict == TL_FIRST_BYTES_MORE));
                said = verdict != TL_FIRST_BYTES_MORE;
            }
        }
}

static void bytes_behind_a_hello_change_nothing(void **state)
{
    (void)state;
    make_hello(turn, 0);
    for (unsigned more = 0; more < 256; more++) {
        memset(hello + hello_size, (int)more, 16);
        assert_int_equal(sort(hello, hello_size + 16, turn, NULL), TL_FIRST_BYTES_TURN);
    }
}

/* RFC 8446 section 5.1: a handshake message may span records. */
static void a_hello_in_several_records_is_read_like_one(void **state)
{
    (void)state;
    make_hello(turn, 900);
    for (size_t cut = 1; cut < hello_size - 5; cut += 7) {
        uint8_t records[4200];
        struct tl_writer w = tl_writer(records, sizeof records);
        size_t sizes[] = { cut, hello_size - 5 - cut };
        size_t at = 5;
        for (size_t i = 0; i < 2; i++) {
            tl_write_u8(&w, 0x16);
            tl_write_u16(&w, 0x0301);
            tl_write_u16(&w, (uint16_t)sizes[i]);
            tl_write_bytes(&w, tl_bytes(hello + at, sizes[i]));
            at += sizes[i];
        }
        assert_int_equal(sort(records, w.used, turn, NULL), TL_FIRST_BYTES_TURN);
    }
}

static void without_a_turn_name_the_first_byte_of_tls_is_enough(void **state)
{
    (void)state;
    make_hello(turn, 0);
    assert_int_equal(sort(hello, 1, NULL, NULL), TL_FIRST_BYTES_HTTPS);
    assert_int_equal(sort(hello, 1, "", NULL), TL_FIRST_BYTES_HTTPS);
    assert_int_equal(sort(hello, 1, turn, NULL), TL_FIRST_BYTES_MORE);
}

static size_t make_stun(uint8_t *frame, const char *username, const char *before)
{
    uint8_t attributes[600];
    struct tl_writer a = tl_writer(attributes, sizeof attributes);
    if (before) {
        tl_write_u16(&a, 0x8022);
        tl_write_u16(&a, (uint16_t)strlen(before));
        tl_write_bytes(&a, tl_bytes(before, strlen(before)));
        tl_write_zeros(&a, (4 - strlen(before) % 4) % 4);
    }
    if (username) {
        tl_write_u16(&a, 6);
        tl_write_u16(&a, (uint16_t)strlen(username));
        tl_write_bytes(&a, tl_bytes(username, strlen(username)));
        tl_write_zeros(&a, (4 - strlen(username) % 4) % 4);
    }
    struct tl_writer w = tl_writer(frame, 700);
    tl_write_u16(&w, (uint16_t)(20 + a.used));
    tl_write_u16(&w, 1);
    tl_write_u16(&w, (uint16_t)a.used);
    tl_write_u32(&w, 0x2112A442);
    tl_write_zeros(&w, 12);
    tl_write_bytes(&w, tl_writer_bytes(&a));
    return w.used;
}

static void framed_stun_goes_to_the_relay_its_user_name_names(void **state)
{
    (void)state;
    static const struct {
        const char *username, *before;
        enum tl_first_bytes verdict;
        unsigned relay;
    } cases[] = { { "0300ffabcdef:remote", NULL, TL_FIRST_BYTES_ICE, 3 },
                  { "ff00ffabcdef:remote", "software", TL_FIRST_BYTES_ICE, 255 },
                  { "0a:r", "odd", TL_FIRST_BYTES_ICE, 10 },
                  { "zz00ffabcdef:remote", NULL, TL_FIRST_BYTES_NONE, 999 },
                  { "0", NULL, TL_FIRST_BYTES_NONE, 999 },
                  { NULL, "software", TL_FIRST_BYTES_NONE, 999 },
                  { NULL, NULL, TL_FIRST_BYTES_NONE, 999 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[700];
        unsigned relay;
        size_t size = make_stun(frame, cases[i].username, cases[i].before);
        assert_int_equal(sort(frame, size, turn, &relay), cases[i].verdict);
        assert_int_equal(relay, cases[i].relay);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(sort(frame, cut, turn, NULL), TL_FIRST_BYTES_MORE);
    }
}

static void what_only_looks_like_framed_stun_is_nobodys(void **state)
{
    (void)state;
    uint8_t good[700], frame[700];
    size_t size = make_stun(good, "0300ffabcdef:remote", NULL);
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = { { 0, 4 },    /* longer than we take */
                    { 1, 200 },  /* frame and message disagree */
                    { 3, 0x11 }, /* an indication */
                    { 2, 1 },    /* a response */
                    { 6, 0 } };  /* no cookie */
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        memcpy(frame, good, size);
        frame[changes[i].at] = changes[i].value;
        assert_int_equal(sort(frame, size, turn, NULL), TL_FIRST_BYTES_NONE);
    }
}

static void framed_stun_of_1200_bytes_is_read_and_a_longer_one_is_nobodys(void **state)
{
    (void)state;
    static uint8_t frame[2 + TL_FIRST_BYTES_FRAME_LIMIT + 4];
    for (unsigned more = 0; more <= 4; more += 4) {
        uint16_t size = (uint16_t)(TL_FIRST_BYTES_FRAME_LIMIT + more);
        struct tl_writer w = tl_writer(frame, sizeof frame);
        tl_write_u16(&w, size);
        tl_write_u16(&w, 1);
        tl_write_u16(&w, (uint16_t)(size - 20));
        tl_write_u32(&w, 0x2112A442);
        tl_write_zeros(&w, 12);
        tl_write_u16(&w, 0x8022); /* passed over */
        tl_write_u16(&w, (uint16_t)(size - 20 - 4 - 8));
        tl_write_zeros(&w, size - 20u - 4 - 8);
        tl_write_u16(&w, 6);
        tl_write_u16(&w, 4);
        tl_write_bytes(&w, tl_bytes("0700", 4));
        assert_false(w.failed);
        assert_int_equal(sort(frame, w.used, turn, NULL),
                         more ? TL_FIRST_BYTES_NONE : TL_FIRST_BYTES_ICE);
    }
}

/* RFC 8446 section 5.1: a record has 2^14 bytes at most. */
static void a_record_of_16384_bytes_may_be_a_hello_and_a_longer_one_is_not(void **state)
{
    (void)state;
    for (unsigned more = 0; more < 2; more++)
        for (int of_record = 0; of_record < 2; of_record++) {
            uint8_t bytes[40]; /* cut before it could name a server */
            struct tl_writer w = tl_writer(bytes, sizeof bytes);
            tl_write_u8(&w, 0x16);
            tl_write_u16(&w, 0x0301);
            tl_write_u16(&w, (uint16_t)(of_record ? 16384 + more : 16384));
            tl_write_u8(&w, 1);
            tl_write_u24(&w, of_record ? 16380 : 16384 + more);
            tl_write_zeros(&w, sizeof bytes - 9);
            assert_int_equal(sort(bytes, w.used, turn, NULL),
                             more ? TL_FIRST_BYTES_HTTPS : TL_FIRST_BYTES_MORE);
        }
}

static void all_else_is_for_https(void **state)
{
    (void)state;
    static const char *const texts[] = { "GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n",
                                         "\x80\x2e\x01" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(sort((const uint8_t *)texts[i], strlen(texts[i]), turn, NULL),
                         TL_FIRST_BYTES_HTTPS);
    uint8_t alert[] = { 0x16, 2, 0, 0, 1, 1 }; /* a record of no TLS there is */
    assert_int_equal(sort(alert, sizeof alert, turn, NULL), TL_FIRST_BYTES_HTTPS);
}

/* A hello that never ends is HTTPS' at the limit: its library has deadlines of its own. */
static void a_hello_longer_than_the_limit_is_taken_for_https(void **state)
{
    (void)state;
    static uint8_t bytes[TL_FIRST_BYTES_LIMIT];
    struct tl_writer w = tl_writer(bytes, sizeof bytes);
    tl_write_u8(&w, 0x16);
    tl_write_u16(&w, 0x0301);
    tl_write_u16(&w, 16384);
    tl_write_u8(&w, 1);
    tl_write_u24(&w, 16000);
    tl_write_zeros(&w, 34 + 1 + 2 + 1 + 2);
    tl_write_u16(&w, 0xff01); /* an extension longer than what is there */
    tl_write_u16(&w, 15000);
    assert_int_equal(sort(bytes, sizeof bytes - 1, turn, NULL), TL_FIRST_BYTES_MORE);
    assert_int_equal(sort(bytes, sizeof bytes, turn, NULL), TL_FIRST_BYTES_HTTPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_told_by_its_server_name_however_long_and_wherever_cut),
        cmocka_unit_test(bytes_behind_a_hello_change_nothing),
        cmocka_unit_test(a_hello_in_several_records_is_read_like_one),
        cmocka_unit_test(without_a_turn_name_the_first_byte_of_tls_is_enough),
        cmocka_unit_test(framed_stun_goes_to_the_relay_its_user_name_names),
        cmocka_unit_test(what_only_looks_like_framed_stun_is_nobodys),
        cmocka_unit_test(framed_stun_of_1200_bytes_is_read_and_a_longer_one_is_nobodys),
        cmocka_unit_test(a_record_of_16384_bytes_may_be_a_hello_and_a_longer_one_is_not),
        cmocka_unit_test(all_else_is_for_https),
        cmocka_unit_test(a_hello_longer_than_the_limit_is_taken_for_https),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
