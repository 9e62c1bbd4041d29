/* RTCP compound packets: RFC 3550 (SR, RR, SDES, BYE), RFC 4585 (NACK, PLI), RFC 5104 (FIR),
 * REMB (draft-alvestrand-rmcat-remb), transport-wide congestion control
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01). RFC 5506: reduced size is accepted. */
#ifndef TL_MEDIA_RTCP_H
#define TL_MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

enum tl_rtcp_kind {
    TL_RTCP_SENDER_REPORT,
    TL_RTCP_RECEIVER_REPORT,
    TL_RTCP_SDES,
    TL_RTCP_BYE,
    TL_RTCP_NACK,
    TL_RTCP_PLI,
    TL_RTCP_FIR,
    TL_RTCP_REMB,
    TL_RTCP_TRANSPORT_CC,
    TL_RTCP_OTHER /* well framed and not ours to read */
};

/* One packet of a compound; body is what follows the first eight bytes (header and sender SSRC). */
struct tl_rtcp_packet {
    enum tl_rtcp_kind kind;
    uint8_t count;        /* RC, SC or FMT */
    uint32_t sender_ssrc; /* for BYE and SDES: the first source, 0 when none */
    uint32_t media_ssrc;  /* of feedback messages, else 0 */
    struct tl_bytes body; /* after sender (and for feedback after media) SSRC */
};

/* Takes the next packet off the compound. TL_ERROR_CLOSED: nothing left. TL_ERROR_FORMAT: the rest
 * is broken; nothing more can be read. */
enum tl_error tl_rtcp_next(struct tl_bytes *rest, struct tl_rtcp_packet *ret_packet);

struct tl_rtcp_sender_info {
    uint64_t ntp;
    uint32_t rtp_timestamp;
    uint32_t packets, octets;
};

struct tl_rtcp_report {
    uint32_t ssrc;
    uint8_t fraction_lost; /* of 256 */
    int32_t lost;          /* 24 bits, signed */
    uint32_t highest_sequence;
    uint32_t jitter;
    uint32_t last_sr, delay_since_sr; /* 1/65536 s */
};

enum tl_error tl_rtcp_sender_info(const struct tl_rtcp_packet *packet,
                                  struct tl_rtcp_sender_info *ret_info);
/* Number of report blocks in an SR or RR, and one of them. */
size_t tl_rtcp_report_count(const struct tl_rtcp_packet *packet);
enum tl_error tl_rtcp_report(const struct tl_rtcp_packet *packet, size_t index,
                             struct tl_rtcp_report *ret_report);

/* Sequence numbers a NACK asks for, in order; at most limit; how many there were room for. */
size_t tl_rtcp_nack_sequences(const struct tl_rtcp_packet *packet, uint16_t *ret_sequences,
                              size_t limit);
/* FIR: the media source asked for, by index. TL_ERROR_MISSING past the last. */
enum tl_error tl_rtcp_fir_entry(const struct tl_rtcp_packet *packet, size_t index,
                                uint32_t *ret_ssrc, uint8_t *ret_number);
enum tl_error tl_rtcp_remb_read(const struct tl_rtcp_packet *packet, uint64_t *ret_bits_per_s);

/* Transport-wide feedback, read one status at a time. */
struct tl_rtcp_transport_cc {
    uint16_t base_sequence;
    uint16_t status_count;
    uint32_t reference_time; /* 64 ms units, 24 bits */
    uint8_t feedback_count;
    /* private cursor */
    struct tl_reader chunks, deltas;
    uint16_t chunk;
    unsigned in_chunk, done;
    int64_t time_250us;
};
struct tl_rtcp_transport_status {
    uint16_t sequence;
    bool received;
    int64_t arrival_us; /* relative to the reference time's own zero; when received */
};
enum tl_error tl_rtcp_transport_cc_read(const struct tl_rtcp_packet *packet,
                                        struct tl_rtcp_transport_cc *ret_feedback);
/* TL_ERROR_CLOSED after the last; TL_ERROR_FORMAT when chunks or deltas run out early. */
enum tl_error tl_rtcp_transport_cc_next(struct tl_rtcp_transport_cc *feedback,
                                        struct tl_rtcp_transport_status *ret_status);

/* ---- writing: into a compound that grows in a tl_writer ---- */

void tl_rtcp_write_sender_report(struct tl_writer *writer, uint32_t ssrc,
                                 const struct tl_rtcp_sender_info *info,
                                 const struct tl_rtcp_report *reports, size_t count);
void tl_rtcp_write_receiver_report(struct tl_writer *writer, uint32_t ssrc,
                                   const struct tl_rtcp_report *reports, size_t count);
/* A chunk with CNAME. */
void tl_rtcp_write_sdes(struct tl_writer *writer, uint32_t ssrc, struct tl_text cname);
/* Sequences must be in ascending serial order; packs RFC 4585 section 6.2.1 pairs. */
void tl_rtcp_write_nack(struct tl_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc,
                        const uint16_t *sequences, size_t count);
void tl_rtcp_write_pli(struct tl_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc);
void tl_rtcp_write_fir(struct tl_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc,
                       uint8_t number);
void tl_rtcp_write_remb(struct tl_writer *writer, uint32_t sender_ssrc, uint64_t bits_per_s,
                        const uint32_t *ssrcs, size_t count);
void tl_rtcp_write_bye(struct tl_writer *writer, uint32_t ssrc);

/* NTP time (RFC 3550 section 4) of a wall clock in microseconds since 1970, and its middle 32
 * bits, as LSR wants them. */
uint64_t tl_ntp_from_us(tl_time_us wall);
tl_time_us tl_ntp_to_us(uint64_t ntp);
static inline uint32_t tl_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

#endif
