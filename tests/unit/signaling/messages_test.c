/* Bad messages, rates and limits: each gets its error, and the connection survives. */
#include "world.h"

struct wrong {
    const char *text, *code, *field;
};

static void each_bad_message_is_named_and_the_connection_survives(void **state)
{
    (void)state;
    static const struct wrong cases[] = {
        { "", "format", NULL },
        { "x", "format", NULL },
        { "[]", "format", NULL },
        { "{}", "format", "type" },
        { "{\"type\":5}", "format", "type" },
        { "{\"type\":\"hand\",\"type\":\"hand\",\"raised\":true}", "format", NULL },
        { "{\"type\":\"hand\",\"raised\":true} ", "", NULL },
        { "{\"type\":\"hand\",\"raised\":true}x", "format", NULL },
        { "{\"type\":\"fly\"}", "unknown_type", "type" },
        { "{\"type\":\"hand\"}", "field", "raised" },
        { "{\"type\":\"hand\",\"raised\":1}", "field", "raised" },
        { "{\"type\":\"hand\",\"raised\":true,\"very\":1}", "field", "very" },
        { "{\"type\":\"media\",\"microphone\":true}", "field", "camera" },
        { "{\"type\":\"admit\",\"participant\":\"x\"}", "field", "participant" },
        { "{\"type\":\"admit\",\"participant\":\"ZZ000000000000000000000000000000\"}", "field",
          "participant" },
        { "{\"type\":\"admit\",\"participant\":\"00000000000000000000000000000000\"}",
          "missing", "participant" },
        { "{\"type\":\"mute\",\"participant\":\"00000000000000000000000000000000\","
          "\"source\":\"nose\",\"muted\":true}",
          "field", "source" },
        { "{\"type\":\"layout\",\"order\":[1]}", "field", "order" },
        { "{\"type\":\"layout\",\"order\":[\"00000000000000000000000000000000\","
          "\"00000000000000000000000000000000\"]}",
          "field", "order" },
        { "{\"type\":\"view\"}", "field", "sizes" },
        { "{\"type\":\"view\",\"sizes\":[1]}", "field", "sizes" },
        { "{\"type\":\"view\",\"sizes\":[{\"mid\":\"1\",\"width\":1}]}", "field", "sizes" },
        { "{\"type\":\"view\",\"sizes\":[{\"mid\":\"\",\"width\":1,\"height\":1}]}", "field",
          "sizes" },
        { "{\"type\":\"view\",\"sizes\":[{\"mid\":\"1\",\"width\":1,\"height\":1.5}]}", "field",
          "sizes" },
        { "{\"type\":\"view\",\"sizes\":[{\"mid\":\"1\",\"width\":1,\"height\":1},"
          "{\"mid\":\"1\",\"width\":1,\"height\":1}]}",
          "field", "sizes" },
        { "{\"type\":\"chat\",\"text\":\"\"}", "field", "text" },
        { "{\"type\":\"chat\",\"text\":\"a\\u0000b\"}", "format", NULL },
        { "{\"type\":\"link\",\"audio_first\":false,\"freezes\":-1}", "field", "freezes" },
        { "{\"type\":\"offer\",\"sdp\":\"v=0\",\"sources\":{\"nose\":\"1\"}}", "field",
          "sources" },
        { "{\"type\":\"offer\",\"sdp\":\"v=0\",\"sources\":{}}", "sdp", "v=" },
        { "{\"type\":\"test\",\"step\":\"begin\"}", "order", NULL },
        { "{\"type\":\"hello\",\"ticket\":\"x\"}", "order", NULL },
        { "{\"type\":\"leave\",\"now\":true}", "field", "now" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[", "too_big", "depth" },
    };
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        world_forget(w, host);
        world_say(w, host, cases[i].text);
        world_pass(w, TL_SECOND_US);
        assert_string_equal(world_error(w, host), cases[i].code);
        if (cases[i].field)
            assert_string_equal(world_text(world_last(w, host, "error"), "field"),
                                cases[i].field);
        if (cases[i].code[0])
            assert_false(json_is_true(json_object_get(world_last(w, host, "error"), "fatal")));
        assert_int_equal(w->clients[host].code, 0);
    }
    world_free(w);
}

static void every_truncation_of_every_message_is_an_error(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "{\"type\":\"mute\",\"participant\":\"00000000000000000000000000000000\","
        "\"source\":\"camera\",\"muted\":true}",
        "{\"type\":\"offer\",\"sdp\":\"v=0\",\"sources\":{\"camera\":\"1\"}}",
        "{\"type\":\"link\",\"audio_first\":true,\"video_kbps\":100,\"freezes\":1}",
        "{\"type\":\"layout\",\"order\":[\"00000000000000000000000000000000\"]}",
        "{\"type\":\"view\",\"sizes\":[{\"mid\":\"13\",\"width\":1280,\"height\":720}]}",
    };
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    for (size_t i = 0; i < TL_COUNT_OF(whole); i++)
        for (size_t size = 0; size < strlen(whole[i]); size++) {
            tl_autofree char *exact = malloc(size ? size : 1);
            memcpy(exact, whole[i], size);
            world_forget(w, host);
            tl_hub_client_message(w->hub, w->now, host, tl_bytes(exact, size));
            world_pass(w, 100 * TL_MILLISECOND_US);
            assert_string_equal(world_error(w, host), "format");
        }
    world_free(w);
}

