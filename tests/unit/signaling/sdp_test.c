/* The offer and the answer: real offers of browsers, every truncation, hostile lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/secret.h"
#include "sdp/sdp.h"

static const bool is_audio[] = { true, false, false, false, true };

static struct tl_text load(const char *name)
{
    char path[512];
    char *data = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%.*sdata/%s", (int)(strrchr(__FILE__, '/') - __FILE__ + 1),
             __FILE__, name);
    assert_int_equal(tl_file_read(path, 100000, &data, &size), TL_OK);
    return (struct tl_text){ data, size };
}

static enum tl_error read_text(const char *text, struct tl_sdp_offer *offer, char where[64])
{
    struct tl_sdp_problem problem = { { 0 } };
    enum tl_error error = tl_sdp_offer_read(tl_text(text), offer, &problem);
    snprintf(where, 64, "%s", problem.where);
    return error;
}

/* Reads, plans with the five sources first, and answers. */
static char *answer_of(struct tl_text text, struct tl_sdp_offer *offer)
{
    static const struct tl_text mids[] = {
        { "0", 1 }, { "1", 1 }, { "2", 1 }, { "3", 1 }, { "4", 1 }
    };
    struct tl_sdp_problem problem = { { 0 } };
    assert_int_equal(tl_sdp_offer_read(text, offer, &problem), TL_OK);
    assert_int_equal(tl_sdp_plan(offer, mids, is_audio, 5, &problem), TL_OK);
    struct tl_sdp_local local = { .session = 7,
                                  .ufrag = TL_TEXT("relay123"),
                                  .pwd = TL_TEXT("relaypasswordrelaypassword"),
                                  .fingerprint = TL_TEXT("AA:BB"),
                                  .candidates = { { TL_TEXT("192.0.2.1"), 40000, 2130706431 },
                                                  { TL_TEXT("2001:db8::1"), 40000,
                                                    2130706175 } },
                                  .candidate_count = 2 };
    for (unsigned i = 0; i < offer->media_count; i++) {
        local.receives[i].ssrc = 1000 + i;
        local.receives[i].rtx_ssrc = offer->media[i].rtx == TL_SDP_NONE ? 0 : 2000 + i;
    }
    char *out = malloc(TL_SDP_ANSWER_LIMIT + 1);
    struct tl_writer writer = tl_writer(out, TL_SDP_ANSWER_LIMIT);
    assert_int_equal(tl_sdp_answer_write(offer, &local, &writer), TL_OK);
    out[writer.used] = 0;
    return out;
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void a_chromium_offer_is_read(void **state)
{
    (void)state;
    struct tl_text text = load("chromium-156.sdp");
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    struct tl_sdp_problem problem;
    assert_int_equal(tl_sdp_offer_read(text, offer, &problem), TL_OK);
    assert_int_equal(offer->media_count, 22);
    assert_false(offer->active);
    assert_true(offer->mixed_extensions);
    assert_int_equal(offer->ufrag.size, 4);
    assert_int_equal(strlen(offer->fingerprint), 95);
    const struct tl_sdp_media *m = &offer->media[0];
    assert_int_equal(m->kind, TL_SDP_AUDIO);
    assert_int_equal(m->opus, 111);
    assert_int_equal(m->red, 63);
    assert_int_equal(m->ssrc_count, 1);
    assert_int_equal(m->direction, TL_SDP_SENDONLY);
    assert_int_equal(m->extensions[TL_SDP_EXTENSION_AUDIO_LEVEL], 1);
    assert_int_equal(m->extensions[TL_SDP_EXTENSION_TRANSPORT_CC], 3);
    assert_int_equal(m->extensions[TL_SDP_EXTENSION_MID], 4);
    m = &offer->media[1];
    assert_int_equal(m->vp8, 96);
    assert_int_equal(m->rtx, 97);
    assert_int_equal(m->ssrc_count, 2);
    assert_int_equal(m->feedback, TL_SDP_FEEDBACK_NACK | TL_SDP_FEEDBACK_PLI |
                                      TL_SDP_FEEDBACK_FIR | TL_SDP_FEEDBACK_TRANSPORT_CC);
    assert_int_equal(offer->media[21].direction, TL_SDP_RECVONLY);
    free((char *)text.data);
}

static void a_firefox_offer_is_read(void **state)
{
    (void)state;
    static const char *const files[] = { "firefox-153.sdp", "firefox-153-all-codecs.sdp" };
    for (int i = 0; i < 2; i++) {
        struct tl_text text = load(files[i]);
        tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
        struct tl_sdp_problem problem;
        assert_int_equal(tl_sdp_offer_read(text, offer, &problem), TL_OK);
        assert_int_equal(offer->media_count, 22);
        assert_int_equal(offer->media[0].opus, 109);
        assert_int_equal(offer->media[0].red, TL_SDP_NONE);
        assert_int_equal(offer->media[1].vp8, 120);
        assert_int_equal(offer->media[1].rtx, 124);
        assert_true(offer->media[1].offered); /* port 0, but bundle-only */
        free((char *)text.data);
    }
}

static void the_answer_keeps_the_order_and_takes_one_way(void **state)
{
    (void)state;
    static const char *const files[] = { "chromium-156.sdp", "firefox-153.sdp",
                                         "firefox-153-all-codecs.sdp" };
    for (int i = 0; i < 3; i++) {
        struct tl_text text = load(files[i]);
        tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
        tl_autofree char *answer = answer_of(text, offer);
        assert_int_equal(count_of(answer, "\r\nm="), 22);
        assert_int_equal(count_of(answer, "\r\nm=audio 9 UDP/TLS/RTP/SAVPF"), 10);
        assert_int_equal(count_of(answer, "a=recvonly\r\n"), 5);
        assert_int_equal(count_of(answer, "a=sendonly\r\n"), 17);
        assert_int_equal(count_of(answer, "a=ssrc-group:FID"), 9);
        assert_int_equal(count_of(answer, "a=msid:slot-"), 17);
        assert_int_equal(count_of(answer, "a=end-of-candidates\r\n"), 1);
        assert_int_equal(count_of(answer, "a=candidate:"), 2);
        assert_int_equal(count_of(answer, "a=extmap-allow-mixed\r\n"), 1);
        assert_non_null(strstr(answer, "a=setup:passive\r\n"));
        assert_non_null(strstr(answer, ";useinbandfec=1\r\n"));
        assert_null(strstr(answer, "goog-remb"));
        assert_null(strstr(answer, "VP9"));
        assert_non_null(strstr(answer, "a=group:BUNDLE 0 1 2 3 4 5 6"));
        const char *mid5 = strstr(answer, "a=mid:5\r\n"), *mid6 = strstr(answer, "a=mid:6\r\n");
        assert_true(mid5 && mid6 && mid5 < mid6);
        free((char *)text.data);
    }
}

static void every_truncation_of_a_real_offer_is_survived(void **state)
{
    (void)state;
    struct tl_text text = load("chromium-156-layers.sdp");
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    struct tl_sdp_problem problem;
    unsigned taken = 0;
    size_t mux = (size_t)(strstr(text.data, "a=rtcp-mux") - text.data);
    for (size_t size = 0; size < text.size; size += size < 3000 ? 1 : 13) {
        tl_autofree char *exact = malloc(size ? size : 1);
        memcpy(exact, text.data, size);
        enum tl_error error =
            tl_sdp_offer_read((struct tl_text){ exact, size }, offer, &problem);
        taken += error == TL_OK;
        if (size < mux)
            assert_int_not_equal(error, TL_OK);
        if (error)
            assert_true(problem.where[0] != 0);
    }
    assert_true(taken > 0); /* an offer cut behind a whole m-line is only shorter */
    free((char *)text.data);
}

#define SESSION                                                                                \
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"                    \
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"            \
    "a=fingerprint:sha-256 "                                                                   \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:"  \
    "dd:"                                                                                      \
    "ee:ff\r\n"
#define AUDIO                                                                                  \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"               \
    "a=rtpmap:111 opus/48000/2\r\n"

static void each_thing_missing_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *without, *where;
    } cases[] = {
        { "v=0\r\n", "v=" },
        { "a=group:BUNDLE 0\r\n", "BUNDLE" },
        { "a=ice-ufrag:abcd\r\n", "ice-ufrag" },
        { "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", "ice-pwd" },
        { "a=setup:actpass\r\n", "setup" },
        { "a=rtcp-mux\r\n", "m-line 0: rtcp-mux" },
        { "a=mid:0\r\n", "m-line 0: mid" },
        { "a=fingerprint:sha-256 "
          "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:"
          "cc:"
          "dd:ee:ff\r\n",
          "fingerprint" },
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    char where[64], text[4000];
    assert_int_equal(read_text(SESSION AUDIO, offer, where), TL_OK);
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        const char *whole = SESSION AUDIO, *at = strstr(whole, cases[i].without);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s", (int)(at - whole), whole,
                 at + strlen(cases[i].without));
        assert_int_not_equal(read_text(text, offer, where), TL_OK);
        assert_string_equal(where, cases[i].where);
    }
}

