/* Another path for one participant. ICE restart (RFC 8445 section 9): only ICE is new, and the path
 * in use goes on until the peer nominates a pair of the new generation. Consent that expired
 * (RFC 7675): another pair that holds takes over. */
#include "route/internal.h"

enum tl_error tl_relay_restart(struct tl_relay *relay, tl_time_us now, const char *id,
                               struct tl_text remote_ufrag,
                               struct tl_participant_answer *ret_answer)
{
    char ufrag[TL_ICE_LOCAL_UFRAG_SIZE], password[TL_ICE_LOCAL_PASSWORD_SIZE];
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    if (!participant->dtls)
        return TL_ERROR_STATE;
    participant_credentials(relay, participant, ufrag, password);
    enum tl_error error =
        tl_ice_restart(&participant->ice, tl_text(ufrag), tl_text(password), remote_ufrag, now);
    if (error)
        return error;
    participant->restart_asked = now;
    participant_answer(participant, ret_answer);
    return TL_OK;
}

void restart_done(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    /* From when the line fell silent, where it did: a restart may also come before. */
    tl_time_us since =
        participant->interrupted_at ? participant->interrupted_at : participant->restart_asked;
    count(relay, TL_RELAY_ICE_RESTARTS);
    incident_reconnection(relay, participant, now - since);
    key_frames_ask(relay, now, participant); /* it lost packets, or will have */
}

void path_follow(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (!tl_ice_follow(&participant->ice, now))
        return;
    count(relay, TL_RELAY_PATHS_FOLLOWED);
    transport_flush_dtls(relay, participant, now);
    key_frames_ask(relay, now, participant); /* it lost packets, or will have */
}