static void hello_must_come_first_and_within_five_seconds(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t silent = world_open_client(w), early = world_open_client(w);
    world_say(w, early, "{\"type\":\"hand\",\"raised\":true}");
    assert_string_equal(world_error(w, early), "order");
    assert_int_equal(w->clients[early].code, 1008);
    world_pass(w, TL_HUB_HELLO_WITHIN_US - 1);
    assert_int_equal(w->clients[silent].code, 0);
    world_pass(w, 1);
    assert_int_equal(w->clients[silent].code, 1008);
    uint64_t both = world_open_client(w);
    world_say(w, both, "{\"type\":\"hello\",\"ticket\":\"host:Anne\",\"resume\":\"x\"}");
    assert_string_equal(world_error(w, both), "field");
    assert_int_equal(w->clients[both].code, 1008);
    world_free(w);
}

static void fifty_messages_at_once_and_twenty_a_second(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_pass(w, 10 * TL_SECOND_US);
    for (int i = 0; i < 50; i++)
        world_sayf(w, host, "{\"type\":\"hand\",\"raised\":%s}", i % 2 ? "true" : "false");
    assert_null(world_last(w, host, "error"));
    world_say(w, host, "{\"type\":\"hand\",\"raised\":true}");
    assert_string_equal(world_error(w, host), "rate");
    world_forget(w, host);
    world_pass(w, TL_SECOND_US);
    for (int i = 0; i < 20; i++)
        world_sayf(w, host, "{\"type\":\"hand\",\"raised\":%s}", i % 2 ? "true" : "false");
    assert_null(world_last(w, host, "error"));
    assert_int_equal(w->clients[host].code, 0);
    for (int i = 0; i < 60; i++)
        world_say(w, host, "{\"type\":\"hand\",\"raised\":true}");
    assert_int_equal(w->clients[host].code, 1008);
    assert_true(world_count(w, host, "error") <= 3); /* a flood is not answered with a flood */
    world_free(w);
}

static void sizes_hold_at_their_edge(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    char *text = malloc(80000);
    memset(text, ' ', 80000);
    static const char hand[] = "{\"type\":\"hand\",\"raised\":true";
    memcpy(text, hand, sizeof hand - 1);
    text[TL_HUB_MESSAGE_LIMIT - 1] = '}';
    tl_hub_client_message(w->hub, w->now, host, tl_bytes(text, TL_HUB_MESSAGE_LIMIT));
    assert_null(world_last(w, host, "error"));
    text[TL_HUB_MESSAGE_LIMIT - 1] = ' ';
    text[TL_HUB_MESSAGE_LIMIT] = '}';
    tl_hub_client_message(w->hub, w->now, host, tl_bytes(text, TL_HUB_MESSAGE_LIMIT + 1));
    assert_string_equal(world_error(w, host), "too_big");
    assert_int_equal(w->clients[host].code, 1009);
    free(text);

    uint64_t again = world_join(w, "host:Anne");
    for (size_t length = 2000; length <= 2001; length++) {
        char *chat = malloc(length * 2 + 1); /* two bytes a character */
        for (size_t i = 0; i < length; i++)
            memcpy(chat + i * 2, "\xc3\xa9", 2);
        chat[length * 2] = 0;
        world_sayf(w, again, "{\"type\":\"chat\",\"text\":\"%s\"}", chat);
        free(chat);
    }
    assert_int_equal(world_count(w, again, "chat"), 1);
    assert_string_equal(world_text(world_last(w, again, "error"), "field"), "text");
    world_free(w);
}

