/* The limits of what a client says: the table of docs/signalling.md is the source's, and each limit
 * holds at its edge: so much is taken, and one more is refused. (Rates, sizes of messages and of
 * views: messages_test.c; tables of the hub: limits_test.c; lines of an SDP: sdp_test.c.) */
#include "world.h"

#include "../../../gateway/door/outgoing.h"
#include "../../../gateway/door/rate.h"
#include "hub/state.h"

/* ---- the table ---- */

enum { SECONDS = 1000000 };
static const struct {
    const char *name;
    int64_t value, unit;
} limits[] = {
#define ONE(name)     { #name, name, 1 },
#define TIME_US(name) { #name, name, SECONDS },
    ONE(TL_HUB_MESSAGE_LIMIT) ONE(TL_JSON_DEPTH_LIMIT) ONE(TL_HUB_RATE_BURST) ONE(
        TL_HUB_RATE_PER_SECOND) ONE(TL_HUB_RATE_STRIKES) TIME_US(TL_HUB_LINK_EVERY_US)
        TIME_US(TL_HUB_HELLO_WITHIN_US) TIME_US(TL_HUB_LOBBY_US) ONE(TL_HUB_LOBBY_LIMIT) ONE(
            TL_HUB_LOBBY_ADDRESS_LIMIT) ONE(TL_HUB_EARLY_LIMIT) ONE(TL_HUB_PING_AFTER_S)
            ONE(TL_HUB_SILENCE_S) ONE(TL_OUTGOING_MESSAGES_LIMIT) ONE(TL_OUTGOING_BYTES_LIMIT)
                ONE(TL_RATE_CONNECTIONS_LIMIT) ONE(TL_HUB_CLIENTS_LIMIT) ONE(
                    TL_HUB_SESSIONS_LIMIT) ONE(TL_CLIENT_SECRET_LIMIT) ONE(TL_HUB_TOKEN_BYTES)
                    ONE(TL_HUB_SEATS_LIMIT) ONE(TL_HUB_WAITING_LIMIT) TIME_US(
                        TL_HUB_SEAT_KEPT_US) ONE(TL_HUB_TURN_LASTS_S) ONE(TL_HUB_EVENTS_LIMIT)
                        ONE(TL_CLIENT_NAME_LIMIT) ONE(TL_CLIENT_REASON_LIMIT) ONE(
                            TL_CLIENT_CHAT_LIMIT) ONE(TL_HUB_CHAT_KEPT)
                            ONE(TL_HUB_CHAT_WELCOME_BYTES) ONE(TL_CLIENT_LAYOUT_LIMIT) ONE(
                                TL_CLIENT_VIEW_LIMIT) ONE(TL_CLIENT_WIDTH_LIMIT)
                                ONE(TL_CLIENT_HEIGHT_LIMIT) ONE(TL_CLIENT_KBPS_LIMIT) ONE(
                                    TL_CLIENT_FREEZES_LIMIT) ONE(TL_CLIENT_CONCEALED_MS_LIMIT)
                                    ONE(TL_CLIENT_MID_LIMIT) ONE(TL_CLIENT_SDP_LIMIT)
                                        ONE(TL_CLIENT_REDUNDANT_LIMIT) ONE(TL_SDP_LINES_LIMIT)
                                            ONE(TL_SDP_LINE_LIMIT) ONE(TL_SDP_MEDIA_LIMIT) ONE(
                                                TL_SDP_RECEIVES_LIMIT) ONE(TL_SDP_FORMATS_LIMIT)
                                                ONE(TL_SDP_MID_LIMIT) ONE(TL_SDP_ICE_LIMIT) ONE(
                                                    TL_SDP_SSRCS_LIMIT) ONE(TL_SDP_RIDS_LIMIT)
                                                    ONE(TL_SDP_RID_LINES_LIMIT)
                                                        ONE(TL_SDP_RID_LIMIT)
                                                            ONE(TL_HUB_TEST_COPY_S) TIME_US(
                                                                TL_HUB_TEST_PROBE_US)
                                                                TIME_US(TL_HUB_TEST_VERDICT_US)
#undef ONE
#undef TIME_US
};

