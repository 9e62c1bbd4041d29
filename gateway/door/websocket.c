/* Sockets of the live sessions: whole messages in, a bounded queue out. Who may open one, and how
 * large and how many things may be, is decided here; what they mean, in signaling/. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "door.h"
#include "outgoing.h"

enum { CLOSE_POLICY = 1008 }; /* RFC 6455 section 7.4.1 */

struct tl_websocket {
    uint64_t id;
    struct lws *wsi;
    char *message; /* the one that is arriving */
    size_t used;
    struct tl_outgoing outgoing;
    bool closing;
    uint16_t code;
    char reason[64];
};

static uint32_t slot_of(uint64_t id)
{
    return (uint32_t)id - 1;
}

static struct tl_websocket *find(struct tl_door *door, uint64_t id)
{
    uint32_t slot = slot_of(id);
    struct tl_websocket *socket = slot < TL_HUB_CLIENTS_LIMIT ? door->clients[slot] : NULL;
    return socket && socket->id == id ? socket : NULL;
}

static void close_with(struct tl_websocket *socket, uint16_t code, const char *reason)
{
    if (socket->closing)
        return;
    socket->closing = true;
    socket->code = code;
    snprintf(socket->reason, sizeof socket->reason, "%s", reason ? reason : "");
    lws_callback_on_writable(socket->wsi);
}

/* ---- what the hub asks for ---- */

void tl_websocket_send(void *context, uint64_t client, struct tl_text json)
{
    struct tl_door *door = context;
    struct tl_websocket *socket = find(door, client);
    if (!socket || socket->closing)
        return;
    if (tl_outgoing_add(&socket->outgoing, json, LWS_PRE) != TL_OK) {
        /* It does not read: what is queued is of no use any more. */
        door->counts.slow_websockets++;
        tl_outgoing_drop_all(&socket->outgoing);
        close_with(socket, CLOSE_POLICY, "slow");
        return;
    }
    lws_callback_on_writable(socket->wsi);
}

void tl_websocket_close(void *context, uint64_t client, uint16_t code, const char *reason)
{
    struct tl_websocket *socket = find(context, client);
    if (socket)
        close_with(socket, code, reason);
}

/* ---- what lws says ---- */

/* A browser says where the page came from, and it must be us (RFC 6455 section 10.2); what is no
 * browser says nothing. */
static bool origin_is_ours(struct lws *wsi)
{
    char origin[256], host[192], ours[256];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0)
        return true;
    enum lws_token_indexes token = lws_hdr_total_length(wsi, WSI_TOKEN_HOST) > 0
                                       ? WSI_TOKEN_HOST
                                       : WSI_TOKEN_HTTP_COLON_AUTHORITY;
    if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) <= 0 ||
        lws_hdr_copy(wsi, host, sizeof host, token) <= 0)
        return false;
    snprintf(ours, sizeof ours, "https://%s", host);
    return strcasecmp(origin, ours) == 0;
}

static bool path_is_ours(struct lws *wsi)
{
    char path[16];
    enum lws_token_indexes token = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0
                                       ? WSI_TOKEN_GET_URI
                                       : WSI_TOKEN_HTTP_COLON_PATH;
    return lws_hdr_copy(wsi, path, sizeof path, token) > 0 && strcmp(path, "/ws") == 0;
}

static bool may_open(struct tl_door *door, struct lws *wsi)
{
    unsigned wait_s;
    const struct tl_rate_key *key = tl_connection_key(wsi);
    bool well = path_is_ours(wsi) && origin_is_ours(wsi) && !door->stopping &&
                !tl_tls_is_clients(&door->tls, lws_get_ssl(lws_get_network_wsi(wsi))) &&
                door->client_count < TL_HUB_CLIENTS_LIMIT &&
                (!key || tl_rates_take(door->rates, *key, TL_RATE_CALLS, tl_clock_monotonic(),
                                       &wait_s) == TL_OK);
    if (!well)
        door->counts.websocket_refused++;
    return well;
}

