/* The attributes of one m-line, and what we take of it: Opus (and RED over it), VP8 with its RTX,
 * and the header extensions we know. */
#include <stdio.h>

#include "base/memory.h"
#include "sdp/read.h"

static struct tl_sdp_format *find_format(struct tl_sdp_read *read, uint64_t payload)
{
    for (unsigned i = 0; i < read->format_count; i++)
        if (read->formats[i].payload == payload)
            return &read->formats[i];
    return NULL; /* Firefox says rtcp-fb for payload types it does not offer */
}

static struct tl_sdp_format *split_format(struct tl_sdp_read *read, struct tl_text *value)
{
    struct tl_text word;
    uint64_t payload;
    tl_text_split(value, ' ', &word);
    if (tl_text_u64(word, 127, &payload)) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, NULL);
        return NULL;
    }
    return find_format(read, payload);
}

static bool same_word(struct tl_text text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

/* a=rtpmap:111 opus/48000/2 (RFC 8866 section 6.6); encoding names know no case. */
static void read_rtpmap(struct tl_sdp_read *read, struct tl_sdp_media *media,
                        struct tl_text value)
{
    static const struct {
        const char *name;
        enum tl_sdp_codec codec;
        enum tl_sdp_kind kind;
    } codecs[] = {
        { "opus/48000/2", TL_SDP_CODEC_OPUS, TL_SDP_AUDIO },
        { "red/48000/2", TL_SDP_CODEC_RED, TL_SDP_AUDIO },
        { "VP8/90000", TL_SDP_CODEC_VP8, TL_SDP_VIDEO },
        { "rtx/90000", TL_SDP_CODEC_RTX, TL_SDP_VIDEO },
    };
    struct tl_sdp_format *format = split_format(read, &value);
    if (!format)
        return;
    /* 64 to 95 would be taken for RTCP on a shared port (RFC 5761 section 4). */
    if (format->payload >= 64 && format->payload <= 95)
        return;
    for (size_t i = 0; i < TL_COUNT_OF(codecs); i++)
        if (codecs[i].kind == media->kind && same_word(value, codecs[i].name))
            format->codec = codecs[i].codec;
}

/* a=fmtp:97 apt=96; a=fmtp:111 minptime=10;usedtx=1; a=fmtp:63 111/111 */
static void read_fmtp(struct tl_sdp_read *read, struct tl_sdp_media *media,
                      struct tl_text value)
{
    (void)media;
    struct tl_sdp_format *format = split_format(read, &value);
    struct tl_text part, rest = value;
    uint64_t apt;
    if (!format)
        return;
    while (rest.size) {
        tl_text_split(&rest, ';', &part);
        while (part.size && part.data[0] == ' ')
            part = (struct tl_text){ part.data + 1, part.size - 1 };
        if (tl_text_starts_with(part, "apt=")) {
            part = (struct tl_text){ part.data + 4, part.size - 4 };
            if (tl_text_u64(part, 127, &apt))
                tl_sdp_refuse(read, TL_ERROR_FORMAT, NULL);
            else
                format->apt = (int)apt;
        } else if (tl_text_is(part, "usedtx=1")) {
            format->dtx = true;
        }
    }
    /* RED names what it carries as 111/111 (RFC 2198 section 5). */
    tl_text_split(&value, '/', &part);
    if (format->apt == TL_SDP_NONE && part.size && !tl_text_u64(part, 127, &apt))
        format->apt = (int)apt;
}

static void read_feedback(struct tl_sdp_read *read, struct tl_sdp_media *media,
                          struct tl_text value)
{
    static const struct {
        const char *name;
        unsigned bit;
    } kinds[] = {
        { "nack", TL_SDP_FEEDBACK_NACK },
        { "nack pli", TL_SDP_FEEDBACK_PLI },
        { "ccm fir", TL_SDP_FEEDBACK_FIR },
        { "transport-cc", TL_SDP_FEEDBACK_TRANSPORT_CC },
    };
    (void)media;
    unsigned *feedback = &read->all_feedback;
    if (tl_text_starts_with(value, "* ")) {
        value = (struct tl_text){ value.data + 2, value.size - 2 };
    } else {
        struct tl_sdp_format *format = split_format(read, &value);
        if (!format)
            return;
        feedback = &format->feedback;
    }
    for (size_t i = 0; i < TL_COUNT_OF(kinds); i++)
        if (tl_text_is(value, kinds[i].name))
            *feedback |= kinds[i].bit;
}

/* a=extmap:3 URI or a=extmap:3/recvonly URI (RFC 8285 section 5). */
static void read_extmap(struct tl_sdp_read *read, struct tl_sdp_media *media,
                        struct tl_text value)
{
    static const char *const names[TL_SDP_EXTENSION_COUNT] = {
        [TL_SDP_EXTENSION_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
        [TL_SDP_EXTENSION_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        [TL_SDP_EXTENSION_TRANSPORT_CC] =
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        [TL_SDP_EXTENSION_ABS_SEND_TIME] =
            "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        [TL_SDP_EXTENSION_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        [TL_SDP_EXTENSION_REPAIRED_RID] =
            "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    };
    struct tl_text number, uri;
    uint64_t id;
    tl_text_split(&value, ' ', &number);
    tl_text_split(&value, ' ', &uri);
    struct tl_text direction = number;
    tl_text_split(&direction, '/', &number);
    /* 4096 to 4351 are provisional ids (RFC 8285 section 7); a client that needs them uses more
     * extensions than we know. */
    if (tl_text_u64(number, 4351, &id) || id == 0 || !uri.size) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, NULL);
        return;
    }
    bool one_way = tl_text_is(direction, "sendonly");
    if (id > 14 || (direction.size && !one_way && !tl_text_is(direction, "sendrecv")))
        return; /* only what fits the one-byte form is taken */
    for (unsigned i = 0; i < TL_SDP_EXTENSION_COUNT; i++) {
        bool of_layers = i == TL_SDP_EXTENSION_RID || i == TL_SDP_EXTENSION_REPAIRED_RID;
        if (!tl_text_is(uri, names[i]) || (one_way && !of_layers))
            continue; /* Firefox names its layers one way, which is the way they go */
        if (read->extension_ids[id] && read->extension_ids[id] != i + 1)
            tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "extmap id used twice");
        else if (media->extensions[i] && media->extensions[i] != id)
            tl_sdp_refuse(read, TL_ERROR_FORMAT, "extmap twice");
        read->extension_ids[id] = (uint8_t)(i + 1);
        media->extensions[i] = (uint8_t)id;
        media->one_way |= (unsigned)one_way << i;
    }
}

/* a=ssrc:1476217422 cname:... (RFC 5576); one stream has many such lines. */
static void read_ssrc(struct tl_sdp_read *read, struct tl_sdp_media *media,
                      struct tl_text value)
{
    struct tl_text number;
    uint64_t ssrc;
    tl_text_split(&value, ' ', &number);
    if (tl_text_u64(number, UINT32_MAX, &ssrc)) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, NULL);
        return;
    }
    for (unsigned i = 0; i < media->ssrc_count; i++)
        if (media->ssrcs[i] == ssrc)
            return;
    if (ssrc && media->ssrc_count < TL_SDP_SSRCS_LIMIT)
        media->ssrcs[media->ssrc_count++] = (uint32_t)ssrc;
}

