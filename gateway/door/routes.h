/* What a path means to the door, before anybody else looks at it: which lane of api workers, how
 * large a body may be, how often one address may ask. A table; pure. */
#ifndef TL_DOOR_ROUTES_H
#define TL_DOOR_ROUTES_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

enum tl_lane {
    TL_LANE_INTERACTIVE,
    TL_LANE_HEAVY,
    TL_LANE_PASSWORD,
    TL_LANE_PROVIDER, /* waits for Pro Santé Connect; without it, nobody's */
    TL_LANE_COUNT
};

enum tl_method {
    TL_METHOD_GET,
    TL_METHOD_HEAD,
    TL_METHOD_POST,
    TL_METHOD_PATCH,
    TL_METHOD_PUT,
    TL_METHOD_DELETE,
    TL_METHOD_COUNT
};

enum tl_route_kind {
    TL_ROUTE_PAGE, /* a file of the pages, or the application's own page */
    TL_ROUTE_API,
    TL_ROUTE_HEALTH,
    TL_ROUTE_READY,
    TL_ROUTE_CLIENT /* who the client certificate says is asking */
};

enum {
    TL_BODY_LIMIT_BYTES = 64 * 1024,
    TL_DOCUMENT_LIMIT_BYTES = 25 * 1024 * 1024,
    TL_PATH_LIMIT_BYTES = 1024,
    TL_QUERY_LIMIT_BYTES = 2048
};

/* How often one address may ask: see rate.h. */
enum tl_rate_class {
    TL_RATE_PAGES,
    TL_RATE_CALLS,
    TL_RATE_SECRETS,
    TL_RATE_PROBES,
    TL_RATE_DEVICES, /* of TL_RATE_SECRETS, from a browser that says it was here before */
    TL_RATE_CLASS_COUNT
};

struct tl_route {
    enum tl_route_kind kind;
    enum tl_lane lane;
    size_t body_limit_bytes;
    enum tl_rate_class rate;
};

/* Method names are upper case (RFC 9110 section 9.1). TL_ERROR_UNSUPPORTED for one not offered. */
enum tl_error tl_method_read(struct tl_text name, enum tl_method *ret_method);
const char *tl_method_name(enum tl_method method);
const char *tl_lane_name(enum tl_lane lane);
/* TL_ERROR_MISSING for an unknown lane. */
enum tl_error tl_lane_read(const char *name, enum tl_lane *ret_lane);

/* The path is decoded and begins with '/'. TL_ERROR_FORMAT: not a path we speak of at all
 * (control characters, a dot segment, not UTF-8); TL_ERROR_LIMIT: too long;
 * TL_ERROR_UNSUPPORTED: that method does not go with that path. */
enum tl_error tl_route_find(enum tl_method method, struct tl_text path,
                            struct tl_route *ret_route);

#endif
