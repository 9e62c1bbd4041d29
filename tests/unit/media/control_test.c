/* The door's messages, over a real channel pair. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "channels/types.h"
#include "media/control.h"

static struct tl_control control;
static struct tl_channel *door;
static struct tl_dtls_identity *identity;
static uint8_t packet[TL_RELAY_PACKET_ROOM];

static uint8_t *begin(void *context)
{
    (void)context;
    return packet;
}

static void send_nowhere(void *context, const struct tl_address *to, size_t size)
{
    (void)context, (void)to, (void)size;
}

static void tell(void *context, const struct tl_relay_event *event)
{
    (void)context;
    tl_control_event(&control, event);
}

static int set_up(void **state)
{
    (void)state;
    int fds[2];
    control = (struct tl_control){ .index = 1 };
    assert_int_equal(tl_dtls_identity_new(&identity), TL_OK);
    struct tl_relay_config config = { .index = 1,
                                      .identity = identity,
                                      .output = { NULL, begin, send_nowhere, tell, NULL } };
    assert_int_equal(tl_relay_new(&config, &control.relay), TL_OK);
    assert_int_equal(tl_channel_pair(fds), TL_OK);
    control.door = tl_channel_new(fds[0]);
    door = tl_channel_new(fds[1]);
    control.fingerprint = tl_dtls_identity_fingerprint(identity);
    memcpy(control.instance, "0123456789abcdef0123456789abcdef", 33);
    assert_int_equal(
        tl_control_addresses_read(TL_TEXT("192.0.2.1, 2001:db8::1"), 40001, &control), TL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tl_relay_free(control.relay);
    tl_channel_free(control.door);
    tl_channel_free(door);
    tl_dtls_identity_free(identity);
    return 0;
}

static const char open_body[] =
    "{\"participant\":\"00000000000000000000000000000001\","
    "\"room\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"test\":false,"
    "\"remote\":{\"ufrag\":\"abcd\",\"pwd\":\"0123456789012345678901\",\"setup\":\"actpass\","
    "\"fingerprint\":{\"hash\":\"sha-256\",\"value\":\"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:"
    "DD:"
    "EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\"}},"
    "\"sends\":[{\"mid\":\"0\",\"source\":\"microphone\",\"kind\":\"audio\",\"opus\":111,"
    "\"red\":63,\"rtx\":null,\"vp8\":null,\"dtx\":true,\"ssrcs\":[4294967295],"
    "\"extensions\":{\"mid\":4,\"rid\":10,\"repaired_rid\":11,\"audio_level\":1,"
    "\"transport_cc\":3,\"abs_send_time\":2}}],"
    "\"receives\":[{\"mid\":\"5\",\"kind\":\"audio\",\"opus\":111,\"red\":null,\"vp8\":null,"
    "\"rtx\":null,\"extensions\":{}},{\"mid\":\"12\",\"kind\":\"video\",\"vp8\":96,\"rtx\":97,"
    "\"opus\":null,\"red\":null,\"extensions\":{\"mid\":4}}]}";

static void give(uint16_t type, uint32_t request, const char *json)
{
    struct tl_channel_message message = { .type = type,
                                          .request = request,
                                          .json = tl_bytes(json, strlen(json)) };
    tl_control_message(&control, 1000000, &message);
}

/* The next message of a type, its body to be released. */
static json_t *expect(uint16_t type, uint16_t flags)
{
    struct tl_channel_message message;
    while (tl_channel_receive(door, &message) == TL_OK) {
        if (message.type != type)
            continue;
        assert_int_equal(message.flags, flags);
        json_t *body = NULL;
        assert_int_equal(tl_json_read(message.json, TL_CHANNEL_JSON_LIMIT, &body), TL_OK);
        return body;
    }
    fail_msg("no message of type %x", type);
    return NULL;
}

static const char *text(json_t *body, const char *name)
{
    const char *value = json_string_value(json_object_get(body, name));
    return value ? value : "";
}

