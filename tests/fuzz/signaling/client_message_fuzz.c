/* Any bytes as a client's message: read, or refused with a code and a field that is text. */
#include <stdint.h>
#include <stdlib.h>

#include "messages/client_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_client_message message;
    struct tl_client_problem problem = { 0 };
    if (tl_client_message_read(tl_bytes(data, size), &message, &problem) == TL_OK) {
        if (message.type >= TL_CLIENT_TYPE_COUNT || !message.json)
            abort();
        json_decref(message.json);
    } else {
        json_t *field = json_string(problem.field); /* NULL when not UTF-8 */
        if (problem.refusal >= TL_REFUSE_COUNT || !field)
            abort();
        json_decref(field);
    }
    return 0;
}