/* A file of the repository, ended by a NUL; the caller frees it. */
static char *load(const char *name)
{
    char path[512];
    char *data = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%.*s../../../%s", (int)(strrchr(__FILE__, '/') - __FILE__ + 1),
             __FILE__, name);
    assert_int_equal(tl_file_read(path, 1000000, &data, &size), TL_OK);
    char *text = strndup(data, size);
    free(data);
    return text;
}

/* The number of a column: digits, with a comma each three. */
static int64_t number(const char *text)
{
    int64_t value = 0;
    while (*text == ' ')
        text++;
    for (; *text == ',' || (*text >= '0' && *text <= '9'); text++)
        if (*text != ',')
            value = value * 10 + *text - '0';
    assert_int_equal(strncmp(text, " |", 2), 0);
    return value;
}

/* Life of a ticket: api's own, said in the statement that makes one. */
static int64_t ticket_seconds(void)
{
    tl_autofree char *queries = load("records/sql/queries/visits.sql");
    const char *at = strstr(queries, "insert into ticket");
    assert_non_null(at);
    at = strstr(at, "now() + interval '");
    assert_non_null(at);
    return strtol(at + strlen("now() + interval '"), NULL, 10);
}

static void the_table_of_limits_is_that_of_the_source(void **state)
{
    (void)state;
    tl_autofree char *page = load("docs/signalling.md");
    char *table = strstr(page, "\n## Limits\n");
    assert_non_null(table);
    unsigned rows = 0;
    for (char *row = strstr(table, "\n| "); row; row = strstr(row + 1, "\n| "))
        rows++;
    assert_int_equal(rows, 1 + TL_COUNT_OF(limits) + 1); /* its head, ours, the ticket */
    for (size_t i = 0; i <= TL_COUNT_OF(limits); i++) {
        bool ours = i < TL_COUNT_OF(limits);
        char cell[80];
        snprintf(cell, sizeof cell, " | `%s` |\n", ours ? limits[i].name : "ticket.expires_at");
        const char *at = strstr(table, cell);
        if (!at)
            fail_msg("no row of %s", cell);
        do
            at--;
        while (*at != '|');
        int64_t value = ours ? limits[i].value / limits[i].unit : ticket_seconds();
        if (number(at + 1) != value)
            fail_msg("%s is %lld", cell, (long long)value);
    }
    assert_int_equal(TL_CLIENT_MESSAGE_LIMIT, TL_HUB_MESSAGE_LIMIT);
    assert_int_equal(TL_CLIENT_SDP_LIMIT, TL_SDP_TEXT_LIMIT);
}

/* ---- edges of the fields ---- */

#define ID "00000000000000000000000000000000"

/* {"type":..., BEFORE xxxx AFTER}: so many x. code: what the edge itself is answered with. */
static const struct edge {
    const char *before, *after;
    size_t limit;
    const char *code, *field; /* field of the refusal one beyond */
} texts[] = {
    { "\"type\":\"refuse\",\"participant\":\"" ID "\",\"reason\":\"", "\"",
      TL_CLIENT_REASON_LIMIT, "missing", "reason" },
    { "\"type\":\"remove\",\"participant\":\"" ID "\",\"reason\":\"", "\"",
      TL_CLIENT_REASON_LIMIT, "missing", "reason" },
    { "\"type\":\"chat\",\"text\":\"", "\"", TL_CLIENT_CHAT_LIMIT, "", "text" },
    { "\"type\":\"view\",\"sizes\":[{\"width\":1,\"height\":1,\"mid\":\"", "\"}]",
      TL_CLIENT_MID_LIMIT, "", "sizes" },
    { "\"type\":\"offer\",\"sources\":{},\"sdp\":\"", "\"", TL_CLIENT_SDP_LIMIT, "sdp", "sdp" },
    { "\"type\":\"offer\",\"sdp\":\"v=0\",\"sources\":{\"camera\":\"", "\"}",
      TL_CLIENT_MID_LIMIT, "sdp", "sources" },
    { "\"type\":\"hello\",\"ticket\":\"", "\"", TL_CLIENT_SECRET_LIMIT, "order", "ticket" },
    { "\"type\":\"hello\",\"resume\":\"", "\"", TL_CLIENT_SECRET_LIMIT, "order", "resume" },
    { "\"type\":\"hello\",\"ticket\":\"t\",\"client\":\"", "\"", TL_CLIENT_NAME_LIMIT, "order",
      "client" },
};