static void restarting_answers_as_opening_did_with_other_credentials(void **state)
{
    (void)state;
    give(TL_MESSAGE_PARTICIPANT_OPEN, 7, open_body);
    json_t *open = expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY);
    give(TL_MESSAGE_PARTICIPANT_RESTART, 8,
         "{\"participant\":\"00000000000000000000000000000001\","
         "\"remote\":{\"ufrag\":\"efgh\",\"pwd\":\"9123456789012345678901\"}}");
    json_t *again = expect(TL_MESSAGE_PARTICIPANT_RESTART, TL_CHANNEL_REPLY);
    assert_false(json_equal(json_object_get(open, "ice"), json_object_get(again, "ice")));
    static const char *const same[] = { "candidates", "fingerprint", "setup", "receives" };
    for (size_t i = 0; i < TL_COUNT_OF(same); i++)
        assert_true(
            json_equal(json_object_get(open, same[i]), json_object_get(again, same[i])));
    json_decref(open);
    json_decref(again);
}

static void a_restart_that_cannot_be_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error;
    } cases[] = {
        { "{\"participant\":\"00000000000000000000000000000009\","
          "\"remote\":{\"ufrag\":\"efgh\",\"pwd\":\"9123456789012345678901\"}}",
          "missing" },
        { "{\"participant\":\"00000000000000000000000000000001\","
          "\"remote\":{\"ufrag\":\"abcd\",\"pwd\":\"9123456789012345678901\"}}",
          "exists" },
        { "{\"participant\":\"00000000000000000000000000000001\","
          "\"remote\":{\"ufrag\":\"efg\",\"pwd\":\"9123456789012345678901\"}}",
          "format" },
        { "{\"participant\":\"00000000000000000000000000000001\","
          "\"remote\":{\"ufrag\":\"efgh\",\"pwd\":\"short\"}}",
          "format" },
        { "{\"participant\":\"00000000000000000000000000000001\",\"remote\":null}", "format" },
    };
    give(TL_MESSAGE_PARTICIPANT_OPEN, 7, open_body);
    json_decref(expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY));
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        give(TL_MESSAGE_PARTICIPANT_RESTART, 8, cases[i].body);
        json_t *body =
            expect(TL_MESSAGE_PARTICIPANT_RESTART, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR);
        assert_string_equal(text(body, "error"), cases[i].error);
        json_decref(body);
    }
}

/* What the door said of its offer comes back with the list: it may have started anew. */
static void the_list_gives_back_the_digest_of_the_offer(void **state)
{
    (void)state;
    static const char digest[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    json_t *open = json_loads(open_body, 0, NULL);
    json_object_set_new(open, "offer", json_string(digest));
    char *body = json_dumps(open, JSON_COMPACT);
    give(TL_MESSAGE_PARTICIPANT_OPEN, 7, body);
    json_decref(expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY));
    give(TL_MESSAGE_RELAY_LIST, 8, "{}");
    json_t *list = expect(TL_MESSAGE_RELAY_LIST, TL_CHANNEL_REPLY);
    assert_string_equal(text(json_array_get(json_object_get(list, "participants"), 0), "offer"),
                        digest);
    json_decref(list);
    free(body);
    json_object_set_new(open, "offer", json_string("0011"));
    body = json_dumps(open, JSON_COMPACT);
    give(TL_MESSAGE_PARTICIPANT_OPEN, 9, body);
    json_decref(expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR));
    free(body);
    json_decref(open);
}

static void opening_answers_with_ice_candidates_fingerprint_and_ssrcs(void **state)
{
    (void)state;
    give(TL_MESSAGE_PARTICIPANT_OPEN, 7, open_body);
    json_t *body = expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY);
    json_t *ice = json_object_get(body, "ice");
    assert_true(strlen(text(ice, "ufrag")) >= 4 && strlen(text(ice, "pwd")) >= 22);
    unsigned index;
    assert_int_equal(tl_relay_index_of(tl_text(text(ice, "ufrag")), &index), TL_OK);
    assert_int_equal(index, 1);
    json_t *candidates = json_object_get(body, "candidates");
    assert_int_equal(json_array_size(candidates), 2);
    assert_string_equal(text(json_array_get(candidates, 1), "ip"), "2001:db8::1");
    assert_string_equal(text(json_object_get(body, "fingerprint"), "value"),
                        control.fingerprint);
    assert_string_equal(text(body, "setup"), "passive");
    json_t *receives = json_object_get(body, "receives");
    assert_true(json_is_null(json_object_get(json_array_get(receives, 0), "rtx_ssrc")));
    assert_true(json_is_integer(json_object_get(json_array_get(receives, 1), "rtx_ssrc")));
    json_decref(body);
}

