/* From a framed request to its answer: route, identity, policy, handler, audit, commit. */
#ifndef TL_RECORDS_DISPATCH_H
#define TL_RECORDS_DISPATCH_H

#include "http/call.h"
#include "http/policy.h"

extern const struct tl_route tl_routes[];
extern const size_t tl_route_count;

/* Every route has a handler, an action that the table of rights gives to somebody and that is about
 * the object its path names, and, when it reaches patients or acts, an audit action. */
bool tl_routes_are_sound(const struct tl_route *routes, size_t count);
/* The route of a method and path, and the UUIDs of its path. TL_ERROR_MISSING: no such path;
 * TL_ERROR_UNSUPPORTED: the path exists with other methods. Pure. */
enum tl_error tl_route_find(const struct tl_route *routes, size_t count, enum tl_method method,
                            struct tl_text path, const struct tl_route **ret_route,
                            char ret_ids[2][TL_UUID_SIZE]);

/* Answers the request into call->answer; call was zeroed but for db, settings, now and request. */
void tl_dispatch(struct tl_call *call);

#endif
