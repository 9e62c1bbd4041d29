/* STUN messages: reading, verifying, answering; and what is read writes back to what reads the
 * same. */
#include <stdlib.h>

#include "media/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_bytes datagram = tl_bytes(data, size);
    struct tl_stun_message message;
    if (tl_stun_read(datagram, &message))
        return 0;
    (void)tl_stun_verify(datagram, &message, TL_TEXT("VOkJxbRl1RmTxUk/WvJxBt"));
    struct tl_ice ice;
    struct tl_ice_result result;
    struct tl_address from = tl_address_ipv4(192, 0, 2, 1, 5);
    if (tl_ice_init(&ice, TL_TEXT("evtj"), TL_TEXT("VOkJxbRl1RmTxUk/WvJxBt"), TL_TEXT("h6vY"),
                    1))
        abort();
    tl_ice_input(&ice, 2, &from, datagram, &message, &result);
    if (!result.authenticated && ice.tuple_count)
        abort();
    struct tl_stun_message again;
    if (result.reply_size && tl_stun_read(tl_bytes(result.reply, result.reply_size), &again))
        abort();
    uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    size_t written;
    if (tl_stun_write(&message, TL_TEXT("secret"), buffer, sizeof buffer, &written) == TL_OK &&
        (tl_stun_read(tl_bytes(buffer, written), &again) || again.method != message.method ||
         again.class_ != message.class_))
        abort();
    return 0;
}
