/* Media: packets made and sealed beforehand, sent at their recorded times, recognised when they
 * come back out of the relay under other numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"
#include "media/rtp.h"

enum {
    MARK = 0x746c6c64,
    PAUSE_US = 100 * TL_MILLISECOND_US,
    FRAMES_A_KEY = 60,
    LATE_LIMIT_US = 500 * TL_MILLISECOND_US
};

/* A VP8 descriptor with a picture id of 15 bits, then the frame header the relay looks at. */
static void write_vp8(struct tl_writer *w, struct stream *stream, bool first)
{
    bool key = first && (stream->key_wanted || stream->frame % FRAMES_A_KEY == 0);
    stream->key_wanted = stream->key_wanted && !first;
    tl_write_u8(w, first ? 0x90 : 0x80);
    tl_write_u8(w, 0x80);
    tl_write_u16(w, (uint16_t)(0x8000 | (stream->frame & 0x7fff)));
    tl_write_u8(w, key ? 0x10 : 0x11);
    tl_write_u16(w, 0);
    tl_write_u24(w, 0x9d012a);
    tl_write_u16(w, 0x8002);
    tl_write_u16(w, 0xe001);
}

/* The next packet, before its time. Its payload says where it comes from. */
void stream_seal(struct stream *stream)
{
    const struct trace_packet *next = &stream->trace->packets[stream->place];
    bool first = stream->place == 0 || stream->trace->packets[stream->place - 1].marker;
    struct tl_rtp_packet header = { .payload_type = stream->video ? VP8_TYPE : OPUS_TYPE,
                                    .marker = stream->video && next->marker,
                                    .sequence = (uint16_t)stream->number,
                                    .timestamp = stream->video ? stream->frame * 3000
                                                               : stream->frame * 960,
                                    .ssrc = stream->ssrc };
    uint16_t transport = stream->owner->transport_number++;
    struct tl_rtp_extension_value values[] = {
        { 4, 1, { (uint8_t)(stream->video ? '1' : '0') } },
        { stream->video ? 0 : 1, 1, { 0x80 | 30 } },
        { TRANSPORT_CC_ID, 2, { (uint8_t)(transport >> 8), (uint8_t)transport } },
    };
    size_t size = 0;
    if (tl_rtp_write_header(&header, values, 3, stream->packet, PACKET_ROOM, NULL, &size))
        return;
    struct tl_writer w = tl_writer(stream->packet + size, next->size);
    if (stream->video)
        write_vp8(&w, stream, first);
    tl_write_u32(&w, MARK);
    tl_write_u32(&w, stream->owner->index << 1 | stream->video);
    tl_write_u64(&w, stream->number);
    memset(stream->packet + size + w.used, 0x5a, next->size - w.used);
    size += next->size;
    if (tl_srtp_seal_rtp(stream->owner->srtp, stream->packet, PACKET_ROOM, &size))
        return;
    stream->size = size;
}

/* ---- when ---- */

static void advance(struct stream *stream, tl_time_us now)
{
    stream->sent_packets++;
    stream->sent_bytes += stream->trace->packets[stream->place].size;
    stream->sent_timestamp = stream->frame * (stream->video ? 3000 : 960);
    stream->sent_at = stream->due;
    if (!stream->video || stream->trace->packets[stream->place].marker)
        stream->frame++;
    stream->number++;
    stream->size = 0;
    if (++stream->place == stream->trace->count) {
        stream->place = 0;
        stream->started += stream->trace->length;
    }
    stream->due = stream->started + stream->trace->packets[stream->place].at;
    if (now - stream->due > LATE_LIMIT_US) { /* hopeless: from now on, and the row is void */
        stream->started += now - stream->due;
        stream->due = now;
    }
}

static void swap(struct load *load, size_t a, size_t b)
{
    struct stream *kept = load->heap[a];
    load->heap[a] = load->heap[b];
    load->heap[b] = kept;
}

void heap_fix(struct load *load)
{
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < load->heap_count && load->heap[child + 1]->due < load->heap[child]->due)
            child++;
        if (child >= load->heap_count || load->heap[i]->due <= load->heap[child]->due)
            return;
        swap(load, i, child);
        i = child;
    }
}

void heap_add(struct load *load, struct stream *stream)
{
    size_t i = load->heap_count++;
    load->heap[i] = stream;
    for (; i > 0 && load->heap[i]->due < load->heap[(i - 1) / 2]->due; i = (i - 1) / 2)
        swap(load, i, (i - 1) / 2);
}

