#include "routes.h"

#include "base/memory.h"

static const char *const methods[TL_METHOD_COUNT] = {
    [TL_METHOD_GET] = "GET",     [TL_METHOD_HEAD] = "HEAD", [TL_METHOD_POST] = "POST",
    [TL_METHOD_PATCH] = "PATCH", [TL_METHOD_PUT] = "PUT",   [TL_METHOD_DELETE] = "DELETE",
};
static const char *const lanes[TL_LANE_COUNT] = {
    [TL_LANE_INTERACTIVE] = "interactive",
    [TL_LANE_HEAVY] = "heavy",
    [TL_LANE_PASSWORD] = "password",
    [TL_LANE_PROVIDER] = "provider",
};

enum {
    GET = 1 << TL_METHOD_GET | 1 << TL_METHOD_HEAD,
    POST = 1 << TL_METHOD_POST,
    ANY = (1 << TL_METHOD_COUNT) - 1
};

/* The first row that fits. A star stands for one segment. An open row fits what follows, too. */
static const struct {
    const char *pattern;
    bool open;
    unsigned methods;
    struct tl_route route;
} rows[] = {
    { "/healthz", false, GET, { TL_ROUTE_HEALTH, 0, 0, TL_RATE_PAGES } },
    { "/readyz", false, GET, { TL_ROUTE_READY, 0, 0, TL_RATE_PAGES } },
    { "/api/integration/me", false, GET, { TL_ROUTE_CLIENT, 0, 0, TL_RATE_CALLS } },
    /* argon2id costs a core for a tenth of a second: it has its own lane and its own rate. */
    { "/api/sign-in",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_PASSWORD, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    { "/api/me/password",
      false,
      ANY,
      { TL_ROUTE_API, TL_LANE_PASSWORD, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    { "/api/acts/*/documents",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_HEAVY, TL_DOCUMENT_LIMIT_BYTES, TL_RATE_CALLS } },
    { "/api/acts/*/documents", true, GET, { TL_ROUTE_API, TL_LANE_HEAVY, 0, TL_RATE_CALLS } },
    { "/api/visit/documents", true, GET, { TL_ROUTE_API, TL_LANE_HEAVY, 0, TL_RATE_CALLS } },
    { "/api/deliveries/documents",
      true,
      GET,
      { TL_ROUTE_API, TL_LANE_HEAVY, 0, TL_RATE_CALLS } },
    /* Tokens and codes are guessed here, if anywhere; api counts the tries, the door the rate. */
    { "/api/invitations",
      true,
      POST,
      { TL_ROUTE_API, TL_LANE_INTERACTIVE, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    { "/api/arrivals/accept",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_PASSWORD, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    { "/api/arrivals/open",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_INTERACTIVE, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    { "/api/deliveries",
      true,
      POST,
      { TL_ROUTE_API, TL_LANE_INTERACTIVE, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    /* A slow provider is waited for apart from everybody else. It signs many people out at once,
     * from one address. */
    { "/api/psc/logout",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_PROVIDER, TL_BODY_LIMIT_BYTES, TL_RATE_CALLS } },
    { "/api/psc",
      true,
      GET | POST,
      { TL_ROUTE_API, TL_LANE_PROVIDER, TL_BODY_LIMIT_BYTES, TL_RATE_SECRETS } },
    /* Asked by nobody we know: a run of the probe takes five. */
    { "/api/probes",
      false,
      POST,
      { TL_ROUTE_API, TL_LANE_INTERACTIVE, TL_BODY_LIMIT_BYTES, TL_RATE_PROBES } },
    { "/api",
      true,
      ANY,
      { TL_ROUTE_API, TL_LANE_INTERACTIVE, TL_BODY_LIMIT_BYTES, TL_RATE_CALLS } },
    { "", true, GET, { TL_ROUTE_PAGE, 0, 0, TL_RATE_PAGES } },
};

enum tl_error tl_method_read(struct tl_text name, enum tl_method *ret_method)
{
    for (size_t i = 0; i < TL_METHOD_COUNT; i++)
        if (tl_text_is(name, methods[i])) {
            *ret_method = (enum tl_method)i;
            return TL_OK;
        }
    return TL_ERROR_UNSUPPORTED;
}

const char *tl_method_name(enum tl_method method)
{
    return methods[method];
}

const char *tl_lane_name(enum tl_lane lane)
{
    return lanes[lane];
}

enum tl_error tl_lane_read(const char *name, enum tl_lane *ret_lane)
{
    for (size_t i = 0; i < TL_LANE_COUNT; i++)
        if (strcmp(name, lanes[i]) == 0) {
            *ret_lane = (enum tl_lane)i;
            return TL_OK;
        }
    return TL_ERROR_MISSING;
}

/* Decoded once, and never again: what is still a dot segment or a control character now was meant
 * to mean something else to somebody further in. */
static bool path_is_plain(struct tl_text path)
{
    if (path.size == 0 || path.data[0] != '/' || !tl_utf8_is_valid(path))
        return false;
    for (size_t i = 0; i < path.size; i++)
        if ((unsigned char)path.data[i] < 0x20 || path.data[i] == 0x7f || path.data[i] == '\\')
            return false;
    struct tl_text rest = path, segment;
    bool more = true;
    while (more) {
        more = tl_text_split(&rest, '/', &segment);
        if (tl_text_is(segment, ".") || tl_text_is(segment, ".."))
            return false;
    }
    return true;
}

static bool pattern_fits(const char *pattern, bool open, struct tl_text path)
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            size_t start = at;
            while (at < path.size && path.data[at] != '/')
                at++;
            if (at == start)
                return false;
        } else if (at == path.size || path.data[at++] != *pattern) {
            return false;
        }
    }
    return at == path.size || (open && path.data[at] == '/');
}

enum tl_error tl_route_find(enum tl_method method, struct tl_text path,
                            struct tl_route *ret_route)
{
    if (path.size > TL_PATH_LIMIT_BYTES)
        return TL_ERROR_LIMIT;
    if (!path_is_plain(path))
        return TL_ERROR_FORMAT;
    bool known = false;
    for (size_t i = 0; i < TL_COUNT_OF(rows); i++) {
        if (!pattern_fits(rows[i].pattern, rows[i].open, path))
            continue;
        known = true;
        if (rows[i].methods & 1u << method) {
            /* A page's row is the last and fits everything: /api never falls through to it. */
            *ret_route = rows[i].route;
            return TL_OK;
        }
    }
    return known ? TL_ERROR_UNSUPPORTED : TL_ERROR_MISSING;
}
