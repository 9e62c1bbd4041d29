/* The reader's own state while it goes over an offer. */
#ifndef TL_SIGNALING_SDP_READ_H
#define TL_SIGNALING_SDP_READ_H

#include "sdp/sdp.h"

enum tl_sdp_codec {
    TL_SDP_CODEC_OTHER,
    TL_SDP_CODEC_OPUS,
    TL_SDP_CODEC_RED,
    TL_SDP_CODEC_VP8,
    TL_SDP_CODEC_RTX
};

/* One payload type of the m-line being read. */
struct tl_sdp_format {
    uint8_t payload;
    enum tl_sdp_codec codec;
    int apt; /* what rtx and red stand for */
    bool dtx;
    unsigned feedback;
};

struct tl_sdp_read {
    struct tl_sdp_offer *offer;
    unsigned line;
    struct tl_text bundle, setup;
    struct tl_sdp_format formats[TL_SDP_FORMATS_LIMIT];
    unsigned format_count;
    unsigned all_feedback; /* rtcp-fb:* */
    bool bundle_only;
    struct tl_text rids[TL_SDP_RID_LINES_LIMIT]; /* declared to be sent */
    unsigned rid_count;
    struct tl_text simulcast; /* no data: not said */
    /* Over the whole BUNDLE group one number means one thing (RFC 8843 section 9.1). */
    enum tl_sdp_codec payloads[128];
    uint8_t extension_ids[16];
    enum tl_error error;
    struct tl_sdp_problem problem;
};

/* Keeps the first problem only; what NULL: the present line. Returns the error kept. */
enum tl_error tl_sdp_refuse(struct tl_sdp_read *read, enum tl_error error, const char *what);
void tl_sdp_media_attribute(struct tl_sdp_read *read, struct tl_sdp_media *media,
                            struct tl_text name, struct tl_text value);
/* layers.c: a=rid, a=simulcast, and what is taken of them once the whole m-line was seen. */
void tl_sdp_rid(struct tl_sdp_read *read, struct tl_sdp_media *media, struct tl_text value);
void tl_sdp_simulcast(struct tl_sdp_read *read, struct tl_sdp_media *media,
                      struct tl_text value);
void tl_sdp_layers_end(struct tl_sdp_read *read, struct tl_sdp_media *media);
/* Chooses the codecs once the whole m-line was seen. */
enum tl_error tl_sdp_media_end(struct tl_sdp_read *read);

#endif
