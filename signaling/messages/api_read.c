#include "messages/api_read.h"

#include "base/memory.h"

static const char *const act_states[] = { "planned", "waiting",  "live",   "to_close",
                                          "closed",  "not_done", "amended" };

/* "" when null or absent. */
static void read_uuid(struct tl_fields *f, const char *name, char buffer[TL_UUID_SIZE])
{
    struct tl_text text = tl_field_text_or_none(f, name, TL_UUID_SIZE - 1);
    buffer[0] = 0;
    if (!text.data)
        return;
    if (!tl_uuid_is_valid(text))
        tl_field_is_wrong(f, name, "not a UUID");
    else
        (void)tl_text_copy(text, buffer, TL_UUID_SIZE);
}

static void read_hex(struct tl_fields *f, const char *name, char buffer[TL_PARTICIPANT_SIZE])
{
    struct tl_text text = tl_field_text_or_none(f, name, TL_PARTICIPANT_SIZE - 1);
    buffer[0] = 0;
    if (!text.data)
        return;
    if (!tl_participant_is_valid(text))
        tl_field_is_wrong(f, name, "not an identifier");
    else
        (void)tl_text_copy(text, buffer, TL_PARTICIPANT_SIZE);
}

static void read_copy(struct tl_fields *f, const char *name, char *buffer, size_t size)
{
    struct tl_text text = tl_field_text_or_none(f, name, size - 1);
    buffer[0] = 0;
    if (text.data)
        (void)tl_text_copy(text, buffer, size);
}

/* As api writes times, 2026-11-23T10:00:00.000Z and no other way: such texts sort as the times do. */
static void read_time(struct tl_fields *f, const char *name, char buffer[TL_TIMESTAMP_SIZE])
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    struct tl_text text = tl_field_text_or_none(f, name, TL_TIMESTAMP_SIZE - 1);
    bool fits = text.size == sizeof form - 1;
    buffer[0] = 0;
    if (!text.data)
        return;
    for (size_t i = 0; fits && i < text.size; i++)
        fits = form[i] == '0' ? text.data[i] >= '0' && text.data[i] <= '9'
                              : text.data[i] == form[i];
    if (!fits)
        tl_field_is_wrong(f, name, "not a time");
    else
        (void)tl_text_copy(text, buffer, TL_TIMESTAMP_SIZE);
}

/* A list of UUIDs; nulls are passed over. */
static unsigned read_uuids(struct tl_fields *f, const char *name, size_t most,
                           char (*buffers)[TL_UUID_SIZE])
{
    json_t *list = tl_field_array_or_none(f, name, most), *item;
    unsigned count = 0;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct tl_text text = { json_string_value(item), json_string_length(item) };
        if (json_is_null(item))
            continue;
        if (!text.data || !tl_uuid_is_valid(text))
            tl_field_is_wrong(f, name, "not a UUID");
        else
            (void)tl_text_copy(text, buffers[count++], TL_UUID_SIZE);
    }
    return count;
}

static unsigned read_may(struct tl_fields *f)
{
    json_t *list = tl_field_array_or_none(f, "may", TL_MAY_COUNT), *item;
    unsigned may = 0;
    size_t i;
    json_array_foreach(list, i, item)
    {
        unsigned bit = 0;
        const char *word = json_string_value(item);
        for (unsigned j = 0; word && j < TL_MAY_COUNT; j++)
            if (strcmp(word, tl_may_names[j]) == 0)
                bit = 1u << j;
        if (!bit)
            tl_field_is_wrong(f, "may", "not one of the words allowed");
        may |= bit;
    }
    return may;
}

static void read_identity(struct tl_fields *f, struct tl_identity *who)
{
    read_hex(f, "participant", who->participant);
    read_uuid(f, "person", who->person);
    read_copy(f, "name", who->name, sizeof who->name);
    read_copy(f, "title", who->title, sizeof who->title);
    read_copy(f, "role", who->role, sizeof who->role);
    who->seat = (unsigned)tl_field_integer_or(f, "seat", 1, 8, 0);
    who->may = read_may(f);
}

enum tl_error tl_ticket_read(json_t *json, struct tl_ticket *ret_ticket)
{
    static const char *const kinds[] = { "session", "watch", "test" };
    struct tl_ticket ticket = { 0 };
    struct tl_fields f = tl_fields(json);
    ticket.kind = (enum tl_ticket_kind)tl_field_word(&f, "kind", kinds, TL_COUNT_OF(kinds));
    read_uuid(&f, "act", ticket.act);
    read_uuid(&f, "browser", ticket.browser);
    read_hex(&f, "room", ticket.room);
    read_identity(&f, &ticket.who);
    ticket.admitted = tl_field_boolean_or(&f, "admitted", false);
    struct tl_text language = tl_field_text_or_none(&f, "language", 8);
    ticket.english = language.data && tl_text_is(language, "en");
    if (ticket.kind == TL_TICKET_SESSION && (!ticket.act[0] || !ticket.who.role[0]))
        tl_field_is_wrong(&f, "act", "missing");
    if (ticket.kind == TL_TICKET_WATCH && !ticket.who.person[0])
        tl_field_is_wrong(&f, "person", "missing");
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_ticket = ticket;
    return TL_OK;
}

