#include "client/packetizer.h"

enum { PIECE_LIMIT = TL_VP8_PAYLOAD_LIMIT - TL_VP8_DESCRIPTOR_SIZE };

void tl_vp8_packetizer_init(struct tl_vp8_packetizer *packetizer, struct tl_bytes frame,
                            uint16_t picture_id)
{
    size_t pieces = (frame.size + PIECE_LIMIT - 1) / PIECE_LIMIT;
    *packetizer = (struct tl_vp8_packetizer){
        .rest = frame,
        .piece = pieces ? (frame.size + pieces - 1) / pieces : 0,
        .picture_id = picture_id,
        .first = true,
    };
}

bool tl_vp8_packetizer_next(struct tl_vp8_packetizer *packetizer,
                            uint8_t payload[TL_VP8_PAYLOAD_LIMIT], size_t *ret_size,
                            bool *ret_last)
{
    if (packetizer->rest.size == 0)
        return false;
    size_t size =
        packetizer->rest.size < packetizer->piece ? packetizer->rest.size : packetizer->piece;
    struct tl_writer w = tl_writer(payload, TL_VP8_PAYLOAD_LIMIT);
    tl_write_u8(&w, packetizer->first ? 0x90 : 0x80);
    tl_write_u8(&w, 0x80);
    tl_write_u16(&w, (uint16_t)(0x8000 | (packetizer->picture_id & 0x7fff)));
    tl_write_bytes(&w, tl_bytes(packetizer->rest.data, size));
    packetizer->rest.data += size;
    packetizer->rest.size -= size;
    packetizer->first = false;
    *ret_size = w.used;
    *ret_last = packetizer->rest.size == 0;
    return true;
}
