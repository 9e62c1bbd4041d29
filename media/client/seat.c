/* The seat's life: connections built, swapped and dropped. */
#include "client/seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "seat_internal.h"

enum {
    LINGER_US = 3 * TL_SECOND_US,             /* docs/signalling.md, media restart */
    SWAP_WITHOUT_SIGHT_US = 3 * TL_SECOND_US, /* nobody else may be there to be seen */
    RETRY_FIRST_MS = 200,
    RETRY_LAST_MS = 5000,
    RETRIES_LIMIT = 12
};

struct tl_seat *tl_seat_new(const struct tl_seat_config *config)
{
    struct tl_seat *seat = calloc(1, sizeof *seat);
    if (!seat)
        return NULL;
    seat->config = *config;
    seat->microphone = seat->camera = true;
    return seat;
}

static void drop(struct connection *connection)
{
    connection->peer = tl_peer_free(connection->peer);
}

struct tl_seat *tl_seat_free(struct tl_seat *seat)
{
    if (!seat)
        return NULL;
    drop(&seat->current);
    drop(&seat->next);
    drop(&seat->leaving);
    json_decref(seat->roster);
    free(seat);
    return NULL;
}

/* Says goodbye, so that the relay knows at once. */
static void leave(struct tl_seat *seat)
{
    if (seat->leaving.peer)
        tl_peer_close(seat->leaving.peer);
    drop(&seat->leaving);
}

static void send_datagram(void *context, const struct tl_address *to, struct tl_bytes datagram)
{
    struct connection *connection = context;
    const struct tl_seat_output *output = &connection->seat->config.output;
    output->datagram(output->context, connection->path, to, datagram);
}

static bool connection_open(struct tl_seat *seat, struct connection *connection, unsigned path,
                            tl_time_us now)
{
    *connection = (struct connection){ .seat = seat, .path = path, .began = now };
    struct tl_peer_config config = {
        .identity = seat->config.identity,
        .number = seat->config.number,
        .grain = seat->config.grain,
        .width = seat->config.width,
        .height = seat->config.height,
        .fps = seat->config.fps,
        .kbps = seat->config.kbps,
        .way = seat->config.way,
        .web_port = seat->config.web_port,
        .audio_slots = seat->config.audio_slots,
        .video_slots = seat->config.video_slots,
        .wall_offset = seat->config.wall_offset,
        .send = send_datagram,
        .context = connection,
    };
    connection->peer = tl_peer_new(&config, now);
    if (connection->peer)
        tl_peer_set_sending(connection->peer, seat->microphone, seat->camera);
    return connection->peer != NULL;
}

/* The newest of what is being built; an answer is for this one. */
static struct connection *newest(struct tl_seat *seat)
{
    return seat->next.peer ? &seat->next : &seat->current;
}

void seat_offer(struct tl_seat *seat, tl_time_us now)
{
    drop(&seat->next);
    leave(seat); /* its path is needed */
    struct connection *place = seat->current.peer ? &seat->next : &seat->current;
    unsigned path = seat->current.peer ? 1 - seat->current.path : 0;
    tl_autofree char *sdp = malloc(TL_SEAT_OFFER_LIMIT);
    size_t size;
    if (!sdp || !connection_open(seat, place, path, now) ||
        tl_peer_offer(place->peer, seat->config.ip, seat->config.ports[path], sdp,
                      TL_SEAT_OFFER_LIMIT, &size))
        return;
    seat_send(seat, json_pack("{s:s,s:s%,s:{s:s,s:s}}", "type", "offer", "sdp", sdp, size,
                              "sources", "microphone", "0", "camera", "1"));
    seat_tell(seat, json_pack("{s:s,s:i,s:b}", "event", "offer", "path", (int)path, "beside",
                              seat->next.peer != NULL));
}

void seat_answer(struct tl_seat *seat, tl_time_us now, struct tl_text sdp)
{
    struct connection *connection = newest(seat);
    if (!connection->peer)
        return;
    enum tl_error error = tl_peer_answer(connection->peer, now, sdp);
    if (error)
        seat_tell(seat, json_pack("{s:s,s:s}", "event", "bad_answer", "reason",
                                  tl_error_name(error)));
    else
        seat_send_media(seat);
}

void seat_end(struct tl_seat *seat)
{
    if (seat->over)
        return;
    seat->over = true;
    if (seat->current.peer)
        tl_peer_close(seat->current.peer);
    leave(seat);
    seat_tell_state(seat, "over");
}

void tl_seat_opened(struct tl_seat *seat, tl_time_us now, const char *ticket)
{
    (void)now;
    seat->open = true;
    const char *language = seat->config.language ? seat->config.language : "fr";
    const char *client = seat->config.client ? seat->config.client : "teleloire-seat";
    bool again = seat->resume[0] != 0;
    seat_send(seat,
              json_pack("{s:s,s:s,s:s,s:s}", "type", "hello", again ? "resume" : "ticket",
                        again ? seat->resume : ticket, "language", language, "client", client));
}

