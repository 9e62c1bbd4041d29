#include "srtp/control.h"

#include <stdlib.h>

#include "srtp/gcm.h"

enum {
    WINDOW = 128, /* packets behind the newest that may still come, once each */
    STREAMS_AT_FIRST = 4
};
static const uint32_t last_index = 0x7fffffff;

/* What came, by distance from the newest: bit 0 is the newest itself. A sender's is its last. */
struct stream {
    uint32_t ssrc;
    bool begun;
    uint32_t newest;
    unsigned __int128 seen;
};

struct direction {
    struct tl_gcm *gcm;
    struct stream *streams;
    size_t count, room;
};

struct control_srtp {
    struct direction in, out;
};

enum tl_error control_srtp_start(struct control_srtp *control, const struct tl_srtp_keys *keys)
{
    size_t key_size, salt_size;
    enum tl_error error = tl_srtp_profile_sizes(keys->profile, &key_size, &salt_size);
    if (!error)
        error = tl_gcm_start(control->in.gcm, keys->remote, key_size, TL_GCM_RTCP);
    if (!error)
        error = tl_gcm_start(control->out.gcm, keys->local, key_size, TL_GCM_RTCP);
    return error;
}

struct control_srtp *control_srtp_free(struct control_srtp *control)
{
    if (!control)
        return NULL;
    tl_gcm_free(control->in.gcm);
    tl_gcm_free(control->out.gcm);
    free(control->in.streams);
    free(control->out.streams);
    free(control);
    return NULL;
}

static struct stream *find(struct direction *direction, uint32_t ssrc)
{
    for (size_t i = 0; i < direction->count; i++)
        if (direction->streams[i].ssrc == ssrc)
            return &direction->streams[i];
    return NULL;
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

static struct stream *add(struct direction *direction, uint32_t ssrc)
{
    if (direction->count == direction->room && !make_room(direction, 2 * direction->room))
        return NULL;
    struct stream *stream = &direction->streams[direction->count++];
    *stream = (struct stream){ .ssrc = ssrc };
    return stream;
}

enum tl_error control_srtp_reserve(size_t senders, struct control_srtp **ret)
{
    struct control_srtp *control = calloc(1, sizeof *control);
    if (!control)
        return TL_ERROR_MEMORY;
    enum tl_error error = tl_gcm_reserve(&control->in.gcm);
    if (!error)
        error = tl_gcm_reserve(&control->out.gcm);
    if (!error &&
        (!make_room(&control->in, STREAMS_AT_FIRST) || !make_room(&control->out, senders + 1)))
        error = TL_ERROR_MEMORY;
    if (error) {
        control_srtp_free(control);
        return error;
    }
    *ret = control;
    return TL_OK;
}

enum tl_error control_srtp_add_sender(struct control_srtp *control, uint32_t ssrc)
{
    return find(&control->out, ssrc) || add(&control->out, ssrc) ? TL_OK : TL_ERROR_MEMORY;
}

static bool is_replay(const struct stream *stream, uint32_t index)
{
    if (!stream->begun || index > stream->newest)
        return false;
    uint32_t behind = stream->newest - index;
    return behind >= WINDOW || (stream->seen >> behind & 1);
}

static void note(struct stream *stream, uint32_t index)
{
    uint32_t ahead = stream->begun && index > stream->newest ? index - stream->newest : 0;
    if (!stream->begun || ahead >= WINDOW)
        stream->seen = 0;
    else
        stream->seen <<= ahead;
    if (!stream->begun || ahead)
        stream->newest = index;
    stream->begun = true;
    stream->seen |= (unsigned __int128)1 << (stream->newest - index);
}

static uint32_t ssrc_of(const uint8_t *packet)
{
    return (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 | (uint32_t)packet[6] << 8 |
           packet[7];
}

enum tl_error control_srtp_open(struct control_srtp *control, uint8_t *packet, size_t *size)
{
    if (*size < TL_GCM_RTCP_HEADER_SIZE + TL_GCM_RTCP_OVERHEAD || *size > INT32_MAX)
        return TL_ERROR_FORMAT;
    struct direction *in = &control->in;
    uint32_t ssrc = ssrc_of(packet), index;
    if (!tl_gcm_rtcp_index(packet, *size, &index))
        return TL_ERROR_FORMAT;
    struct stream *stream = find(in, ssrc);
    if (!stream && in->count == TL_SRTP_STREAMS_LIMIT)
        return TL_ERROR_LIMIT;
    if (stream && is_replay(stream, index))
        return TL_ERROR_EXISTS;
    enum tl_error error = tl_gcm_open_rtcp(in->gcm, packet, *size, ssrc, index);
    if (error)
        return error;
    if (!stream && !(stream = add(in, ssrc))) /* its packet was genuine */
        return TL_ERROR_MEMORY;
    note(stream, index);
    *size -= TL_GCM_RTCP_OVERHEAD;
    return TL_OK;
}

enum tl_error control_srtp_seal(struct control_srtp *control, uint8_t *packet, size_t room,
                                size_t *size)
{
    if (room < TL_SRTP_OVERHEAD || *size > room - TL_SRTP_OVERHEAD ||
        *size < TL_GCM_RTCP_HEADER_SIZE)
        return TL_ERROR_LIMIT;
    uint32_t ssrc = ssrc_of(packet);
    struct stream *stream = find(&control->out, ssrc);
    if (!stream)
        return TL_ERROR_MISSING;
    if (stream->newest == last_index) /* the key is spent: one nonce seals one packet, ever */
        return TL_ERROR_EXISTS;
    enum tl_error error =
        tl_gcm_seal_rtcp(control->out.gcm, packet, *size, ssrc, stream->newest + 1);
    if (error)
        return error;
    stream->newest++;
    *size += TL_GCM_RTCP_OVERHEAD;
    return TL_OK;
}
