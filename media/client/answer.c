/* Reads straight down; what it does not know it passes over, what it needs it must find. */
#include "client/sdp.h"

#include <string.h>

struct reading {
    const struct tl_seat_offer *offer;
    struct tl_seat_answer answer;
    int section; /* -1: session */
    bool rejected, passive, has_fingerprint, wrong;
    uint32_t fid_first, fid_second;
    uint32_t ssrc;
};

static bool take_prefix(struct tl_text *text, const char *prefix)
{
    if (!tl_text_starts_with(*text, prefix))
        return false;
    text->data += strlen(prefix);
    text->size -= strlen(prefix);
    return true;
}

static struct tl_text word(struct tl_text *rest)
{
    struct tl_text part;
    (void)tl_text_split(rest, ' ', &part);
    return part;
}

static uint32_t number(struct tl_text text)
{
    uint64_t value = 0;
    return tl_text_u64(text, UINT32_MAX, &value) ? 0 : (uint32_t)value;
}

const char *const tl_way_words[TL_WAY_COUNT] = { "udp", "tcp", "shared", "turn", "proxy" };

static bool is_way(const struct tl_seat_offer *offer, struct tl_text protocol, uint32_t port)
{
    bool shared = port == offer->web_port;
    switch (offer->way) {
    case TL_WAY_UDP:
    case TL_WAY_TURN:
    case TL_WAY_PROXY: return tl_text_is(protocol, "udp") || tl_text_is(protocol, "UDP");
    case TL_WAY_TCP: return tl_text_is(protocol, "tcp") && !shared;
    case TL_WAY_SHARED: return tl_text_is(protocol, "tcp") && shared;
    case TL_WAY_COUNT: break;
    }
    return false;
}

/* a=candidate:1 1 udp 2130706431 203.0.113.7 40000 typ host
 * a=candidate:2 1 tcp 1509949439 203.0.113.7 40000 typ host tcptype passive */
static void read_candidate(struct reading *r, struct tl_text value)
{
    (void)word(&value);
    struct tl_text component = word(&value), protocol = word(&value);
    (void)word(&value);
    struct tl_text ip = word(&value), port = word(&value);
    bool typed = tl_text_is(word(&value), "typ") && tl_text_is(word(&value), "host");
    struct tl_address address;
    uint32_t number_of_port = number(port);
    bool tcp = r->offer->way == TL_WAY_TCP || r->offer->way == TL_WAY_SHARED;
    if (tcp && !(tl_text_is(word(&value), "tcptype") && tl_text_is(word(&value), "passive")))
        return;
    if (!typed || !tl_text_is(component, "1") || !is_way(r->offer, protocol, number_of_port) ||
        number_of_port == 0 || number_of_port > UINT16_MAX ||
        tl_address_read(ip, (uint16_t)number_of_port, &address))
        return;
    if (tcp)
        address.stream = (uint32_t)r->answer.candidate_count + 1;
    for (size_t i = 0; i < r->answer.candidate_count; i++)
        if (tl_address_equal(&r->answer.candidates[i], &address))
            return;
    if (r->answer.candidate_count < TL_SEAT_CANDIDATES_LIMIT)
        r->answer.candidates[r->answer.candidate_count++] = address;
}

static bool is_audio(const struct reading *r, int section)
{
    return section == 0 || (section >= 2 && section < 2 + (int)r->offer->audio_slots);
}

static void end_section(struct reading *r)
{
    if (r->section < 0)
        return;
    bool active = !r->rejected;
    if (r->section == 0) {
        r->answer.microphone = active;
    } else if (r->section == 1) {
        r->answer.camera = active;
    } else {
        struct tl_seat_answer_slot *slot = &r->answer.slots[r->section - 2];
        slot->video = !is_audio(r, r->section);
        slot->ssrc = r->fid_first ? r->fid_first : r->ssrc;
        slot->rtx_ssrc = r->fid_second;
        slot->active = active && slot->ssrc;
        r->answer.slot_count = (size_t)r->section - 1;
    }
}

