/* Requests to api and to relays: who waits for which number, and until when. */
#include "hub/state.h"

uint32_t tl_request_new(struct tl_hub *hub, enum tl_request_kind kind, void *owner,
                        unsigned relay, tl_time_us within)
{
    struct tl_request *request = calloc(1, sizeof *request);
    if (!request)
        return 0;
    do
        hub->last_request++;
    while (!hub->last_request || tl_request_find(hub, hub->last_request));
    request->number = hub->last_request;
    request->kind = kind;
    request->owner = owner;
    request->relay = relay;
    request->deadline = hub->now.monotonic + within;
    tl_map_add(&hub->requests, &request->link, request->number);
    tl_hub_wake_at(hub, request->deadline);
    return request->number;
}

struct tl_request *tl_request_find(struct tl_hub *hub, uint32_t number)
{
    struct tl_map_link *link = number ? tl_map_first(&hub->requests, number) : NULL;
    return link ? TL_CONTAINER(link, struct tl_request, link) : NULL;
}

void tl_request_drop(struct tl_hub *hub, uint32_t number)
{
    struct tl_request *request = tl_request_find(hub, number);
    if (!request)
        return;
    tl_map_remove(&hub->requests, &request->link);
    free(request);
}

void tl_request_failed(struct tl_hub *hub, uint32_t number)
{
    struct tl_request *request = tl_request_find(hub, number);
    if (!request)
        return;
    struct tl_request was = *request;
    tl_request_drop(hub, number);
    switch (was.kind) {
    case TL_REQUEST_TICKET: tl_join_redeem_failed(hub, was.owner); break;
    case TL_REQUEST_LOAD: tl_session_load_failed(hub, was.owner); break;
    case TL_REQUEST_EVENT: tl_events_failed(hub, was.owner); break;
    case TL_REQUEST_OPEN: tl_peer_open_failed(hub, was.owner); break;
    case TL_REQUEST_RESTART: tl_peer_restart_failed(hub, was.owner); break;
    case TL_REQUEST_PROBE: tl_test_probe_failed(hub, was.owner); break;
    case TL_REQUEST_LIST: tl_relay_list_failed(hub, was.relay); break;
    }
}

bool tl_api_send_json(struct tl_hub *hub, uint16_t type, uint32_t request, json_t *json)
{
    char *text = NULL;
    size_t size = 0;
    bool sent = false;
    if (json && tl_json_write(json, &text, &size) == TL_OK)
        sent = size <= TL_CHANNEL_JSON_LIMIT &&
               hub->actions.api_send(hub->actions.context, type, request, tl_bytes(text, size));
    free(text);
    json_decref(json);
    return sent;
}

bool tl_relay_send_json(struct tl_hub *hub, int relay, uint16_t type, uint32_t request,
                        json_t *json)
{
    char *text = NULL;
    size_t size = 0;
    bool sent = false;
    if (json && relay >= 0 && hub->relays[relay].up &&
        tl_json_write(json, &text, &size) == TL_OK)
        sent = size <= TL_CHANNEL_JSON_LIMIT &&
               hub->actions.relay_send(hub->actions.context, (unsigned)relay, type, request,
                                       tl_bytes(text, size));
    free(text);
    json_decref(json);
    return sent;
}

bool tl_examiner_send_json(struct tl_hub *hub, uint16_t type, json_t *json)
{
    char *text = NULL;
    size_t size = 0;
    bool sent = false;
    if (json && hub->examiner && tl_json_write(json, &text, &size) == TL_OK)
        sent = hub->actions.examiner_send(hub->actions.context, type, tl_bytes(text, size));
    free(text);
    json_decref(json);
    return sent;
}
