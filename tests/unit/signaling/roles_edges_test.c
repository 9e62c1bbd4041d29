/* The limits of what api and relays say, at their edge: so much is read, and one more refuses the
 * whole message. (Lists of who a relay carries: limits_test.c.) */
#include "world.h"

#include "messages/api_read.h"
#include "messages/relay_read.h"

/* A list of so many copies of an item, put into the object under its name. */
static void put(json_t *object, const char *name, const char *item, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_array_append_new(list, json_loads(item, JSON_DECODE_ANY, NULL)),
                         0);
    json_object_set_new(object, name, list);
}

static json_t *object(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

#define PERSON(seat, state)                                                                    \
    "{\"participant\":\"0123456789abcdef0123456789abcdef\",\"seat\":" seat                     \
    ",\"person\":null,\"name\":\"Anne\",\"title\":\"\",\"role\":\"host\",\"may\":[],"          \
    "\"state\":\"" state "\",\"resume_sha256\":null,\"identity_checked\":false}"

static void
a_session_read_back_has_a_thousand_people_eight_of_them_there_and_64_told(void **state)
{
    (void)state;
    static const struct {
        const char *list, *item;
        size_t limit;
    } lists[] = {
        { "participants", PERSON("1", "left"), TL_LOADED_LIST_LIMIT },
        { "participants", PERSON("1", "in"), TL_LOADED_LIMIT },
        { "participants", PERSON("1", "waiting"), TL_LOADED_LIMIT },
        { "people", "\"" ACT "\"", TL_PEOPLE_LIMIT },
        { "beside", "\"" ACT "\"", TL_BESIDE_LIMIT },
    };
    assert_int_equal(TL_LOADED_LIMIT, TL_HUB_SEATS_LIMIT);
    for (size_t i = 0; i < TL_COUNT_OF(lists); i++)
        for (size_t more = 0; more < 2; more++) {
            tl_autojson json_t *json = object(
                "{\"act\":\"" ACT "\",\"room\":null,\"state\":\"live\",\"starts_at\":null,"
                "\"started_at\":null,\"participants\":[]}");
            tl_autofree struct tl_loaded *loaded = calloc(1, sizeof *loaded);
            struct tl_loaded before = *loaded;
            put(json, lists[i].list, lists[i].item, lists[i].limit + more);
            assert_int_equal(tl_loaded_read(json, loaded), more ? TL_ERROR_FORMAT : TL_OK);
            if (more)
                assert_memory_equal(loaded, &before, sizeof before);
        }
}

static void a_seat_is_one_of_eight(void **state)
{
    (void)state;
    static const struct {
        const char *person;
        enum tl_error error;
    } cases[] = { { PERSON("8", "in"), TL_OK }, { PERSON("9", "in"), TL_ERROR_FORMAT } };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        tl_autojson json_t *json = object("{\"act\":\"" ACT "\",\"state\":\"live\"}");
        tl_autofree struct tl_loaded *loaded = calloc(1, sizeof *loaded);
        put(json, "participants", cases[i].person, 1);
        assert_int_equal(tl_loaded_read(json, loaded), cases[i].error);
    }
}

/* They are compared as texts: one that is written another way would sort wrong. */
static void a_planned_time_is_written_in_one_way(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        { "2026-11-27T10:00:00.000Z", true },     { "2026-11-27T10:00:00Z", false },
        { "2026-11-27T10:00:00.000000Z", false }, { "2026-11-27T11:00:00.000+01:00", false },
        { "2026-11-27 10:00:00.000Z", false },    { "+026-11-27T10:00:00.000Z", false },
        { "2026-11-27T10:00:00.000", false },     { "", false },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct tl_notice notice = { 0 };
        tl_autofree struct tl_loaded *loaded = calloc(1, sizeof *loaded);
        tl_autojson json_t *load =
            json_pack("{s:s, s:s, s:s, s:[]}", "act", ACT, "state", "live", "starts_at",
                      cases[i].text, "participants");
        tl_autojson json_t *told =
            json_pack("{s:s, s:s, s:s, s:s}", "act", ACT, "kind", "act.rescheduled",
                      "professional", ACT, "starts_at", cases[i].text);
        enum tl_error expected = cases[i].good ? TL_OK : TL_ERROR_FORMAT;
        assert_int_equal(tl_loaded_read(load, loaded), expected);
        assert_int_equal(tl_notice_read(told, &notice), expected);
        assert_string_equal(loaded->starts_at, cases[i].good ? cases[i].text : "");
        assert_string_equal(notice.professional, cases[i].good ? ACT : "");
    }
}

