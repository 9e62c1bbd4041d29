/* The loopback listener: GET /metrics, and nothing else. */
#include <stdlib.h>

#include "door.h"

struct page {
    char *text;
    size_t size, sent;
};

static int begin(struct lws *wsi, struct page *page, const char *path)
{
    unsigned char buffer[LWS_PRE + 512], *at = buffer + LWS_PRE, *end = buffer + sizeof buffer;
    bool known =
        strcmp(path, "/metrics") == 0 && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    free(page->text);
    *page = (struct page){ 0 };
    if (known && tl_door_metrics_write(tl_door_of(wsi), &page->text, &page->size) != TL_OK)
        return -1;
    if (lws_add_http_common_headers(wsi, (known ? 200u : 404u) | LWSAHH_FLAG_NO_SERVER_NAME,
                                    "text/plain; version=0.0.4", page->size, &at, end) ||
        lws_finalize_write_http_header(wsi, buffer + LWS_PRE, &at, end))
        return -1;
    if (!known)
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