static void read_mid(struct tl_sdp_read *read, struct tl_sdp_media *media, struct tl_text value)
{
    bool good = value.size > 0 && value.size <= TL_SDP_MID_LIMIT && !media->mid.size;
    for (size_t i = 0; good && i < value.size; i++) {
        char c = value.data[i];
        good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_' || c == '.';
    }
    if (good)
        media->mid = value;
    else
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "mid");
}

static void read_mux(struct tl_sdp_read *read, struct tl_sdp_media *media, struct tl_text value)
{
    (void)read, (void)value;
    media->mux = true;
}

static void read_reduced_size(struct tl_sdp_read *read, struct tl_sdp_media *media,
                              struct tl_text value)
{
    (void)read, (void)value;
    media->reduced_size = true;
}

static void read_bundle_only(struct tl_sdp_read *read, struct tl_sdp_media *media,
                             struct tl_text value)
{
    (void)media, (void)value;
    read->bundle_only = true;
}

static void read_sendrecv(struct tl_sdp_read *read, struct tl_sdp_media *media,
                          struct tl_text value)
{
    (void)read, (void)value;
    media->direction = TL_SDP_SENDRECV;
}

static void read_sendonly(struct tl_sdp_read *read, struct tl_sdp_media *media,
                          struct tl_text value)
{
    (void)read, (void)value;
    media->direction = TL_SDP_SENDONLY;
}

static void read_recvonly(struct tl_sdp_read *read, struct tl_sdp_media *media,
                          struct tl_text value)
{
    (void)read, (void)value;
    media->direction = TL_SDP_RECVONLY;
}

static void read_inactive(struct tl_sdp_read *read, struct tl_sdp_media *media,
                          struct tl_text value)
{
    (void)read, (void)value;
    media->direction = TL_SDP_INACTIVE;
}

static const struct media_attribute {
    const char *name;
    void (*read)(struct tl_sdp_read *read, struct tl_sdp_media *media, struct tl_text value);
} attributes[] = {
    { "mid", read_mid },
    { "rtcp-mux", read_mux },
    { "rtcp-rsize", read_reduced_size },
    { "bundle-only", read_bundle_only },
    { "rtpmap", read_rtpmap },
    { "fmtp", read_fmtp },
    { "rtcp-fb", read_feedback },
    { "extmap", read_extmap },
    { "ssrc", read_ssrc },
    { "rid", tl_sdp_rid },
    { "simulcast", tl_sdp_simulcast },
    { "sendrecv", read_sendrecv },
    { "sendonly", read_sendonly },
    { "recvonly", read_recvonly },
    { "inactive", read_inactive },
};

void tl_sdp_media_attribute(struct tl_sdp_read *read, struct tl_sdp_media *media,
                            struct tl_text name, struct tl_text value)
{
    for (size_t i = 0; i < TL_COUNT_OF(attributes); i++)
        if (tl_text_is(name, attributes[i].name)) {
            attributes[i].read(read, media, value);
            return;
        }
}

