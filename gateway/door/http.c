/* Requests on their way in: what lws parsed becomes an exchange, a page is answered here, a call is
 * framed for api. Bodies up to 64 KiB are whole before a worker is taken, so that a slow client
 * never holds one; longer ones go in pieces, and reading stops while nobody takes them. */
#include <ctype.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "exchange.h"

/* records/sign_in/devices.h */
#define TL_DEVICE_COOKIE "__Host-teleloire-device"

enum { BODY_ROOM_BYTES = TL_EXCHANGE_PIECE_BYTES + TL_EXCHANGE_READ_BYTES };

/* ---- reading what lws parsed ---- */

struct header_room {
    char text[TL_HEADER_VALUE_LIMIT_BYTES + 1];
};

static const enum lws_token_indexes tokens[] = {
    WSI_TOKEN_HTTP_CONTENT_TYPE,
    WSI_TOKEN_HTTP_COOKIE,
    WSI_TOKEN_COUNT,
    WSI_TOKEN_COUNT,
    WSI_TOKEN_HTTP_ACCEPT_LANGUAGE,
    WSI_TOKEN_ORIGIN,
    WSI_TOKEN_HTTP_IF_MATCH,
    WSI_TOKEN_HTTP_IF_NONE_MATCH,
    WSI_TOKEN_HTTP_USER_AGENT,
    WSI_TOKEN_COUNT,
};
_Static_assert(TL_COUNT_OF(tokens) == TL_REQUEST_HEADERS, "one for each of tl_request_headers");

/* -1: too long; 0: absent. */
static int read_header(struct lws *wsi, size_t which, char *buffer, size_t size)
{
    if (tokens[which] != WSI_TOKEN_COUNT) {
        int length = lws_hdr_total_length(wsi, tokens[which]);
        return length <= 0 ? 0 : lws_hdr_copy(wsi, buffer, (int)size, tokens[which]);
    }
    char name[40];
    int name_size = snprintf(name, sizeof name, "%s:", tl_request_headers[which]);
    int length = lws_hdr_custom_length(wsi, name, name_size);
    return length <= 0 ? 0 : lws_hdr_custom_copy(wsi, buffer, (int)size, name, name_size);
}

static bool read_query(struct lws *wsi, struct tl_writer *writer)
{
    char fragment[TL_QUERY_LIMIT_BYTES + 1];
    int index = 0, length;
    while (lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, index) > 0) {
        length = lws_hdr_copy_fragment(wsi, fragment, sizeof fragment, WSI_TOKEN_HTTP_URI_ARGS,
                                       index++);
        if (length < 0)
            return false;
        tl_query_write(writer, (struct tl_text){ fragment, (size_t)length });
    }
    return !writer->failed;
}

static int make_head(struct tl_exchange *exchange, struct tl_text path)
{
    struct lws *wsi = exchange->wsi;
    char peer[64] = "unknown";
    char query[TL_QUERY_LIMIT_BYTES];
    struct tl_writer writer = tl_writer(query, sizeof query);
    if (!read_query(wsi, &writer))
        return 414;
    lws_get_peer_simple(lws_get_network_wsi(wsi), peer, sizeof peer);
    struct tl_request_head head = { .method = tl_method_name(exchange->method),
                                    .path = path,
                                    .query = { query, writer.used },
                                    .peer = peer,
                                    .length = exchange->length };
    tl_autojson json_t *platform = NULL;
    if (tl_door_wants_platform(path))
        platform = tl_door_platform(exchange->door, tl_clock_monotonic());
    head.platform = platform;
    tl_autofree struct header_room *rooms = calloc(tl_request_header_count, sizeof *rooms);
    if (!rooms)
        return 503;
    for (size_t i = 0; i < tl_request_header_count; i++) {
        int length = read_header(wsi, i, rooms[i].text, sizeof rooms[i].text);
        if (length < 0)
            return 431;
        if (length > 0)
            head.headers[i] = (struct tl_text){ rooms[i].text, (size_t)length };
    }
    switch (tl_request_head_write(&head, &exchange->head, &exchange->head_size)) {
    case TL_OK: return exchange->head_size > TL_CHANNEL_JSON_LIMIT ? 431 : 0;
    case TL_ERROR_LIMIT: return 431;
    case TL_ERROR_MEMORY: return 503;
    default: return 400;
    }
}