static void every_wrong_field_is_refused_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *field;
    } changes[] = {
        { "00000000000000000000000000000001", "0000000000000000000000000000000X",
          "participant" },
        { "00000000000000000000000000000001", "01", "participant" },
        { "\"abcd\"", "\"abc\"", "remote" },
        { "sha-256", "sha-1", "remote" },
        { "00:11:22", "00:11:2x", "remote" },
        { "actpass", "passive", "remote" },
        { "\"opus\":111,\"red\":63", "\"opus\":128,\"red\":63", "opus" },
        { "\"opus\":111,\"red\":63", "\"opus\":null,\"red\":63", "opus" },
        { "[4294967295]", "[4294967296]", "ssrcs" },
        { "[4294967295]", "[0]", "ssrcs" },
        { "[4294967295]", "[1,2,3,4,5,6,7,8,9]", "ssrcs" },
        { "microphone", "telephone", "source" },
        { "\"abs_send_time\":2", "\"abs_send_time\":256", "extensions" },
        { "\"abs_send_time\":2", "\"surprise\":2", "extensions" },
        { "\"test\":false", "\"test\":1", "test" },
        { "\"test\":false", "\"test\":false,\"more\":1", "more" },
        { "\"mid\":\"12\"", "\"mid\":\"12345678901234567\"", "mid" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(changes); i++) {
        char body[4096];
        const char *at = strstr(open_body, changes[i].from);
        assert_non_null(at);
        (void)snprintf(body, sizeof body, "%.*s%s%s", (int)(at - open_body), open_body,
                       changes[i].to, at + strlen(changes[i].from));
        give(TL_MESSAGE_PARTICIPANT_OPEN, 7, body);
        json_t *refusal =
            expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR);
        assert_string_equal(text(refusal, "detail"), changes[i].field);
        json_decref(refusal);
        assert_int_equal(tl_relay_participant_count(control.relay), 0);
    }
    assert_int_equal(control.refused, TL_COUNT_OF(changes));
}

/* open_body with one place of it replaced; NULL when it was opened, else the field refused. */
static const char *opened_with(const char *from, const char *to)
{
    static char body[8192], field[40];
    struct tl_channel_message message;
    const char *at = strstr(open_body, from);
    assert_non_null(at);
    (void)snprintf(body, sizeof body, "%.*s%s%s", (int)(at - open_body), open_body, to,
                   at + strlen(from));
    give(TL_MESSAGE_PARTICIPANT_OPEN, 7, body);
    while (tl_channel_receive(door, &message) == TL_OK) {
        if (message.type != TL_MESSAGE_PARTICIPANT_OPEN)
            continue;
        json_t *answer = NULL;
        assert_int_equal(tl_json_read(message.json, TL_CHANNEL_JSON_LIMIT, &answer), TL_OK);
        bool refused = message.flags & TL_CHANNEL_ERROR;
        (void)snprintf(field, sizeof field, "%s", text(answer, "detail"));
        json_decref(answer);
        return refused ? field : NULL;
    }
    fail_msg("no answer");
    return NULL;
}

static void what_the_door_says_of_one_participant_holds_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        const char *from, *item, *field;
        size_t limit;
    } lists[] = {
        { "\"ssrcs\":[4294967295]", "\"ssrcs\":[", "ssrcs", TL_RELAY_SSRCS_LIMIT },
        { "\"microphone\",\"kind\":\"audio\",\"opus\":111,\"red\":63,\"rtx\":null,\"vp8\":null,"
          "\"dtx\":true",
          "\"camera\",\"kind\":\"video\",\"opus\":null,\"rtx\":97,\"vp8\":96,\"rids\":[",
          "rids", TL_RELAY_LAYERS_LIMIT },
    };
    for (size_t l = 0; l < TL_COUNT_OF(lists); l++)
        for (size_t more = 0; more < 2; more++) {
            char list[200];
            size_t used = (size_t)snprintf(list, sizeof list, "%s", lists[l].item);
            for (size_t i = 1; i <= lists[l].limit + more; i++)
                used += (size_t)snprintf(list + used, sizeof list - used,
                                         l ? "%s\"%zu\"" : "%s%zu", i > 1 ? "," : "", i);
            (void)snprintf(list + used, sizeof list - used, "]");
            const char *refused = opened_with(lists[l].from, list);
            if (more)
                assert_string_equal(refused, lists[l].field);
            else
                assert_null(refused);
        }
    static const struct {
        const char *from;
        size_t limit;
    } credentials[] = { { "\"abcd\"", TL_ICE_UFRAG_LIMIT },
                        { "\"0123456789012345678901\"", TL_ICE_PASSWORD_LIMIT } };
    for (size_t c = 0; c < TL_COUNT_OF(credentials); c++)
        for (size_t more = 0; more < 2; more++) {
            char word[300];
            (void)snprintf(word, sizeof word, "\"%0*d\"", (int)(credentials[c].limit + more),
                           1);
            const char *refused = opened_with(credentials[c].from, word);
            if (more)
                assert_string_equal(refused, "remote");
            else
                assert_null(refused);
        }
}

