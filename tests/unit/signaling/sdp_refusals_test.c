/* Each reason for which an offer is refused, by its words, as the `field` of the error says them;
 * and the limits of an SDP that sdp_test.c has not, at their edge. */
#include "world.h"

#include "sdp/sdp.h"

#define FINGERPRINT                                                                            \
    "a=fingerprint:sha-256 "                                                                   \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:"  \
    "DD:EE:FF\r\n"
#define BEGIN "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define ICE   "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
#define HEAD  BEGIN "a=group:BUNDLE 0 1\r\n" ICE FINGERPRINT
#define SOUND(more)                                                                            \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtpmap:111 "                \
    "opus/48000/2\r\n" more
#define PICTURE                                                                                \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\n"                \
    "a=rtpmap:96 VP8/90000\r\n"
#define MUX "a=rtcp-mux\r\n"

/* What a client hears for an offer with these sources: the field of its error; "" an answer. */
static const char *offered(const char *sdp, const char *sound, const char *picture)
{
    static char field[80];
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    json_t *json = json_pack("{s:s, s:s, s:{s:s?, s:s?}}", "type", "offer", "sdp", sdp,
                             "sources", "microphone", sound, "camera", picture);
    char *message = json_dumps(json, JSON_COMPACT);
    world_say(w, host, message);
    field[0] = 0;
    if (world_last(w, host, "error")) {
        assert_string_equal(world_error(w, host), "sdp");
        assert_string_equal(world_text(world_last(w, host, "error"), "re"), "offer");
        assert_int_equal(world_to_relay_count(w, TL_MESSAGE_PARTICIPANT_OPEN), 0);
        snprintf(field, sizeof field, "%s", world_text(world_last(w, host, "error"), "field"));
    } else {
        assert_non_null(world_last(w, host, "answer"));
    }
    free(message);
    json_decref(json);
    world_free(w);
    return field;
}

static void
what_is_no_bundle_of_secured_feedback_profiles_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *sdp, *field;
    } cases[] = {
        { HEAD SOUND(MUX) PICTURE, "" },
        { HEAD SOUND("") PICTURE, "m-line 0: rtcp-mux" },
        { HEAD SOUND("a=rtcp-mux-only\r\n") PICTURE, "m-line 0: rtcp-mux" },
        { BEGIN ICE FINGERPRINT SOUND(MUX) PICTURE, "BUNDLE" },
        { BEGIN "a=group:LS 0 1\r\n" ICE FINGERPRINT SOUND(MUX) PICTURE, "BUNDLE" },
        { BEGIN "a=group:BUNDLE\r\n" ICE FINGERPRINT SOUND(MUX) PICTURE, "BUNDLE" },
        { BEGIN "a=group:BUNDLE 0\r\n" ICE FINGERPRINT SOUND(MUX) PICTURE, "m-line 1: BUNDLE" },
        { HEAD "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=audio 9 RTP/AVPF 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=audio 9 RTP/SAVP 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=audio 9 RTP/SAVPF 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=audio 9 UDP/TLS/RTP/SAVP 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=audio 9 TCP/DTLS/RTP/SAVPF 0\r\na=mid:0\r\n", "m-line 0: protocol" },
        { HEAD "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n",
          "m-line 0: neither audio nor video" },
        { HEAD SOUND(MUX "a=ice-ufrag:abcdefgh\r\n") PICTURE, "m-line 0: ice-ufrag differs" },
        { HEAD SOUND(MUX "a=ice-pwd:xbcdefghijklmnopqrstuvwx\r\n") PICTURE,
          "m-line 0: ice-pwd differs" },
        { HEAD SOUND(MUX "a=setup:holdconn\r\n") PICTURE, "m-line 0: setup" },
        { BEGIN "a=group:BUNDLE 0 1\r\n" ICE SOUND(MUX) PICTURE, "fingerprint" },
        { BEGIN "a=group:BUNDLE 0 1\r\n" ICE "a=fingerprint:sha-1 00:11\r\n" SOUND(MUX) PICTURE,
          "fingerprint" },
        { HEAD "m=audio -1 UDP/TLS/RTP/SAVPF 111\r\n", "m-line 0: port" },
        { HEAD SOUND(MUX) "m=video 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtcp-mux\r\n"
                          "a=rtpmap:111 VP8/90000\r\n",
          "m-line 1: payload type used twice" },
        { HEAD SOUND(MUX "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n") PICTURE
          "a=extmap:4 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
          "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n",
          "m-line 1: extmap id used twice" },
        { HEAD SOUND(MUX) PICTURE "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                                  "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
          "m-line 1: extmap twice" },
        { "o=- 1 1 IN IP4 0.0.0.0\r\n", "v=" },
        { BEGIN, "no m-line" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++)
        assert_string_equal(offered(cases[i].sdp, "0", "1"), cases[i].field);
}

static void a_source_must_be_a_line_that_sends_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *sdp, *sound, *picture, *field;
    } cases[] = {
        { HEAD SOUND(MUX) PICTURE, "7", "1", "sources: no such mid" },
        { HEAD SOUND(MUX) PICTURE, "1", NULL, "m-line 1: wrong kind for its source" },
        { HEAD SOUND(MUX "a=recvonly\r\n") PICTURE, "0", "1",
          "m-line 0: a source must be sendonly" },
        { HEAD SOUND(MUX "a=inactive\r\n") PICTURE, "0", "1",
          "m-line 0: a source must be sendonly" },
        { HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=sendonly\r\n" MUX PICTURE, "0",
          "1", "m-line 0: no Opus" },
        { HEAD SOUND(MUX) "m=video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:1\r\na=sendonly\r\n" MUX
                          "a=rtpmap:102 H264/90000\r\n",
          "0", "1", "m-line 1: no VP8" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++)
        assert_string_equal(offered(cases[i].sdp, cases[i].sound, cases[i].picture),
                            cases[i].field);
}

