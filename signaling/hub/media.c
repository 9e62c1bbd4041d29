/* The media of one person: the offer, the relay's part, the answer. */
#include <stdio.h>

#include "base/memory.h"
#include "hub/state.h"

static const struct tl_slot no_slot = { -1, TL_SOURCE_NONE };

/* ---- finding ---- */

void tl_peer_register(struct tl_hub *hub, struct tl_peer *peer, const char *participant)
{
    snprintf(peer->participant, sizeof peer->participant, "%s", participant);
    peer->relay = peer->leaving = -1;
    peer->registered = true;
    peer->mark = (struct tl_offer_mark){ .version = 0 };
    tl_map_add(&hub->peers, &peer->link, tl_hash_text(tl_text(participant)));
}

void tl_peer_unregister(struct tl_hub *hub, struct tl_peer *peer)
{
    tl_turn_end(hub, peer);
    if (peer->registered)
        tl_map_remove(&hub->peers, &peer->link);
    peer->registered = false;
}

struct tl_peer *tl_peer_find(struct tl_hub *hub, struct tl_text participant)
{
    struct tl_map_link *link = tl_map_first(&hub->peers, tl_hash_text(participant));
    for (; link; link = tl_map_next(link)) {
        struct tl_peer *peer = TL_CONTAINER(link, struct tl_peer, link);
        if (tl_text_is(participant, peer->participant))
            return peer;
    }
    return NULL;
}

bool tl_peer_is_alive(const struct tl_peer *peer)
{
    return peer->state == TL_MEDIA_CONNECTING || peer->state == TL_MEDIA_CONNECTED ||
           peer->state == TL_MEDIA_RECONNECTING;
}

/* ---- ending ---- */

void tl_peer_drop_offer(struct tl_hub *hub, struct tl_peer *peer)
{
    tl_request_drop(hub, peer->request);
    peer->request = 0;
    if (peer->offer)
        free(peer->offer->text);
    free(peer->offer);
    peer->offer = NULL;
}

void tl_peer_forget(struct tl_hub *hub, struct tl_peer *peer)
{
    tl_peer_drop_offer(hub, peer);
    tl_peer_left(hub, peer);
    if (peer->state != TL_MEDIA_NONE && peer->relay >= 0 && hub->relays[peer->relay].load)
        hub->relays[peer->relay].load--;
    peer->state = TL_MEDIA_NONE;
    peer->relay = -1;
    peer->lines = (struct tl_media_lines){ .receive_count = 0 };
    peer->statistics_at = 0;
    peer->muted_told = 0;
    if (peer->session)
        tl_session_mark(hub, peer->session, false, true, false);
}

void tl_peer_close(struct tl_hub *hub, struct tl_peer *peer)
{
    if (peer->state != TL_MEDIA_NONE && peer->relay >= 0)
        tl_relay_send_json(hub, peer->relay, TL_MESSAGE_PARTICIPANT_CLOSE, 0,
                           json_pack("{s:s}", "participant", peer->participant));
    tl_peer_forget(hub, peer);
}

void tl_peer_mute(struct tl_hub *hub, struct tl_peer *peer, enum tl_source source, bool muted)
{
    unsigned bit = 1u << source;
    if (!tl_peer_is_alive(peer))
        return;
    peer->muted_told = muted ? peer->muted_told | bit : peer->muted_told & ~bit;
    int relays[] = { peer->relay, peer->leaving };
    for (size_t i = 0; i < TL_COUNT_OF(relays); i++)
        if (i == 0 || (relays[i] >= 0 && relays[i] != peer->relay))
            tl_relay_send_json(hub, relays[i], TL_MESSAGE_SOURCE_MUTE, 0,
                               json_pack("{s:s, s:s, s:b}", "participant", peer->participant,
                                         "source", tl_source_names[source], "muted", muted));
}

void tl_peer_mute_again(struct tl_hub *hub, struct tl_peer *peer, unsigned muted, bool all)
{
    unsigned told = peer->muted_told;
    for (unsigned i = 0; i < TL_SOURCE_COUNT; i++)
        if (peer->lines.sends[i][0] && (all || ((muted | told) & (1u << i))))
            tl_peer_mute(hub, peer, (enum tl_source)i, muted & (1u << i));
}

/* ---- the offer towards the relay ---- */

static json_t *json_text(struct tl_text text)
{
    return json_stringn(text.data, text.size);
}

static json_t *payload(int number)
{
    return number == TL_SDP_NONE ? json_null() : json_integer(number);
}