static void a_name_has_255_bytes_at_most(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        char name[TL_NAME_SIZE + 1];
        memset(name, 'x', sizeof name);
        name[TL_NAME_SIZE - 1 + more] = 0;
        tl_autojson json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "kind", "session", "act",
                                             ACT, "role", "host", "name", name);
        struct tl_ticket ticket;
        assert_int_equal(tl_ticket_read(json, &ticket), more ? TL_ERROR_FORMAT : TL_OK);
    }
}

static const char opened_text[] =
    "{\"ice\":{\"ufrag\":\"abcd\",\"pwd\":\"0123456789012345678901\"},\"candidates\":[],"
    "\"fingerprint\":{\"hash\":\"sha-256\",\"value\":\"00\"},\"setup\":\"passive\","
    "\"receives\":[]}";

static void the_answer_to_an_opening_holds_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name, *item;
        size_t limit;
    } lists[] = {
        { "candidates",
          "{\"transport\":\"udp\",\"ip\":\"192.0.2.1\",\"port\":65535,\"priority\":4294967295}",
          TL_SDP_CANDIDATES_LIMIT },
        { "receives", "{\"mid\":\"0123456789abcdef\",\"ssrc\":4294967295,\"rtx_ssrc\":null}",
          TL_SDP_RECEIVES_LIMIT },
    };
    struct tl_opened opened;
    for (size_t i = 0; i < TL_COUNT_OF(lists); i++)
        for (size_t more = 0; more < 2; more++) {
            tl_autojson json_t *json = object(opened_text);
            put(json, lists[i].name, lists[i].item, lists[i].limit + more);
            assert_int_equal(tl_opened_read(json, &opened), more ? TL_ERROR_FORMAT : TL_OK);
        }
    static const char *const words[] = { "ufrag", "pwd" };
    for (size_t i = 0; i < TL_COUNT_OF(words); i++)
        for (size_t more = 0; more < 2; more++) {
            char word[TL_SDP_ICE_LIMIT + 2];
            memset(word, 'x', sizeof word);
            word[TL_SDP_ICE_LIMIT + more] = 0;
            tl_autojson json_t *json = object(opened_text);
            json_object_set_new(json_object_get(json, "ice"), words[i], json_string(word));
            assert_int_equal(tl_opened_read(json, &opened), more ? TL_ERROR_FORMAT : TL_OK);
        }
}

static void one_participant_of_a_list_holds_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name, *item;
        size_t limit;
    } lists[] = {
        { "sends", "{\"mid\":\"0123456789abcdef\",\"source\":\"camera\",\"muted\":true}",
          TL_SDP_SENDS_LIMIT },
        { "receives", "{\"mid\":\"0123456789abcdef\",\"kind\":\"video\"}",
          TL_SDP_RECEIVES_LIMIT },
    };
    struct tl_listed listed;
    for (size_t i = 0; i < TL_COUNT_OF(lists); i++)
        for (size_t more = 0; more < 2; more++) {
            tl_autojson json_t *json =
                object("{\"participant\":\"0123456789abcdef0123456789abcdef\","
                       "\"room\":\"0123456789abcdef0123456789abcdef\","
                       "\"state\":\"connected\",\"offer\":null,\"sends\":[],\"receives\":[]}");
            put(json, lists[i].name, lists[i].item, lists[i].limit + more);
            assert_int_equal(tl_listed_read(json, &listed), more ? TL_ERROR_FORMAT : TL_OK);
        }
}

static void a_measure_of_the_way_down_has_eight_steps_at_most(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        tl_autojson json_t *json =
            object("{\"participant\":\"0123456789abcdef0123456789abcdef\"}");
        struct tl_probe probe;
        put(json, "steps", "{\"kbps\":300,\"received_kbps\":290,\"loss\":0,\"delay_ms\":1.5}",
            8 + more);
        assert_int_equal(tl_probe_read(json, &probe), more ? TL_ERROR_FORMAT : TL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_session_read_back_has_a_thousand_people_eight_of_them_there_and_64_told),
        cmocka_unit_test(a_seat_is_one_of_eight),
        cmocka_unit_test(a_planned_time_is_written_in_one_way),
        cmocka_unit_test(a_name_has_255_bytes_at_most),
        cmocka_unit_test(the_answer_to_an_opening_holds_at_its_edges),
        cmocka_unit_test(one_participant_of_a_list_holds_at_its_edges),
        cmocka_unit_test(a_measure_of_the_way_down_has_eight_steps_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
