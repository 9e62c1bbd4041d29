/* Writing the answer: what belongs to the one transport stands once, at session level; each m-line
 * of the offer has its own in the same order (RFC 3264 section 6). */
#include <inttypes.h>

#include "sdp/sdp.h"

#define TEXT(text) (int)(text).size, (text).data

static void write_session(struct tl_writer *w, const struct tl_sdp_offer *offer,
                          const struct tl_sdp_local *local)
{
    tl_write_format(w, "v=0\r\no=- %" PRIu64 " %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
                    local->session, local->version);
    tl_write_format(w, "a=group:BUNDLE");
    for (unsigned i = 0; i < offer->media_count; i++)
        if (offer->media[i].use != TL_SDP_REJECT)
            tl_write_format(w, " %.*s", TEXT(offer->media[i].mid));
    tl_write_format(w, "\r\n");
    if (offer->mixed_extensions)
        tl_write_format(w, "a=extmap-allow-mixed\r\n");
    tl_write_format(w, "a=msid-semantic: WMS *\r\na=ice-lite\r\n");
    tl_write_format(w, "a=ice-ufrag:%.*s\r\na=ice-pwd:%.*s\r\n", TEXT(local->ufrag),
                    TEXT(local->pwd));
    tl_write_format(w, "a=fingerprint:sha-256 %.*s\r\na=setup:passive\r\n",
                    TEXT(local->fingerprint));
}

/* RFC 8839 section 5.1; one component, since RTCP is muxed. TCP: RFC 6544 section 4.5. */
static void write_candidates(struct tl_writer *w, const struct tl_sdp_local *local)
{
    for (unsigned i = 0; i < local->candidate_count; i++) {
        const struct tl_sdp_candidate *candidate = &local->candidates[i];
        tl_write_format(w, "a=candidate:%u 1 %s %" PRIu32 " %.*s %u typ host%s\r\n", i + 1,
                        candidate->tcp ? "tcp" : "udp", candidate->priority,
                        TEXT(candidate->ip), candidate->port,
                        candidate->tcp ? " tcptype passive" : "");
    }
    tl_write_format(w, "a=end-of-candidates\r\n");
}

static void write_feedback(struct tl_writer *w, int payload, unsigned feedback)
{
    if (feedback & TL_SDP_FEEDBACK_TRANSPORT_CC)
        tl_write_format(w, "a=rtcp-fb:%d transport-cc\r\n", payload);
    if (feedback & TL_SDP_FEEDBACK_FIR)
        tl_write_format(w, "a=rtcp-fb:%d ccm fir\r\n", payload);
    if (feedback & TL_SDP_FEEDBACK_NACK)
        tl_write_format(w, "a=rtcp-fb:%d nack\r\n", payload);
    if (feedback & TL_SDP_FEEDBACK_PLI)
        tl_write_format(w, "a=rtcp-fb:%d nack pli\r\n", payload);
}

static void write_audio(struct tl_writer *w, const struct tl_sdp_media *media)
{
    tl_write_format(w, "a=rtpmap:%d opus/48000/2\r\n", media->opus);
    tl_write_format(w, "a=fmtp:%d minptime=10;useinbandfec=1%s\r\n", media->opus,
                    media->dtx ? ";usedtx=1" : "");
    write_feedback(w, media->opus, media->feedback & TL_SDP_FEEDBACK_TRANSPORT_CC);
    if (media->red != TL_SDP_NONE)
        tl_write_format(w, "a=rtpmap:%d red/48000/2\r\na=fmtp:%d %d/%d\r\n", media->red,
                        media->red, media->opus, media->opus);
}

static void write_video(struct tl_writer *w, const struct tl_sdp_media *media)
{
    tl_write_format(w, "a=rtpmap:%d VP8/90000\r\n", media->vp8);
    write_feedback(w, media->vp8, media->feedback);
    if (media->rtx != TL_SDP_NONE)
        tl_write_format(w, "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n", media->rtx,
                        media->rtx, media->vp8);
}