static json_t *media_json(const struct tl_sdp_media *media)
{
    json_t *extensions = json_object();
    static const struct {
        enum tl_sdp_extension extension;
        const char *name;
    } taken[] = { { TL_SDP_EXTENSION_MID, "mid" },
                  { TL_SDP_EXTENSION_AUDIO_LEVEL, "audio_level" },
                  { TL_SDP_EXTENSION_TRANSPORT_CC, "transport_cc" },
                  { TL_SDP_EXTENSION_ABS_SEND_TIME, "abs_send_time" },
                  { TL_SDP_EXTENSION_RID, "rid" },
                  { TL_SDP_EXTENSION_REPAIRED_RID, "repaired_rid" } };
    for (size_t i = 0; i < TL_COUNT_OF(taken); i++) {
        uint8_t id = tl_sdp_extension_id(media, taken[i].extension);
        if (id)
            json_object_set_new(extensions, taken[i].name, json_integer(id));
    }
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "mid", json_text(media->mid),
                     "kind", media->kind == TL_SDP_AUDIO ? "audio" : "video", "opus",
                     payload(media->opus), "red", payload(media->red), "vp8",
                     payload(media->vp8), "rtx", payload(media->rtx), "extensions", extensions);
}

/* Who makes RED of its own over an engine without it sends it under Opus' number: the engine knows
 * no other (docs/decisions/0058). */
static json_t *send_json(const struct tl_sdp_media *media, unsigned redundant)
{
    json_t *json = media_json(media), *ssrcs = json_array(), *rids = json_array();
    for (unsigned i = 0; i < media->rid_count; i++)
        json_array_append_new(rids, json_text(media->rids[i]));
    for (unsigned i = 0; i < media->ssrc_count; i++)
        json_array_append_new(ssrcs, json_integer(media->ssrcs[i]));
    if (media->red == TL_SDP_NONE && (redundant & (1u << media->source)))
        json_object_set_new(json, "red", payload(media->opus));
    json_object_set_new(json, "source", json_string(tl_source_names[media->source]));
    json_object_set_new(json, "dtx", json_boolean(media->dtx));
    json_object_set_new(json, "ssrcs", ssrcs);
    json_object_set_new(json, "rids", rids);
    return json;
}

static json_t *open_json(const struct tl_peer *peer, const char *room)
{
    const struct tl_sdp_offer *sdp = &peer->offer->sdp;
    json_t *sends = json_array(), *receives = json_array();
    for (unsigned i = 0; i < sdp->media_count; i++) {
        if (sdp->media[i].use == TL_SDP_SEND)
            json_array_append_new(sends, send_json(&sdp->media[i], peer->offer->redundant));
        else if (sdp->media[i].use == TL_SDP_RECEIVE)
            json_array_append_new(receives, media_json(&sdp->media[i]));
    }
    return json_pack("{s:s, s:s, s:{s:o, s:o, s:{s:s, s:s}, s:s}, s:o, s:o, s:b, s:s}",
                     "participant", peer->participant, "room", room, "remote", "ufrag",
                     json_text(sdp->ufrag), "pwd", json_text(sdp->pwd), "fingerprint", "hash",
                     "sha-256", "value", sdp->fingerprint, "setup",
                     sdp->active ? "active" : "actpass", "sends", sends, "receives", receives,
                     "test", peer->test != NULL, "offer", peer->offer->digest);
}

static struct tl_offer *read_offer(struct tl_hub *hub, struct tl_client *client,
                                   const struct tl_client_message *message, bool test)
{
    struct tl_sdp_problem problem = { { 0 } };
    struct tl_text sdp = message->offer.sdp;
    struct tl_offer *offer = calloc(1, sizeof *offer);
    enum tl_error error = TL_ERROR_MEMORY;
    if (offer)
        offer->text = malloc(sdp.size);
    if (offer && offer->text) {
        memcpy(offer->text, sdp.data, sdp.size);
        offer->client = client->id;
        offer->redundant = message->offer.redundant;
        error =
            tl_sdp_offer_read((struct tl_text){ offer->text, sdp.size }, &offer->sdp, &problem);
    }
    if (!error)
        error = tl_sdp_plan(&offer->sdp, message->offer.mids, tl_source_is_audio,
                            TL_SOURCE_COUNT, &problem);
    if (!error && test) /* who examines one picture wants one stream of it */
        tl_sdp_one_layer(&offer->sdp);
    if (!error) {
        tl_offer_digest(&offer->sdp, offer->digest);
        return offer;
    }
    tl_client_refuse(hub, client, error == TL_ERROR_MEMORY ? TL_REFUSE_AWAY : TL_REFUSE_SDP,
                     problem.where, "offer");
    if (offer)
        free(offer->text);
    free(offer);
    return NULL;
}

