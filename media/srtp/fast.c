#include "srtp/fast.h"

#include <stdlib.h>
#include <string.h>

#include "srtp/gcm.h"

enum {
    WINDOW = 1024, /* packets behind the newest that may still come, once each */
    WORDS = WINDOW / 64,
    HEADER = 12,
    STREAMS_AT_FIRST = 4,
    SEQUENCES = 1 << 16
};

/* Packet index: roll-over counter, then sequence number (48 bits). */
struct stream {
    bool begun;
    uint64_t newest;
    uint64_t seen[WORDS]; /* bit by index modulo WINDOW, of newest and what is behind it */
};

struct direction {
    struct tl_gcm *gcm;
    /* apart from the rest of the streams: one cache line or two are searched for a packet */
    uint32_t *ssrcs;
    struct stream
        *streams; /* of the first `begun`; the others are announced, and may stay so */
    size_t count, ssrc_room, begun, room;
};

struct fast_srtp {
    struct direction in, out;
};

enum tl_error fast_srtp_start(struct fast_srtp *fast, const struct tl_srtp_keys *keys)
{
    size_t key_size, salt_size;
    enum tl_error error = tl_srtp_profile_sizes(keys->profile, &key_size, &salt_size);
    if (!error)
        error = tl_gcm_start(fast->in.gcm, keys->remote, key_size, TL_GCM_RTP);
    if (!error)
        error = tl_gcm_start(fast->out.gcm, keys->local, key_size, TL_GCM_RTP);
    return error;
}

struct fast_srtp *fast_srtp_free(struct fast_srtp *fast)
{
    if (!fast)
        return NULL;
    const struct direction *both[] = { &fast->in, &fast->out };
    for (size_t i = 0; i < 2; i++) {
        tl_gcm_free(both[i]->gcm);
        free(both[i]->ssrcs);
        free(both[i]->streams);
    }
    free(fast);
    return NULL;
}

static size_t find(const struct direction *direction, uint32_t ssrc)
{
    size_t i = 0;
    while (i < direction->count && direction->ssrcs[i] != ssrc)
        i++;
    return i;
}

static bool make_ssrc_room(struct direction *direction, size_t room)
{
    void *ssrcs = realloc(direction->ssrcs, room * sizeof *direction->ssrcs);
    if (!ssrcs)
        return false;
    direction->ssrcs = ssrcs;
    direction->ssrc_room = room;
    return true;
}

static bool make_room(struct direction *direction, size_t room)
{
    void *streams = realloc(direction->streams, room * sizeof *direction->streams);
    if (!streams)
        return false;
    direction->streams = streams;
    direction->room = room;
    return true;
}

static bool announce(struct direction *direction, uint32_t ssrc)
{
    if (direction->count == direction->ssrc_room &&
        !make_ssrc_room(direction, 2 * direction->ssrc_room))
        return false;
    direction->ssrcs[direction->count++] = ssrc;
    return true;
}

/* Its first packet: of the many that are announced most associations use a handful. */
static struct stream *begin(struct direction *direction, size_t place)
{
    if (direction->begun == direction->room && !make_room(direction, 2 * direction->room))
        return NULL;
    uint32_t ssrc = direction->ssrcs[place];
    direction->ssrcs[place] = direction->ssrcs[direction->begun];
    direction->ssrcs[direction->begun] = ssrc;
    struct stream *stream = &direction->streams[direction->begun++];
    *stream = (struct stream){ 0 };
    return stream;
}

enum tl_error fast_srtp_reserve(size_t senders, struct fast_srtp **ret_fast)
{
    struct fast_srtp *fast = calloc(1, sizeof *fast);
    if (!fast)
        return TL_ERROR_MEMORY;
    enum tl_error error = tl_gcm_reserve(&fast->in.gcm);
    if (!error)
        error = tl_gcm_reserve(&fast->out.gcm);
    if (!error &&
        (!make_ssrc_room(&fast->in, STREAMS_AT_FIRST) ||
         !make_ssrc_room(&fast->out, senders + 1) || !make_room(&fast->in, STREAMS_AT_FIRST) ||
         !make_room(&fast->out, STREAMS_AT_FIRST)))
        error = TL_ERROR_MEMORY;
    if (error) {
        fast_srtp_free(fast);
        return error;
    }
    *ret_fast = fast;
    return TL_OK;
}

enum tl_error fast_srtp_add_sender(struct fast_srtp *fast, uint32_t ssrc)
{
    if (find(&fast->out, ssrc) < fast->out.count)
        return TL_OK;
    return announce(&fast->out, ssrc) ? TL_OK : TL_ERROR_MEMORY;
}

/* RFC 3711 section 3.3.1 and appendix A: the roll-over counter that puts the number nearest the
 * newest; false when the key is spent. */
