/* What the door frames, as if the door were an enemy: head, cookies, parameters, route. The input
 * is the JSON head. */
#include <stdlib.h>

#include "base/json.h"
#include "http/dispatch.h"
#include "http/time_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *head = NULL, *query = NULL;
    struct tl_request request;
    struct tl_text cookie;
    const struct tl_route *route;
    char ids[2][TL_UUID_SIZE];
    tl_time_us time;
    if (tl_json_read(tl_bytes(data, size), 65536, &head))
        return 0;
    if (tl_request_read(head, &request) == TL_OK) {
        (void)tl_cookie_read(request.cookie, "__Host-teleloire", &cookie);
        (void)tl_time_read(request.query, &time);
        if (tl_route_find(tl_routes, tl_route_count, request.method, request.path, &route,
                          ids) == TL_OK &&
            ids[0][0] && !tl_uuid_is_valid(tl_text(ids[0])))
            abort();
        if (tl_query_read(request.query, &query) == TL_OK) {
            if (json_object_size(query) > TL_QUERY_PARAMETERS_LIMIT)
                abort();
            json_decref(query);
        }
    }
    json_decref(head);
    return 0;
}