/* ---- choosing ---- */

static int find_codec(const struct tl_sdp_read *read, enum tl_sdp_codec codec, int apt)
{
    for (unsigned i = 0; i < read->format_count; i++)
        if (read->formats[i].codec == codec &&
            (apt == TL_SDP_NONE || read->formats[i].apt == apt))
            return read->formats[i].payload;
    return TL_SDP_NONE;
}

static void claim_payload(struct tl_sdp_read *read, int payload, enum tl_sdp_codec codec)
{
    if (payload == TL_SDP_NONE)
        return;
    if (read->payloads[payload] != TL_SDP_CODEC_OTHER && read->payloads[payload] != codec)
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "payload type used twice");
    read->payloads[payload] = codec;
}

enum tl_error tl_sdp_media_end(struct tl_sdp_read *read)
{
    struct tl_sdp_media *media = &read->offer->media[read->offer->media_count - 1];
    if (read->bundle_only)
        media->offered =
            true; /* port 0 then only says "with the bundle" (RFC 8843 section 6) */
    if (!media->mid.size)
        return tl_sdp_refuse(read, TL_ERROR_FORMAT, "mid");
    if (media->offered && !media->mux)
        return tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "rtcp-mux");
    int main = TL_SDP_NONE;
    if (media->kind == TL_SDP_AUDIO) {
        main = media->opus = find_codec(read, TL_SDP_CODEC_OPUS, TL_SDP_NONE);
        if (main != TL_SDP_NONE)
            media->red = find_codec(read, TL_SDP_CODEC_RED, main);
    } else {
        main = media->vp8 = find_codec(read, TL_SDP_CODEC_VP8, TL_SDP_NONE);
        if (main != TL_SDP_NONE)
            media->rtx = find_codec(read, TL_SDP_CODEC_RTX, main);
    }
    claim_payload(read, media->opus, TL_SDP_CODEC_OPUS);
    claim_payload(read, media->red, TL_SDP_CODEC_RED);
    claim_payload(read, media->vp8, TL_SDP_CODEC_VP8);
    claim_payload(read, media->rtx, TL_SDP_CODEC_RTX);
    if (main != TL_SDP_NONE) {
        const struct tl_sdp_format *format = find_format(read, (uint64_t)main);
        media->dtx = format->dtx;
        media->feedback = format->feedback | read->all_feedback;
    }
    read->all_feedback = 0;
    tl_sdp_layers_end(read, media);
    return read->error;
}

static enum tl_error plan_problem(struct tl_sdp_problem *problem, unsigned index,
                                  const char *what)
{
    snprintf(problem->where, sizeof problem->where, "m-line %u: %s", index, what);
    return TL_ERROR_UNSUPPORTED;
}

static bool has_codec(const struct tl_sdp_media *media)
{
    return media->offered && (media->opus != TL_SDP_NONE || media->vp8 != TL_SDP_NONE);
}

enum tl_error tl_sdp_plan(struct tl_sdp_offer *offer, const struct tl_text *mids,
                          const bool *audio, unsigned count, struct tl_sdp_problem *ret_problem)
{
    unsigned receives = 0;
    for (unsigned i = 0; i < offer->media_count; i++) {
        struct tl_sdp_media *media = &offer->media[i];
        bool receives_too =
            media->direction == TL_SDP_SENDRECV || media->direction == TL_SDP_RECVONLY;
        media->use = has_codec(media) && receives_too ? TL_SDP_RECEIVE : TL_SDP_REJECT;
    }
    for (unsigned s = 0; s < count; s++) {
        unsigned i = 0;
        if (!mids[s].size)
            continue;
        while (i < offer->media_count && !tl_text_equal(offer->media[i].mid, mids[s]))
            i++;
        if (i == offer->media_count) {
            snprintf(ret_problem->where, sizeof ret_problem->where, "sources: no such mid");
            return TL_ERROR_MISSING;
        }
        struct tl_sdp_media *media = &offer->media[i];
        if (media->use == TL_SDP_SEND)
            return plan_problem(ret_problem, i, "named twice in sources");
        if ((media->kind == TL_SDP_AUDIO) != audio[s])
            return plan_problem(ret_problem, i, "wrong kind for its source");
        if (media->direction != TL_SDP_SENDONLY && media->direction != TL_SDP_SENDRECV)
            return plan_problem(ret_problem, i, "a source must be sendonly");
        if (!has_codec(media))
            return plan_problem(ret_problem, i,
                                media->kind == TL_SDP_AUDIO ? "no Opus" : "no VP8");
        media->use = TL_SDP_SEND;
        media->source = s;
    }
    for (unsigned i = 0; i < offer->media_count; i++) {
        if (offer->media[i].use != TL_SDP_SEND)
            offer->media[i].rid_count = 0;
        if (offer->media[i].use == TL_SDP_RECEIVE && ++receives > TL_SDP_RECEIVES_LIMIT)
            return plan_problem(ret_problem, i, "too many receive slots");
    }
    return TL_OK;
}
