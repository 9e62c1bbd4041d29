/* Bodies of the door's messages into parameters. */
#include "control/read.h"

#include <stdio.h>

#include "base/memory.h"
#include "media/control.h"

void control_read_id(struct tl_fields *fields, const char *name, char ret_id[TL_RELAY_ID_SIZE])
{
    struct tl_text text =
        tl_field_text(fields, name, TL_RELAY_ID_SIZE - 1, TL_RELAY_ID_SIZE - 1);
    bool good = text.data != NULL;
    for (size_t i = 0; good && i < text.size; i++)
        good = (text.data[i] >= '0' && text.data[i] <= '9') ||
               (text.data[i] >= 'a' && text.data[i] <= 'f');
    if (!good || tl_text_copy(text, ret_id, TL_RELAY_ID_SIZE)) {
        ret_id[0] = 0;
        tl_field_is_wrong(fields, name, "not an id");
    }
}

enum tl_source_name control_read_source(struct tl_fields *fields, const char *name)
{
    return (enum tl_source_name)tl_field_word(fields, name, tl_source_words, TL_SOURCE_COUNT);
}

static void read_mid(struct tl_fields *fields, char ret_mid[TL_RELAY_MID_SIZE])
{
    struct tl_text mid = tl_field_text(fields, "mid", 1, TL_RELAY_MID_SIZE - 1);
    if (!mid.data || tl_text_copy(mid, ret_mid, TL_RELAY_MID_SIZE)) {
        ret_mid[0] = 0;
        tl_field_is_wrong(fields, "mid", "not a mid");
    }
}

static bool read_kind(struct tl_fields *fields)
{
    static const char *const kinds[] = { "audio", "video" };
    return tl_field_word(fields, "kind", kinds, TL_COUNT_OF(kinds)) == 1;
}

static struct tl_payload_types read_types(struct tl_fields *f)
{
    return (struct tl_payload_types){
        .opus = (uint8_t)tl_field_integer_or(f, "opus", 0, 127, TL_PAYLOAD_NONE),
        .red = (uint8_t)tl_field_integer_or(f, "red", 0, 127, TL_PAYLOAD_NONE),
        .vp8 = (uint8_t)tl_field_integer_or(f, "vp8", 0, 127, TL_PAYLOAD_NONE),
        .rtx = (uint8_t)tl_field_integer_or(f, "rtx", 0, 127, TL_PAYLOAD_NONE),
    };
}

static struct tl_extension_ids read_extensions(struct tl_fields *fields)
{
    struct tl_extension_ids ids = { 0 };
    json_t *object = tl_field_object_or_none(fields, "extensions");
    if (!object)
        return ids;
    struct tl_fields f = tl_fields(object);
    ids.mid = (uint8_t)tl_field_integer_or(&f, "mid", 1, 255, 0);
    ids.rid = (uint8_t)tl_field_integer_or(&f, "rid", 1, 255, 0);
    ids.repaired_rid = (uint8_t)tl_field_integer_or(&f, "repaired_rid", 1, 255, 0);
    ids.audio_level = (uint8_t)tl_field_integer_or(&f, "audio_level", 1, 255, 0);
    ids.transport_cc = (uint8_t)tl_field_integer_or(&f, "transport_cc", 1, 255, 0);
    ids.abs_send_time = (uint8_t)tl_field_integer_or(&f, "abs_send_time", 1, 255, 0);
    if (tl_fields_end(&f))
        tl_field_is_wrong(fields, "extensions", f.wrong_reason);
    return ids;
}

static void read_ssrcs(struct tl_fields *fields, struct tl_send_parameters *send)
{
    json_t *array = tl_field_array_or_none(fields, "ssrcs", TL_RELAY_SSRCS_LIMIT);
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count && i < TL_RELAY_SSRCS_LIMIT; i++) {
        json_t *value = json_array_get(array, i);
        json_int_t ssrc = json_integer_value(value);
        if (!json_is_integer(value) || ssrc < 1 || ssrc > UINT32_MAX)
            tl_field_is_wrong(fields, "ssrcs", "not an SSRC");
        else
            send->ssrcs[send->ssrc_count++] = (uint32_t)ssrc;
    }
}

