/* What leaves by mail: well-formed, and never a header more than we wrote. */
#include "testing.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "courier/message.h"
#include "courier/retry.h"

static enum tl_error read_payload(const char *to, const char *subject, const char *id,
                                  json_t **ret_payload, struct tl_message *ret_message)
{
    *ret_payload =
        json_pack("{s:s,s:s,s:s,s:s,s:s}", "kind", "mail", "to", to, "subject", subject, "text",
                  "Bonjour,\nvotre téléconsultation.", "message_id", id);
    return tl_message_read(*ret_payload, ret_message);
}

static void a_subject_or_address_cannot_bring_in_a_header(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        { "a@b.fr\r\nBcc: c@d.fr", "s", "id@x" },
        { "a@b.fr", "s\r\nBcc: c@d.fr", "id@x" },
        { "a@b.fr", "s\nX: y", "id@x" },
        { "a@b.fr", "s", "id@x\r\nBcc:c@d.fr" },
        { "a@b.fr,c@d.fr", "s", "id@x" },
        { "a@b.fr> <c@d.fr", "s", "id@x" },
        { "nobody", "s", "id@x" },
        { "@b.fr", "s", "id@x" },
        { "a@", "s", "id@x" },
        { "a@b@c", "s", "id@x" },
        { "a@b.fr", "s", "two words" },
        { "a@b.fr", "", "id@x" },
    };
    for (size_t i = 0; i < TL_COUNT_OF(bad); i++) {
        tl_autojson json_t *payload = NULL;
        struct tl_message message;
        assert_int_equal(read_payload(bad[i][0], bad[i][1], bad[i][2], &payload, &message),
                         TL_ERROR_FORMAT);
    }
}

/* A text of that size, whatever its end. */
static json_t *filled(size_t size, const char *ends)
{
    size_t end = strlen(ends);
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    memcpy(text + size - end, ends, end + 1);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static void each_field_holds_at_its_edge_and_the_longest_mail_can_be_written(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ends;
        size_t limit;
    } fields[] = { { "to", "@b.fr", TL_MESSAGE_TO_LIMIT },
                   { "subject", "", TL_MESSAGE_SUBJECT_LIMIT },
                   { "text", "", TL_MESSAGE_TEXT_LIMIT },
                   { "message_id", "", TL_MESSAGE_ID_LIMIT } };
    tl_autojson json_t *longest = json_pack("{s:s}", "kind", "mail");
    for (size_t i = 0; i < TL_COUNT_OF(fields); i++)
        json_object_set_new(longest, fields[i].name, filled(fields[i].limit, fields[i].ends));
    struct tl_message message;
    assert_int_equal(tl_message_read(longest, &message), TL_OK);
    tl_autofree char *room = malloc(TL_MESSAGE_WIRE_LIMIT);
    struct tl_writer wire = tl_writer(room, TL_MESSAGE_WIRE_LIMIT);
    assert_int_equal(tl_message_write_mail(&message, TL_TEXT("Téléloire <a@b.fr>"), 0, &wire),
                     TL_OK);
    size_t whole = wire.used;
    wire = tl_writer(room, whole);
    assert_int_equal(tl_message_write_mail(&message, TL_TEXT("Téléloire <a@b.fr>"), 0, &wire),
                     TL_OK);
    wire = tl_writer(room, whole - 1);
    assert_int_equal(tl_message_write_mail(&message, TL_TEXT("Téléloire <a@b.fr>"), 0, &wire),
                     TL_ERROR_LIMIT);
    for (size_t i = 0; i < TL_COUNT_OF(fields); i++) {
        tl_autojson json_t *more = json_copy(longest);
        json_object_set_new(more, fields[i].name, filled(fields[i].limit + 1, fields[i].ends));
        assert_int_equal(tl_message_read(more, &message), TL_ERROR_FORMAT);
    }
}

static void a_mail_has_its_headers_and_an_encoded_body(void **state)
{
    (void)state;
    tl_autojson json_t *payload = NULL;
    struct tl_message message;
    assert_int_equal(
        read_payload("jeanne@exemple.fr",
                     "Votre téléconsultation de demain à 14 h 30 avec la maison de "
                     "santé de Clisson",
                     "abc@teleloire", &payload, &message),
        TL_OK);
    char room[4096];
    struct tl_writer wire = tl_writer(room, sizeof room - 1);
    assert_int_equal(tl_message_write_mail(
                         &message, TL_TEXT("Téléloire <no-reply@teleloire.example>"), 0, &wire),
                     TL_OK);
    room[wire.used] = 0;
    assert_non_null(strstr(room, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    assert_non_null(
        strstr(room, "From: =?UTF-8?B?VMOpbMOpbG9pcmU=?= <no-reply@teleloire.example>\r\n"));
    assert_non_null(strstr(room, "To: <jeanne@exemple.fr>\r\n"));
    assert_non_null(strstr(room, "Message-ID: <abc@teleloire>\r\n"));
    assert_non_null(strstr(room, "Subject: =?UTF-8?B?"));
    assert_non_null(strstr(room, "\r\n\r\nQm9uam91ciwK"));
    /* No line over 78 characters, none without CR. */
    size_t start = 0;
    for (size_t i = 0; i < wire.used; i++)
        if (room[i] == '\n') {
            assert_true(i > 0 && room[i - 1] == '\r');
            assert_true(i - start <= 79);
            start = i + 1;
        }
}

static void a_failed_message_is_tried_for_three_days_with_growing_pauses(void **state)
{
    (void)state;
    assert_true(tl_retry_pause(1) == 5 * TL_SECOND_US);
    assert_true(tl_retry_pause(2) == 10 * TL_SECOND_US);
    assert_true(tl_retry_pause(1000) == 3600ll * TL_SECOND_US);
    assert_false(tl_retry_is_over(TL_RETRY_FOR_US - 1, false));
    assert_true(tl_retry_is_over(TL_RETRY_FOR_US, false));
    assert_true(tl_retry_is_over(0, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_or_address_cannot_bring_in_a_header),
        cmocka_unit_test(each_field_holds_at_its_edge_and_the_longest_mail_can_be_written),
        cmocka_unit_test(a_mail_has_its_headers_and_an_encoded_body),
        cmocka_unit_test(a_failed_message_is_tried_for_three_days_with_growing_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
