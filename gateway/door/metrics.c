/* The loopback listener: GET /metrics and /readyz (for `teleloire health`), and nothing else. */
#include <stdlib.h>

#include "door.h"

struct page {
    char *text;
    size_t size, sent;
};

/* Status; 0: out of memory. */
static unsigned fill(struct tl_door *door, struct lws *wsi, struct page *page, const char *path)
{
    bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    if (get && strcmp(path, "/metrics") == 0)
        return tl_door_metrics_write(door, &page->text, &page->size) == TL_OK ? 200 : 0;
    if (!get || strcmp(path, "/readyz") != 0)
        return 404;
    tl_time_us now = tl_clock_monotonic();
    page->text = tl_door_readiness_write(door, now);
    page->size = page->text ? strlen(page->text) : 0;
    return !page->text ? 0 : tl_door_is_ready(door, now) ? 200 : 503;
}

static int begin(struct lws *wsi, struct page *page, const char *path)
{
    unsigned char buffer[LWS_PRE + 512], *at = buffer + LWS_PRE, *end = buffer + sizeof buffer;
    free(page->text);
    *page = (struct page){ 0 };
    unsigned status = fill(tl_door_of(wsi), wsi, page, path);
    if (!status ||
        lws_add_http_common_headers(wsi, status | LWSAHH_FLAG_NO_SERVER_NAME,
                                    "text/plain; version=0.0.4", page->size, &at, end) ||
        lws_finalize_write_http_header(wsi, buffer + LWS_PRE, &at, end))
        return -1;
    if (!page->text)
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_on(struct lws *wsi, struct page *page)
{
    unsigned char buffer[LWS_PRE + 8192];
    size_t size = page->size - page->sent;
    if (!page->text)
        return 0;
    if (size > sizeof buffer - LWS_PRE)
        size = sizeof buffer - LWS_PRE;
    memcpy(buffer + LWS_PRE, page->text + page->sent, size);
    page->sent += size;
    bool last = page->sent == page->size;
    if (lws_write(wsi, buffer + LWS_PRE, size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        0)
        return -1;
    if (!last) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    free(page->text);
    *page = (struct page){ 0 };
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int tl_metrics_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                        size_t size)
{
    (void)size;
    struct page *page = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP: return begin(wsi, page, in);
    case LWS_CALLBACK_HTTP_WRITEABLE: return page ? write_on(wsi, page) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (page) {
            free(page->text);
            *page = (struct page){ 0 };
        }
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1;
    default: return 0;
    }
}