static void read_rids(struct tl_fields *fields, struct tl_send_parameters *send)
{
    json_t *array = tl_field_array_or_none(fields, "rids", TL_RELAY_LAYERS_LIMIT);
    for (size_t i = 0; i < json_array_size(array) && i < TL_RELAY_LAYERS_LIMIT; i++) {
        const char *rid = json_string_value(json_array_get(array, i));
        if (!rid || !*rid ||
            tl_text_copy(tl_text(rid), send->rids[send->rid_count++], TL_RELAY_RID_SIZE))
            tl_field_is_wrong(fields, "rids", "not a rid");
    }
}

/* A video needs VP8, an audio Opus: otherwise nothing could ever be forwarded. */
static void check_types(struct tl_fields *fields, bool video,
                        const struct tl_payload_types *types)
{
    if (video && types->vp8 == TL_PAYLOAD_NONE)
        tl_field_is_wrong(fields, "vp8", "missing");
    if (!video && types->opus == TL_PAYLOAD_NONE)
        tl_field_is_wrong(fields, "opus", "missing");
}

static enum tl_error read_send(json_t *object, struct tl_send_parameters *send,
                               const char **ret_problem)
{
    struct tl_fields f = tl_fields(object);
    read_mid(&f, send->mid);
    send->source = control_read_source(&f, "source");
    send->video = read_kind(&f);
    send->types = read_types(&f);
    send->extensions = read_extensions(&f);
    read_ssrcs(&f, send);
    read_rids(&f, send);
    tl_field_ignore(&f, "dtx"); /* silence is the sender's business */
    check_types(&f, send->video, &send->types);
    *ret_problem = f.wrong_field;
    return tl_fields_end(&f);
}

static enum tl_error read_receive(json_t *object, struct tl_receive_parameters *receive,
                                  const char **ret_problem)
{
    struct tl_fields f = tl_fields(object);
    read_mid(&f, receive->mid);
    receive->video = read_kind(&f);
    receive->types = read_types(&f);
    receive->extensions = read_extensions(&f);
    tl_field_ignore(&f, "dtx");
    check_types(&f, receive->video, &receive->types);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    return error;
}

static struct tl_text read_ufrag_and_password(struct tl_fields *f)
{
    struct tl_text ufrag = tl_field_text(f, "ufrag", 4, TL_ICE_UFRAG_LIMIT);
    (void)tl_field_text(f, "pwd", 22, TL_ICE_PASSWORD_LIMIT); /* a lite agent sends no checks */
    return ufrag;
}

void control_read_credentials(struct tl_fields *fields, char ret_ufrag[TL_ICE_UFRAG_LIMIT + 1])
{
    struct tl_fields f = tl_fields(tl_field_object(fields, "remote"));
    struct tl_text ufrag = read_ufrag_and_password(&f);
    ret_ufrag[0] = 0;
    if (tl_fields_end(&f) || tl_text_copy(ufrag, ret_ufrag, TL_ICE_UFRAG_LIMIT + 1))
        tl_field_is_wrong(fields, "remote", f.wrong_field ? f.wrong_field : "ufrag");
}

static void read_offer(struct tl_fields *fields, char ret_offer[TL_RELAY_DIGEST_SIZE])
{
    uint8_t digest[(TL_RELAY_DIGEST_SIZE - 1) / 2];
    struct tl_text text = tl_field_text_or_none(fields, "offer", TL_RELAY_DIGEST_SIZE - 1);
    if (text.data &&
        (text.size != TL_RELAY_DIGEST_SIZE - 1 || tl_hex_read(text, digest, sizeof digest) ||
         tl_text_copy(text, ret_offer, TL_RELAY_DIGEST_SIZE)))
        tl_field_is_wrong(fields, "offer", "not a digest");
}

