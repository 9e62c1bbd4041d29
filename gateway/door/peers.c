/* Channels in lws' loop. lws closes what it adopts, and so does a channel: lws gets a duplicate. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "channels/types.h"
#include "door.h"
#include "exchange.h"

enum {
    MESSAGES_AT_ONCE = 256,
    HTTP_NUMBERS = 0x80000000, /* the hub's own are below */
    HEALTH_NUMBER = 0x7fffffff
};

/* A request of the live sessions: one message, one answer. */
struct session_job {
    struct tl_job job; /* first */
    uint16_t type;
    uint32_t request;
    size_t size;
    char json[];
};

/* ---- sending ---- */

bool tl_peer_send(struct tl_peer *peer, const struct tl_channel_message *message)
{
    if (!peer || !peer->channel)
        return false;
    enum tl_error error = tl_channel_send(peer->channel, message);
    if (tl_channel_wants_write(peer->channel))
        lws_callback_on_writable(peer->wsi);
    return error == TL_OK;
}

void tl_peer_pause(struct tl_peer *peer, bool pause)
{
    if (peer->paused == pause)
        return;
    peer->paused = pause;
    lws_rx_flow_control(peer->wsi, pause ? 0 : 1);
}

/* ---- adopting ---- */

static struct tl_peer *adopt(struct tl_door *door, enum tl_peer_kind kind, int index,
                             struct tl_channel *channel)
{
    struct tl_peer *peer = calloc(1, sizeof *peer);
    int fd = dup(tl_channel_fd(channel));
    if (peer && fd >= 0) {
        *peer =
            (struct tl_peer){ .door = door, .kind = kind, .index = index, .channel = channel };
        lws_adopt_desc_t how = { .vh = door->inside,
                                 .type = LWS_ADOPT_RAW_FILE_DESC,
                                 .fd.filefd = fd,
                                 .vh_prot_name = "channel",
                                 .opaque = peer };
        peer->wsi = lws_adopt_descriptor_vhost_via_info(&how);
        if (peer->wsi) {
            lws_set_opaque_user_data(peer->wsi, peer);
            return peer;
        }
        fd = -1; /* lws closed it */
    }
    if (fd >= 0)
        close(fd);
    free(peer);
    return NULL;
}

enum tl_error tl_peers_open(struct tl_door *door)
{
    door->supervisor = adopt(door, TL_PEER_SUPERVISOR, 0, door->role.supervisor);
    return door->supervisor ? TL_OK : TL_ERROR_MEMORY;
}

static struct tl_peer **place_of(struct tl_door *door, enum tl_peer_kind kind, int index)
{
    switch (kind) {
    case TL_PEER_API: return index < TL_POOL_WORKERS_LIMIT ? &door->workers[index] : NULL;
    case TL_PEER_RELAY: return index < TL_HUB_RELAYS_LIMIT ? &door->relays[index] : NULL;
    case TL_PEER_EXAMINER: return &door->examiner;
    case TL_PEER_SUPERVISOR: break;
    }
    return NULL;
}

/* Out of its place, and everybody who counted on it is told; the struct goes with its wsi. */
static void detach(struct tl_peer *peer)
{
    struct tl_door *door = peer->door;
    struct tl_peer **place = place_of(door, peer->kind, peer->index);
    if (!place || *place != peer)
        return;
    *place = NULL;
    if (peer->request == HEALTH_NUMBER)
        door->health.asked = false;
    if (peer->kind == TL_PEER_API)
        tl_pool_worker_down(&door->pool, peer->index);
    else if (peer->kind == TL_PEER_RELAY)
        tl_hub_relay_down(door->hub, tl_door_now(), (unsigned)peer->index);
    else
        tl_hub_examiner_down(door->hub, tl_door_now());
}

