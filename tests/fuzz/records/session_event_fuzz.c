/* SESSION_EVENT as if the door were an enemy. The input is the JSON body. */
#include <stdlib.h>

#include "sessions/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *body = NULL;
    struct tl_session_event event;
    const char *wrong = NULL;
    if (tl_json_read(tl_bytes(data, size), 65536, &body))
        return 0;
    if (tl_session_event_read(body, &event, &wrong)) {
        if (!wrong)
            abort();
    } else if (!tl_uuid_is_valid(event.id) || !tl_uuid_is_valid(event.act) ||
               (event.participant.data && event.participant.size != 32)) {
        abort();
    }
    json_decref(body);
    return 0;
}