static void say_text(struct world *w, uint64_t client, const struct edge *edge, size_t length)
{
    char *text = malloc(TL_HUB_MESSAGE_LIMIT);
    int used = sprintf(text, "{%s", edge->before);
    memset(text + used, 'x', length);
    sprintf(text + used + length, "%s}", edge->after);
    world_forget(w, client);
    tl_hub_client_message(w->hub, w->now, client, tl_bytes(text, strlen(text)));
    world_pass(w, 2 * TL_SECOND_US);
    free(text);
}

static void a_text_of_its_limit_is_read_and_one_byte_more_is_named(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (size_t i = 0; i < TL_COUNT_OF(texts); i++) {
        say_text(w, host, &texts[i], texts[i].limit);
        assert_string_equal(world_error(w, host), texts[i].code);
        say_text(w, host, &texts[i], texts[i].limit + 1);
        assert_string_equal(world_error(w, host), "field");
        assert_string_equal(world_text(world_last(w, host, "error"), "field"), texts[i].field);
    }
    world_free(w);
}

static void a_first_hello_holds_at_the_same_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(texts); i++) {
        if (!strstr(texts[i].before, "hello"))
            continue;
        struct world *w = world_new();
        uint64_t taken = world_open_client(w), refused = world_open_client(w);
        say_text(w, taken, &texts[i], texts[i].limit);
        assert_string_equal(world_error(w, taken), "ticket"); /* read, and nobody's */
        say_text(w, refused, &texts[i], texts[i].limit + 1);
        assert_string_equal(world_error(w, refused), "field");
        assert_int_equal(w->clients[refused].code, 1008);
        world_free(w);
    }
}

static void numbers_of_a_link_hold_at_their_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t limit;
    } numbers[] = {
        { "video_kbps", TL_CLIENT_KBPS_LIMIT },
        { "freezes", TL_CLIENT_FREEZES_LIMIT },
        { "concealed_ms", TL_CLIENT_CONCEALED_MS_LIMIT },
    };
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (size_t i = 0; i < TL_COUNT_OF(numbers); i++)
        for (int more = -1; more <= 1; more++) {
            int64_t value = more < 0 ? -1 : numbers[i].limit + more;
            world_forget(w, host);
            world_sayf(w, host, "{\"type\":\"link\",\"audio_first\":false,\"%s\":%lld}",
                       numbers[i].name, (long long)value);
            world_pass(w, TL_HUB_LINK_EVERY_US);
            assert_string_equal(world_error(w, host), more ? "field" : "");
            if (more)
                assert_string_equal(world_text(world_last(w, host, "error"), "field"),
                                    numbers[i].name);
        }
    world_free(w);
}

static void eight_are_named_in_a_layout_and_a_ninth_is_refused(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (unsigned count = TL_CLIENT_LAYOUT_LIMIT; count <= TL_CLIENT_LAYOUT_LIMIT + 1;
         count++) {
        char text[1000];
        int used = sprintf(text, "{\"type\":\"layout\",\"order\":[");
        for (unsigned i = 0; i < count; i++)
            used += sprintf(text + used, "%s\"%032x\"", i ? "," : "", i);
        sprintf(text + used, "]}");
        world_forget(w, host);
        world_say(w, host, text);
        assert_string_equal(world_error(w, host),
                            count > TL_CLIENT_LAYOUT_LIMIT ? "field" : "");
    }
    assert_string_equal(world_text(world_last(w, host, "error"), "field"), "order");
    world_free(w);
}

