/* The sockets of media: UDP, TCP, TLS to TURN; told of by libwebsockets as raw files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop_internal.h"

enum { BATCH_LIMIT = 64, TURN_ATTEMPTS_LIMIT = 4 };
static const tl_time_us OPEN_WITHIN_US = 6 * TL_SECOND_US;

/* The connection to an address, a new one at first; NULL: none can be had now. */
static struct watch *link_to(struct tl_loop_seat *seat, unsigned path,
                             const struct tl_address *to)
{
    struct watch **place = NULL;
    for (size_t i = 0; i < LINKS_LIMIT; i++) {
        if (!seat->links[i])
            place = &seat->links[i];
        else if (seat->links[i]->path == path && tl_address_equal(&seat->links[i]->link.to, to))
            return seat->links[i];
    }
    struct watch *watch = place ? calloc(1, sizeof *watch) : NULL;
    if (!watch)
        return NULL;
    watch->kind = WATCH_LINK;
    watch->seat = seat;
    watch->path = path;
    if (tl_link_open(&watch->link, to)) {
        free(watch);
        return NULL;
    }
    watch->fd = watch->link.fd;
    *place = watch;
    if (media_adopt(seat->loop, watch) == 0)
        return watch;
    *place = NULL; /* lws closed it */
    free(watch);
    return NULL;
}

static void forget_link(struct watch *watch)
{
    for (size_t i = 0; i < LINKS_LIMIT; i++)
        if (watch->seat->links[i] == watch)
            watch->seat->links[i] = NULL;
    free(watch);
}

static void note_why(struct tl_loop_seat *seat, const char *why)
{
    if (*why)
        snprintf(seat->why, sizeof seat->why, "%s", why);
}

static void note_end(struct watch *watch)
{
    int error = 0;
    socklen_t size = sizeof error;
    (void)getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (!watch->seat->why[0])
        note_why(watch->seat, watch->link.why == ECONNREFUSED || error == ECONNREFUSED
                                  ? "refused"
                              : error ? "unreachable"
                                      : "closed");
}

static void receive_frame(void *context, const struct tl_address *from, uint8_t *data,
                          size_t size)
{
    struct watch *watch = context;
    tl_seat_datagram(watch->seat->core, tl_clock_monotonic(), watch->path, from, data, size);
}

/* ---- TURN ---- */

static bool by_turn(const struct tl_loop_seat *seat)
{
    return seat->config.way == TL_WAY_TURN || seat->config.way == TL_WAY_PROXY;
}

static void forget_turn(struct watch *watch)
{
    note_why(watch->seat, watch->turn->why);
    watch->seat->turn = NULL;
    tl_turn_link_end(watch->turn);
    free(watch->turn);
    free(watch);
}

/* To the next address of the host, of those it has. */
static void open_turn(struct tl_loop_seat *seat, tl_time_us now)
{
    const struct tl_seat_turn *named = tl_seat_turn(seat->core);
    struct tl_turn_place place = {
        .user = named->user,
        .password = named->password,
        .proxy = seat->config.way == TL_WAY_PROXY ? &seat->loop->proxy : NULL,
        .ca_file = *seat->loop->ca_file ? seat->loop->ca_file : NULL
    };
    if (tl_turn_url_read(named->url, place.host, &place.port))
        return;
    struct watch *watch = calloc(1, sizeof *watch);
    struct tl_turn_link *link = calloc(1, sizeof *link);
    if (!watch || !link) {
        free(watch);
        free(link);
        return;
    }
    *watch = (struct watch){ .kind = WATCH_TURN, .turn = link, .seat = seat };
    seat->turn = watch;
    seat->turn_began = now;
    enum tl_error error = tl_turn_link_open(link, now, &place, seat->turn_attempt++);
    watch->fd = link->fd;
    if (error && link->fd >= 0)
        close(link->fd);
    if (error || media_adopt(seat->loop, watch) != 0) /* lws closes what it does not adopt */
        forget_turn(watch);
}