static void write_extensions(struct tl_writer *w, const struct tl_sdp_media *media)
{
    static const struct {
        enum tl_sdp_extension extension;
        const char *uri;
    } taken[] = {
        { TL_SDP_EXTENSION_MID, "urn:ietf:params:rtp-hdrext:sdes:mid" },
        { TL_SDP_EXTENSION_AUDIO_LEVEL, "urn:ietf:params:rtp-hdrext:ssrc-audio-level" },
        { TL_SDP_EXTENSION_TRANSPORT_CC,
          "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" },
        { TL_SDP_EXTENSION_ABS_SEND_TIME,
          "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time" },
        { TL_SDP_EXTENSION_RID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" },
        { TL_SDP_EXTENSION_REPAIRED_RID,
          "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" },
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (tl_sdp_extension_id(media, taken[i].extension))
            /* RFC 8285 section 7: what was offered to be sent only is answered recvonly. */
            tl_write_format(w, "a=extmap:%u%s %s\r\n", media->extensions[taken[i].extension],
                            media->one_way & (1u << taken[i].extension) ? "/recvonly" : "",
                            taken[i].uri);
}

/* RFC 8853 section 5.3.2: the answerer says recv of what it was offered to be sent. */
static void write_layers(struct tl_writer *w, const struct tl_sdp_media *media)
{
    for (unsigned i = 0; i < media->rid_count; i++)
        tl_write_format(w, "a=rid:%.*s recv\r\n", TEXT(media->rids[i]));
    for (unsigned i = 0; i < media->rid_count; i++)
        tl_write_format(w, "%s%.*s", i ? ";" : "a=simulcast:recv ", TEXT(media->rids[i]));
    if (media->rid_count)
        tl_write_format(w, "\r\n");
}

/* Each slot is a stream of its own: what two slots carry belongs together only for a while
 * (docs/decisions/0043). */
static void write_stream(struct tl_writer *w, const struct tl_sdp_media *media, uint32_t ssrc,
                         uint32_t rtx_ssrc)
{
    tl_write_format(w, "a=msid:slot-%.*s track-%.*s\r\n", TEXT(media->mid), TEXT(media->mid));
    if (!ssrc)
        return;
    bool repaired = rtx_ssrc && media->rtx != TL_SDP_NONE;
    if (repaired)
        tl_write_format(w, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", ssrc, rtx_ssrc);
    tl_write_format(w, "a=ssrc:%" PRIu32 " cname:slot-%.*s\r\n", ssrc, TEXT(media->mid));
    if (repaired)
        tl_write_format(w, "a=ssrc:%" PRIu32 " cname:slot-%.*s\r\n", rtx_ssrc,
                        TEXT(media->mid));
}

static void write_rejected(struct tl_writer *w, const struct tl_sdp_media *media)
{
    tl_write_format(w, "m=%.*s 0 %.*s %.*s\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:%.*s\r\n",
                    TEXT(media->kind_text), TEXT(media->protocol), TEXT(media->first_format),
                    TEXT(media->mid));
}

static void write_media_line(struct tl_writer *w, const struct tl_sdp_media *media)
{
    int first = media->kind == TL_SDP_AUDIO ? media->opus : media->vp8;
    int second = media->kind == TL_SDP_AUDIO ? media->red : media->rtx;
    uint64_t preferred;
    /* the first is what the other side sends: RED where it prefers that */
    if (second != TL_SDP_NONE && tl_text_u64(media->first_format, 127, &preferred) == TL_OK &&
        media->kind == TL_SDP_AUDIO && (int)preferred == second) {
        second = first;
        first = media->red;
    }
    tl_write_format(w, "m=%.*s 9 UDP/TLS/RTP/SAVPF %d", TEXT(media->kind_text), first);
    if (second != TL_SDP_NONE)
        tl_write_format(w, " %d", second);
    tl_write_format(w, "\r\nc=IN IP4 0.0.0.0\r\na=mid:%.*s\r\na=rtcp-mux\r\n",
                    TEXT(media->mid));
    if (media->reduced_size)
        tl_write_format(w, "a=rtcp-rsize\r\n");
}

enum tl_error tl_sdp_answer_write(const struct tl_sdp_offer *offer,
                                  const struct tl_sdp_local *local, struct tl_writer *writer)
{
    bool first = true;
    write_session(writer, offer, local);
    for (unsigned i = 0; i < offer->media_count; i++) {
        const struct tl_sdp_media *media = &offer->media[i];
        if (media->use == TL_SDP_REJECT) {
            write_rejected(writer, media);
            continue;
        }
        write_media_line(writer, media);
        tl_write_format(writer,
                        media->use == TL_SDP_SEND ? "a=recvonly\r\n" : "a=sendonly\r\n");
        if (media->kind == TL_SDP_AUDIO)
            write_audio(writer, media);
        else
            write_video(writer, media);
        write_extensions(writer, media);
        write_layers(writer, media);
        if (media->use == TL_SDP_RECEIVE)
            write_stream(writer, media, local->receives[i].ssrc, local->receives[i].rtx_ssrc);
        if (first)
            write_candidates(writer, local);
        first = false;
    }
    return writer->failed ? TL_ERROR_LIMIT : TL_OK;
}
