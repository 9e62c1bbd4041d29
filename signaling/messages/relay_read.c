#include "messages/relay_read.h"

#include "base/memory.h"

const char *const tl_incident_names[TL_INCIDENT_KINDS] = { "interruption", "loss",
                                                           "reconnection", "freeze",
                                                           "audio_gap",    "fallback" };

const char *const tl_pictures_words[TL_PICTURES_COUNT] = { NULL, "all", "reduced", "none" };

static struct tl_text read_id(struct tl_fields *f, const char *name)
{
    struct tl_text text = tl_field_text(f, name, 32, 32);
    if (text.data && !tl_participant_is_valid(text))
        tl_field_is_wrong(f, name, "not an identifier");
    return text;
}

static struct tl_text read_mid(struct tl_fields *f)
{
    return tl_field_text(f, "mid", 1, TL_SDP_MID_LIMIT);
}

/* No white space, no control character: it will stand in a line of SDP. */
static bool is_token(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return true;
}

static struct tl_text read_token(struct tl_fields *f, const char *name, size_t most)
{
    struct tl_text text = tl_field_text(f, name, 1, most);
    if (!is_token(text))
        tl_field_is_wrong(f, name, "not a word");
    return text;
}

static void read_ice(struct tl_fields *f, struct tl_opened *opened)
{
    struct tl_fields ice = tl_fields(tl_field_object(f, "ice"));
    opened->ufrag = read_token(&ice, "ufrag", TL_SDP_ICE_LIMIT);
    opened->pwd = read_token(&ice, "pwd", TL_SDP_ICE_LIMIT);
    if (tl_fields_end(&ice))
        tl_field_is_wrong(f, "ice", "wrong");
}

static void read_candidates(struct tl_fields *f, struct tl_opened *opened)
{
    static const char *const transports[] = { "udp", "tcp" };
    json_t *list = tl_field_array(f, "candidates", TL_SDP_CANDIDATES_LIMIT), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct tl_fields c = tl_fields(item);
        struct tl_sdp_candidate *candidate = &opened->candidates[opened->candidate_count++];
        candidate->tcp =
            tl_field_word(&c, "transport", transports, TL_COUNT_OF(transports)) == 1;
        candidate->ip = read_token(&c, "ip", 45);
        candidate->port = (uint16_t)tl_field_integer(&c, "port", 1, 65535);
        candidate->priority = (uint32_t)tl_field_integer(&c, "priority", 0, UINT32_MAX);
        if (tl_fields_end(&c))
            tl_field_is_wrong(f, "candidates", "wrong");
    }
}

static void read_fingerprint(struct tl_fields *f, struct tl_opened *opened)
{
    static const char *const hashes[] = { "sha-256" };
    struct tl_fields p = tl_fields(tl_field_object(f, "fingerprint"));
    tl_field_word(&p, "hash", hashes, 1);
    opened->fingerprint = read_token(&p, "value", 95);
    if (tl_fields_end(&p))
        tl_field_is_wrong(f, "fingerprint", "wrong");
}

enum tl_error tl_opened_read(json_t *json, struct tl_opened *ret_opened)
{
    static const char *const setups[] = { "passive" };
    struct tl_opened opened = { 0 };
    struct tl_fields f = tl_fields(json);
    json_t *item;
    size_t i;
    read_ice(&f, &opened);
    read_candidates(&f, &opened);
    read_fingerprint(&f, &opened);
    tl_field_word(&f, "setup", setups, 1);
    json_t *list = tl_field_array(&f, "receives", TL_SDP_RECEIVES_LIMIT);
    json_array_foreach(list, i, item)
    {
        struct tl_fields r = tl_fields(item);
        opened.receives[i].mid = read_mid(&r);
        opened.receives[i].ssrc = (uint32_t)tl_field_integer(&r, "ssrc", 1, UINT32_MAX);
        opened.receives[i].rtx_ssrc =
            (uint32_t)tl_field_integer_or(&r, "rtx_ssrc", 0, UINT32_MAX, 0);
        opened.receive_count++;
        if (tl_fields_end(&r))
            tl_field_is_wrong(&f, "receives", "wrong");
    }
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_opened = opened;
    return TL_OK;
}

static const char *const state_words[] = { "connecting", "connected", "reconnecting", "failed",
                                           "closed" };

