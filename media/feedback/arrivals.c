/* Transport-wide feedback, writing; the wire is drawn in rtcp/transport_cc.c. */
#include "media/feedback.h"
#include "media/rtp.h"

enum {
    TICK_US = 250,
    REFERENCE_US = 64 * TL_MILLISECOND_US,
    STATUSES_LIMIT = 400, /* in one packet: at two bytes a delta it stays below the MTU */
    RUN_LIMIT = 0x1fff,
    LOST = 0,
    SMALL = 1,
    LARGE = 2
};

void tl_arrivals_init(struct tl_arrivals *arrivals)
{
    memset(arrivals, 0, sizeof *arrivals);
}

static uint32_t *place(struct tl_arrivals *arrivals, uint16_t sequence)
{
    return &arrivals->at[sequence % TL_ARRIVALS_LIMIT];
}

void tl_arrivals_add(struct tl_arrivals *arrivals, tl_time_us now, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - arrivals->highest);
    uint16_t behind = (uint16_t)(arrivals->highest - sequence);
    bool far = ahead >= TL_ARRIVALS_LIMIT && behind >= TL_ARRIVALS_LIMIT;
    if (!arrivals->started || far) {
        uint8_t count = arrivals->feedback_count;
        tl_arrivals_init(arrivals);
        arrivals->feedback_count = count;
        arrivals->started = true;
        arrivals->next = arrivals->highest = sequence;
    } else if (tl_sequence_newer(sequence, arrivals->highest)) {
        for (uint16_t s = (uint16_t)(arrivals->highest + 1); s != sequence; s++)
            *place(arrivals, s) = 0;
        arrivals->highest = sequence;
        /* what is older was never asked for in time, and has given its place away */
        if ((uint16_t)(sequence - arrivals->next) >= TL_ARRIVALS_LIMIT)
            arrivals->next = (uint16_t)(sequence - TL_ARRIVALS_LIMIT + 1);
    } else if (tl_sequence_newer(arrivals->next, sequence)) {
        if (*place(arrivals, sequence))
            return;                /* a repeat of what was reported */
        arrivals->next = sequence; /* late: feedback reaches back */
    }
    *place(arrivals, sequence) = (uint32_t)now ? (uint32_t)now : 1;
    arrivals->newest = now;
    arrivals->pending = true;
}

/* Symbols and deltas of the packets from the first received on; what is not received is LOST. */
struct statuses {
    uint16_t base;
    unsigned count;
    int64_t reference; /* in 64 ms */
    uint8_t symbols[STATUSES_LIMIT];
    int16_t deltas[STATUSES_LIMIT];
};

/* When a packet came; -1: it did not. */
static tl_time_us arrived(struct tl_arrivals *arrivals, uint16_t sequence)
{
    uint32_t at = *place(arrivals, sequence);
    return at ? arrivals->newest - (tl_time_us)((uint32_t)arrivals->newest - at) : -1;
}

static bool collect(struct tl_arrivals *arrivals, struct statuses *statuses)
{
    uint16_t sequence = arrivals->next;
    uint16_t end = (uint16_t)(arrivals->highest + 1);
    while (sequence != end && !*place(arrivals, sequence))
        sequence++;
    if (sequence == end)
        return false;
    /* holes before the first received are reported once, from the window's start */
    statuses->base = arrivals->next;
    statuses->count = 0;
    statuses->reference = arrived(arrivals, sequence) / REFERENCE_US;
    int64_t ticks = statuses->reference * (REFERENCE_US / TICK_US);
    for (sequence = statuses->base; sequence != end && statuses->count < STATUSES_LIMIT;
         sequence++) {
        int64_t at = arrived(arrivals, sequence);
        unsigned i = statuses->count;
        statuses->symbols[i] = LOST;
        if (at >= 0) {
            int64_t delta = at / TICK_US - ticks;
            if (delta < INT16_MIN || delta > INT16_MAX)
                break; /* begins the next feedback, with its own reference time */
            statuses->symbols[i] = delta >= 0 && delta <= 255 ? SMALL : LARGE;
            statuses->deltas[i] = (int16_t)delta;
            ticks += delta;
        }
        statuses->count++;
    }
    return statuses->count > 0;
}

static unsigned run_at(const struct statuses *statuses, unsigned from)
{
    unsigned length = 1;
    while (from + length < statuses->count && length < RUN_LIMIT &&
           statuses->symbols[from + length] == statuses->symbols[from])
        length++;
    return length;
}

static bool fits_one_bit(const struct statuses *statuses, unsigned from)
{
    for (unsigned i = from; i < from + 14 && i < statuses->count; i++)
        if (statuses->symbols[i] == LARGE)
            return false;
    return true;
}

static void write_chunks(struct tl_writer *w, const struct statuses *statuses)
{
    for (unsigned i = 0; i < statuses->count;) {
        unsigned run = run_at(statuses, i);
        if (run >= 14 || i + run == statuses->count) {
            tl_write_u16(w, (uint16_t)(statuses->symbols[i] << 13 | run));
            i += run;
            continue;
        }
        bool one_bit = fits_one_bit(statuses, i);
        unsigned symbols = one_bit ? 14 : 7, width = one_bit ? 1 : 2;
        unsigned chunk = one_bit ? 0x8000 : 0xc000;
        for (unsigned s = 0; s < symbols && i + s < statuses->count; s++)
            chunk |= (unsigned)statuses->symbols[i + s] << ((symbols - 1 - s) * width);
        tl_write_u16(w, (uint16_t)chunk);
        i += symbols;
    }
}

bool tl_arrivals_write(struct tl_arrivals *arrivals, struct tl_writer *writer,
                       uint32_t sender_ssrc, uint32_t media_ssrc)
{
    struct statuses statuses;
    if (!arrivals->pending || !collect(arrivals, &statuses)) {
        arrivals->pending = false;
        return false;
    }
    struct tl_writer w = *writer;
    size_t start = w.used;
    tl_write_u8(&w, 0x80 | 15);
    tl_write_u8(&w, 205);
    size_t length_at = w.used;
    tl_write_u16(&w, 0);
    tl_write_u32(&w, sender_ssrc);
    tl_write_u32(&w, media_ssrc);
    tl_write_u16(&w, statuses.base);
    tl_write_u16(&w, (uint16_t)statuses.count);
    tl_write_u24(&w, (uint32_t)statuses.reference & 0xffffff);
    tl_write_u8(&w, arrivals->feedback_count);
    write_chunks(&w, &statuses);
    for (unsigned i = 0; i < statuses.count; i++)
        if (statuses.symbols[i] == SMALL)
            tl_write_u8(&w, (uint8_t)statuses.deltas[i]);
        else if (statuses.symbols[i] == LARGE)
            tl_write_u16(&w, (uint16_t)statuses.deltas[i]);
    /* RFC 3550 section 6.4.1: padding, counted by its last byte */
    unsigned padding = (unsigned)((4 - (w.used - start) % 4) % 4);
    for (unsigned i = 0; i < padding; i++)
        tl_write_u8(&w, i + 1 == padding ? (uint8_t)padding : 0);
    if (w.failed)
        return false;
    if (padding)
        w.data[start] |= 0x20;
    struct tl_writer length = tl_writer(w.data + length_at, 2);
    tl_write_u16(&length, (uint16_t)((w.used - start) / 4 - 1));
    *writer = w;
    arrivals->feedback_count++;
    arrivals->next = (uint16_t)(statuses.base + statuses.count);
    arrivals->pending = arrivals->next != (uint16_t)(arrivals->highest + 1);
    return true;
}