static void attach(struct tl_door *door, const struct tl_role_attach *attach)
{
    enum tl_lane lane = TL_LANE_INTERACTIVE;
    enum tl_peer_kind kind = TL_PEER_API;
    if (strcmp(attach->role, "listener") == 0) {
        tl_listener_adopt(door, attach->name, attach->fd);
        return;
    }
    bool known = true;
    if (strcmp(attach->role, "api") == 0)
        known = tl_lane_read(attach->lane, &lane) == TL_OK;
    else if (strcmp(attach->role, "relay") == 0)
        kind = TL_PEER_RELAY;
    else if (strcmp(attach->role, "examiner") == 0)
        kind = TL_PEER_EXAMINER;
    else
        known = false;
    struct tl_peer **place = known ? place_of(door, kind, attach->index) : NULL;
    struct tl_channel *channel = place ? tl_channel_new(attach->fd) : NULL;
    struct tl_peer *peer = channel ? adopt(door, kind, attach->index, channel) : NULL;
    if (!peer) {
        tl_log(TL_LOG_ERROR, "door.attach_failed", TL_INTEGER("peer", attach->index));
        if (channel)
            tl_channel_free(channel);
        else
            close(attach->fd);
        return;
    }
    if (*place) {
        struct tl_peer *old = *place;
        detach(old);
        lws_set_timeout(old->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    *place = peer;
    if (kind == TL_PEER_API)
        (void)tl_pool_worker_up(&door->pool, peer->index, lane);
    else if (kind == TL_PEER_RELAY)
        tl_hub_relay_up(door->hub, tl_door_now(), (unsigned)peer->index);
    else
        tl_hub_examiner_up(door->hub, tl_door_now());
}

static void drain(struct tl_door *door, const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    if (tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return;
    struct tl_fields f = tl_fields(body);
    int64_t relay = tl_field_integer(&f, "relay", 0, TL_HUB_RELAYS_LIMIT - 1);
    if (tl_fields_end(&f) == TL_OK)
        tl_hub_relay_drain(door->hub, tl_door_now(), (unsigned)relay);
}

/* ---- what peers say ---- */

static bool hear_supervisor(struct tl_door *door)
{
    struct tl_channel_message message;
    struct tl_role_attach what;
    for (;;) {
        switch (tl_role_receive(&door->role, &message)) {
        case TL_ROLE_NOTHING: return true;
        case TL_ROLE_ATTACH:
            if (tl_role_attach_read(&message, &what) == TL_OK)
                attach(door, &what);
            break;
        case TL_ROLE_STOP: door->stopping = true; break;
        case TL_ROLE_OTHER:
            if (message.type == TL_MESSAGE_RELOAD) {
                struct tl_role_reload reload;
                if (tl_role_reload_read(&message, &reload) == TL_OK)
                    tl_tls_reload(&door->tls, &door->role, &reload, tl_clock_wall());
                break;
            }
            for (unsigned i = 0; i < message.fd_count; i++)
                close(message.fds[i]);
            if (message.type == TL_MESSAGE_PEER_METRICS)
                tl_numbers_take(door, &message);
            else if (message.type == TL_MESSAGE_DRAIN)
                drain(door, &message);
            break;
        case TL_ROLE_ORPHANED: door->orphaned = true; return false;
        }
    }
}

static void take_health(struct tl_door *door, const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    door->health.asked = false;
    if (message->flags & TL_CHANNEL_ERROR ||
        tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return;
    struct tl_fields f = tl_fields(body);
    bool database = tl_field_boolean(&f, "database");
    int64_t events = tl_field_integer_or(&f, "journal_events", 0, INT64_MAX, 0);
    if (tl_fields_end(&f))
        return;
    door->health.database = database;
    door->health.journal_events = events;
    door->health.at = tl_clock_monotonic();
}

/* The answer to what the worker has in hand, whatever that is. */
static void hear_reply(struct tl_peer *peer, const struct tl_channel_message *message)
{
    struct tl_door *door = peer->door;
    struct tl_job *job = tl_pool_job_of(&door->pool, peer->index);
    bool last = !(message->flags & TL_CHANNEL_MORE);
    if (message->request != peer->request || !peer->request) {
        door->counts.bad_messages++;
        return;
    }
    if (peer->late || !job) {
        if (last) { /* it lives after all */
            peer->late = false;
            peer->request = 0;
            (void)tl_pool_worker_up(&door->pool, peer->index,
                                    door->pool.workers[peer->index].lane);
        }
        return;
    }
    if (job->session) {
        struct session_job *session = (struct session_job *)job;
        peer->request = 0;
        if (message->type == TL_MESSAGE_API_HEALTH)
            take_health(door, message);
        else if (message->type == session->type)
            tl_hub_api_message(door->hub, tl_door_now(), message);
        else
            tl_hub_api_failed(door->hub, tl_door_now(), session->request);
        tl_pool_finish(&door->pool, job);
        free(session);
        return;
    }
    struct tl_exchange *exchange = (struct tl_exchange *)job;
    tl_pool_extend(job, tl_clock_monotonic());
    if (tl_exchange_answered(exchange, message)) {
        peer->request = 0;
        tl_peer_pause(peer, false);
        exchange->worker = NULL;
        tl_pool_finish(&door->pool, job);
        if (!exchange->wsi)
            tl_exchange_failed(exchange, TL_ERROR_CLOSED); /* nobody waits: freed */
    }
}

static void hear(struct tl_peer *peer, const struct tl_channel_message *message)
{
    struct tl_door *door = peer->door;
    for (unsigned i = 0; i < message->fd_count; i++)
        close(message->fds[i]);
    switch (peer->kind) {
    case TL_PEER_API:
        if (message->type == TL_MESSAGE_NOTICE)
            tl_hub_api_message(door->hub, tl_door_now(), message);
        else
            hear_reply(peer, message);
        break;
    case TL_PEER_RELAY:
        if (message->type == TL_MESSAGE_RELAY_HELLO)
            peer->said_hello = true;
        tl_hub_relay_message(door->hub, tl_door_now(), (unsigned)peer->index, message);
        break;
    case TL_PEER_EXAMINER: tl_hub_examiner_message(door->hub, tl_door_now(), message); break;
    case TL_PEER_SUPERVISOR: break;
    }
}

/* False: the peer is gone. */
static bool hear_all(struct tl_peer *peer)
{
    if (peer->kind == TL_PEER_SUPERVISOR)
        return hear_supervisor(peer->door);
    struct tl_channel_message message;
    for (int i = 0; i < MESSAGES_AT_ONCE && !peer->paused; i++) {
        enum tl_error error = tl_channel_receive(peer->channel, &message);
        if (error == TL_ERROR_AGAIN)
            return true;
        if (error == TL_ERROR_CLOSED || error == TL_ERROR_IO)
            return false;
        if (error)
            peer->door->counts.bad_messages++;
        else
            hear(peer, &message);
    }
    return true;
}

static void flush(struct tl_peer *peer)
{
    if (!peer->channel)
        return;
    (void)tl_channel_flush(peer->channel);
    if (tl_channel_wants_write(peer->channel))
        lws_callback_on_writable(peer->wsi);
    if (peer->kind == TL_PEER_API) {
        struct tl_job *job = tl_pool_job_of(&peer->door->pool, peer->index);
        if (job && !job->session)
            tl_exchange_pump((struct tl_exchange *)job);
    }
}

int tl_peer_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size)
{
    (void)user, (void)in, (void)size;
    struct tl_peer *peer = lws_get_opaque_user_data(wsi);
    if (!peer)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE: return hear_all(peer) ? 0 : -1;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE: flush(peer); return 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        if (peer->kind == TL_PEER_SUPERVISOR) {
            peer->door->orphaned = true;
        } else {
            detach(peer);
            peer->channel = tl_channel_free(peer->channel);
        }
        lws_set_opaque_user_data(wsi, NULL);
        free(peer);
        return 0;
    default: return 0;
    }
}

/* ---- what the pool asks for ---- */

static void job_start(void *context, struct tl_job *job, int worker)
{
    struct tl_door *door = context;
    struct tl_peer *peer = door->workers[worker];
    if (!peer)
        return;
    if (!job->session) {
        door->request_serial = (door->request_serial + 1) & 0x7fffffff;
        peer->request = HTTP_NUMBERS | door->request_serial;
        tl_exchange_start((struct tl_exchange *)job, peer);
        return;
    }
    struct session_job *session = (struct session_job *)job;
    struct tl_channel_message message = { .type = session->type,
                                          .request = session->request,
                                          .json = tl_bytes(session->json, session->size) };
    peer->request = session->request;
    peer->type = session->type;
    (void)tl_peer_send(peer, &message); /* a worker that is gone is told by its channel */
}

static void job_failed(void *context, struct tl_job *job, enum tl_error why)
{
    struct tl_door *door = context;
    if (!job->session) {
        tl_exchange_failed((struct tl_exchange *)job, why);
        return;
    }
    job->next = door->failed_sessions;
    door->failed_sessions = job;
}

static void worker_replace(void *context, int worker)
{
    struct tl_door *door = context;
    /* A worker is synchronous: stuck, it does not answer the supervisor's PING either, and is
     * killed. One that answers late after all is taken back then. */
    door->counts.late++;
    if (door->workers[worker]) {
        door->workers[worker]->late = true;
        tl_peer_pause(door->workers[worker], false);
    }
    tl_log(TL_LOG_WARNING, "door.worker_late", TL_INTEGER("worker", worker));
}

void tl_door_pool_actions(struct tl_door *door, struct tl_pool_actions *ret_actions)
{
    *ret_actions = (struct tl_pool_actions){
        .context = door, .start = job_start, .failed = job_failed, .replace = worker_replace
    };
}

void tl_peers_tell_failed(struct tl_door *door)
{
    while (door->failed_sessions) {
        struct session_job *session = (struct session_job *)door->failed_sessions;
        door->failed_sessions = session->job.next;
        if (session->request == HEALTH_NUMBER)
            door->health.asked = false;
        else
            tl_hub_api_failed(door->hub, tl_door_now(), session->request);
        free(session);
    }
}

/* ---- what the hub asks for ---- */

static bool api_send(void *context, uint16_t type, uint32_t request, struct tl_bytes json)
{
    struct tl_door *door = context;
    struct session_job *session = calloc(1, sizeof *session + json.size);
    if (!session)
        return false;
    session->job.session = true;
    session->job.lane = TL_LANE_INTERACTIVE;
    session->type = type;
    session->request = request;
    session->size = json.size;
    memcpy(session->json, json.data, json.size);
    if (tl_pool_submit(&door->pool, &session->job, tl_clock_monotonic()) == TL_OK)
        return true;
    free(session);
    return false;
}

static bool send_plain(struct tl_peer *peer, uint16_t type, uint32_t request,
                       struct tl_bytes json)
{
    struct tl_channel_message message = { .type = type, .request = request, .json = json };
    return tl_peer_send(peer, &message);
}

static bool relay_send(void *context, unsigned relay, uint16_t type, uint32_t request,
                       struct tl_bytes json)
{
    struct tl_door *door = context;
    return relay < TL_HUB_RELAYS_LIMIT && send_plain(door->relays[relay], type, request, json);
}

unsigned tl_relay_next(struct tl_door *door)
{
    for (unsigned i = 0; i < TL_HUB_RELAYS_LIMIT; i++) {
        door->turn_relay = (door->turn_relay + 1) % TL_HUB_RELAYS_LIMIT;
        if (door->relays[door->turn_relay])
            break;
    }
    return door->turn_relay;
}

bool tl_relay_give(struct tl_door *door, unsigned relay, const char *kind, int fd)
{
    char body[32];
    int size = snprintf(body, sizeof body, "{\"kind\":\"%s\"}", kind);
    struct tl_channel_message message = { .type = TL_MESSAGE_STREAM,
                                          .json = tl_bytes(body, (size_t)size),
                                          .fds = { fd },
                                          .fd_count = 1 };
    return relay < TL_HUB_RELAYS_LIMIT && tl_peer_send(door->relays[relay], &message);
}

static bool examiner_send(void *context, uint16_t type, struct tl_bytes json)
{
    struct tl_door *door = context;
    return send_plain(door->examiner, type, 0, json);
}

static void random_bytes(void *context, void *buffer, size_t size)
{
    (void)context;
    tl_random_bytes(buffer, size);
}

void tl_door_hub_actions(struct tl_door *door, struct tl_hub_actions *ret_actions)
{
    *ret_actions = (struct tl_hub_actions){ .context = door,
                                            .client_send = tl_websocket_send,
                                            .client_close = tl_websocket_close,
                                            .api_send = api_send,
                                            .relay_send = relay_send,
                                            .examiner_send = examiner_send,
                                            .random_bytes = random_bytes };
}

void tl_peers_ask_health(struct tl_door *door, tl_time_us now)
{
    if (door->health.asked || now < door->health.ask_at)
        return;
    door->health.ask_at = now + TL_DOOR_HEALTH_EVERY_US;
    door->health.asked =
        api_send(door, TL_MESSAGE_API_HEALTH, HEALTH_NUMBER, tl_bytes("{}", 2));
}