enum tl_error tl_listed_read(json_t *json, struct tl_listed *ret_listed)
{
    static const char *const kinds[] = { "audio", "video" };
    struct tl_listed listed = { 0 };
    struct tl_fields f = tl_fields(json);
    json_t *item;
    size_t i;
    (void)tl_text_copy(read_id(&f, "participant"), listed.participant,
                       sizeof listed.participant);
    (void)tl_text_copy(read_id(&f, "room"), listed.room, sizeof listed.room);
    listed.state =
        (enum tl_media_state)(TL_MEDIA_CONNECTING + tl_field_word(&f, "state", state_words, 4));
    struct tl_text offer = tl_field_text_or_none(&f, "offer", TL_OFFER_DIGEST_SIZE - 1);
    if (offer.data)
        (void)tl_text_copy(offer, listed.offer, sizeof listed.offer);
    json_t *list = tl_field_array(&f, "sends", TL_SDP_SENDS_LIMIT);
    json_array_foreach(list, i, item)
    {
        struct tl_fields s = tl_fields(item);
        struct tl_text mid = read_mid(&s);
        size_t source = tl_field_word(&s, "source", tl_source_names, TL_SOURCE_COUNT);
        bool muted = tl_field_boolean_or(&s, "muted", false);
        if (tl_fields_end(&s)) {
            tl_field_is_wrong(&f, "sends", "wrong");
            break;
        }
        (void)tl_text_copy(mid, listed.lines.sends[source], TL_SDP_MID_LIMIT + 1);
        listed.muted |= (unsigned)muted << source;
    }
    list = tl_field_array(&f, "receives", TL_SDP_RECEIVES_LIMIT);
    json_array_foreach(list, i, item)
    {
        struct tl_fields r = tl_fields(item);
        struct tl_text mid = read_mid(&r);
        size_t kind = tl_field_word(&r, "kind", kinds, 2);
        if (tl_fields_end(&r)) {
            tl_field_is_wrong(&f, "receives", "wrong");
            break;
        }
        (void)tl_text_copy(mid, listed.lines.receives[i].mid, TL_SDP_MID_LIMIT + 1);
        listed.lines.receives[i].audio = kind == 0;
        listed.lines.receive_count++;
    }
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_listed = listed;
    return TL_OK;
}