static void read_host(struct tl_exchange *exchange)
{
    enum lws_token_indexes token = lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HOST) > 0
                                       ? WSI_TOKEN_HOST
                                       : WSI_TOKEN_HTTP_COLON_AUTHORITY;
    int length = lws_hdr_copy(exchange->wsi, exchange->host, sizeof exchange->host, token);
    for (int i = 0; i < length; i++)
        if (!isalnum((unsigned char)exchange->host[i]) && !strchr(".-:[]", exchange->host[i]))
            length = 0;
    if (length <= 0)
        exchange->host[0] = 0;
}

static bool header_holds(struct lws *wsi, enum lws_token_indexes token, const char *word)
{
    char value[512];
    return lws_hdr_copy(wsi, value, sizeof value, token) > 0 && strstr(value, word);
}

/* The first language named; what api answers itself looks closer. */
static bool prefers_english(struct lws *wsi)
{
    char value[512];
    return lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE) > 0 &&
           strncmp(value, "en", 2) == 0;
}

static int read_method(struct lws *wsi, enum tl_method *ret_method)
{
    static const struct {
        enum lws_token_indexes token;
        enum tl_method method;
    } methods[] = {
        { WSI_TOKEN_GET_URI, TL_METHOD_GET },   { WSI_TOKEN_HEAD_URI, TL_METHOD_HEAD },
        { WSI_TOKEN_POST_URI, TL_METHOD_POST }, { WSI_TOKEN_PATCH_URI, TL_METHOD_PATCH },
        { WSI_TOKEN_PUT_URI, TL_METHOD_PUT },   { WSI_TOKEN_DELETE_URI, TL_METHOD_DELETE },
    };
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_COLON_METHOD) > 0) {
        char name[16];
        int length = lws_hdr_copy(wsi, name, sizeof name, WSI_TOKEN_HTTP_COLON_METHOD);
        return length > 0 && tl_method_read(tl_text(name), ret_method) == TL_OK ? 0 : 405;
    }
    for (size_t i = 0; i < TL_COUNT_OF(methods); i++)
        if (lws_hdr_total_length(wsi, methods[i].token) > 0) {
            *ret_method = methods[i].method;
            return 0;
        }
    return 405;
}