static bool ask_open(struct tl_hub *hub, struct tl_peer *peer, int relay)
{
    const char *room = peer->session ? peer->session->room : peer->test->room;
    peer->request = relay < 0 ? 0
                              : tl_request_new(hub, TL_REQUEST_OPEN, peer, (unsigned)relay,
                                               TL_HUB_RELAY_WITHIN_US);
    return peer->request && tl_relay_send_json(hub, relay, TL_MESSAGE_PARTICIPANT_OPEN,
                                               peer->request, open_json(peer, room));
}

void tl_peer_offer(struct tl_hub *hub, struct tl_client *client, struct tl_peer *peer,
                   const struct tl_client_message *message)
{
    if (peer->offer || (!peer->offer_allowed && !tl_peer_is_alive(peer))) {
        tl_client_refuse(hub, client, TL_REFUSE_ORDER, NULL, "offer");
        return;
    }
    struct tl_offer *offer = read_offer(hub, client, message, peer->test != NULL);
    if (!offer)
        return;
    if (!peer->offer_allowed || tl_offer_is_restart(offer, &peer->mark)) {
        peer->offer = offer;
        tl_peer_restart(hub, client, peer);
        return;
    }
    int relay = peer->session ? peer->session->relay : peer->relay;
    if (relay < 0 || !hub->relays[relay].up)
        relay = tl_relay_choose(hub);
    bool counted = peer->state != TL_MEDIA_NONE && peer->relay == relay;
    if (peer->leaving >= 0 && peer->leaving == peer->relay && !counted)
        tl_peer_moves(peer);
    else if (peer->state != TL_MEDIA_NONE && !counted)
        tl_peer_close(hub, peer);
    peer->offer = offer;
    if (!ask_open(hub, peer, relay)) {
        tl_peer_drop_offer(hub, peer);
        tl_client_refuse(hub, client, TL_REFUSE_AWAY, NULL, "offer");
        return;
    }
    if (peer->session)
        peer->session->relay = relay;
    if (!counted)
        hub->relays[relay].load++;
    peer->relay = relay;
    peer->state = TL_MEDIA_OPENING;
    peer->offer_allowed = false;
}

/* ---- the answer ---- */

static void open_failed(struct tl_hub *hub, struct tl_peer *peer, enum tl_refusal refusal)
{
    struct tl_client *client = peer->offer ? tl_client_find(hub, peer->offer->client) : NULL;
    peer->request = 0;
    if (tl_peer_moves_back(hub, peer))
        tl_peer_drop_offer(hub, peer);
    else
        tl_peer_close(hub, peer); /* it may have been opened after all */
    peer->offer_allowed = true;
    if (client && client->stage != TL_STAGE_GONE)
        tl_client_refuse(hub, client, refusal, NULL, "offer");
}

void tl_peer_open_failed(struct tl_hub *hub, struct tl_peer *peer)
{
    open_failed(hub, peer, TL_REFUSE_AWAY);
}

/* Its relay has no room. All people of a session are at one relay: only who would be the first of
 * it there can go to another. */
static bool opens_elsewhere(struct tl_hub *hub, struct tl_peer *peer)
{
    int full = peer->relay;
    const struct tl_session *session = peer->session;
    hub->relays[full].full_until = hub->now.monotonic + TL_HUB_RELAY_FULL_US;
    for (unsigned i = 0; session && i < TL_HUB_SEATS_LIMIT; i++) {
        const struct tl_peer *other = &session->seats[i].peer;
        if (other != peer && tl_seat_is_taken(&session->seats[i]) &&
            other->state != TL_MEDIA_NONE && other->relay == full)
            return false;
    }
    int relay = tl_relay_choose(hub);
    if (relay < 0 || tl_relay_is_full(hub, relay) || tl_peer_is_moving(peer) ||
        !ask_open(hub, peer, relay))
        return false;
    if (hub->relays[full].load)
        hub->relays[full].load--;
    hub->relays[relay].load++;
    peer->relay = relay;
    if (peer->session)
        peer->session->relay = relay;
    return true;
}