/* Duplicates can make a loss look negative: that is none. */
static double read_share(struct tl_fields *f, const char *name)
{
    double share = tl_field_number_or(f, name, -1e6, 1e6, 0);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static enum tl_pictures read_pictures(struct tl_fields *f)
{
    json_t *video = json_object_get(f->object, "video");
    if (video && !json_is_null(video))
        return (enum tl_pictures)(
            1 + tl_field_word(f, "video", tl_pictures_words + 1, TL_PICTURES_COUNT - 1));
    tl_field_ignore(f, "video");
    return TL_PICTURES_UNWANTED;
}

enum tl_error tl_statistics_read(json_t *json, struct tl_statistics *ret_statistics)
{
    enum { MOST_KBPS = 100000000, MOST_PACKETS = 1000000000 };
    struct tl_statistics s = { 0 };
    struct tl_fields f = tl_fields(json);
    s.participant = read_id(&f, "participant");
    s.rtt_ms = tl_field_number_or(&f, "rtt_ms", 0, 1e9, -1);
    struct tl_fields up = tl_fields(tl_field_object(&f, "up"));
    s.up_kbps = tl_field_number_or(&up, "kbps", 0, MOST_KBPS, 0);
    s.up_loss = read_share(&up, "loss");
    s.up_jitter_ms = tl_field_number_or(&up, "jitter_ms", 0, 1e9, 0);
    tl_field_number_or(&up, "packets", 0, 1e15, 0);
    tl_field_number_or(&up, "lost", -1e15, 1e15, 0);
    struct tl_fields down = tl_fields(tl_field_object(&f, "down"));
    s.down_kbps = tl_field_number_or(&down, "kbps", 0, MOST_KBPS, 0);
    s.down_loss = read_share(&down, "loss");
    tl_field_number_or(&down, "packets", 0, 1e15, 0);
    tl_field_number_or(&down, "lost", -1e15, 1e15, 0);
    tl_field_number_or(&down, "nacked", 0, 1e15, 0);
    tl_field_number_or(&down, "retransmitted", 0, 1e15, 0);
    s.down_estimate_kbps = tl_field_number_or(&down, "estimate_kbps", 0, MOST_KBPS, -1);
    tl_field_number_or(&down, "queue_ms", 0, 1e9, 0);
    s.pictures = read_pictures(&down);
    tl_field_array_or_none(&f, "sources", TL_SDP_SENDS_LIMIT);
    if (tl_fields_end(&up) || tl_fields_end(&down) || tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_statistics = s;
    return TL_OK;
}

enum tl_error tl_incident_read(json_t *json, struct tl_relay_incident *ret_incident)
{
    enum { DAY_SECONDS = 86400 };
    static const char *const units[] = { "percent", "ms", "tcp", "turn", "" };
    const int64_t day_us = (int64_t)DAY_SECONDS * TL_SECOND_US;
    struct tl_relay_incident incident = { 0 };
    struct tl_fields f = tl_fields(json);
    incident.participant = read_id(&f, "participant");
    incident.kind = (unsigned)tl_field_word(&f, "kind", tl_incident_names, TL_INCIDENT_KINDS);
    incident.started_us_ago = tl_field_integer(&f, "started_us_ago", 0, day_us);
    incident.ended_us_ago = tl_field_integer_or(&f, "ended_us_ago", 0, day_us, -1);
    incident.measure = tl_field_number_or(&f, "measure", 0, 1e9, -1);
    incident.unit = tl_field_text_or_none(&f, "unit", 16);
    bool known = !incident.unit.data;
    for (size_t i = 0; i < TL_COUNT_OF(units); i++)
        known = known || tl_text_is(incident.unit, units[i]);
    if (!known)
        tl_field_is_wrong(&f, "unit", "not one of the words allowed");
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_incident = incident;
    return TL_OK;
}

enum tl_error tl_state_change_read(json_t *json, struct tl_state_change *ret_change)
{
    struct tl_state_change change = { 0 };
    struct tl_fields f = tl_fields(json);
    change.participant = read_id(&f, "participant");
    size_t word = tl_field_word(&f, "state", state_words, TL_COUNT_OF(state_words));
    tl_field_text_or_none(&f, "reason", 64);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    change.closed = word == 4;
    change.state =
        change.closed ? TL_MEDIA_NONE : (enum tl_media_state)(TL_MEDIA_CONNECTING + word);
    *ret_change = change;
    return TL_OK;
}

enum tl_error tl_speaker_read(json_t *json, struct tl_text *ret_room,
                              struct tl_text *ret_participant)
{
    struct tl_fields f = tl_fields(json);
    struct tl_text room = read_id(&f, "room");
    struct tl_text participant = tl_field_text_or_none(&f, "participant", 32);
    if (participant.data && !tl_participant_is_valid(participant))
        tl_field_is_wrong(&f, "participant", "not an identifier");
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_room = room;
    *ret_participant = participant;
    return TL_OK;
}

enum tl_error tl_probe_read(json_t *json, struct tl_probe *ret_probe)
{
    enum { STEPS_LIMIT = 8 };
    struct tl_probe probe = { .best_kbps = 0 };
    struct tl_fields f = tl_fields(json);
    json_t *item;
    size_t i;
    probe.participant = read_id(&f, "participant");
    probe.steps = tl_field_array(&f, "steps", STEPS_LIMIT);
    json_array_foreach(probe.steps, i, item)
    {
        struct tl_fields s = tl_fields(item);
        tl_field_number_or(&s, "kbps", 0, 1e6, 0);
        double received = tl_field_number_or(&s, "received_kbps", 0, 1e6, 0);
        double loss = tl_field_number_or(&s, "loss", 0, 1, 0);
        tl_field_number_or(&s, "delay_ms", -1e6, 1e6, 0);
        if (tl_fields_end(&s))
            tl_field_is_wrong(&f, "steps", "wrong");
        if (received > probe.best_kbps || i == 0) {
            probe.best_kbps = received;
            probe.loss = loss;
        }
    }
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_probe = probe;
    return TL_OK;
}

enum tl_error tl_progress_read(json_t *json, uint32_t *ret_test, double *ret_level_dbfs,
                               double *ret_brightness)
{
    struct tl_fields f = tl_fields(json);
    int64_t test = tl_field_integer(&f, "test", 1, UINT32_MAX);
    double level = tl_field_number_or(&f, "level_dbfs", -200, 20, -200);
    double brightness = tl_field_number_or(&f, "brightness", 0, 255, -1);
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_test = (uint32_t)test;
    *ret_level_dbfs = level;
    *ret_brightness = brightness;
    return TL_OK;
}

static json_t *read_judged(struct tl_fields *f, const char *name, const char *const *words,
                           size_t word_count, const char *const *numbers, size_t number_count)
{
    json_t *object = tl_field_object(f, name);
    struct tl_fields v = tl_fields(object);
    tl_field_word(&v, "verdict", words, word_count);
    for (size_t i = 0; i < number_count; i++)
        tl_field_number_or(&v, numbers[i], -1e9, 1e9, 0);
    if (tl_fields_end(&v))
        tl_field_is_wrong(f, name, "wrong");
    return object;
}

enum tl_error tl_verdict_read(json_t *json, uint32_t *ret_test, json_t **ret_audio,
                              json_t **ret_video)
{
    static const char *const heard[] = { "good", "silent", "too_quiet", "clipped", "none" };
    static const char *const seen[] = { "good",       "black",  "too_dark",
                                        "too_bright", "frozen", "none" };
    static const char *const sound[] = { "level_dbfs", "peak_dbfs", "clipped_share",
                                         "decoded_ms" };
    static const char *const picture[] = { "brightness", "contrast", "motion",
                                           "frames",     "width",    "height" };
    struct tl_fields f = tl_fields(json);
    int64_t test = tl_field_integer(&f, "test", 1, UINT32_MAX);
    json_t *audio =
        read_judged(&f, "audio", heard, TL_COUNT_OF(heard), sound, TL_COUNT_OF(sound));
    json_t *video =
        read_judged(&f, "video", seen, TL_COUNT_OF(seen), picture, TL_COUNT_OF(picture));
    if (tl_fields_end(&f))
        return TL_ERROR_FORMAT;
    *ret_test = (uint32_t)test;
    *ret_audio = audio;
    *ret_video = video;
    return TL_OK;
}