static void feedback_of_reduced_size_is_answered_only_where_it_was_offered(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    json_t *json = json_pack("{s:s, s:s, s:{s:s, s:s}}", "type", "offer", "sdp",
                             HEAD SOUND(MUX) PICTURE "a=rtcp-rsize\r\n", "sources",
                             "microphone", "0", "camera", "1");
    char *message = json_dumps(json, JSON_COMPACT);
    world_say(w, host, message);
    const char *answer = world_text(world_last(w, host, "answer"), "sdp");
    assert_non_null(answer);
    const char *only = strstr(answer, "a=rtcp-rsize\r\n"), *second = strstr(answer, "m=video");
    assert_true(only && second && only > second);
    assert_null(strstr(only + 1, "a=rtcp-rsize"));
    /* RFC 5761 section 5.1.1: and all of it on one port */
    assert_true(strstr(answer, "a=rtcp-mux\r\n") < second && strstr(second, "a=rtcp-mux\r\n"));
    free(message);
    json_decref(json);
    world_free(w);
}

/* ---- edges ---- */

static const char *read_where(const char *text)
{
    static struct tl_sdp_problem problem;
    struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    enum tl_error error = tl_sdp_offer_read(tl_text(text), offer, &problem);
    free(offer);
    return error ? problem.where : "";
}

static void four_thousand_lines_are_read_and_one_more_is_not(void **state)
{
    (void)state;
    char *text = malloc(TL_SDP_TEXT_LIMIT + 1);
    unsigned used = (unsigned)sprintf(text, HEAD SOUND(MUX) PICTURE), lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    for (; lines < TL_SDP_LINES_LIMIT; lines++)
        used += (unsigned)sprintf(text + used, "a=x\n");
    assert_string_equal(read_where(text), "");
    strcpy(text + used, "a=x\n");
    assert_string_equal(read_where(text), "line 4001");
    free(text);
}

static void twenty_slots_are_given_and_a_twenty_first_is_refused(void **state)
{
    (void)state;
    for (unsigned slots = TL_SDP_RECEIVES_LIMIT; slots <= TL_SDP_RECEIVES_LIMIT + 1; slots++) {
        struct world *w = world_new();
        uint64_t host = world_join(w, "host:Anne");
        world_offer(w, host, 7, slots - 7);
        if (slots == TL_SDP_RECEIVES_LIMIT) {
            json_t *told = json_object_get(world_last(w, host, "slots"), "slots");
            assert_int_equal(json_array_size(told), TL_SDP_RECEIVES_LIMIT);
        } else {
            assert_string_equal(world_text(world_last(w, host, "error"), "field"),
                                "m-line 25: too many receive slots");
        }
        world_free(w);
    }
}

static void credentials_hold_at_their_edges(void **state)
{
    (void)state;
    static const struct {
        unsigned ufrag, pwd;
        const char *where;
    } cases[] = {
        { 4, 22, "" },
        { 3, 22, "ice-ufrag" }, /* RFC 8839 section 5.4: 4 to 256, and 22 to 256 */
        { 4, 21, "ice-pwd" },
        { TL_SDP_ICE_LIMIT, TL_SDP_ICE_LIMIT, "" },
        { TL_SDP_ICE_LIMIT + 1, 22, "ice-ufrag" },
        { 4, TL_SDP_ICE_LIMIT + 1, "ice-pwd" },
    };
    char text[4000], letters[TL_SDP_ICE_LIMIT + 2];
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        snprintf(text, sizeof text,
                 BEGIN "a=group:BUNDLE 0 1\r\na=ice-ufrag:%.*s\r\na=ice-pwd:%.*s\r\n"
                       "a=setup:actpass\r\n" FINGERPRINT SOUND(MUX) PICTURE,
                 (int)cases[i].ufrag, letters, (int)cases[i].pwd, letters);
        assert_string_equal(read_where(text), cases[i].where);
    }
}

static void eight_ssrcs_of_a_line_are_kept_and_more_do_no_harm(void **state)
{
    (void)state;
    struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    struct tl_sdp_problem problem;
    for (unsigned count = TL_SDP_SSRCS_LIMIT - 1; count <= TL_SDP_SSRCS_LIMIT + 1; count++) {
        char text[4000];
        int used = sprintf(text, HEAD SOUND(MUX) PICTURE);
        for (unsigned i = 0; i < count; i++)
            used += sprintf(text + used, "a=ssrc:%u cname:x\r\n", 100 + i);
        assert_int_equal(tl_sdp_offer_read(tl_text(text), offer, &problem), TL_OK);
        assert_int_equal(offer->media[1].ssrc_count,
                         count > TL_SDP_SSRCS_LIMIT ? TL_SDP_SSRCS_LIMIT : count);
    }
    free(offer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_is_no_bundle_of_secured_feedback_profiles_is_refused_with_its_reason),
        cmocka_unit_test(a_source_must_be_a_line_that_sends_what_it_is),
        cmocka_unit_test(feedback_of_reduced_size_is_answered_only_where_it_was_offered),
        cmocka_unit_test(four_thousand_lines_are_read_and_one_more_is_not),
        cmocka_unit_test(twenty_slots_are_given_and_a_twenty_first_is_refused),
        cmocka_unit_test(credentials_hold_at_their_edges),
        cmocka_unit_test(eight_ssrcs_of_a_line_are_kept_and_more_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