static void read_remote(struct tl_fields *fields, struct tl_participant_parameters *p)
{
    json_t *object = tl_field_object(fields, "remote");
    if (!object)
        return;
    static const char *const setups[] = { "actpass", "active" };
    static const char *const hashes[] = { "sha-256" };
    struct tl_fields f = tl_fields(object);
    struct tl_text ufrag = read_ufrag_and_password(&f);
    (void)tl_field_word(&f, "setup", setups, TL_COUNT_OF(setups));
    json_t *fingerprint = tl_field_object(&f, "fingerprint");
    if (tl_fields_end(&f) || tl_text_copy(ufrag, p->remote_ufrag, sizeof p->remote_ufrag)) {
        tl_field_is_wrong(fields, "remote", f.wrong_field ? f.wrong_field : "ufrag");
        return;
    }
    struct tl_fields g = tl_fields(fingerprint);
    (void)tl_field_word(&g, "hash", hashes, TL_COUNT_OF(hashes));
    struct tl_text value = tl_field_text(&g, "value", 1, 200);
    if (tl_fields_end(&g) || tl_dtls_fingerprint_read(value, p->fingerprint))
        tl_field_is_wrong(fields, "remote", "fingerprint");
}

enum tl_error tl_control_open_read(json_t *body,
                                   struct tl_participant_parameters *ret_parameters,
                                   const char **ret_problem)
{
    struct tl_participant_parameters p = { 0 };
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", p.id);
    control_read_id(&f, "room", p.room);
    read_remote(&f, &p);
    json_t *sends = tl_field_array(&f, "sends", TL_RELAY_SENDS_LIMIT);
    json_t *receives = tl_field_array(&f, "receives", TL_RELAY_RECEIVES_LIMIT);
    (void)tl_field_boolean_or(&f, "test", false);
    read_offer(&f, p.offer);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    for (size_t i = 0; !error && i < json_array_size(sends); i++)
        error = read_send(json_array_get(sends, i), &p.sends[p.send_count++], ret_problem);
    for (size_t i = 0; !error && i < json_array_size(receives); i++)
        error = read_receive(json_array_get(receives, i), &p.receives[p.receive_count++],
                             ret_problem);
    if (!error)
        *ret_parameters = p;
    return error;
}

static enum tl_error read_wish(json_t *object, struct tl_slot_wish *wish,
                               const char **ret_problem)
{
    struct tl_fields f = tl_fields(object);
    read_mid(&f, wish->mid);
    int64_t height = tl_field_integer_or(&f, "height", 0, TL_RELAY_HEIGHT_LIMIT, -1);
    wish->hidden = height == 0;
    wish->height = height > 0 ? (uint16_t)height : 0;
    bool silent = json_is_null(json_object_get(object, "from")) ||
                  json_is_null(json_object_get(object, "source"));
    if (silent) {
        tl_field_ignore(&f, "from");
        tl_field_ignore(&f, "source");
    } else {
        control_read_id(&f, "from", wish->from);
        wish->source = control_read_source(&f, "source");
    }
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    return error;
}

enum tl_error tl_control_slots_read(json_t *body, char ret_id[TL_RELAY_ID_SIZE],
                                    struct tl_slot_wish *ret_wishes, size_t *ret_count,
                                    const char **ret_problem)
{
    struct tl_fields f = tl_fields(body);
    control_read_id(&f, "participant", ret_id);
    json_t *slots = tl_field_array(&f, "slots", TL_RELAY_RECEIVES_LIMIT);
    enum tl_error error = tl_fields_end(&f);
    *ret_problem = f.wrong_field;
    size_t count = json_array_size(slots);
    memset(ret_wishes, 0, TL_RELAY_RECEIVES_LIMIT * sizeof ret_wishes[0]);
    for (size_t i = 0; !error && i < count; i++)
        error = read_wish(json_array_get(slots, i), &ret_wishes[i], ret_problem);
    if (!error)
        *ret_count = count;
    return error;
}