static void more_sends_or_receives_than_the_limits_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t limit;
    } lists[] = { { "sends", TL_RELAY_SENDS_LIMIT }, { "receives", TL_RELAY_RECEIVES_LIMIT } };
    for (size_t l = 0; l < TL_COUNT_OF(lists); l++) {
        json_t *body = json_loads(open_body, 0, NULL);
        json_t *list = json_object_get(body, lists[l].name);
        while (json_array_size(list) <= lists[l].limit)
            json_array_append(list, json_array_get(list, 0));
        char *written = json_dumps(body, 0);
        give(TL_MESSAGE_PARTICIPANT_OPEN, 7, written);
        json_t *refusal =
            expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR);
        assert_string_equal(text(refusal, "detail"), lists[l].name);
        json_decref(refusal);
        json_decref(body);
        free(written);
    }
}

static void slots_mutes_and_lists_are_done(void **state)
{
    (void)state;
    give(TL_MESSAGE_PARTICIPANT_OPEN, 1, open_body);
    give(TL_MESSAGE_SLOTS_SET, 2,
         "{\"participant\":\"00000000000000000000000000000001\",\"slots\":[{\"mid\":\"5\","
         "\"from\":\"00000000000000000000000000000001\",\"source\":\"microphone\"},"
         "{\"mid\":\"12\",\"from\":null,\"source\":null}]}");
    give(TL_MESSAGE_SOURCE_MUTE, 0,
         "{\"participant\":\"00000000000000000000000000000001\",\"source\":\"microphone\","
         "\"muted\":true}");
    assert_int_equal(control.refused, 0);
    give(TL_MESSAGE_RELAY_LIST, 3, "{}");
    json_t *body = expect(TL_MESSAGE_RELAY_LIST, TL_CHANNEL_REPLY);
    json_t *one = json_array_get(json_object_get(body, "participants"), 0);
    assert_string_equal(text(one, "state"), "connecting");
    assert_int_equal(json_array_size(json_object_get(one, "receives")), 2);
    json_decref(body);
    give(TL_MESSAGE_SLOTS_SET, 4,
         "{\"participant\":\"00000000000000000000000000000001\",\"slots\":[{\"mid\":\"99\","
         "\"from\":null,\"source\":null}]}");
    json_decref(expect(TL_MESSAGE_SLOTS_SET, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR));
}

static void a_picture_is_shown_4320_high_at_most(void **state)
{
    (void)state;
    give(TL_MESSAGE_PARTICIPANT_OPEN, 1, open_body);
    for (int more = 0; more < 2; more++) {
        char body[300];
        (void)snprintf(body, sizeof body,
                       "{\"participant\":\"00000000000000000000000000000001\",\"slots\":[{"
                       "\"mid\":\"12\",\"from\":null,\"source\":null,\"height\":%d}]}",
                       TL_RELAY_HEIGHT_LIMIT + more);
        give(TL_MESSAGE_SLOTS_SET, 2, body);
        assert_int_equal(control.refused, more);
    }
}

/* The longest entries there can be: five sources, twenty slots, mids of sixteen characters. */
static char *longest_open(unsigned number)
{
    static const char *const sources[] = { "microphone", "camera", "screen", "instrument",
                                           "instrument_audio" };
    json_t *open = json_loads(open_body, 0, NULL);
    json_t *send = json_array_get(json_object_get(open, "sends"), 0);
    json_t *receive = json_array_get(json_object_get(open, "receives"), 1);
    json_t *sends = json_array(), *receives = json_array();
    char word[66];
    for (unsigned i = 0; i < 25; i++) {
        json_t *one = json_deep_copy(i < 5 ? send : receive);
        (void)snprintf(word, sizeof word, "%016u", i);
        json_object_set_new(one, "mid", json_string(word));
        if (i < 5)
            json_object_set_new(one, "source", json_string(sources[i]));
        json_array_append_new(i < 5 ? sends : receives, one);
    }
    json_object_set_new(open, "sends", sends);
    json_object_set_new(open, "receives", receives);
    (void)snprintf(word, sizeof word, "%032x", number);
    json_object_set_new(open, "participant", json_string(word));
    (void)snprintf(word, sizeof word, "%064x", number);
    json_object_set_new(open, "offer", json_string(word));
    char *body = json_dumps(open, JSON_COMPACT);
    json_decref(open);
    return body;
}