/* Status of the refusal, or 0. */
static int read_length(struct tl_exchange *exchange)
{
    char digits[24];
    uint64_t length;
    if (lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return 411;
    int size =
        lws_hdr_copy(exchange->wsi, digits, sizeof digits, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (size <= 0) {
        bool wants = exchange->method == TL_METHOD_POST ||
                     exchange->method == TL_METHOD_PATCH || exchange->method == TL_METHOD_PUT;
        exchange->length = wants ? INT64_MAX : 0; /* what follows is not understood: close */
        return wants ? 411 : 0;
    }
    if (tl_text_u64(tl_text(digits), INT64_MAX - 1, &length) != TL_OK) {
        exchange->length = INT64_MAX;
        return 400;
    }
    exchange->length = (int64_t)length;
    return length > exchange->route.body_limit_bytes ? 413 : 0;
}

static const char *code_of(int status)
{
    switch (status) {
    case 403: return "forbidden";
    case 404: return "missing";
    case 413: return "too_big";
    case 429: return "limit";
    case 502:
    case 503:
    case 504: return "away";
    default: return "format";
    }
}

static void submit(struct tl_exchange *exchange)
{
    if (exchange->submitted)
        return;
    exchange->submitted = true;
    if (exchange->refused) {
        tl_answer_problem(exchange, exchange->refused, code_of(exchange->refused));
        return;
    }
    exchange->job.lane = exchange->route.lane;
    if (exchange->job.lane == TL_LANE_PROVIDER && !exchange->door->config.psc.issuer[0])
        exchange->job.lane = TL_LANE_INTERACTIVE; /* which says that there is nothing */
    lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, TL_EXCHANGE_WAIT_S);
    if (tl_pool_submit(&exchange->door->pool, &exchange->job, tl_clock_monotonic()) != TL_OK) {
        exchange->retry_after_s = 2;
        tl_answer_problem(exchange, 503, "away");
    }
}

static void serve_page(struct tl_exchange *exchange, struct tl_text path)
{
    struct lws *wsi = exchange->wsi;
    const struct tl_page *page = tl_pages_find(exchange->door->pages, path);
    if (!page) {
        tl_answer_problem(exchange, 404, "missing");
        return;
    }
    tl_answer_page(exchange, page, header_holds(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, "gzip"),
                   header_holds(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, page->etag));
}

/* What is for sites and integrators is at the host name of their certificates only, and nothing else
 * is there. It is the connection that tells, not the Host header. Status of the refusal, or 0. */
static int judge_side(struct tl_exchange *exchange, struct tl_text path)
{
    static const char theirs[] = "/api/integration/";
    struct tl_tls *tls = &exchange->door->tls;
    SSL *connection = lws_get_ssl(lws_get_network_wsi(exchange->wsi));
    bool is_theirs =
        path.size >= sizeof theirs - 1 && memcmp(path.data, theirs, sizeof theirs - 1) == 0;
    bool asked = tl_tls_is_clients(tls, connection);
    if (asked && tl_tls_identify(tls, connection, tl_clock_wall(), &exchange->client) != TL_OK)
        return 403;
    return asked == is_theirs ? 0 : 404;
}

/* Status of the refusal, or 0. */
static int judge(struct tl_exchange *exchange, struct tl_text path)
{
    int status = read_method(exchange->wsi, &exchange->method);
    if (!status)
        status = judge_side(exchange, path);
    if (status)
        return status;
    switch (tl_route_find(exchange->method, path, &exchange->route)) {
    case TL_OK: break;
    case TL_ERROR_LIMIT: return 414;
    case TL_ERROR_UNSUPPORTED: exchange->allow = "GET, HEAD"; return 405;
    case TL_ERROR_MISSING: return 404;
    default: return 400;
    }
    const struct tl_rate_key *key = tl_connection_key(exchange->wsi);
    enum tl_rate_class rate = exchange->route.rate;
    /* A site whose address is used up by a flood keeps its own people. */
    if (rate == TL_RATE_SECRETS &&
        header_holds(exchange->wsi, WSI_TOKEN_HTTP_COOKIE, TL_DEVICE_COOKIE "="))
        rate = TL_RATE_DEVICES;
    if (key && tl_rates_take(exchange->door->rates, *key, rate, tl_clock_monotonic(),
                             &exchange->retry_after_s) != TL_OK) {
        exchange->door->counts.limited++;
        (void)read_length(exchange);
        return 429;
    }
    if (exchange->door->exchange_count > TL_DOOR_EXCHANGES_LIMIT)
        return 503;
    return read_length(exchange);
}

/* malloc'ed; NULL when out of memory. */
static char *write_client(const struct tl_client_identity *client)
{
    tl_autojson json_t *body = json_pack("{s:s,s:s,s:s}", "subject", client->subject, "serial",
                                         client->serial, "fingerprint", client->fingerprint);
    return body ? json_dumps(body, JSON_COMPACT) : NULL;
}

static void begin(struct tl_exchange *exchange, struct tl_text path)
{
    int status = judge(exchange, path);
    if (!status && exchange->route.kind == TL_ROUTE_API)
        status = make_head(exchange, path);
    if (status == 429 && exchange->length > 0 && exchange->length <= TL_EXCHANGE_PIECE_BYTES) {
        /* Answered once the little that was sent is read: a refusal that closed the connection
         * would have us shake hands for each of a flood's tries. */
        exchange->refused = status;
        status = 0;
    }
    if (status) {
        tl_answer_problem(exchange, status, code_of(status));
        return;
    }
    tl_time_us now = tl_clock_monotonic();
    switch (exchange->refused ? TL_ROUTE_API : exchange->route.kind) {
    case TL_ROUTE_PAGE: serve_page(exchange, path); return;
    case TL_ROUTE_HEALTH: tl_answer_json(exchange, 200, strdup("{\"alive\":true}")); return;
    case TL_ROUTE_READY:
        tl_answer_json(exchange, tl_door_is_ready(exchange->door, now) ? 200 : 503,
                       tl_door_readiness_write(exchange->door, now));
        return;
    case TL_ROUTE_CLIENT:
        tl_answer_json(exchange, 200, write_client(&exchange->client));
        return;
    case TL_ROUTE_API: break;
    }
    exchange->body = malloc(exchange->length ? BODY_ROOM_BYTES : 1);
    if (!exchange->body)
        tl_answer_problem(exchange, 503, "away");
    else if (exchange->length == 0)
        submit(exchange);
    else
        lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, TL_EXCHANGE_IDLE_S);
}