/* Between the attempts the seat waits, lest a relay that refuses is asked without end. */
void media_tick(struct tl_loop_seat *seat, tl_time_us now)
{
    if (!by_turn(seat) || !*tl_seat_turn(seat->core)->url || tl_seat_is_over(seat->core))
        return;
    if (!seat->turn && seat->turn_attempt < TURN_ATTEMPTS_LIMIT)
        open_turn(seat, now);
    struct watch *watch = seat->turn;
    if (!watch)
        return;
    bool late =
        watch->turn->stage != TL_TURN_LINK_OPEN && now - seat->turn_began > OPEN_WITHIN_US;
    if (late && !watch->turn->why[0])
        snprintf(watch->turn->why, sizeof watch->turn->why, "%s", "no_answer");
    if (late || !tl_turn_link_serve(watch->turn, now, receive_frame, watch))
        lws_set_timeout(watch->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

tl_time_us media_deadline(const struct tl_loop_seat *seat, tl_time_us now)
{
    return seat->turn ? tl_turn_link_next_deadline(seat->turn->turn, now) : INT64_MAX;
}

void media_send(void *context, unsigned path_number, const struct tl_address *to,
                struct tl_bytes datagram)
{
    struct tl_loop_seat *seat = context;
    if (by_turn(seat)) {
        if (seat->turn)
            tl_turn_link_send(seat->turn->turn, tl_clock_monotonic(), to, datagram);
        return;
    }
    struct watch *link = to->stream ? link_to(seat, path_number, to) : NULL;
    if (link)
        tl_link_send(&link->link, datagram);
    if (!to->stream)
        tl_path_send(&seat->paths[path_number].udp, to, datagram);
}

static void receive_datagrams(struct watch *watch)
{
    uint8_t data[TL_PATH_DATAGRAM_ROOM];
    struct tl_address from;
    size_t size;
    for (unsigned i = 0; i < BATCH_LIMIT; i++) {
        if (!tl_path_receive(&watch->udp, data, &from, &size))
            return;
        tl_seat_datagram(watch->seat->core, tl_clock_monotonic(), watch->path, &from, data,
                         size);
    }
}

int media_adopt(struct tl_loop *loop, struct watch *watch)
{
    lws_sock_file_fd_type fd = { .filefd = watch->fd };
    struct lws *wsi =
        lws_adopt_descriptor_vhost(lws_get_vhost_by_name(loop->context, "default"),
                                   LWS_ADOPT_RAW_FILE_DESC, fd, "file", NULL);
    if (!wsi)
        return -1;
    lws_set_opaque_user_data(wsi, watch);
    watch->wsi = wsi;
    return 0;
}

int media_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data,
                   size_t size)
{
    (void)user, (void)data, (void)size;
    struct watch *watch = lws_get_opaque_user_data(wsi);
    if (!watch)
        return 0;
    if (watch->kind == WATCH_LINK) {
        if (reason == LWS_CALLBACK_RAW_RX_FILE)
            return tl_link_receive(&watch->link, receive_frame, watch) ? 0 : -1;
        if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
            lws_set_opaque_user_data(wsi, NULL);
            note_end(watch);
            forget_link(watch);
        }
        return 0;
    }
    if (watch->kind == WATCH_TURN) {
        if (reason == LWS_CALLBACK_RAW_RX_FILE)
            return tl_turn_link_serve(watch->turn, tl_clock_monotonic(), receive_frame, watch)
                       ? 0
                       : -1;
        if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
            lws_set_opaque_user_data(wsi, NULL);
            /* it may have hung up before anything could be read: why, says this */
            (void)tl_turn_link_serve(watch->turn, tl_clock_monotonic(), receive_frame, watch);
            forget_turn(watch);
        }
        return 0;
    }
    if (reason == LWS_CALLBACK_RAW_RX_FILE && watch->kind == WATCH_DATAGRAMS)
        receive_datagrams(watch);
    else if ((reason == LWS_CALLBACK_RAW_RX_FILE || reason == LWS_CALLBACK_RAW_CLOSE_FILE) &&
             watch->kind == WATCH_OTHER)
        watch->ready(watch->context); /* also when it hung up: reading says so */
    return 0;
}

enum tl_error tl_loop_watch(struct tl_loop *loop, int fd, void (*ready)(void *context),
                            void *context)
{
    if (loop->watch_count == WATCHES_LIMIT)
        return TL_ERROR_LIMIT;
    struct watch *watch = &loop->watches[loop->watch_count++];
    *watch =
        (struct watch){ .kind = WATCH_OTHER, .fd = fd, .ready = ready, .context = context };
    return media_adopt(loop, watch) ? TL_ERROR_IO : TL_OK;
}
