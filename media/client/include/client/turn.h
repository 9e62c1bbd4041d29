/* The client's side of TURN (RFC 8656) over a stream: allocates, binds a channel to each peer it is
 * given data for, keeps both alive. No socket, no clock: whole messages in (tl_turn_length), messages
 * out. Requests are not repeated: a stream loses none.
 *
 *     data for a peer, no channel yet: dropped, as on any way that is not up; ICE asks again */
#ifndef TL_CLIENT_TURN_H
#define TL_CLIENT_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "media/turn.h"

enum {
    TL_TURN_CLIENT_PEERS = 8,
    TL_TURN_CLIENT_TEXT_SIZE = 256, /* user, password, realm, nonce: longest is one less */
    TL_TURN_CLIENT_MESSAGE_ROOM = 1200
};
static const tl_time_us TL_TURN_CLIENT_ANSWER_US = 10 * (tl_time_us)TL_SECOND_US;

enum tl_turn_client_state {
    TL_TURN_CLIENT_ALLOCATING,
    TL_TURN_CLIENT_ALLOCATED,
    TL_TURN_CLIENT_FAILED /* error_code says why; 0: no answer in time, or nonsense */
};

struct tl_turn_request {
    uint8_t transaction[TL_STUN_TRANSACTION_SIZE];
    tl_time_us due; /* when to ask, or to give up */
    bool waiting;   /* for the answer */
};

struct tl_turn_client {
    enum tl_turn_client_state state;
    unsigned error_code;
    char user[TL_TURN_CLIENT_TEXT_SIZE], password[TL_TURN_CLIENT_TEXT_SIZE],
        realm[TL_TURN_CLIENT_TEXT_SIZE], nonce[TL_TURN_CLIENT_TEXT_SIZE];
    bool has_key;
    uint8_t key[TL_TURN_KEY_SIZE];
    unsigned challenges; /* in a row */
    struct tl_turn_request allocation;
    bool ipv6, turned; /* of the relayed address; the other family is tried once (440) */
    struct tl_address relayed;
    struct tl_turn_client_peer {
        struct tl_address address;
        struct tl_turn_request request;
        bool bound, refused;
    } peers[TL_TURN_CLIENT_PEERS];
    size_t peer_count;
};

/* TL_ERROR_LIMIT: a text is too long. */
enum tl_error tl_turn_client_init(struct tl_turn_client *client, tl_time_us now,
                                  const char *user, const char *password);
/* Wipes what is secret. */
void tl_turn_client_end(struct tl_turn_client *client);
/* The next message that is due; false when none is. */
bool tl_turn_client_next_output(struct tl_turn_client *client, tl_time_us now,
                                uint8_t buffer[TL_TURN_CLIENT_MESSAGE_ROOM], size_t *ret_size);
tl_time_us tl_turn_client_next_deadline(const struct tl_turn_client *client);
/* Data for a peer as ChannelData; it asks for the channel first. TL_ERROR_AGAIN: not bound yet;
 * TL_ERROR_LIMIT: too many peers, or it does not fit; TL_ERROR_STATE: refused, or failed. */
enum tl_error tl_turn_client_send(struct tl_turn_client *client, tl_time_us now,
                                  const struct tl_address *to, struct tl_bytes data,
                                  void *buffer, size_t room, size_t *ret_size);
/* One whole message. True: it is data of a peer, which lies in the message. What is not ours, or
 * badly signed, is passed over. */
bool tl_turn_client_input(struct tl_turn_client *client, tl_time_us now,
                          struct tl_bytes message, struct tl_address *ret_from,
                          struct tl_bytes *ret_data);

#endif