static void a_list_of_many_comes_in_pages_that_fit_a_message(void **state)
{
    (void)state;
    enum { MANY = 101 };
    for (unsigned i = 0; i < MANY; i++) {
        char *body = longest_open(i + 1);
        give(TL_MESSAGE_PARTICIPANT_OPEN, 1, body);
        json_decref(expect(TL_MESSAGE_PARTICIPANT_OPEN, TL_CHANNEL_REPLY));
        free(body);
    }
    give(TL_MESSAGE_RELAY_LIST, 3, "{}");
    size_t seen = 0;
    while (seen < MANY) {
        uint16_t more = seen + 32 < MANY ? TL_CHANNEL_MORE : 0;
        json_t *page = expect(TL_MESSAGE_RELAY_LIST, TL_CHANNEL_REPLY | more);
        seen += json_array_size(json_object_get(page, "participants"));
        json_decref(page);
    }
    assert_int_equal(seen, MANY);
    assert_int_equal(control.unsent, 0);
}

static void unknown_types_and_broken_json_are_refused(void **state)
{
    (void)state;
    give(TL_MESSAGE_HTTP_REQUEST, 9, "{}");
    json_decref(expect(TL_MESSAGE_HTTP_REQUEST, TL_CHANNEL_REPLY | TL_CHANNEL_ERROR));
    for (size_t size = 0; size < sizeof open_body - 1; size++) {
        char cut[sizeof open_body];
        memcpy(cut, open_body, size);
        cut[size] = 0;
        give(TL_MESSAGE_PARTICIPANT_OPEN, 0, cut);
    }
    assert_int_equal(tl_relay_participant_count(control.relay), 0);
    assert_int_equal(control.refused, sizeof open_body);
}

static void hello_names_the_instance_and_its_addresses(void **state)
{
    (void)state;
    tl_control_hello(&control);
    json_t *body = expect(TL_MESSAGE_RELAY_HELLO, 0);
    assert_string_equal(text(body, "instance"), control.instance);
    assert_int_equal(json_array_size(json_object_get(body, "addresses")), 2);
    json_decref(body);
}

static void lists_of_addresses_are_read_strictly(void **state)
{
    (void)state;
    struct tl_control c;
    assert_int_equal(tl_control_addresses_read(TL_TEXT(""), 1, &c), TL_ERROR_FORMAT);
    assert_int_equal(tl_control_addresses_read(TL_TEXT("192.0.2.1,"), 1, &c), TL_ERROR_FORMAT);
    assert_int_equal(tl_control_addresses_read(TL_TEXT("relay.example"), 1, &c),
                     TL_ERROR_FORMAT);
    assert_int_equal(
        tl_control_addresses_read(TL_TEXT("1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
                                          "1.1.1.1,1.1.1.1,1.1.1.1"),
                                  1, &c),
        TL_OK);
    assert_int_equal(
        tl_control_addresses_read(TL_TEXT("1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
                                          "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1"),
                                  1, &c),
        TL_ERROR_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(restarting_answers_as_opening_did_with_other_credentials),
        TEST(a_restart_that_cannot_be_is_refused_with_its_reason),
        TEST(the_list_gives_back_the_digest_of_the_offer),
        TEST(opening_answers_with_ice_candidates_fingerprint_and_ssrcs),
        TEST(every_wrong_field_is_refused_by_its_name),
        TEST(what_the_door_says_of_one_participant_holds_at_its_edges),
        TEST(more_sends_or_receives_than_the_limits_are_refused),
        TEST(slots_mutes_and_lists_are_done),
        TEST(a_picture_is_shown_4320_high_at_most),
        TEST(a_list_of_many_comes_in_pages_that_fit_a_message),
        TEST(unknown_types_and_broken_json_are_refused),
        TEST(hello_names_the_instance_and_its_addresses),
        cmocka_unit_test(lists_of_addresses_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
