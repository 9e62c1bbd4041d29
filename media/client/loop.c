#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "loop_internal.h"
#include "media/srtp.h"

enum { AUDIO_SLOTS = 8, VIDEO_SLOTS = 9, RECEIVE_PIECE = 16 * 1024, CONNECT_S = 10 };

/* ---- WebSocket ---- */

static void connect_seat(struct tl_loop_seat *seat)
{
    struct lws_client_connect_info info = {
        .context = seat->loop->context,
        .address = seat->url.host,
        .port = seat->url.port,
        .path = seat->url.path,
        .host = seat->url.host,
        .protocol = "teleloire.v1",
        .local_protocol_name = "teleloire.v1",
        .ssl_connection = LCCSCF_USE_SSL,
        .opaque_user_data = seat,
        .pwsi = &seat->wsi,
    };
    seat->close_code = 0;
    (void)lws_client_connect_via_info(&info);
}

static void connect_again(lws_sorted_usec_list_t *list)
{
    struct tl_loop_seat *seat = lws_container_of(list, struct tl_loop_seat, again);
    connect_seat(seat);
}

static void forget_outgoing(struct tl_loop_seat *seat)
{
    while (seat->first) {
        struct outgoing_text *next = seat->first->next;
        free(seat->first);
        seat->first = next;
    }
    seat->last = &seat->first;
}

static void lost(struct tl_loop_seat *seat)
{
    seat->wsi = NULL;
    seat->received_size = 0;
    forget_outgoing(seat);
    if (seat->loop->closing)
        return;
    unsigned code = seat->dropping ? 1006 : seat->close_code;
    seat->dropping = false;
    int wait_ms = tl_seat_lost(seat->core, tl_clock_monotonic(), code);
    if (wait_ms >= 0)
        lws_sul_schedule(seat->loop->context, 0, &seat->again, connect_again,
                         (lws_usec_t)wait_ms * TL_MILLISECOND_US + 1);
}

static void send_message(void *context, const char *text, size_t size)
{
    struct tl_loop_seat *seat = context;
    if (!seat->has_socket) {
        seat->config.message(seat->config.context, text, size);
        return;
    }
    struct outgoing_text *message = seat->wsi ? malloc(sizeof *message + LWS_PRE + size) : NULL;
    if (!message)
        return;
    message->next = NULL;
    message->size = size;
    memcpy(message->data + LWS_PRE, text, size);
    *seat->last = message;
    seat->last = &message->next;
    lws_callback_on_writable(seat->wsi);
}

static int write_one(struct tl_loop_seat *seat)
{
    struct outgoing_text *message = seat->first;
    if (!message)
        return 0;
    int written = lws_write(seat->wsi, message->data + LWS_PRE, message->size, LWS_WRITE_TEXT);
    seat->first = message->next;
    if (!seat->first)
        seat->last = &seat->first;
    else
        lws_callback_on_writable(seat->wsi);
    free(message);
    return written < 0 ? -1 : 0;
}

static int receive_piece(struct tl_loop_seat *seat, const void *data, size_t size)
{
    if (seat->received_size + size > TL_SEAT_MESSAGE_LIMIT)
        return -1;
    memcpy(seat->received + seat->received_size, data, size);
    seat->received_size += size;
    if (lws_remaining_packet_payload(seat->wsi) == 0 && lws_is_final_fragment(seat->wsi)) {
        struct tl_bytes text = tl_bytes(seat->received, seat->received_size);
        seat->received_size = 0;
        tl_seat_message(seat->core, tl_clock_monotonic(), text);
    }
    return 0;
}

static int socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                           void *data, size_t size)
{
    (void)user;
    struct tl_loop_seat *seat = lws_get_opaque_user_data(wsi);
    if (!seat)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        tl_seat_opened(seat->core, tl_clock_monotonic(), seat->ticket);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE: return receive_piece(seat, data, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (seat->dropping)
            return -1;
        return write_one(seat);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (size >= 2)
            seat->close_code =
                (unsigned)((const uint8_t *)data)[0] << 8 | ((const uint8_t *)data)[1];
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        json_t *event = json_pack("{s:s,s:s}", "event", "not_connected", "reason",
                                  data ? (const char *)data : "no answer");
        seat->config.event(seat->config.context, event);
        json_decref(event);
        lost(seat);
        break;
    }
    case LWS_CALLBACK_CLIENT_CLOSED: lost(seat); break;
    default: break;
    }
    return 0;
}

