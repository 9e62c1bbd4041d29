/* ICE restart (RFC 8839 section 4.4.1.1): an offer that is the one in force but for its ICE
 * credentials. The relay gets these and nothing else; the answer repeats all the rest. */
#include <inttypes.h>

#include "base/memory.h"
#include "base/secret.h"
#include "hub/state.h"

#define TEXT(text) (int)(text).size, (text).data

/* Offering again, browsers leave out what the answer did not take: feedback, and extensions but
 * these. */
static const enum tl_sdp_extension kept[] = { TL_SDP_EXTENSION_MID,
                                              TL_SDP_EXTENSION_AUDIO_LEVEL,
                                              TL_SDP_EXTENSION_TRANSPORT_CC,
                                              TL_SDP_EXTENSION_ABS_SEND_TIME };

static void write_media(struct tl_writer *w, const struct tl_sdp_media *media)
{
    tl_write_format(w, "%.*s %d %d %u %d %d %d %d", TEXT(media->mid), (int)media->kind,
                    (int)media->use, media->source, media->opus, media->red, media->vp8,
                    media->rtx);
    for (size_t i = 0; i < TL_COUNT_OF(kept); i++)
        tl_write_format(w, " %u", media->extensions[kept[i]]);
    for (unsigned i = 0; i < media->ssrc_count; i++)
        tl_write_format(w, " %" PRIu32, media->ssrcs[i]);
    tl_write_format(w, "\n");
}

void tl_offer_digest(const struct tl_sdp_offer *offer, char ret_digest[TL_OFFER_DIGEST_SIZE])
{
    enum { MEDIA_ROOM = 256 };
    char text[TL_SDP_MEDIA_LIMIT * MEDIA_ROOM];
    uint8_t digest[32];
    struct tl_writer w = tl_writer(text, sizeof text);
    tl_write_format(&w, "%s %d\n", offer->fingerprint, (int)offer->active);
    for (unsigned i = 0; i < offer->media_count; i++)
        write_media(&w, &offer->media[i]);
    ret_digest[0] = 0; /* like no other, should it not fit */
    if (w.failed)
        return;
    tl_sha256(tl_writer_bytes(&w), digest);
    tl_hex_write(tl_bytes(digest, sizeof digest), ret_digest);
}

bool tl_offer_is_restart(const struct tl_offer *offer, const struct tl_offer_mark *mark)
{
    return mark->digest[0] && strcmp(offer->digest, mark->digest) == 0 &&
           !tl_text_is(offer->sdp.ufrag, mark->ufrag);
}

static void refuse(struct tl_hub *hub, struct tl_peer *peer, struct tl_client *client,
                   enum tl_refusal refusal)
{
    tl_peer_drop_offer(hub, peer);
    if (client)
        tl_client_refuse(hub, client, refusal, NULL, "offer");
}

void tl_peer_restart(struct tl_hub *hub, struct tl_client *client, struct tl_peer *peer)
{
    const struct tl_sdp_offer *sdp = &peer->offer->sdp;
    if (!tl_peer_is_alive(peer) || !tl_offer_is_restart(peer->offer, &peer->mark)) {
        refuse(hub, peer, client, TL_REFUSE_ORDER);
        return;
    }
    peer->request = tl_request_new(hub, TL_REQUEST_RESTART, peer, (unsigned)peer->relay,
                                   TL_HUB_RELAY_WITHIN_US);
    if (!peer->request ||
        !tl_relay_send_json(hub, peer->relay, TL_MESSAGE_PARTICIPANT_RESTART, peer->request,
                            json_pack("{s:s, s:{s:s%, s:s%}}", "participant", peer->participant,
                                      "remote", "ufrag", sdp->ufrag.data, sdp->ufrag.size,
                                      "pwd", sdp->pwd.data, sdp->pwd.size)))
        refuse(hub, peer, client, TL_REFUSE_AWAY);
}

void tl_peer_restart_failed(struct tl_hub *hub, struct tl_peer *peer)
{
    peer->request = 0;
    refuse(hub, peer, tl_peer_offerer(hub, peer), TL_REFUSE_AWAY);
}

void tl_peer_restarted(struct tl_hub *hub, struct tl_peer *peer, json_t *json, bool refused)
{
    struct tl_opened opened;
    struct tl_client *client = tl_peer_offerer(hub, peer);
    peer->request = 0;
    if (refused) { /* only another connection helps: what it was is no longer there */
        peer->offer_allowed = true;
        refuse(hub, peer, client, TL_REFUSE_ORDER);
        return;
    }
    if (tl_opened_read(json, &opened)) {
        hub->counts.refused++;
        refuse(hub, peer, client, TL_REFUSE_AWAY);
        return;
    }
    (void)tl_text_copy(peer->offer->sdp.ufrag, peer->mark.ufrag, sizeof peer->mark.ufrag);
    if (!peer->mark.session) {
        hub->actions.random_bytes(hub->actions.context, &peer->mark.session,
                                  sizeof peer->mark.session);
        peer->mark.session >>= 2;
    }
    peer->mark.version++;
    json_t *answer = client ? tl_peer_answer(peer, &opened) : NULL;
    tl_peer_drop_offer(hub, peer);
    tl_client_send(hub, client, answer);
}