static void hostile_lines_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where;
    } cases[] = {
        { SESSION "m=audio 9 RTP/AVP 0\r\n", "m-line 0: protocol" },
        { SESSION "m=audio 9 RTP/SAVPF 111\r\n", "m-line 0: protocol" },
        { SESSION "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
          "m-line 0: neither audio nor video" },
        { SESSION "m=audio 99999 UDP/TLS/RTP/SAVPF 111\r\n", "m-line 0: port" },
        { SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n", "m-line 0: payload type" },
        { SESSION "m=audio 9 UDP/TLS/RTP/SAVPF\r\n", "m-line 0: payload types" },
        { SESSION "m=\r\n", "m-line 0: neither audio nor video" },
        { SESSION AUDIO "a=mid:1\r\n", "m-line 0: mid" },
        { SESSION AUDIO "a=ssrc:99999999999 cname:x\r\n", "line 15" },
        { SESSION AUDIO "a=extmap:0 urn:x\r\n", "line 15" },
        { SESSION AUDIO "a=extmap:99999 urn:x\r\n", "line 15" },
        { SESSION AUDIO "a=rtpmap:x opus/48000/2\r\n", "line 15" },
        { SESSION AUDIO "hello\r\n", "line 15" },
        { SESSION AUDIO "\r\n", "line 15" },
        { SESSION AUDIO "a=x\x01\r\n", "line 15" },
        { SESSION AUDIO "a=ice-ufrag:other\r\n", "m-line 0: ice-ufrag differs" },
        { SESSION AUDIO "a=ice-pwd:short\r\n", "m-line 0: ice-pwd" },
        { SESSION AUDIO "a=setup:passive\r\n", "m-line 0: setup" },
        { SESSION AUDIO "a=setup:active\r\n", "m-line 0: setup differs" },
        { SESSION AUDIO "a=fingerprint:sha-256 00:11\r\n", "m-line 0: fingerprint" },
        { SESSION AUDIO "a=fingerprint:sha-256 "
                        "FF:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:"
                        "77:88:99:aa:bb:cc:"
                        "dd:ee:ff\r\n",
          "m-line 0: fingerprint differs" },
        { SESSION AUDIO "a=group:BUNDLE 0\r\n", "m-line 0: two BUNDLE groups" },
        { SESSION AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\n",
          "m-line 1: mid used twice" },
        { SESSION AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:7\r\na=rtcp-mux\r\n",
          "m-line 1: BUNDLE" },
        { SESSION AUDIO "m=video 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\n"
                        "a=rtpmap:111 VP8/90000\r\n",
          "m-line 1: payload type used twice" },
        { SESSION, "no m-line" },
        { "", "v=" },
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    char where[64];
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        assert_int_not_equal(read_text(cases[i].text, offer, where), TL_OK);
        assert_string_equal(where, cases[i].where);
    }
}