void tl_loop_seat_drop(struct tl_loop_seat *seat)
{
    if (!seat->wsi)
        return;
    seat->dropping = true;
    lws_callback_on_writable(seat->wsi);
}

/* ---- the loop ---- */

static const struct lws_protocols protocols[] = {
    { "teleloire.v1", socket_callback, 0, RECEIVE_PIECE, 0, NULL, 0 },
    { "file", media_callback, 0, 0, 0, NULL, 0 },
    { NULL, NULL, 0, 0, 0, NULL, 0 },
};

/* lws wants USER:PASSWORD@HOST:PORT. */
static enum tl_error take_proxy(struct tl_loop *loop, const char *url)
{
    const char *rest = strncmp(url, "http://", 7) == 0 ? url + 7 : url;
    const char *at = strrchr(rest, '@');
    if (tl_proxy_read(url, &loop->proxy))
        return TL_ERROR_FORMAT;
    int size =
        snprintf(loop->proxy_text, sizeof loop->proxy_text, "%.*s%s:%u",
                 at ? (int)(at + 1 - rest) : 0, rest, loop->proxy.host, loop->proxy.port);
    return size < (int)sizeof loop->proxy_text ? TL_OK : TL_ERROR_FORMAT;
}

enum tl_error tl_loop_new(const char *ca_file, const char *proxy, struct tl_loop **ret_loop)
{
    struct tl_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return TL_ERROR_MEMORY;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .client_ssl_ca_filepath = ca_file,
        .timeout_secs = CONNECT_S,
    };
    enum tl_error error = tl_srtp_warm_up();
    if (!error)
        error = tl_dtls_identity_new(&loop->identity);
    if (!error && proxy)
        error = take_proxy(loop, proxy);
    if (!error && ca_file)
        error = tl_text_copy(tl_text(ca_file), loop->ca_file, sizeof loop->ca_file);
    loop->context = error ? NULL : lws_create_context(&info);
    if (!loop->context) {
        tl_loop_free(loop);
        return error ? error : TL_ERROR_IO;
    }
    if (proxy &&
        lws_set_proxy(lws_get_vhost_by_name(loop->context, "default"), loop->proxy_text) != 0) {
        tl_loop_free(loop);
        return TL_ERROR_FORMAT;
    }
    loop->wall_offset = tl_clock_wall() - tl_clock_monotonic();
    *ret_loop = loop;
    return TL_OK;
}

struct tl_loop *tl_loop_free(struct tl_loop *loop)
{
    if (!loop)
        return NULL;
    loop->closing = true;
    if (loop->context)
        lws_context_destroy(loop->context);
    for (size_t i = 0; i < loop->count; i++) {
        struct tl_loop_seat *seat = loop->seats[i];
        forget_outgoing(seat);
        tl_seat_free(seat->core);
        free(seat->received);
        free(seat);
    }
    tl_dtls_identity_free(loop->identity);
    free(loop);
    return NULL;
}

static void tell(void *context, json_t *event)
{
    struct tl_loop_seat *seat = context;
    seat->config.event(seat->config.context, event);
}

