#include "media/deframer.h"

static size_t length_in(const uint8_t *header)
{
    return (size_t)header[0] << 8 | header[1];
}

/* The common case: the whole frame lies in the piece, and is not copied. */
static bool take_whole(uint8_t **data, size_t *left, uint8_t **ret_frame, size_t *ret_size)
{
    if (*left < TL_FRAME_HEADER_SIZE)
        return false;
    size_t size = length_in(*data);
    if (size == 0 || size > TL_FRAME_LIMIT || size > *left - TL_FRAME_HEADER_SIZE)
        return false;
    *ret_frame = *data + TL_FRAME_HEADER_SIZE;
    *ret_size = size;
    *data += TL_FRAME_HEADER_SIZE + size;
    *left -= TL_FRAME_HEADER_SIZE + size;
    return true;
}

enum tl_error tl_deframer_next(struct tl_deframer *deframer, uint8_t **data, size_t *left,
                               uint8_t **ret_frame, size_t *ret_size)
{
    for (;;) {
        if (deframer->used == 0 && take_whole(data, left, ret_frame, ret_size))
            return TL_OK;
        size_t wanted = TL_FRAME_HEADER_SIZE;
        if (deframer->used >= TL_FRAME_HEADER_SIZE)
            wanted += length_in(deframer->data);
        size_t take = wanted - deframer->used;
        if (take > *left)
            take = *left;
        if (take) {
            memcpy(deframer->data + deframer->used, *data, take);
            *data += take;
            *left -= take;
            deframer->used += take;
        }
        if (deframer->used < wanted)
            return TL_ERROR_AGAIN;
        size_t size = length_in(deframer->data);
        if (size > TL_FRAME_LIMIT)
            return TL_ERROR_FORMAT;
        if (deframer->used < TL_FRAME_HEADER_SIZE + size)
            continue;
        deframer->used = 0;
        if (size == 0) /* section 2: a null packet, passed over */
            continue;
        *ret_frame = deframer->data + TL_FRAME_HEADER_SIZE;
        *ret_size = size;
        return TL_OK;
    }
}

enum tl_error tl_frame_write(struct tl_bytes datagram, uint8_t *buffer, size_t room,
                             size_t *ret_size)
{
    if (datagram.size > TL_FRAME_LIMIT || room < TL_FRAME_HEADER_SIZE + datagram.size)
        return TL_ERROR_LIMIT;
    struct tl_writer w = tl_writer(buffer, room);
    tl_write_u16(&w, (uint16_t)datagram.size);
    tl_write_bytes(&w, datagram);
    *ret_size = w.used;
    return TL_OK;
}
