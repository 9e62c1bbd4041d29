/* Media: packets made and sealed beforehand, sent at their recorded times, recognised when they
 * come back out of the relay under other numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"
#include "media/rtp.h"

enum { MARK = 0x746c6c64, FRAMES_A_KEY = 60 };

/* A VP8 descriptor with a picture id of 15 bits, then the frame header the relay looks at. */
static void write_vp8(struct tl_writer *w, const struct stream *stream, bool first)
{
    bool key = first && stream->frame % FRAMES_A_KEY == 0;
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
    struct tl_rtp_extension_value values[] = {
        { 4, 1, { (uint8_t)(stream->video ? '1' : '0') } },
        { stream->video ? 0 : 1, 1, { 0x80 | 30 } },
    };
    size_t size = 0;
    if (tl_rtp_write_header(&header, values, 2, stream->packet, PACKET_ROOM, NULL, &size))
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

static void advance(struct stream *stream)
{
    if (!stream->video || stream->trace->packets[stream->place].marker)
        stream->frame++;
    stream->number++;
    stream->size = 0;
    if (++stream->place == stream->trace->count) {
        stream->place = 0;
        stream->started += stream->trace->length;
    }
    stream->due = stream->started + stream->trace->packets[stream->place].at;
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

void stream_start(struct load *load, struct stream *stream, tl_time_us at)
{
    stream->trace = stream->video ? &load->video : &load->audio;
    stream->started = at;
    stream->place = 0;
    stream->due = at + stream->trace->packets[0].at;
    heap_add(load, stream);
}

void stream_send(struct load *load, struct stream *stream, tl_time_us now)
{
    if (!stream->size)
        stream_seal(stream);
    stream->sent[stream->number % SENT_LOG] = tl_clock_monotonic();
    if (send(stream->owner->fd, stream->packet, stream->size, MSG_DONTWAIT) > 0 &&
        load->measure.on)
        load->measure.sent++;
    if (load->measure.on)
        delay_note(load->measure.late, now - stream->due);
    advance(stream);
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
    if (sent < load->measure.began)
        return;
    load->measure.received++;
    delay_note(load->measure.delays, now - sent);
}