int tl_seat_lost(struct tl_seat *seat, tl_time_us now, unsigned code)
{
    (void)now;
    seat->open = false;
    seat_tell(seat, json_pack("{s:s,s:i}", "event", "socket_lost", "code", (int)code));
    /* docs/signalling.md, Close codes: these are final. */
    bool final = code == 1000 || code == 1008 || code == 1009 || code >= 4000;
    if (seat->over || final || !seat->resume[0] || ++seat->failures > RETRIES_LIMIT) {
        seat_end(seat);
        return -1;
    }
    if (code == 1012)
        return 0;
    int wait = RETRY_FIRST_MS << (seat->failures < 6 ? seat->failures - 1 : 5);
    return wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS;
}

void tl_seat_datagram(struct tl_seat *seat, tl_time_us now, unsigned path,
                      const struct tl_address *from, uint8_t *data, size_t size)
{
    if (seat->current.peer && seat->current.path == path)
        tl_peer_input(seat->current.peer, now, from, data, size);
    else if (seat->next.peer && seat->next.path == path)
        tl_peer_input(seat->next.peer, now, from, data, size);
    else if (seat->leaving.peer && seat->leaving.path == path)
        tl_peer_input(seat->leaving.peer, now, from, data, size);
}

static bool hears_or_sees(const struct tl_peer *peer)
{
    struct tl_peer_slot slot;
    for (size_t i = 0; i < tl_peer_slot_count(peer); i++) {
        tl_peer_slot(peer, i, &slot);
        if (slot.decoded)
            return true;
    }
    return false;
}

/* The second connection takes the place of the first once it shows something. */
static void swap_when_ready(struct tl_seat *seat, tl_time_us now)
{
    struct connection *next = &seat->next;
    if (!next->peer || tl_peer_state(next->peer, now) != TL_PEER_CONNECTED)
        return;
    if (!next->connected_at)
        next->connected_at = now;
    if (!hears_or_sees(next->peer) && now - next->connected_at < SWAP_WITHOUT_SIGHT_US)
        return;
    leave(seat);
    seat->leaving = seat->current;
    seat->leave_at = now + LINGER_US;
    tl_peer_set_context(seat->leaving.peer, &seat->leaving);
    seat->current = *next;
    tl_peer_set_context(seat->current.peer, &seat->current);
    next->peer = NULL;
    seat_tell(seat, json_pack("{s:s,s:i,s:I}", "event", "swapped", "path",
                              (int)seat->current.path, "after_ms",
                              (json_int_t)((now - seat->current.began) / TL_MILLISECOND_US)));
}

static void tell_connection(struct tl_seat *seat, struct connection *connection, tl_time_us now)
{
    enum tl_peer_state state = tl_peer_state(connection->peer, now);
    if (state == connection->told)
        return;
    connection->told = state;
    const char *reason = tl_peer_reason(connection->peer);
    seat_tell(seat, json_pack("{s:s,s:s,s:i,s:I,s:s*}", "event", "connection", "state",
                              peer_state_word(state), "path", (int)connection->path, "after_ms",
                              (json_int_t)((now - connection->began) / TL_MILLISECOND_US),
                              "reason", reason));
}

void tl_seat_tick(struct tl_seat *seat, tl_time_us now)
{
    struct connection *both[] = { &seat->current, &seat->next };
    for (size_t i = 0; i < TL_COUNT_OF(both); i++) {
        if (!both[i]->peer || seat->over)
            continue;
        tl_peer_tick(both[i]->peer, now);
        tell_connection(seat, both[i], now);
    }
    swap_when_ready(seat, now);
    if (seat->leaving.peer && now >= seat->leave_at)
        leave(seat);
    else if (seat->leaving.peer)
        tl_peer_tick(seat->leaving.peer, now);
    if (seat->current.peer && !seat->over && now >= seat->events_at) {
        seat->events_at = now + TL_SEAT_EVENTS_EVERY_US;
        seat_tell_media(seat, now);
    }
}

tl_time_us tl_seat_next_deadline(const struct tl_seat *seat, tl_time_us now)
{
    tl_time_us due = now + TL_SECOND_US;
    const struct connection *all[] = { &seat->current, &seat->next, &seat->leaving };
    for (size_t i = 0; i < TL_COUNT_OF(all); i++) {
        if (!all[i]->peer || seat->over)
            continue;
        tl_time_us next = tl_peer_next_deadline(all[i]->peer, now);
        if (next < due)
            due = next;
    }
    return due;
}

bool tl_seat_is_over(const struct tl_seat *seat)
{
    return seat->over;
}

const char *tl_seat_participant(const struct tl_seat *seat)
{
    return seat->participant;
}

const char *tl_seat_state(const struct tl_seat *seat)
{
    return seat->over ? "over" : seat->in ? "in" : seat->waiting ? "waiting" : "";
}

json_t *tl_seat_roster(const struct tl_seat *seat)
{
    return seat->roster;
}

const struct tl_peer *tl_seat_peer(const struct tl_seat *seat)
{
    return seat->current.peer;
}

enum tl_error tl_seat_probe(struct tl_seat *seat, tl_time_us now, unsigned kbps, unsigned ms)
{
    return seat->current.peer ? tl_peer_probe(seat->current.peer, now, kbps, ms)
                              : TL_ERROR_STATE;
}

const struct tl_seat_turn *tl_seat_turn(const struct tl_seat *seat)
{
    return &seat->turn;
}

const char *tl_seat_slot_participant(const struct tl_seat *seat, unsigned mid)
{
    return mid < MIDS_LIMIT ? seat->slots[mid] : "";
}
