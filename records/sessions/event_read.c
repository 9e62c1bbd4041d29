#include <string.h>

#include "base/memory.h"
#include "http/time_text.h"
#include "sessions/events.h"

static const char *const type_words[TL_EVENT_TYPE_COUNT] = {
    "seat_taken", "resume_changed",   "admitted",           "refused",  "removed",     "left",
    "ended",      "identity_checked", "identity_unchecked", "incident", "test_result",
};

static bool is_hex(struct tl_text text, size_t digits)
{
    if (text.size != digits)
        return false;
    for (size_t i = 0; i < digits; i++)
        if (!((text.data[i] >= '0' && text.data[i] <= '9') ||
              (text.data[i] >= 'a' && text.data[i] <= 'f')))
            return false;
    return true;
}

static void need_hex(struct tl_fields *f, const char *name, struct tl_text text, size_t digits)
{
    if (text.data && !is_hex(text, digits))
        tl_field_is_wrong(f, name, "not hexadecimal");
}

static struct tl_text read_time(struct tl_fields *f, const char *name, bool optional)
{
    tl_time_us time;
    struct tl_text text =
        optional ? tl_field_text_or_none(f, name, 40) : tl_field_text(f, name, 20, 40);
    if (text.data && tl_time_read(text, &time))
        tl_field_is_wrong(f, name, "not a time");
    return text;
}

static void read_seat_taken(struct tl_fields *f, struct tl_session_event *e)
{
    static const char *const roles[] = { "host", "guest", "patient", "helper" };
    e->seat = (int)tl_field_integer(f, "seat", 1, 8);
    e->person = tl_field_text_or_none(f, "person", 36);
    e->name = tl_field_text(f, "name", 1, 300);
    e->role = tl_text(roles[tl_field_word(f, "role", roles, 4)]);
    e->title = tl_field_text_or_none(f, "title", 300);
    e->resume_sha256 = tl_field_text(f, "resume_sha256", 64, 64);
    e->room = tl_field_text(f, "room", 32, 32);
    need_hex(f, "resume_sha256", e->resume_sha256, 64);
    need_hex(f, "room", e->room, 32);
    if (e->person.data && !tl_uuid_is_valid(e->person))
        tl_field_is_wrong(f, "person", "not an identifier");
}

static void read_incident(struct tl_fields *f, struct tl_session_event *e)
{
    static const char *const kinds[] = { "interruption", "loss",      "relay_restart",
                                         "reconnection", "audio_gap", "freeze",
                                         "test_failed",  "fallback",  "more" };
    e->kind = tl_text(kinds[tl_field_word(f, "kind", kinds, TL_COUNT_OF(kinds))]);
    e->started_at = read_time(f, "started_at", false);
    e->ended_at = read_time(f, "ended_at", true);
    e->has_measure = json_is_number(json_object_get(f->object, "measure"));
    e->measure = tl_field_number_or(f, "measure", -1e9, 1e9, 0);
    e->unit = tl_field_text_or_none(f, "unit", 20);
}

static void read_detail(struct tl_fields *f, struct tl_session_event *e)
{
    switch (e->type) {
    case TL_EVENT_SEAT_TAKEN: read_seat_taken(f, e); break;
    case TL_EVENT_RESUME_CHANGED:
        e->resume_sha256 = tl_field_text(f, "resume_sha256", 64, 64);
        need_hex(f, "resume_sha256", e->resume_sha256, 64);
        break;
    case TL_EVENT_IDENTITY_CHECKED:
    case TL_EVENT_IDENTITY_UNCHECKED:
        tl_field_ignore(f, "by");
        e->other = tl_field_text(f, "participant", 32, 32);
        need_hex(f, "participant", e->other, 32);
        break;
    case TL_EVENT_INCIDENT: read_incident(f, e); break;
    case TL_EVENT_TEST_RESULT: (void)tl_field_object(f, "report"); break;
    default:
        tl_field_ignore(f, "by");
        (void)tl_field_text_or_none(f, "reason", 200);
        break;
    }
}

enum tl_error tl_session_event_read(json_t *body, struct tl_session_event *ret_event,
                                    const char **ret_wrong)
{
    struct tl_session_event e = { .seat = 0 };
    struct tl_fields f = tl_fields(body);
    e.id = tl_field_text(&f, "event", 36, 36);
    e.act = tl_field_text(&f, "act", 36, 36);
    e.at = read_time(&f, "at", false);
    e.type =
        (enum tl_session_event_type)tl_field_word(&f, "type", type_words, TL_EVENT_TYPE_COUNT);
    e.type_word = type_words[e.type];
    e.participant = tl_field_text_or_none(&f, "participant", 32);
    e.detail = tl_field_object(&f, "detail");
    need_hex(&f, "participant", e.participant, 32);
    if (e.id.data && !tl_uuid_is_valid(e.id))
        tl_field_is_wrong(&f, "event", "not an identifier");
    if (e.act.data && !tl_uuid_is_valid(e.act))
        tl_field_is_wrong(&f, "act", "not an identifier");
    bool needs_participant = e.type != TL_EVENT_ENDED && e.type != TL_EVENT_INCIDENT &&
                             e.type != TL_EVENT_TEST_RESULT;
    if (needs_participant && !e.participant.data)
        tl_field_is_wrong(&f, "participant", "missing");
    if (tl_fields_end(&f)) {
        *ret_wrong = f.wrong_field;
        return TL_ERROR_FORMAT;
    }
    struct tl_fields d = tl_fields(e.detail);
    read_detail(&d, &e);
    if (tl_fields_end(&d)) {
        *ret_wrong = d.wrong_field;
        return TL_ERROR_FORMAT;
    }
    *ret_event = e;
    return TL_OK;
}
