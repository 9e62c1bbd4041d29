#include "outgoing.h"

#include <stdlib.h>
#include <string.h>

enum tl_error tl_outgoing_add(struct tl_outgoing *outgoing, struct tl_text message, size_t room)
{
    if (outgoing->count >= TL_OUTGOING_MESSAGES_LIMIT ||
        message.size > TL_OUTGOING_BYTES_LIMIT - outgoing->bytes)
        return TL_ERROR_LIMIT;
    struct tl_outgoing_message *added = malloc(sizeof *added + room + message.size);
    if (!added)
        return TL_ERROR_MEMORY;
    added->next = NULL;
    added->size = message.size;
    if (message.size)
        memcpy(added->data + room, message.data, message.size);
    if (outgoing->last)
        outgoing->last->next = added;
    else
        outgoing->first = added;
    outgoing->last = added;
    outgoing->count++;
    outgoing->bytes += message.size;
    return TL_OK;
}

void tl_outgoing_drop_first(struct tl_outgoing *outgoing)
{
    struct tl_outgoing_message *first = outgoing->first;
    if (!first)
        return;
    outgoing->first = first->next;
    if (!outgoing->first)
        outgoing->last = NULL;
    outgoing->count--;
    outgoing->bytes -= first->size;
    free(first);
}

void tl_outgoing_drop_all(struct tl_outgoing *outgoing)
{
    while (outgoing->first)
        tl_outgoing_drop_first(outgoing);
}