static void two_sounds_are_told_to_be_red_and_a_third_is_refused(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    static const char third[] = ",\"microphone\"";
    for (int more = 1; more >= 0; more--) {
        world_forget(w, host);
        world_sayf(w, host,
                   "{\"type\":\"offer\",\"sdp\":\"v=0\",\"sources\":{},\"redundant\":"
                   "[\"microphone\",\"instrument_audio\"%s]}",
                   more ? third : "");
        assert_string_equal(world_error(w, host), more ? "field" : "sdp");
    }
    world_free(w);
}

static void a_link_is_said_once_a_second(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    static const char link[] = "{\"type\":\"link\",\"audio_first\":false}";
    world_say(w, host, link);
    world_pass(w, TL_HUB_LINK_EVERY_US - 1);
    world_say(w, host, link);
    assert_string_equal(world_error(w, host), "rate");
    world_forget(w, host);
    world_pass(w, 1);
    world_say(w, host, link);
    assert_string_equal(world_error(w, host), "");
    world_free(w);
}

static void fifty_refused_in_a_row_end_the_connection_and_forty_nine_do_not(void **state)
{
    (void)state;
    static const char hand[] = "{\"type\":\"hand\",\"raised\":true}";
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_pass(w, 10 * TL_SECOND_US);
    for (int i = 0; i < TL_HUB_RATE_BURST + TL_HUB_RATE_STRIKES - 1; i++)
        world_say(w, host, hand);
    assert_int_equal(w->clients[host].code, 0);
    world_say(w, host, hand);
    assert_int_equal(w->clients[host].code, 1008);
    assert_string_equal(world_error(w, host), "rate");
    assert_true(json_is_true(json_object_get(world_last(w, host, "error"), "fatal")));
    world_free(w);
}

static void a_message_the_shell_cannot_give_is_named_before_the_close(void **state)
{
    (void)state;
    static const struct {
        enum tl_hub_unfit why;
        const char *code;
        unsigned close;
    } cases[] = { { TL_HUB_UNFIT_TOO_BIG, "too_big", 1009 },
                  { TL_HUB_UNFIT_BINARY, "format", 1003 } };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        struct world *w = world_new();
        uint64_t clients[] = { world_open_client(w), world_join(w, "host:Anne") };
        for (size_t j = 0; j < TL_COUNT_OF(clients); j++) {
            tl_hub_client_unfit(w->hub, w->now, clients[j], cases[i].why);
            assert_string_equal(world_error(w, clients[j]), cases[i].code);
            assert_int_equal(w->clients[clients[j]].code, cases[i].close);
            world_forget(w, clients[j]);
            tl_hub_client_unfit(w->hub, w->now, clients[j], cases[i].why); /* it is gone */
            assert_string_equal(world_error(w, clients[j]), "");
        }
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_limits_is_that_of_the_source),
        cmocka_unit_test(a_text_of_its_limit_is_read_and_one_byte_more_is_named),
        cmocka_unit_test(a_first_hello_holds_at_the_same_edges),
        cmocka_unit_test(numbers_of_a_link_hold_at_their_edges),
        cmocka_unit_test(two_sounds_are_told_to_be_red_and_a_third_is_refused),
        cmocka_unit_test(eight_are_named_in_a_layout_and_a_ninth_is_refused),
        cmocka_unit_test(a_link_is_said_once_a_second),
        cmocka_unit_test(fifty_refused_in_a_row_end_the_connection_and_forty_nine_do_not),
        cmocka_unit_test(a_message_the_shell_cannot_give_is_named_before_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