static void begin_section(struct reading *r, struct tl_text value)
{
    end_section(r);
    r->section++;
    r->fid_first = r->fid_second = r->ssrc = 0;
    struct tl_text kind = word(&value), port = word(&value), protocol = word(&value);
    r->rejected = tl_text_is(port, "0");
    if (r->section >= 2 + (int)(r->offer->audio_slots + r->offer->video_slots) ||
        !tl_text_is(kind, is_audio(r, r->section) ? "audio" : "video") ||
        !tl_text_is(protocol, "UDP/TLS/RTP/SAVPF"))
        r->wrong = true;
}

static void read_extension(struct reading *r, struct tl_text value)
{
    if (r->section > 1)
        return;
    struct tl_text id_and_direction = word(&value), uri = word(&value), id;
    (void)tl_text_split(&id_and_direction, '/', &id);
    uint32_t local = number(id);
    if (local == TL_SEAT_MID_ID && tl_text_is(uri, "urn:ietf:params:rtp-hdrext:sdes:mid"))
        r->answer.mid = true;
    if (local == TL_SEAT_AUDIO_LEVEL_ID &&
        tl_text_is(uri, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"))
        r->answer.audio_level = true;
    if (local == TL_SEAT_TRANSPORT_CC_ID)
        r->answer.transport_cc = true;
    if (local == TL_SEAT_ABS_SEND_TIME_ID)
        r->answer.abs_send_time = true;
}

static void read_credential(struct reading *r, struct tl_text value, char *buffer)
{
    if (value.size == 0 || tl_text_copy(value, buffer, TL_SEAT_CREDENTIAL_SIZE))
        r->wrong = true;
}

static void read_attribute(struct reading *r, struct tl_text line)
{
    if (take_prefix(&line, "ice-ufrag:")) {
        read_credential(r, line, r->answer.ufrag);
    } else if (take_prefix(&line, "ice-pwd:")) {
        read_credential(r, line, r->answer.password);
    } else if (take_prefix(&line, "fingerprint:")) {
        if (!tl_text_is(word(&line), "sha-256") ||
            tl_dtls_fingerprint_read(line, r->answer.fingerprint))
            r->wrong = true;
        r->has_fingerprint = true;
    } else if (take_prefix(&line, "setup:")) {
        r->passive = tl_text_is(line, "passive");
    } else if (take_prefix(&line, "candidate:")) {
        read_candidate(r, line);
    } else if (take_prefix(&line, "extmap:")) {
        read_extension(r, line);
    } else if (take_prefix(&line, "rtpmap:")) {
        if (r->section == 1 && number(word(&line)) == TL_SEAT_RTX)
            r->answer.camera_rtx = true;
    } else if (take_prefix(&line, "ssrc-group:FID ")) {
        r->fid_first = number(word(&line));
        r->fid_second = number(word(&line));
    } else if (take_prefix(&line, "ssrc:")) {
        uint32_t ssrc = number(word(&line));
        if (!r->ssrc)
            r->ssrc = ssrc;
    }
}

enum tl_error tl_seat_answer_read(struct tl_text sdp, const struct tl_seat_offer *offer,
                                  struct tl_seat_answer *ret_answer)
{
    if (sdp.size > TL_SEAT_ANSWER_LIMIT)
        return TL_ERROR_LIMIT;
    struct reading r = { .offer = offer, .section = -1 };
    struct tl_text line;
    while (sdp.size && !r.wrong) {
        (void)tl_text_split(&sdp, '\n', &line);
        if (line.size && line.data[line.size - 1] == '\r')
            line.size--;
        if (take_prefix(&line, "m="))
            begin_section(&r, line);
        else if (take_prefix(&line, "a="))
            read_attribute(&r, line);
    }
    if (!r.wrong)
        end_section(&r);
    if (r.wrong || r.section + 1 != 2 + (int)(offer->audio_slots + offer->video_slots) ||
        !r.has_fingerprint || !r.passive || !*r.answer.ufrag || !*r.answer.password ||
        r.answer.candidate_count == 0)
        return TL_ERROR_FORMAT;
    *ret_answer = r.answer;
    return TL_OK;
}
