/* Any opened payload: either refused, or a mail in which no line is ours but those we wrote. */
#include <stdlib.h>

#include "base/json.h"
#include "courier/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[TL_MESSAGE_WIRE_LIMIT];
    tl_autojson json_t *payload = NULL;
    struct tl_message message;
    if (tl_json_read(tl_bytes(data, size), TL_MESSAGE_WIRE_LIMIT, &payload) ||
        tl_message_read(payload, &message) || message.kind != TL_MESSAGE_MAIL)
        return 0;
    struct tl_writer wire = tl_writer(room, sizeof room);
    if (tl_message_write_mail(&message, TL_TEXT("a@b"), 0, &wire))
        return 0;
    size_t headers = 0;
    for (size_t i = 0; i + 1 < wire.used && !(room[i] == '\n' && room[i + 1] == '\r'); i++)
        headers += room[i] == '\n' && room[i + 1] != ' ';
    if (headers != 8)
        abort();
    return 0;
}
