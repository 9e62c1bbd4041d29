/* Answers on their way out: the status line and headers once, then pieces as fast as the client
 * takes them. Every answer carries the same policies, whoever made its body. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "exchange.h"

enum { HEADERS_BYTES = 24 * 1024, WRITE_BYTES = 16 * 1024 };

static const struct {
    const char *name, *value;
} policies[] = {
    { "strict-transport-security:", "max-age=31536000; includeSubDomains" }, /* RFC 6797 */
    { "cross-origin-opener-policy:", "same-origin" },
    { "cross-origin-resource-policy:", "same-origin" },
    { "x-content-type-options:", "nosniff" },
    { "x-frame-options:", "DENY" },
    { "referrer-policy:", "no-referrer" },
    { "permissions-policy:",
      "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), "
      "usb=(), browsing-topics=()" },
};

/* ---- bodies ---- */

enum tl_error tl_answer_append(struct tl_exchange *exchange, struct tl_bytes bytes,
                               bool borrowed)
{
    struct tl_piece *piece = malloc(sizeof *piece + (borrowed ? 0 : bytes.size));
    if (!piece)
        return TL_ERROR_MEMORY;
    *piece = (struct tl_piece){ .bytes = bytes };
    if (!borrowed) {
        memcpy(piece + 1, bytes.data, bytes.size);
        piece->bytes.data = (const uint8_t *)(piece + 1);
    }
    if (exchange->last)
        exchange->last->next = piece;
    else
        exchange->first = piece;
    exchange->last = piece;
    exchange->buffered += bytes.size;
    return TL_OK;
}

static void drop_first(struct tl_exchange *exchange)
{
    struct tl_piece *piece = exchange->first;
    exchange->first = piece->next;
    if (!exchange->first)
        exchange->last = NULL;
    exchange->buffered -= piece->bytes.size;
    free(piece);
}

void tl_answer_free_pieces(struct tl_exchange *exchange)
{
    while (exchange->first)
        drop_first(exchange);
}

static void settle(struct tl_exchange *exchange, int status)
{
    exchange->answer.status = status;
    exchange->answer.length = (int64_t)exchange->buffered;
    exchange->answered = exchange->complete = true;
    if (exchange->wsi)
        lws_callback_on_writable(exchange->wsi);
}

static void begin_own(struct tl_exchange *exchange, const char *type)
{
    tl_answer_free_pieces(exchange);
    tl_answer_release(&exchange->answer);
    exchange->answer = (struct tl_answer){ .header_count = 1 };
    exchange->answer.headers[0] = (struct tl_answer_header){ "content-type", tl_text(type) };
}

void tl_answer_json(struct tl_exchange *exchange, int status, char *text)
{
    begin_own(exchange, "application/json");
    if (text)
        (void)tl_answer_append(exchange, tl_bytes(text, strlen(text)), false);
    free(text);
    settle(exchange, status);
}

void tl_answer_problem(struct tl_exchange *exchange, int status, const char *code)
{
    if (exchange->head_written) { /* too late to say so: a cut answer is a broken one */
        exchange->broken = true;
        if (exchange->wsi)
            lws_callback_on_writable(exchange->wsi);
        return;
    }
    begin_own(exchange, "application/problem+json");
    char *text = tl_problem_write(status, code, exchange->english);
    if (text)
        (void)tl_answer_append(exchange, tl_bytes(text, strlen(text)), false);
    free(text);
    if ((status == 429 || status == 503 || status == 504) && !exchange->retry_after_s)
        exchange->retry_after_s = 1;
    settle(exchange, status);
}

void tl_answer_page(struct tl_exchange *exchange, const struct tl_page *page, bool gzipped,
                    bool unchanged)
{
    begin_own(exchange, page->type);
    exchange->page = page;
    exchange->gzipped = gzipped && page->gzipped.size;
    if (!unchanged)
        (void)tl_answer_append(exchange, exchange->gzipped ? page->gzipped : page->content,
                               true);
    settle(exchange, unchanged ? 304 : 200);
}

/* ---- the head ---- */

struct head {
    struct lws *wsi;
    unsigned char *at, *end;
    bool failed;
};

static void add(struct head *head, const char *name, const char *value, size_t size)
{
    head->failed =
        head->failed || lws_add_http_header_by_name(head->wsi, (const unsigned char *)name,
                                                    (const unsigned char *)value, (int)size,
                                                    &head->at, head->end) != 0;
}

static void add_text(struct head *head, const char *name, const char *value)
{
    add(head, name, value, strlen(value));
}

static void add_policies(struct head *head, const struct tl_exchange *exchange)
{
    /* No inline script, no inline style, nobody else's anything. The host is named for browsers in
     * which 'self' does not cover wss. */
    char policy[640];
    const struct tl_config *config = &exchange->door->config;
    char host[160];
    if (exchange->host[0])
        snprintf(host, sizeof host, "%s", exchange->host);
    else
        snprintf(host, sizeof host, "%.128s:%d", config->server.public_name,
                 config->server.port);
    snprintf(policy, sizeof policy,
             "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: "
             "data:; media-src 'self' blob:; connect-src 'self' wss://%s; font-src 'self'; "
             "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
             host);
    add_text(head, "content-security-policy:", policy);
    for (size_t i = 0; i < TL_COUNT_OF(policies); i++)
        add_text(head, policies[i].name, policies[i].value);
}