static bool index_of(const struct stream *stream, uint16_t sequence, uint64_t *ret_index)
{
    uint64_t index = sequence;
    if (stream->begun) {
        uint64_t base = stream->newest & ~(uint64_t)(SEQUENCES - 1);
        int32_t ahead = (int32_t)sequence - (int32_t)(stream->newest & (SEQUENCES - 1));
        index = base + sequence;
        if (ahead < -(SEQUENCES / 2)) {
            index += SEQUENCES;
        } else if (ahead > SEQUENCES / 2 && base > 0) { /* nothing is before the first round */
            index -= SEQUENCES;
        }
    }
    *ret_index = index;
    return index < (uint64_t)1 << 48;
}

static bool is_replay(const struct stream *stream, uint64_t index)
{
    if (!stream->begun || index > stream->newest)
        return false;
    return stream->newest - index >= WINDOW ||
           (stream->seen[index % WINDOW / 64] >> (index % 64) & 1);
}

static void note(struct stream *stream, uint64_t index)
{
    if (!stream->begun || index > stream->newest + WINDOW) {
        memset(stream->seen, 0, sizeof stream->seen);
        stream->newest = index;
        stream->begun = true;
    }
    while (stream->newest < index) {
        stream->newest++;
        stream->seen[stream->newest % WINDOW / 64] &= ~((uint64_t)1 << (stream->newest % 64));
    }
    stream->seen[index % WINDOW / 64] |= (uint64_t)1 << (index % 64);
}

/* What is authenticated in the clear: fixed header, CSRCs, extension block. 0: cut short. */
static size_t header_size(const uint8_t *packet, size_t size)
{
    if (size < HEADER)
        return 0;
    size_t header = HEADER + 4 * (size_t)(packet[0] & 15);
    if (packet[0] & 0x10) {
        if (size < header + 4)
            return 0;
        header += 4 + 4 * ((size_t)packet[header + 2] << 8 | packet[header + 3]);
    }
    return header <= size ? header : 0;
}

static uint16_t sequence_of(const uint8_t *packet)
{
    return (uint16_t)(packet[2] << 8 | packet[3]);
}

static uint32_t ssrc_of(const uint8_t *packet)
{
    return (uint32_t)packet[8] << 24 | (uint32_t)packet[9] << 16 | (uint32_t)packet[10] << 8 |
           packet[11];
}

enum tl_error fast_srtp_open(struct fast_srtp *fast, uint8_t *packet, size_t *size)
{
    if (*size < HEADER + TL_GCM_TAG_SIZE || *size > INT32_MAX)
        return TL_ERROR_FORMAT;
    size_t header = header_size(packet, *size - TL_GCM_TAG_SIZE);
    if (!header)
        return TL_ERROR_FORMAT;
    struct direction *in = &fast->in;
    uint32_t ssrc = ssrc_of(packet);
    size_t place = find(in, ssrc);
    if (place == TL_SRTP_STREAMS_LIMIT)
        return TL_ERROR_LIMIT;
    struct stream unknown = { .begun = false };
    struct stream *stream = place < in->count ? &in->streams[place] : &unknown;
    uint64_t index;
    if (!index_of(stream, sequence_of(packet), &index) || is_replay(stream, index))
        return TL_ERROR_EXISTS;
    enum tl_error error = tl_gcm_open(in->gcm, packet, header, *size, ssrc, index);
    if (error)
        return error;
    if (stream == &unknown) { /* its packet was genuine */
        if (!announce(in, ssrc))
            return TL_ERROR_MEMORY;
        if (!(stream = begin(in, place))) {
            in->count--;
            return TL_ERROR_MEMORY;
        }
    }
    note(stream, index);
    *size -= TL_GCM_TAG_SIZE;
    return TL_OK;
}

enum tl_error fast_srtp_seal(struct fast_srtp *fast, uint8_t *packet, size_t room, size_t *size)
{
    if (room < TL_SRTP_OVERHEAD || *size > room - TL_SRTP_OVERHEAD)
        return TL_ERROR_LIMIT;
    size_t header = header_size(packet, *size);
    if (!header)
        return TL_ERROR_FORMAT;
    uint32_t ssrc = ssrc_of(packet);
    size_t place = find(&fast->out, ssrc);
    if (place == fast->out.count)
        return TL_ERROR_MISSING;
    struct stream *stream =
        place < fast->out.begun ? &fast->out.streams[place] : begin(&fast->out, place);
    if (!stream)
        return TL_ERROR_MEMORY;
    uint64_t index;
    /* one nonce seals one packet, ever (RFC 7714 section 8.4) */
    if (!index_of(stream, sequence_of(packet), &index) || is_replay(stream, index))
        return TL_ERROR_EXISTS;
    enum tl_error error = tl_gcm_seal(fast->out.gcm, packet, header, *size, ssrc, index);
    if (error)
        return error;
    note(stream, index);
    *size += TL_GCM_TAG_SIZE;
    return TL_OK;
}