/* Only who is there is kept; the seats of those gone are known as used. */
static enum tl_error read_participant(json_t *json, struct tl_loaded *loaded)
{
    static const char *const states[] = { "waiting", "in", "left", "removed", "refused" };
    struct tl_identity who = { .seat = 0 };
    uint8_t digest[32];
    struct tl_fields f = tl_fields(json);
    read_identity(&f, &who);
    size_t state = tl_field_word(&f, "state", states, TL_COUNT_OF(states));
    bool checked = tl_field_boolean_or(&f, "identity_checked", false);
    char joined_at[TL_TIMESTAMP_SIZE];
    read_time(&f, "joined_at", joined_at);
    struct tl_text resume = tl_field_text_or_none(&f, "resume_sha256", 64);
    if (resume.data && tl_hex_read(resume, digest, sizeof digest))
        tl_field_is_wrong(&f, "resume_sha256", "not hexadecimal");
    if (!who.participant[0])
        tl_field_is_wrong(&f, "participant", "missing");
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    if (who.seat)
        loaded->seat_used[who.seat - 1] = true;
    if (state > 1)
        return TL_OK;
    if (loaded->count == TL_LOADED_LIMIT)
        return TL_ERROR_LIMIT;
    unsigned n = loaded->count++;
    loaded->participants[n].who = who;
    loaded->participants[n].in = state == 1;
    loaded->participants[n].identity_checked = checked;
    loaded->participants[n].has_resume = resume.data != NULL;
    memcpy(loaded->participants[n].joined_at, joined_at, sizeof joined_at);
    if (resume.data)
        memcpy(loaded->participants[n].resume, digest, sizeof digest);
    return TL_OK;
}

enum tl_error tl_loaded_read(json_t *json, struct tl_loaded *ret_loaded)
{
    tl_autofree struct tl_loaded *loaded = calloc(1, sizeof *loaded);
    struct tl_fields f = tl_fields(json);
    json_t *item;
    size_t i;
    if (!loaded)
        return TL_ERROR_MEMORY;
    read_uuid(&f, "act", loaded->act);
    read_hex(&f, "room", loaded->room);
    loaded->state = act_states[tl_field_word(&f, "state", act_states, TL_COUNT_OF(act_states))];
    read_uuid(&f, "professional", loaded->professional);
    read_time(&f, "starts_at", loaded->starts_at);
    tl_field_ignore(&f, "started_at");
    json_t *list = tl_field_array(&f, "participants", TL_LOADED_LIST_LIMIT);
    json_array_foreach(list, i, item)
    {
        if (read_participant(item, loaded))
            tl_field_is_wrong(&f, "participants", "wrong");
    }
    loaded->people_count = read_uuids(&f, "people", TL_PEOPLE_LIMIT, loaded->people);
    loaded->beside_count = read_uuids(&f, "beside", TL_BESIDE_LIMIT, loaded->beside);
    loaded->incidents = (unsigned)tl_field_integer_or(&f, "incidents", 0, 1000000, 0);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_loaded = *loaded;
    return TL_OK;
}

enum tl_error tl_notice_read(json_t *json, struct tl_notice *ret_notice)
{
    struct tl_notice notice = { 0 };
    struct tl_fields f = tl_fields(json);
    read_uuid(&f, "act", notice.act);
    notice.kind = tl_field_text(&f, "kind", 1, 40);
    notice.people = tl_field_array_or_none(&f, "people", 1000);
    notice.detail = tl_field_object_or_none(&f, "detail");
    read_uuid(&f, "professional", notice.professional);
    read_time(&f, "starts_at", notice.starts_at);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_notice = notice;
    return TL_OK;
}

enum tl_error tl_recorded_read(json_t *json)
{
    static const char *const where[] = { "database", "journal" };
    struct tl_fields f = tl_fields(json);
    tl_field_word(&f, "recorded", where, TL_COUNT_OF(where));
    return tl_fields_end(&f);
}

enum tl_refused tl_refused_read(json_t *json)
{
    static const char *const passing[] = { "limit", "again", "timeout", "away" };
    static const char *const doubtful[] = { "memory", "closed", "io", "crypto" };
    const char *word = json_string_value(json_object_get(json, "error"));
    for (size_t i = 0; word && i < TL_COUNT_OF(passing); i++)
        if (strcmp(word, passing[i]) == 0)
            return TL_REFUSED_FOR_NOW;
    for (size_t i = 0; word && i < TL_COUNT_OF(doubtful); i++)
        if (strcmp(word, doubtful[i]) == 0)
            return TL_REFUSED_DOUBTFUL;
    return word ? TL_REFUSED_FOR_GOOD : TL_REFUSED_DOUBTFUL;
}
