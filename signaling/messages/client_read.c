#include "messages/client_read.h"

#include <stdio.h>

#include "base/memory.h"

bool tl_participant_is_valid(struct tl_text text)
{
    if (text.size != TL_PARTICIPANT_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static struct tl_text read_participant(struct tl_fields *f)
{
    struct tl_text text = tl_field_text(f, "participant", 32, 32);
    if (text.data && !tl_participant_is_valid(text))
        tl_field_is_wrong(f, "participant", "not an identifier");
    return text;
}

static void read_hello(struct tl_fields *f, struct tl_client_message *m)
{
    static const char *const languages[] = { "fr", "en" };
    struct tl_text ticket = tl_field_text_or_none(f, "ticket", TL_CLIENT_SECRET_LIMIT);
    struct tl_text resume = tl_field_text_or_none(f, "resume", TL_CLIENT_SECRET_LIMIT);
    tl_field_text_or_none(f, "client", TL_CLIENT_NAME_LIMIT);
    m->hello.language = TL_LANGUAGE_NONE;
    json_t *language = json_object_get(f->object, "language");
    if (language && !json_is_null(language))
        m->hello.language =
            (enum tl_language)tl_field_word(f, "language", languages, TL_COUNT_OF(languages));
    else
        tl_field_ignore(f, "language");
    if ((ticket.size > 0) == (resume.size > 0))
        tl_field_is_wrong(f, "ticket", "a ticket or a resume token");
    m->hello.ticket = ticket;
    m->hello.resume = resume;
}

/* Names of sounds: no picture is RED. */
static unsigned read_redundant(struct tl_fields *f)
{
    json_t *names = tl_field_array_or_none(f, "redundant", TL_CLIENT_REDUNDANT_LIMIT), *name;
    unsigned redundant = 0;
    size_t i;
    json_array_foreach(names, i, name)
    {
        int source = 0;
        while (source < TL_SOURCE_COUNT &&
               !(json_is_string(name) &&
                 strcmp(json_string_value(name), tl_source_names[source]) == 0))
            source++;
        if (source == TL_SOURCE_COUNT || !tl_source_is_audio[source])
            tl_field_is_wrong(f, "redundant", "not a sound");
        else
            redundant |= 1u << source;
    }
    return redundant;
}

static void read_offer(struct tl_fields *f, struct tl_client_message *m)
{
    m->offer.sdp = tl_field_text(f, "sdp", 1, TL_CLIENT_SDP_LIMIT);
    m->offer.redundant = read_redundant(f);
    json_t *sources = tl_field_object(f, "sources");
    if (!sources)
        return;
    struct tl_fields s = tl_fields(sources);
    for (int i = 0; i < TL_SOURCE_COUNT; i++)
        m->offer.mids[i] = tl_field_text_or_none(&s, tl_source_names[i], TL_CLIENT_MID_LIMIT);
    if (tl_fields_end(&s))
        tl_field_is_wrong(f, "sources", "unknown");
}

static void read_media(struct tl_fields *f, struct tl_client_message *m)
{
    m->media.on = 0;
    for (unsigned i = 0; i < TL_SOURCE_COUNT; i++)
        if (tl_field_boolean(f, tl_source_names[i]))
            m->media.on |= 1u << i;
}

static void read_admit(struct tl_fields *f, struct tl_client_message *m)
{
    m->person.participant = read_participant(f);
}

static void read_person(struct tl_fields *f, struct tl_client_message *m)
{
    m->person.participant = read_participant(f);
    m->person.reason = tl_field_text_or_none(f, "reason", TL_CLIENT_REASON_LIMIT);
}

static void read_mute(struct tl_fields *f, struct tl_client_message *m)
{
    m->mute.participant = read_participant(f);
    m->mute.source =
        (enum tl_source)tl_field_word(f, "source", tl_source_names, TL_SOURCE_COUNT);
    m->mute.muted = tl_field_boolean(f, "muted");
}

static void read_layout(struct tl_fields *f, struct tl_client_message *m)
{
    json_t *order = tl_field_array(f, "order", TL_CLIENT_LAYOUT_LIMIT), *item;
    size_t i;
    m->layout.count = 0;
    json_array_foreach(order, i, item)
    {
        struct tl_text text = { json_string_value(item), json_string_length(item) };
        if (!text.data || !tl_participant_is_valid(text))
            tl_field_is_wrong(f, "order", "not an identifier");
        for (unsigned j = 0; j < m->layout.count; j++)
            if (tl_text_equal(m->layout.order[j], text))
                tl_field_is_wrong(f, "order", "named twice");
        m->layout.order[m->layout.count++] = text;
    }
}

/* The width is read so that a client may say what it has; rows are what a layer is chosen by. */
static void read_view(struct tl_fields *f, struct tl_client_message *m)
{
    json_t *sizes = tl_field_array(f, "sizes", TL_CLIENT_VIEW_LIMIT), *item;
    size_t i;
    m->view.count = 0;
    json_array_foreach(sizes, i, item)
    {
        struct tl_fields s = tl_fields(item);
        struct tl_text mid = tl_field_text(&s, "mid", 1, TL_CLIENT_MID_LIMIT);
        tl_field_integer(&s, "width", 0, TL_CLIENT_WIDTH_LIMIT);
        int64_t height = tl_field_integer(&s, "height", 0, TL_CLIENT_HEIGHT_LIMIT);
        if (tl_fields_end(&s)) {
            tl_field_is_wrong(f, "sizes", "wrong");
            return;
        }
        for (unsigned j = 0; j < m->view.count; j++)
            if (tl_text_equal(m->view.sizes[j].mid, mid))
                tl_field_is_wrong(f, "sizes", "named twice");
        m->view.sizes[m->view.count].mid = mid;
        m->view.sizes[m->view.count++].height = (uint16_t)height;
    }
}

static void read_chat(struct tl_fields *f, struct tl_client_message *m)
{
    m->chat.text = tl_field_text(f, "text", 1, TL_CLIENT_CHAT_LIMIT * 4);
    if (m->chat.text.data && tl_utf8_length(m->chat.text) > TL_CLIENT_CHAT_LIMIT)
        tl_field_is_wrong(f, "text", "too long");
}

static void read_hand(struct tl_fields *f, struct tl_client_message *m)
{
    m->hand.raised = tl_field_boolean(f, "raised");
}

static void read_link(struct tl_fields *f, struct tl_client_message *m)
{
    m->link.audio_first = tl_field_boolean(f, "audio_first");
    m->link.video_kbps = tl_field_integer_or(f, "video_kbps", 0, TL_CLIENT_KBPS_LIMIT, -1);
    m->link.freezes = tl_field_integer_or(f, "freezes", 0, TL_CLIENT_FREEZES_LIMIT, -1);
    m->link.concealed_ms =
        tl_field_integer_or(f, "concealed_ms", 0, TL_CLIENT_CONCEALED_MS_LIMIT, -1);
}

static void read_identity(struct tl_fields *f, struct tl_client_message *m)
{
    m->identity.participant = read_participant(f);
    m->identity.checked = tl_field_boolean(f, "checked");
}

static void read_nothing(struct tl_fields *f, struct tl_client_message *m)
{
    (void)f, (void)m;
}

static void read_test(struct tl_fields *f, struct tl_client_message *m)
{
    static const char *const steps[] = { "begin", "down", "end" };
    m->test.step = (enum tl_test_step)tl_field_word(f, "step", steps, TL_COUNT_OF(steps));
}

static const struct {
    const char *name;
    void (*read)(struct tl_fields *fields, struct tl_client_message *message);
} types[TL_CLIENT_TYPE_COUNT] = {
    [TL_CLIENT_HELLO] = { "hello", read_hello },
    [TL_CLIENT_LOBBY] = { "lobby", read_nothing },
    [TL_CLIENT_OFFER] = { "offer", read_offer },
    [TL_CLIENT_MEDIA] = { "media", read_media },
    [TL_CLIENT_ADMIT] = { "admit", read_admit },
    [TL_CLIENT_REFUSE] = { "refuse", read_person },
    [TL_CLIENT_REMOVE] = { "remove", read_person },
    [TL_CLIENT_MUTE] = { "mute", read_mute },
    [TL_CLIENT_LAYOUT] = { "layout", read_layout },
    [TL_CLIENT_VIEW] = { "view", read_view },
    [TL_CLIENT_CHAT] = { "chat", read_chat },
    [TL_CLIENT_HAND] = { "hand", read_hand },
    [TL_CLIENT_LINK] = { "link", read_link },
    [TL_CLIENT_IDENTITY] = { "identity", read_identity },
    [TL_CLIENT_LEAVE] = { "leave", read_nothing },
    [TL_CLIENT_END] = { "end", read_nothing },
    [TL_CLIENT_TEST] = { "test", read_test },
};

const char *tl_client_type_name(enum tl_client_type type)
{
    return types[type].name;
}

static enum tl_error refuse(struct tl_client_problem *problem, enum tl_refusal refusal,
                            const char *field, const char *re)
{
    problem->refusal = refusal;
    problem->re = re;
    snprintf(problem->field, sizeof problem->field, "%s", field);
    /* A name cut in the middle of a character would not be JSON any more. */
    size_t size = strlen(problem->field);
    while (size && !tl_utf8_is_valid((struct tl_text){ problem->field, size }))
        problem->field[--size] = 0;
    return TL_ERROR_FORMAT;
}

enum tl_error tl_client_message_read(struct tl_bytes text,
                                     struct tl_client_message *ret_message,
                                     struct tl_client_problem *ret_problem)
{
    tl_autojson json_t *json = NULL;
    struct tl_client_message message = { 0 };
    enum tl_error error = tl_json_read(text, TL_CLIENT_MESSAGE_LIMIT, &json);
    if (error == TL_ERROR_LIMIT)
        return refuse(ret_problem, TL_REFUSE_TOO_BIG,
                      text.size > TL_CLIENT_MESSAGE_LIMIT ? "" : "depth", NULL);
    if (error)
        return refuse(ret_problem, TL_REFUSE_FORMAT, "", NULL);
    const char *name = json_string_value(json_object_get(json, "type"));
    if (!name)
        return refuse(ret_problem, TL_REFUSE_FORMAT, "type", NULL);
    unsigned type = 0;
    while (type < TL_CLIENT_TYPE_COUNT && strcmp(types[type].name, name) != 0)
        type++;
    if (type == TL_CLIENT_TYPE_COUNT)
        return refuse(ret_problem, TL_REFUSE_UNKNOWN_TYPE, "type", NULL);
    struct tl_fields fields = tl_fields(json);
    tl_field_ignore(&fields, "type");
    message.type = (enum tl_client_type)type;
    types[type].read(&fields, &message);
    if (tl_fields_end(&fields))
        return refuse(ret_problem, TL_REFUSE_FIELD, fields.wrong_field, types[type].name);
    message.json = TL_TAKE(json);
    *ret_message = message;
    return TL_OK;
}