/* The relay is ICE lite: it needs no address of a client, and resolves no name of one. */
static void a_clients_candidates_are_passed_over_unread(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "a=candidate:1 1 udp 2113937151 4f5b8a3e-6c1f-4d3a-9e59-0a1b2c3d4e5f.local 54321 typ "
        "host\r\n",
        "a=candidate:2 1 tcp 1518214911 example.org 9 typ host tcptype active\r\n",
        "a=candidate:\r\n",
        "a=candidate:1 1 udp 99999999999999999999 256.256.256.256 99999999 typ what\r\n",
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    tl_autofree struct tl_sdp_offer *with = calloc(1, sizeof *with);
    char where[64], text[4000];
    assert_int_equal(read_text(SESSION AUDIO, offer, where), TL_OK);
    for (size_t i = 0; i < TL_COUNT_OF(lines); i++) {
        snprintf(text, sizeof text, "%s%s", SESSION AUDIO, lines[i]);
        memset(with, 0, sizeof *with);
        assert_int_equal(read_text(text, with, where), TL_OK);
        assert_int_equal(with->media_count, offer->media_count);
        assert_int_equal(with->media[0].opus, offer->media[0].opus);
    }
}

static void limits_hold_at_their_edge(void **state)
{
    (void)state;
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    tl_autofree char *text = malloc(TL_SDP_TEXT_LIMIT + 2000);
    char where[64];
    /* m-lines */
    for (unsigned count = TL_SDP_MEDIA_LIMIT; count <= TL_SDP_MEDIA_LIMIT + 1; count++) {
        int used =
            sprintf(text, "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
                          "a=setup:active\r\na=fingerprint:sha-256 "
                          "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:"
                          "55:66:77:88:99:aa:bb:cc:dd:ee:ff\r\na=group:BUNDLE");
        for (unsigned i = 0; i < count; i++)
            used += sprintf(text + used, " %u", i);
        for (unsigned i = 0; i < count; i++)
            used += sprintf(text + used,
                            "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:%u\r\na=rtcp-mux\r\n"
                            "a=rtpmap:111 opus/48000/2",
                            i);
        assert_int_equal(read_text(text, offer, where),
                         count > TL_SDP_MEDIA_LIMIT ? TL_ERROR_LIMIT : TL_OK);
    }
    /* one line */
    for (size_t size = TL_SDP_LINE_LIMIT; size <= TL_SDP_LINE_LIMIT + 1; size++) {
        int used = sprintf(text, "%s", SESSION AUDIO "a=");
        memset(text + used, 'x', size - 2);
        memcpy(text + used + size - 2, "\r\n", 3);
        assert_int_equal(read_text(text, offer, where),
                         size > TL_SDP_LINE_LIMIT ? TL_ERROR_LIMIT : TL_OK);
    }
    /* the whole text, made of many short lines */
    for (size_t size = TL_SDP_TEXT_LIMIT; size <= TL_SDP_TEXT_LIMIT + 1; size++) {
        size_t used = (size_t)sprintf(text, "%s", SESSION AUDIO);
        while (used < size) {
            size_t line = size - used > 600 ? 500 : size - used;
            memset(text + used, 'y', line);
            memcpy(text + used, "a=", 2);
            text[used + line - 1] = '\n';
            used += line;
        }
        text[used] = 0;
        assert_int_equal(read_text(text, offer, where),
                         size > TL_SDP_TEXT_LIMIT ? TL_ERROR_LIMIT : TL_OK);
    }
    /* payload types of one m-line */
    for (unsigned count = TL_SDP_FORMATS_LIMIT; count <= TL_SDP_FORMATS_LIMIT + 1; count++) {
        int used = sprintf(text, SESSION "m=audio 9 UDP/TLS/RTP/SAVPF");
        for (unsigned i = 0; i < count; i++)
            used += sprintf(text + used, " %u", i);
        sprintf(text + used, "\r\na=mid:0\r\na=rtcp-mux\r\n");
        assert_int_equal(read_text(text, offer, where),
                         count > TL_SDP_FORMATS_LIMIT ? TL_ERROR_LIMIT : TL_OK);
    }
    /* mid */
    assert_int_equal(read_text("v=0\r\na=group:BUNDLE 0123456789abcdef\r\n"
                               "m=audio 9 UDP/TLS/RTP/SAVPF 1\r\na=mid:0123456789abcdefg\r\n",
                               offer, where),
                     TL_ERROR_FORMAT);
    assert_string_equal(where, "m-line 0: mid");
}

