#include "client/sdp.h"

static const char *const transport_cc_uri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

static void write_transport(struct tl_writer *w, const struct tl_seat_offer *offer,
                            unsigned mid)
{
    tl_write_format(w,
                    "c=IN IP4 0.0.0.0\r\n"
                    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
                    "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                    "a=fingerprint:sha-256 %s\r\n"
                    "a=setup:actpass\r\na=mid:%u\r\n",
                    offer->ufrag, offer->password, offer->fingerprint, mid);
    /* BUNDLE: the first m-line's candidates are everybody's (RFC 8843 section 10.1). */
    if (mid == 0 && offer->candidate_ip)
        tl_write_format(w, "a=candidate:1 1 udp 2130706431 %s %u typ host\r\n",
                        offer->candidate_ip, offer->candidate_port);
}

static void write_extensions(struct tl_writer *w, bool audio)
{
    if (audio)
        tl_write_format(w, "a=extmap:%d urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n",
                        TL_SEAT_AUDIO_LEVEL_ID);
    tl_write_format(w,
                    "a=extmap:%d http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
                    "a=extmap:%d %s\r\n"
                    "a=extmap:%d urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
                    TL_SEAT_ABS_SEND_TIME_ID, TL_SEAT_TRANSPORT_CC_ID, transport_cc_uri,
                    TL_SEAT_MID_ID);
}

static void write_audio(struct tl_writer *w, const struct tl_seat_offer *offer, unsigned mid,
                        uint32_t ssrc)
{
    tl_write_format(w, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", TL_SEAT_OPUS);
    write_transport(w, offer, mid);
    write_extensions(w, true);
    tl_write_format(w,
                    "a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
                    "a=rtpmap:%d opus/48000/2\r\n"
                    "a=rtcp-fb:%d transport-cc\r\n"
                    "a=fmtp:%d minptime=10;useinbandfec=1\r\n",
                    ssrc ? "sendonly" : "recvonly", TL_SEAT_OPUS, TL_SEAT_OPUS, TL_SEAT_OPUS);
    if (ssrc)
        tl_write_format(w, "a=msid:seat microphone\r\na=ssrc:%u cname:seat\r\n", ssrc);
}

static void write_video(struct tl_writer *w, const struct tl_seat_offer *offer, unsigned mid,
                        uint32_t ssrc, uint32_t rtx_ssrc)
{
    tl_write_format(w, "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", TL_SEAT_VP8, TL_SEAT_RTX);
    write_transport(w, offer, mid);
    write_extensions(w, false);
    tl_write_format(w,
                    "a=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
                    "a=rtpmap:%d VP8/90000\r\n"
                    "a=rtcp-fb:%d transport-cc\r\na=rtcp-fb:%d ccm fir\r\n"
                    "a=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"
                    "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
                    ssrc ? "sendonly" : "recvonly", TL_SEAT_VP8, TL_SEAT_VP8, TL_SEAT_VP8,
                    TL_SEAT_VP8, TL_SEAT_VP8, TL_SEAT_RTX, TL_SEAT_RTX, TL_SEAT_VP8);
    if (ssrc)
        tl_write_format(w,
                        "a=msid:seat camera\r\na=ssrc-group:FID %u %u\r\n"
                        "a=ssrc:%u cname:seat\r\na=ssrc:%u cname:seat\r\n",
                        ssrc, rtx_ssrc, ssrc, rtx_ssrc);
}

enum tl_error tl_seat_offer_write(const struct tl_seat_offer *offer, char *buffer, size_t room,
                                  size_t *ret_size)
{
    unsigned slots = offer->audio_slots + offer->video_slots;
    if (slots > TL_SEAT_SLOTS_LIMIT)
        return TL_ERROR_LIMIT;
    struct tl_writer w = tl_writer(buffer, room);
    tl_write_format(&w, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
    for (unsigned mid = 0; mid < 2 + slots; mid++)
        tl_write_format(&w, " %u", mid);
    tl_write_format(&w, "\r\na=extmap-allow-mixed\r\na=msid-semantic:WMS *\r\n");
    write_audio(&w, offer, 0, offer->microphone_ssrc);
    write_video(&w, offer, 1, offer->camera_ssrc, offer->camera_rtx_ssrc);
    for (unsigned i = 0; i < offer->audio_slots; i++)
        write_audio(&w, offer, 2 + i, 0);
    for (unsigned i = 0; i < offer->video_slots; i++)
        write_video(&w, offer, 2 + offer->audio_slots + i, 0, 0);
    if (w.failed)
        return TL_ERROR_LIMIT;
    *ret_size = w.used;
    return TL_OK;
}
