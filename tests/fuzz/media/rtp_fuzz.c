/* RTP headers, extension blocks, RTX, RED and VP8 descriptors. */
#include <stdlib.h>

#include "media/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct tl_bytes outer, struct tl_bytes inner)
{
    if (inner.size &&
        (inner.data < outer.data || inner.data + inner.size > outer.data + outer.size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_bytes datagram = tl_bytes(data, size);
    (void)tl_packet_classify(datagram);
    struct tl_rtp_packet packet;
    if (tl_rtp_read(datagram, &packet))
        return 0;
    inside(datagram, packet.payload);
    inside(datagram, packet.extensions);
    if (packet.header_size + packet.payload.size + packet.padding != size)
        abort();
    struct tl_bytes value;
    for (unsigned id = 0; id < 256; id++)
        if (tl_rtp_extension(&packet, (uint8_t)id, &value))
            inside(packet.extensions, value);
    uint16_t sequence;
    uint8_t type;
    if (tl_rtx_read(packet.payload, &sequence, &value) == TL_OK)
        inside(packet.payload, value);
    if (tl_red_primary(packet.payload, &type, &value) == TL_OK)
        inside(packet.payload, value);
    type = packet.payload.size ? packet.payload.data[0] & 0x7f : 0;
    if (tl_red_is_of(packet.payload, type)) {
        uint8_t *copy = malloc(packet.payload.size);
        memcpy(copy, packet.payload.data, packet.payload.size);
        tl_red_retype(copy, 45);
        if (!tl_red_is_of(tl_bytes(copy, packet.payload.size), 45))
            abort();
        free(copy);
    }
    struct tl_vp8_descriptor d, again;
    if (tl_vp8_read(packet.payload, &d) == TL_OK) {
        if (d.size >= packet.payload.size)
            abort();
        uint8_t *copy = malloc(packet.payload.size);
        memcpy(copy, packet.payload.data, packet.payload.size);
        tl_vp8_rewrite(copy, &d, 0x1234, 0x56);
        /* rewriting changes numbers and nothing else */
        if (tl_vp8_read(tl_bytes(copy, packet.payload.size), &again) || again.size != d.size ||
            again.key_frame != d.key_frame || (d.has_tl0 && again.tl0 != 0x56) ||
            (d.long_picture_id && again.picture_id != 0x1234))
            abort();
        free(copy);
    }
    return 0;
}