static void say_view(struct world *w, uint64_t client, unsigned count, unsigned width,
                     unsigned height)
{
    char text[4000];
    int used = sprintf(text, "{\"type\":\"view\",\"sizes\":[");
    for (unsigned i = 0; i < count; i++)
        used += sprintf(text + used, "%s{\"mid\":\"%u\",\"width\":%u,\"height\":%u}",
                        i ? "," : "", i, width, height);
    sprintf(text + used, "]}");
    world_forget(w, client);
    world_say(w, client, text);
    world_pass(w, TL_SECOND_US);
}

static void a_view_holds_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        unsigned count, width, height;
        const char *code;
    } cases[] = {
        { 0, 0, 0, "" },         { 20, 7680, 4320, "" },  { 21, 7680, 4320, "field" },
        { 1, 7681, 1, "field" }, { 1, 1, 4321, "field" }, { 1, 0, 0, "" },
    };
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_offer(w, host, 7, 9);
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        say_view(w, host, cases[i].count, cases[i].width, cases[i].height);
        assert_string_equal(world_error(w, host), cases[i].code);
    }
    uint64_t patient = world_join(w, "patient:jeanne"); /* who waits sees nobody */
    say_view(w, patient, 1, 1, 1);
    assert_string_equal(world_error(w, patient), "order");
    world_free(w);
}

static void a_closed_client_is_not_heard_any_more(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t host = world_join(w, "host:Anne");
    world_say(w, host, "{\"type\":\"leave\"}");
    world_forget(w, host);
    world_say(w, host, "{\"type\":\"hand\",\"raised\":true}");
    world_say(w, 999, "{\"type\":\"hand\",\"raised\":true}");
    assert_int_equal(json_array_size(w->clients[host].heard), 0);
    world_drop(w, host);
    world_drop(w, host);
    world_free(w);
}

static void clients_and_sessions_are_bounded(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (uint64_t id = 100; id < 100 + TL_HUB_CLIENTS_LIMIT; id++)
        tl_hub_client_opened(w->hub, w->now, id, id);
    assert_int_equal(tl_hub_counts(w->hub).clients, TL_HUB_CLIENTS_LIMIT);
    uint64_t one = world_open_client(w);
    assert_int_equal(w->clients[one].code, 1013);
    assert_int_equal(tl_hub_counts(w->hub).clients, TL_HUB_CLIENTS_LIMIT);
    world_drop(w, 100);
    uint64_t next = world_open_client(w);
    assert_int_equal(w->clients[next].code, 0);
    world_free(w);
}

static void garbage_from_api_is_counted_and_asked_again(void **state)
{
    (void)state;
    struct world *w = world_new();
    uint64_t client = world_open_client(w);
    static const char hello[] = "{\"type\":\"hello\",\"ticket\":\"host:Anne\"}";
    tl_hub_client_message(w->hub, w->now, client, tl_bytes(hello, sizeof hello - 1));
    static const char *const answers[] = { "", "[]", "{" };
    for (size_t i = 0; i < TL_COUNT_OF(answers); i++) {
        struct world_sent sent = w->api[0];
        struct tl_channel_message message = { .type = sent.type,
                                              .flags = TL_CHANNEL_REPLY,
                                              .request = sent.request,
                                              .json =
                                                  tl_bytes(answers[i], strlen(answers[i])) };
        json_decref(sent.json);
        w->api_count = 0;
        tl_hub_api_message(w->hub, w->now, &message);
        while (!w->api_count) {
            w->now.monotonic += 50 * TL_MILLISECOND_US;
            tl_hub_tick(w->hub, w->now);
        }
    }
    world_pump(w);
    assert_non_null(world_last(w, client, "welcome"));
    uint64_t before = tl_hub_counts(w->hub).refused;
    struct tl_channel_message stray = { .type = TL_MESSAGE_SESSION_EVENT,
                                        .flags = TL_CHANNEL_REPLY,
                                        .request = 12345,
                                        .json = tl_bytes("{}", 2) };
    tl_hub_api_message(w->hub, w->now, &stray);
    assert_int_equal(tl_hub_counts(w->hub).refused, before + 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_message_is_named_and_the_connection_survives),
        cmocka_unit_test(every_truncation_of_every_message_is_an_error),
        cmocka_unit_test(hello_must_come_first_and_within_five_seconds),
        cmocka_unit_test(fifty_messages_at_once_and_twenty_a_second),
        cmocka_unit_test(sizes_hold_at_their_edge),
        cmocka_unit_test(a_view_holds_at_its_edges),
        cmocka_unit_test(a_closed_client_is_not_heard_any_more),
        cmocka_unit_test(clients_and_sessions_are_bounded),
        cmocka_unit_test(garbage_from_api_is_counted_and_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