static void add_page(struct head *head, const struct tl_exchange *exchange)
{
    const struct tl_page *page = exchange->page;
    add_text(head, "etag:", page->etag);
    add_text(head, "cache-control:",
             page->hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (page->gzipped.size)
        add_text(head, "vary:", "accept-encoding");
    if (exchange->gzipped)
        add_text(head, "content-encoding:", "gzip");
}

static void add_answer(struct head *head, const struct tl_exchange *exchange)
{
    const struct tl_answer *answer = &exchange->answer;
    for (size_t i = 0; i < answer->header_count; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s:", answer->headers[i].name);
        add(head, name, answer->headers[i].value.data, answer->headers[i].value.size);
    }
    if (!answer->has_cache_control && !exchange->page)
        add_text(head, "cache-control:", "no-store");
    if (exchange->retry_after_s) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", exchange->retry_after_s);
        add_text(head, "retry-after:", seconds);
    }
    if (exchange->allow)
        add_text(head, "allow:", exchange->allow);
}

static bool has_body(const struct tl_exchange *exchange)
{
    return exchange->method != TL_METHOD_HEAD && exchange->answer.length > 0 &&
           exchange->answer.status != 204 && exchange->answer.status != 304;
}

/* What of the request was never read would be taken for the next one. */
static bool must_close(const struct tl_exchange *exchange)
{
    return exchange->received < exchange->length || exchange->door->stopping;
}

static int write_head(struct tl_exchange *exchange)
{
    static unsigned char buffer[LWS_PRE + HEADERS_BYTES];
    struct head head = { .wsi = exchange->wsi,
                         .at = buffer + LWS_PRE,
                         .end = buffer + sizeof buffer };
    int status = exchange->answer.status;
    head.failed =
        lws_add_http_header_status(exchange->wsi, (unsigned)status | LWSAHH_FLAG_NO_SERVER_NAME,
                                   &head.at, head.end) != 0;
    if (exchange->page)
        add_page(&head, exchange);
    add_answer(&head, exchange);
    add_policies(&head, exchange);
    if (status != 204 && status != 304 && !head.failed) /* RFC 9110 section 8.6 */
        head.failed = lws_add_http_header_content_length(exchange->wsi,
                                                         (lws_filepos_t)exchange->answer.length,
                                                         &head.at, head.end) != 0;
    if (must_close(exchange) && lws_get_network_wsi(exchange->wsi) == exchange->wsi)
        add_text(&head, "connection:", "close");
    if (head.failed || lws_finalize_http_header(exchange->wsi, &head.at, head.end) != 0) {
        tl_log(TL_LOG_ERROR, "door.head_too_large", TL_INTEGER("status", status));
        return -1;
    }
    int how = LWS_WRITE_HTTP_HEADERS | (has_body(exchange) ? 0 : LWS_WRITE_H2_STREAM_END);
    size_t size = (size_t)(head.at - (buffer + LWS_PRE));
    if (lws_write(exchange->wsi, buffer + LWS_PRE, size, (enum lws_write_protocol)how) < 0)
        return -1;
    exchange->head_written = true;
    exchange->door->counts.answered[status / 100]++;
    exchange->door->counts.bytes_out += size;
    return 0;
}

/* ---- the writable callback ---- */

static int write_piece(struct tl_exchange *exchange)
{
    static unsigned char buffer[LWS_PRE + WRITE_BYTES];
    struct tl_piece *piece = exchange->first;
    size_t size = piece->bytes.size - piece->written;
    if (size > WRITE_BYTES)
        size = WRITE_BYTES;
    /* HTTP/2: no more than the client's window (RFC 9113 section 5.2); negative: no window. */
    int allowed = (int)lws_get_peer_write_allowance(exchange->wsi);
    if (allowed >= 0 && (size_t)allowed < size)
        size = (size_t)allowed;
    if (size == 0)
        return 0; /* asked for again behind us; lws waits for the window */
    memcpy(buffer + LWS_PRE, piece->bytes.data + piece->written, size);
    bool last = exchange->sent + size >= (size_t)exchange->answer.length;
    if (lws_write(exchange->wsi, buffer + LWS_PRE, size,
                  last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
        return -1;
    piece->written += size;
    exchange->sent += size;
    exchange->door->counts.bytes_out += size;
    if (piece->written == piece->bytes.size)
        drop_first(exchange);
    lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, TL_EXCHANGE_IDLE_S);
    return 0;
}

static void drop_empty(struct tl_exchange *exchange)
{
    while (exchange->first && exchange->first->bytes.size == 0)
        drop_first(exchange);
}

int tl_answer_write(struct tl_exchange *exchange)
{
    if (exchange->broken)
        return -1;
    if (!exchange->answered || lws_partial_buffered(exchange->wsi))
        return 0;
    if (!exchange->head_written) {
        if (exchange->answer.length < 0) { /* api did not say: known once it is all there */
            if (!exchange->complete)
                return 0;
            exchange->answer.length = (int64_t)exchange->buffered;
        }
        lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, TL_EXCHANGE_IDLE_S);
        if (write_head(exchange) < 0)
            return -1;
        if (has_body(exchange)) {
            lws_callback_on_writable(exchange->wsi);
            return 0;
        }
        exchange->ended = true;
    }
    drop_empty(exchange);
    if (!exchange->ended && exchange->first) {
        if (write_piece(exchange) < 0)
            return -1;
        if (exchange->worker && exchange->buffered < TL_EXCHANGE_ANSWER_BYTES / 4)
            tl_peer_pause(exchange->worker, false);
        exchange->ended = exchange->sent >= (size_t)exchange->answer.length;
    }
    drop_empty(exchange);
    if (exchange->ended)
        return must_close(exchange) ? -1 : 1;
    if (exchange->complete && !exchange->first)
        return -1; /* fewer bytes than were announced */
    if (exchange->first)
        lws_callback_on_writable(exchange->wsi);
    return 0;
}