/* What does not fit is sealed when it is sent. */
static void want_sealed(struct load *load, struct stream *stream)
{
    if (load->unsealed_count < 2 * (size_t)load->count)
        load->unsealed[load->unsealed_count++] = stream;
}

/* From somewhere within the trace, and on from there. */
void stream_start(struct load *load, struct stream *stream, tl_time_us now, tl_time_us into)
{
    stream->trace = stream->video ? &load->video : &load->audio;
    stream->started = now - into;
    stream->place = 0;
    while (stream->place + 1 < stream->trace->count &&
           stream->trace->packets[stream->place].at < into)
        stream->place++;
    stream->due = stream->started + stream->trace->packets[stream->place].at;
    heap_add(load, stream);
    want_sealed(load, stream);
}

void stream_send(struct load *load, struct stream *stream, tl_time_us now)
{
    if (!stream->size)
        stream_seal(stream);
    tl_time_us at = stream->sent[stream->number % SENT_LOG] = tl_clock_monotonic();
    bool measured = load->measure.on && at < load->measure.ended;
    if (send(stream->owner->fd, stream->packet, stream->size, MSG_DONTWAIT) > 0 && measured)
        load->measure.sent++;
    if (measured)
        delay_note(load->measure.late, now - stream->due);
    advance(stream, now);
    want_sealed(load, stream);
}

/* ---- what comes ---- */

static struct incoming *incoming_of(struct participant *participant, uint32_t ssrc)
{
    for (size_t i = 0; i < participant->incoming_count; i++)
        if (participant->incoming[i].ssrc == ssrc)
            return &participant->incoming[i];
    if (participant->incoming_count == INCOMING_LIMIT)
        return NULL;
    struct incoming *incoming = &participant->incoming[participant->incoming_count++];
    *incoming = (struct incoming){ .ssrc = ssrc };
    return incoming;
}

/* Opens a packet and finds in its payload which packet of whom it was. */
static bool recognise(struct load *load, struct participant *participant,
                      struct incoming *incoming, uint8_t *data, size_t size)
{
    struct tl_rtp_packet packet;
    if (tl_srtp_open_rtp(participant->srtp, data, &size) ||
        tl_rtp_read(tl_bytes(data, size), &packet))
        return false;
    bool video = packet.payload_type == VP8_TYPE;
    struct tl_reader r = tl_reader(packet.payload);
    tl_read_skip(&r, video ? 14 : 0);
    if (tl_read_u32(&r) != MARK)
        return false;
    uint32_t who = tl_read_u32(&r);
    uint64_t number = tl_read_u64(&r);
    if (r.failed || who >> 1 >= load->count)
        return false;
    struct participant *from = &load->participants[who >> 1];
    incoming->from = who & 1 ? &from->video : &from->audio;
    incoming->offset = (int64_t)packet.sequence - (int64_t)number;
    incoming->since_opened = 0;
    return true;
}

void stream_receive(struct load *load, struct participant *participant, tl_time_us now,
                    uint8_t *data, size_t size)
{
    struct tl_rtp_packet packet;
    if (tl_rtp_read_header(tl_bytes(data, size), &packet))
        return;
    struct incoming *incoming = incoming_of(participant, packet.ssrc);
    if (!incoming)
        return;
    feedback_note(participant, incoming, &packet, now);
    /* after a pause it may go on with other numbers */
    if (now - incoming->heard > PAUSE_US)
        incoming->from = NULL;
    incoming->heard = now;
    if (packet.payload_type != OPUS_TYPE && packet.payload_type != VP8_TYPE)
        return; /* repeats and padding */
    if (!incoming->from || ++incoming->since_opened >= OPENED_EVERY)
        if (!recognise(load, participant, incoming, data, size)) {
            load->measure.unopened += load->measure.on;
            return;
        }
    struct stream *from = incoming->from;
    uint16_t low = (uint16_t)(packet.sequence - incoming->offset);
    uint16_t back = (uint16_t)((uint16_t)(from->number - 1) - low);
    uint64_t number = from->number - 1 - back;
    if (back >= SENT_LOG || !load->measure.on)
        return;
    tl_time_us sent = from->sent[number % SENT_LOG];
    if (sent < load->measure.began || sent >= load->measure.ended)
        return;
    load->measure.received++;
    delay_note(load->measure.delays, now - sent);
}