json_t *tl_peer_answer(const struct tl_peer *peer, const struct tl_opened *opened)
{
    const struct tl_sdp_offer *sdp = &peer->offer->sdp;
    json_t *json = NULL;
    struct tl_sdp_local *local = calloc(1, sizeof *local);
    char *text = malloc(TL_SDP_ANSWER_LIMIT);
    if (local && text) {
        struct tl_writer writer = tl_writer(text, TL_SDP_ANSWER_LIMIT);
        local->session = peer->mark.session;
        local->version = peer->mark.version;
        local->ufrag = opened->ufrag;
        local->pwd = opened->pwd;
        local->fingerprint = opened->fingerprint;
        memcpy(local->candidates, opened->candidates, sizeof local->candidates);
        local->candidate_count = opened->candidate_count;
        for (unsigned i = 0; i < sdp->media_count; i++)
            for (unsigned j = 0; j < opened->receive_count; j++)
                if (sdp->media[i].use == TL_SDP_RECEIVE &&
                    tl_text_equal(sdp->media[i].mid, opened->receives[j].mid)) {
                    local->receives[i].ssrc = opened->receives[j].ssrc;
                    local->receives[i].rtx_ssrc = opened->receives[j].rtx_ssrc;
                }
        if (tl_sdp_answer_write(sdp, local, &writer) == TL_OK)
            json = json_pack("{s:s, s:s%}", "type", "answer", "sdp", text, writer.used);
    }
    free(local);
    free(text);
    return json;
}

struct tl_client *tl_peer_offerer(struct tl_hub *hub, const struct tl_peer *peer)
{
    struct tl_client *client = tl_client_find(hub, peer->offer->client);
    bool here =
        client && client->stage != TL_STAGE_GONE &&
        (peer->test ? client->test == peer->test : client->seat && &client->seat->peer == peer);
    return here ? client : NULL;
}

/* What an ICE restart will be compared with. */
static void take_mark(struct tl_hub *hub, struct tl_peer *peer)
{
    struct tl_offer_mark mark = { .version = 1 };
    hub->actions.random_bytes(hub->actions.context, &mark.session, sizeof mark.session);
    mark.session >>= 2; /* RFC 8829 section 5.2.1: at most 62 bits */
    memcpy(mark.digest, peer->offer->digest, sizeof mark.digest);
    (void)tl_text_copy(peer->offer->sdp.ufrag, mark.ufrag, sizeof mark.ufrag);
    peer->mark = mark;
}

static void take_lines(struct tl_peer *peer)
{
    const struct tl_sdp_offer *sdp = &peer->offer->sdp;
    peer->lines = (struct tl_media_lines){ .receive_count = 0 };
    peer->returning = 0;
    for (unsigned i = 0; i < sdp->media_count; i++) {
        const struct tl_sdp_media *media = &sdp->media[i];
        if (media->use == TL_SDP_SEND)
            (void)tl_text_copy(media->mid, peer->lines.sends[media->source],
                               TL_SDP_MID_LIMIT + 1);
        if (media->use != TL_SDP_RECEIVE)
            continue;
        unsigned n = peer->lines.receive_count++;
        (void)tl_text_copy(media->mid, peer->lines.receives[n].mid, TL_SDP_MID_LIMIT + 1);
        peer->lines.receives[n].audio = media->kind == TL_SDP_AUDIO;
    }
}

void tl_peer_opened(struct tl_hub *hub, struct tl_peer *peer, json_t *json, bool refused)
{
    struct tl_opened opened;
    const char *why = json_string_value(json_object_get(json, "error"));
    peer->request = 0;
    if (refused && why && strcmp(why, "limit") == 0) {
        if (!opens_elsewhere(hub, peer))
            open_failed(hub, peer, TL_REFUSE_BUSY);
        return;
    }
    if (refused || tl_opened_read(json, &opened)) {
        hub->counts.refused += !refused;
        tl_peer_open_failed(hub, peer);
        return;
    }
    struct tl_client *client = tl_peer_offerer(hub, peer);
    take_mark(hub, peer);
    json_t *answer = tl_peer_answer(peer, &opened);
    if (!answer ||
        !client) { /* nobody is there to use it: it would only be half a connection */
        json_decref(answer);
        tl_peer_open_failed(hub, peer);
        return;
    }
    peer->state = TL_MEDIA_CONNECTING;
    take_lines(peer);
    tl_peer_drop_offer(hub, peer);
    /* Who moves keeps everyone where they are: both connections show the same table. */
    for (unsigned i = 0; i < TL_SDP_RECEIVES_LIMIT && !tl_peer_is_moving(peer); i++)
        peer->slots[i] = no_slot;
    peer->slots_stale = peer->slots_untold = true;
    tl_client_send(hub, client, answer);
    if (peer->test) {
        tl_test_opened(hub, peer->test);
        return;
    }
    tl_peer_mute_again(hub, peer, client->seat->muted, false);
    tl_relay_tell_restarts(hub, peer->session); /* it may have begun to drain meanwhile */
    tl_session_mark(hub, peer->session, false, true, false);
}