/* Addresses of both kinds have one half of their own (rate.h). */
static uint64_t address_of(struct lws *wsi)
{
    const struct tl_rate_key *key = tl_connection_key(wsi);
    return !key ? 0 : key->high ? key->high : key->low;
}

static int opened(struct tl_door *door, struct lws *wsi, struct tl_websocket_session *session)
{
    uint32_t slot = 0;
    while (slot < TL_HUB_CLIENTS_LIMIT && door->clients[slot])
        slot++;
    struct tl_websocket *socket =
        slot < TL_HUB_CLIENTS_LIMIT ? calloc(1, sizeof *socket) : NULL;
    if (!socket)
        return -1;
    socket->wsi = wsi;
    socket->id = (uint64_t)++door->client_serial << 32 | (slot + 1);
    door->clients[slot] = socket;
    door->client_count++;
    door->counts.websockets++;
    session->socket = socket;
    tl_hub_client_opened(door->hub, tl_door_now(), socket->id, address_of(wsi));
    return 0;
}

static void closed(struct tl_door *door, struct tl_websocket_session *session)
{
    struct tl_websocket *socket = session->socket;
    session->socket = NULL;
    if (!socket)
        return;
    uint64_t id = socket->id;
    door->clients[slot_of(id)] = NULL;
    door->client_count--;
    tl_outgoing_drop_all(&socket->outgoing);
    free(socket->message);
    free(socket);
    tl_hub_client_closed(door->hub, tl_door_now(), id);
}

static int heard(struct tl_door *door, struct lws *wsi, struct tl_websocket *socket,
                 const void *data, size_t size)
{
    if (socket->closing)
        return 0;
    if (lws_frame_is_binary(wsi)) {
        tl_hub_client_unfit(door->hub, tl_door_now(), socket->id, TL_HUB_UNFIT_BINARY);
        return 0;
    }
    if (lws_is_first_fragment(wsi))
        socket->used = 0;
    if (socket->used + size + lws_remaining_packet_payload(wsi) > TL_HUB_MESSAGE_LIMIT) {
        tl_hub_client_unfit(door->hub, tl_door_now(), socket->id, TL_HUB_UNFIT_TOO_BIG);
        return 0;
    }
    bool whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (whole && socket->used == 0) { /* the usual case is not copied */
        tl_hub_client_message(door->hub, tl_door_now(), socket->id, tl_bytes(data, size));
        return 0;
    }
    if (!socket->message)
        socket->message = malloc(TL_HUB_MESSAGE_LIMIT);
    if (!socket->message)
        return -1;
    memcpy(socket->message + socket->used, data, size);
    socket->used += size;
    if (whole) {
        size_t used = socket->used;
        socket->used = 0;
        tl_hub_client_message(door->hub, tl_door_now(), socket->id,
                              tl_bytes(socket->message, used));
    }
    return 0;
}

static int writable(struct tl_websocket *socket)
{
    struct tl_outgoing_message *first = socket->outgoing.first;
    if (first) {
        if (lws_write(socket->wsi, first->data + LWS_PRE, first->size, LWS_WRITE_TEXT) < 0)
            return -1;
        tl_outgoing_drop_first(&socket->outgoing);
        if (socket->outgoing.first || socket->closing)
            lws_callback_on_writable(socket->wsi);
        return 0;
    }
    if (!socket->closing)
        return 0;
    lws_close_reason(socket->wsi, (enum lws_close_status)socket->code,
                     (unsigned char *)socket->reason, strlen(socket->reason));
    return -1;
}

int tl_websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                          void *in, size_t size)
{
    struct tl_websocket_session *session = user;
    struct tl_door *door = tl_door_of(wsi);
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return may_open(door, wsi) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED: return opened(door, wsi, session);
    case LWS_CALLBACK_RECEIVE:
        return session->socket ? heard(door, wsi, session->socket, in, size) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE: return session->socket ? writable(session->socket) : -1;
    case LWS_CALLBACK_CLOSED:
        if (session)
            closed(door, session);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: tl_connection_closed(door, wsi); return 0;
    default: return 0;
    }
}