static void a_line_nothing_fits_is_rejected_in_its_place(void **state)
{
    (void)state;
    static const char text[] =
        SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:x\r\na=recvonly\r\na=rtcp-mux\r\n"
                "a=rtpmap:0 PCMU/8000\r\n" AUDIO;
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    tl_autofree char *bundled = strdup(text);
    char where[64];
    assert_int_not_equal(read_text(bundled, offer, where), TL_OK); /* x is not in the group */
    strstr(bundled, "a=mid:x")[6] = '1';
    tl_autofree char *whole = malloc(sizeof text + 10);
    char *at = strstr(bundled, "BUNDLE 0");
    sprintf(whole, "%.*sBUNDLE 0 1%s", (int)(at - bundled), bundled, at + 8);
    tl_autofree char *answer = NULL;
    const struct tl_text mids[] = { TL_TEXT("0"), { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 } };
    struct tl_sdp_problem problem = { { 0 } };
    assert_int_equal(read_text(whole, offer, where), TL_OK);
    assert_int_equal(tl_sdp_plan(offer, mids, is_audio, 5, &problem), TL_OK);
    answer = malloc(TL_SDP_ANSWER_LIMIT);
    struct tl_writer writer = tl_writer(answer, TL_SDP_ANSWER_LIMIT - 1);
    struct tl_sdp_local local = { .session = 1 };
    assert_int_equal(tl_sdp_answer_write(offer, &local, &writer), TL_OK);
    answer[writer.used] = 0;
    assert_non_null(strstr(answer, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"));
    assert_non_null(strstr(answer, "a=group:BUNDLE 0\r\n"));
}

static void sources_must_fit_their_lines(void **state)
{
    (void)state;
    static const struct {
        const char *mids[5];
        const char *where;
    } cases[] = {
        { { "9", "", "", "", "" }, "sources: no such mid" },
        { { "", "0", "", "", "" }, "m-line 0: wrong kind for its source" },
        { { "0", "", "", "", "0" }, "m-line 0: named twice in sources" },
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    char where[64];
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_text mids[5];
        struct tl_sdp_problem problem = { { 0 } };
        for (int j = 0; j < 5; j++)
            mids[j] = tl_text(cases[i].mids[j]);
        assert_int_equal(read_text(SESSION AUDIO, offer, where), TL_OK);
        assert_int_not_equal(tl_sdp_plan(offer, mids, is_audio, 5, &problem), TL_OK);
        assert_string_equal(problem.where, cases[i].where);
    }
}

static void an_answer_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    char small[200];
    char where[64];
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    struct tl_sdp_local local = { .session = 1 };
    assert_int_equal(read_text(SESSION AUDIO, offer, where), TL_OK);
    struct tl_writer writer = tl_writer(small, sizeof small);
    assert_int_equal(tl_sdp_answer_write(offer, &local, &writer), TL_ERROR_LIMIT);
}

#define VIDEO                                                                                  \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"                \
    "a=rtpmap:96 VP8/90000\r\n"
#define NAMES "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
#define RIDS  "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n"

static void the_layers_of_a_camera_are_taken_in_the_order_offered(void **state)
{
    (void)state;
    static const struct {
        const char *file, *rid, *repaired;
    } cases[] = {
        { "chromium-156-layers.sdp", "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-",
          "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n" },
        { "firefox-153-layers.sdp",
          "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n",
          "a=extmap:10/recvonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_text text = load(cases[i].file);
        tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
        tl_autofree char *answer = answer_of(text, offer);
        assert_int_equal(offer->media[1].rid_count, 3);
        assert_int_equal(count_of(answer, "a=simulcast:"), 1); /* of the camera only */
        assert_non_null(strstr(answer, "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\n"
                                       "a=simulcast:recv q;h;f\r\n"));
        assert_int_equal(count_of(answer, cases[i].rid), 1);
        assert_int_equal(count_of(answer, cases[i].repaired), 1);
        const char *camera = strstr(answer, "a=mid:1\r\n"), *screen = strstr(answer, "a=mid:2");
        const char *layers = strstr(answer, "a=simulcast:");
        assert_true(camera < layers && layers < screen);

        assert_int_equal(tl_sdp_extension_id(&offer->media[1], TL_SDP_EXTENSION_RID),
                         i ? 9 : 10);
        tl_sdp_one_layer(offer);
        assert_int_equal(offer->media[1].rid_count, 0);
        assert_int_equal(tl_sdp_extension_id(&offer->media[1], TL_SDP_EXTENSION_RID), 0);
        free((char *)text.data);
    }
}

static void layers_are_read_by_the_book(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *layers;
    } cases[] = {
        { RIDS "a=simulcast:send q;h;f\r\n", "q h f " },
        { RIDS "a=simulcast:send f;q\r\n", "f q " },
        { RIDS "a=simulcast:send ~q;h;~f\r\n", "q h f " },
        { RIDS "a=rid:x send\r\na=simulcast:send q,x;h;f\r\n", "q h f " },
        { RIDS "a=rid:r recv\r\na=simulcast:recv r send q;h\r\n", "q h " },
        { RIDS "a=rid:x send\r\na=simulcast:send q;h;f;x\r\n", "q h f " }, /* the first three */
        { RIDS "a=simulcast:send q;nobody;f\r\n", "q f " },
        { "a=simulcast:send q;h\r\n" RIDS, "q h " },
        { "a=rid:0123456789-_abcd send pt=96;max-width=320\r\na=rid:z send\r\n"
          "a=simulcast:send 0123456789-_abcd;z\r\n",
          "0123456789-_abcd z " },
        { RIDS "a=simulcast:send q\r\n", "" },     /* one is no choice */
        { RIDS "a=simulcast:recv q;h;f\r\n", "" }, /* not ours to give */
        { RIDS, "" },                              /* named, and not as layers */
        { "a=rid:q recv\r\na=simulcast:send q;h\r\n", "" },
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    const struct tl_text mids[] = { { "", 0 }, TL_TEXT("0"), { "", 0 }, { "", 0 }, { "", 0 } };
    struct tl_sdp_problem problem;
    char where[64], text[4000], layers[100];
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++)
        for (int named = 0; named < 2; named++) {
            snprintf(text, sizeof text, "%s%s%s", SESSION VIDEO, named ? NAMES : "",
                     cases[i].lines);
            assert_int_equal(read_text(text, offer, where), TL_OK);
            assert_int_equal(tl_sdp_plan(offer, mids, is_audio, 5, &problem), TL_OK);
            layers[0] = 0;
            for (unsigned j = 0; j < offer->media[0].rid_count; j++)
                sprintf(layers + strlen(layers), "%.*s ", (int)offer->media[0].rids[j].size,
                        offer->media[0].rids[j].data);
            /* Without their names in the packets nobody could tell them apart. */
            assert_string_equal(layers, named ? cases[i].layers : "");
        }
    /* Sound has no layers, and who receives is not offered any. */
    assert_int_equal(
        read_text(SESSION AUDIO NAMES RIDS "a=simulcast:send q;h\r\n", offer, where), TL_OK);
    assert_int_equal(offer->media[0].rid_count, 0);
}

static void layers_against_the_book_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *where;
    } cases[] = {
        { RIDS "a=simulcast\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:both q;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h send f\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h recv r extra\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h;\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q,;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send ,q;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send ~;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send ~~q;h\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h;q\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h\xc3\xa9\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;0123456789abcdefg\r\n", "m-line 0: simulcast" },
        { RIDS "a=simulcast:send q;h\r\na=simulcast:send q;h\r\n",
          "m-line 0: simulcast twice" },
        { "a=rid:0123456789abcdefg send\r\n", "m-line 0: rid" },
        { "a=rid:q\r\n", "m-line 0: rid" },
        { "a=rid: send\r\n", "m-line 0: rid" },
        { "a=rid:q;h send\r\n", "m-line 0: rid" },
        { "a=rid:q sideways\r\n", "m-line 0: rid" },
        { RIDS "a=rid:q send\r\n", "m-line 0: rid twice" },
    };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    char where[64], text[4000];
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        snprintf(text, sizeof text, "%s%s", SESSION VIDEO NAMES, cases[i].lines);
        assert_int_equal(read_text(text, offer, where), TL_ERROR_FORMAT);
        assert_string_equal(where, cases[i].where);
    }
    /* A rid too many to be kept is as if it had not been declared. */
    int used = sprintf(text, "%s", SESSION VIDEO NAMES);
    for (unsigned i = 0; i < TL_SDP_RID_LINES_LIMIT + 1; i++)
        used += sprintf(text + used, "a=rid:r%u send\r\n", i);
    sprintf(text + used, "a=simulcast:send r%d;r0;r%d\r\n", TL_SDP_RID_LINES_LIMIT,
            TL_SDP_RID_LINES_LIMIT - 1);
    assert_int_equal(read_text(text, offer, where), TL_OK);
    assert_int_equal(offer->media[0].rid_count, 2);
    assert_memory_equal(offer->media[0].rids[1].data, "r7", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chromium_offer_is_read),
        cmocka_unit_test(a_firefox_offer_is_read),
        cmocka_unit_test(the_answer_keeps_the_order_and_takes_one_way),
        cmocka_unit_test(the_layers_of_a_camera_are_taken_in_the_order_offered),
        cmocka_unit_test(layers_are_read_by_the_book),
        cmocka_unit_test(layers_against_the_book_are_refused_with_the_reason),
        cmocka_unit_test(every_truncation_of_a_real_offer_is_survived),
        cmocka_unit_test(each_thing_missing_is_named),
        cmocka_unit_test(hostile_lines_are_refused_with_their_place),
        cmocka_unit_test(a_clients_candidates_are_passed_over_unread),
        cmocka_unit_test(limits_hold_at_their_edge),
        cmocka_unit_test(a_line_nothing_fits_is_rejected_in_its_place),
        cmocka_unit_test(sources_must_fit_their_lines),
        cmocka_unit_test(an_answer_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