static enum tl_error fill(struct tl_loop_seat *seat)
{
    const struct tl_loop_seat_config *config = &seat->config;
    seat->last = &seat->first;
    seat->has_socket = config->url != NULL;
    seat->received = malloc(TL_SEAT_MESSAGE_LIMIT);
    if (!seat->received)
        return TL_ERROR_MEMORY;
    const char *client = config->client ? config->client : "teleloire-seat";
    const char *language = config->language ? config->language : "fr";
    if ((config->url && tl_socket_url_read(config->url, &seat->url)) ||
        tl_text_copy(tl_text(config->ticket ? config->ticket : ""), seat->ticket,
                     sizeof seat->ticket) ||
        tl_text_copy(tl_text(client), seat->client, sizeof seat->client) ||
        tl_text_copy(tl_text(language), seat->language, sizeof seat->language))
        return TL_ERROR_FORMAT;
    struct tl_seat_config core = {
        .identity = seat->loop->identity,
        .number = config->number,
        .grain = config->grain,
        .width = config->width,
        .height = config->height,
        .fps = config->fps,
        .kbps = config->kbps,
        .audio_slots = AUDIO_SLOTS,
        .video_slots = VIDEO_SLOTS,
        .language = seat->language,
        .client = seat->client,
        .wall_offset = seat->loop->wall_offset,
        .way = config->way,
        .web_port = config->url ? (uint16_t)seat->url.port : 0,
        .output = { seat, send_message, media_send, tell },
    };
    for (unsigned i = 0; i < TL_SEAT_PATHS; i++) {
        seat->paths[i] = (struct watch){ .kind = WATCH_DATAGRAMS, .seat = seat, .path = i };
        if (tl_path_open(&seat->paths[i].udp, &core.ports[i]))
            return TL_ERROR_IO;
        seat->paths[i].fd = seat->paths[i].udp.fd;
        if (media_adopt(seat->loop, &seat->paths[i]))
            return TL_ERROR_IO;
    }
    seat->core = tl_seat_new(&core);
    return seat->core ? TL_OK : TL_ERROR_MEMORY;
}

enum tl_error tl_loop_add(struct tl_loop *loop, const struct tl_loop_seat_config *config,
                          struct tl_loop_seat **ret_seat)
{
    if (loop->count == SEATS_LIMIT)
        return TL_ERROR_LIMIT;
    struct tl_loop_seat *seat = calloc(1, sizeof *seat);
    if (!seat)
        return TL_ERROR_MEMORY;
    seat->loop = loop;
    seat->config = *config;
    /* In the list at once, also when it fails: its sockets belong to the loop. */
    loop->seats[loop->count++] = seat;
    enum tl_error error = fill(seat);
    if (error)
        return error;
    if (seat->has_socket)
        connect_seat(seat);
    *ret_seat = seat;
    return TL_OK;
}

struct tl_seat *tl_loop_seat_core(struct tl_loop_seat *seat)
{
    return seat->core;
}

const char *tl_loop_seat_why(const struct tl_loop_seat *seat)
{
    return seat->why;
}

/* The seats are served after each turn, so this one is to end: lws fires what is due before it sleeps,
 * and would then sleep until its own next timer, which may be half a minute away. */
static void timer_fired(lws_sorted_usec_list_t *list)
{
    struct tl_loop *loop = lws_container_of(list, struct tl_loop, timer);
    lws_cancel_service(loop->context);
}

void tl_loop_turn(struct tl_loop *loop, tl_time_us until)
{
    tl_time_us now = tl_clock_monotonic(), due = until;
    for (size_t i = 0; i < loop->count; i++) {
        if (!loop->seats[i]->core)
            continue;
        tl_time_us next = tl_seat_next_deadline(loop->seats[i]->core, now);
        if (next < due)
            due = next;
        next = media_deadline(loop->seats[i], now);
        if (next < due)
            due = next;
    }
    lws_sul_schedule(loop->context, 0, &loop->timer, timer_fired, due > now ? due - now : 1);
    (void)lws_service(loop->context, 0);
    for (size_t i = 0; i < loop->count; i++)
        if (loop->seats[i]->core) {
            tl_seat_tick(loop->seats[i]->core, tl_clock_monotonic());
            media_tick(loop->seats[i], tl_clock_monotonic());
        }
}

bool tl_loop_lives(const struct tl_loop *loop)
{
    for (size_t i = 0; i < loop->count; i++)
        if (loop->seats[i]->core && !tl_seat_is_over(loop->seats[i]->core))
            return true;
    return false;
}