static int request(struct lws *wsi, struct tl_http_session *session, const char *path,
                   size_t size)
{
    struct tl_door *door = tl_door_of(wsi);
    struct tl_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return -1;
    if (session->exchange)
        tl_exchange_leave(session->exchange);
    exchange->door = door;
    exchange->wsi = wsi;
    door->exchange_count++;
    session->exchange = exchange;
    exchange->english = prefers_english(wsi);
    read_host(exchange);
    begin(exchange, (struct tl_text){ path, size });
    return 0;
}

static int body(struct tl_exchange *exchange, const void *data, size_t size)
{
    exchange->door->counts.bytes_in += size;
    if (exchange->complete || size == 0)
        return 0; /* refused already (the answer closes the connection), or an empty body */
    if (exchange->received + (int64_t)size > exchange->length ||
        exchange->body_used + size > BODY_ROOM_BYTES)
        return -1;
    memcpy(exchange->body + exchange->body_used, data, size);
    exchange->body_used += size;
    exchange->received += (int64_t)size;
    lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
                    tl_exchange_is_whole(exchange) ? TL_EXCHANGE_WAIT_S : TL_EXCHANGE_IDLE_S);
    if (exchange->started)
        tl_exchange_pump(exchange);
    else if (tl_exchange_is_whole(exchange) || exchange->body_used >= TL_EXCHANGE_PIECE_BYTES)
        submit(exchange);
    if (!exchange->started && !tl_exchange_is_whole(exchange) &&
        exchange->body_used >= TL_EXCHANGE_PIECE_BYTES)
        tl_exchange_read_on(exchange, false);
    return 0;
}

static int writable(struct lws *wsi, struct tl_http_session *session)
{
    if (!session->exchange)
        return 0;
    int result = tl_answer_write(session->exchange);
    if (result == 0)
        return 0;
    struct tl_exchange *exchange = session->exchange;
    session->exchange = NULL;
    tl_exchange_leave(exchange);
    return result < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

int tl_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size)
{
    struct tl_http_session *session = user;
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        tl_tls_serve(&tl_door_of(wsi)->tls, user);
        return 0;
    case LWS_CALLBACK_HTTP: return request(wsi, session, in, size);
    case LWS_CALLBACK_HTTP_BODY:
        return session && session->exchange ? body(session->exchange, in, size) : 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE: return session ? writable(wsi, session) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (session && session->exchange) {
            struct tl_exchange *exchange = session->exchange;
            session->exchange = NULL;
            tl_exchange_leave(exchange);
        }
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1; /* teleloire.v1 or nothing */
    case LWS_CALLBACK_WSI_DESTROY: tl_connection_closed(tl_door_of(wsi), wsi); return 0;
    default: return 0;
    }
}
