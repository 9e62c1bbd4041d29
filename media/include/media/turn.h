/* TURN (RFC 8656) for clients that reach nothing but TCP 443, over TLS. It relays to our own relays'
 * media ports and to nobody else, for people who are in a session and as long as they are. A core:
 * messages and time in, messages out; it opens no socket.
 *
 *     client ═ TLS ═ tl_turn_input ─▶ datagram for a relay's port, from the relayed address
 *                    tl_turn_from_peer ◀─ datagram of a relay
 *
 * Served: Allocate, Refresh, CreatePermission, ChannelBind, Send and Data, ChannelData, Binding;
 * UDP as relayed transport; long-term credentials (RFC 8489 section 9.2). Nothing but Binding is
 * done, or copied, for a request that has not authenticated. */
#ifndef TL_MEDIA_TURN_H
#define TL_MEDIA_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "media/address.h"
#include "media/stun.h"

enum {
    TL_TURN_MESSAGE_LIMIT = 2048, /* longest we read; a datagram of 1,600 in an indication */
    TL_TURN_REPLY_SIZE = 512,
    TL_TURN_USERS_LIMIT = 16384,
    TL_TURN_OF_USER_LIMIT = 4, /* allocations: one for each of a browser's own interfaces */
    TL_TURN_OWN_LIMIT = 8,     /* addresses of our relays */
    TL_TURN_CHANNELS_LIMIT = 64,
    TL_TURN_KEY_SIZE = 16,
    TL_TURN_USER_SIZE = 16, /* a participant's id, as bytes */
    TL_TURN_PEERS_LIMIT = 8 /* in one CreatePermission */
};
static const tl_time_us TL_TURN_LIFETIME_US = 600 * (tl_time_us)TL_SECOND_US;
static const tl_time_us TL_TURN_LIFETIME_LIMIT_US = 3600 * (tl_time_us)TL_SECOND_US;
static const tl_time_us TL_TURN_PERMISSION_US = 300 * (tl_time_us)TL_SECOND_US;
static const tl_time_us TL_TURN_CHANNEL_US = 600 * (tl_time_us)TL_SECOND_US;

/* ---- messages ---- */

enum tl_turn_method {
    TL_TURN_ALLOCATE = 3,
    TL_TURN_REFRESH = 4,
    TL_TURN_SEND = 6,
    TL_TURN_DATA = 7,
    TL_TURN_CREATE_PERMISSION = 8,
    TL_TURN_CHANNEL_BIND = 9
};

struct tl_turn_message {
    enum tl_stun_class class_;
    uint16_t method;
    uint8_t transaction[TL_STUN_TRANSACTION_SIZE];
    struct tl_text username, realm, nonce; /* data NULL when absent */
    bool has_lifetime, has_transport, has_channel, has_family, has_data, has_relayed;
    uint32_t lifetime; /* seconds */
    uint8_t transport, family;
    uint16_t channel;
    bool has_mapped;
    struct tl_address peers[TL_TURN_PEERS_LIMIT], relayed, mapped;
    size_t peer_count;
    struct tl_bytes data;
    unsigned error_code;
    size_t integrity_offset; /* 0: none */
    uint16_t unknown[TL_STUN_UNKNOWN_LIMIT];
    size_t unknown_count;
};

/* TL_ERROR_FORMAT. Spans point into bytes. */
enum tl_error tl_turn_read(struct tl_bytes bytes, struct tl_turn_message *ret_message);
/* Writes what is set in message; with a key, MESSAGE-INTEGRITY last. TL_ERROR_LIMIT. */
enum tl_error tl_turn_write(const struct tl_turn_message *message, const uint8_t *key,
                            void *buffer, size_t room, size_t *ret_size);
/* MD5 of "user:realm:password" (RFC 8489 section 9.2.2). */
enum tl_error tl_turn_key(struct tl_text user, struct tl_text realm, struct tl_text password,
                          uint8_t ret_key[TL_TURN_KEY_SIZE]);
/* How long the message at the front of a stream is, padding included (RFC 8656 section 12.5).
 * TL_ERROR_AGAIN: not known yet. TL_ERROR_FORMAT: neither STUN nor ChannelData, or too long. */
enum tl_error tl_turn_length(struct tl_bytes stream, size_t *ret_size);
/* ChannelData, padded as streams want it. TL_ERROR_LIMIT. */
enum tl_error tl_turn_channel_write(uint16_t channel, struct tl_bytes data, void *buffer,
                                    size_t room, size_t *ret_size);

/* ---- the server ---- */

struct tl_turn_config {
    const char *realm;
    /* whom we relay to: these hosts, these ports, and nobody else */
    struct tl_address own[TL_TURN_OWN_LIMIT];
    size_t own_count;
    uint16_t first_port, port_count;
    /* A relayed address for a connection. False: none is left. */
    void *context;
    bool (*reserve)(void *context, void *connection, struct tl_address *ret_relayed);
    void (*release)(void *context, void *connection);
};

struct tl_turn;
enum tl_error tl_turn_new(const struct tl_turn_config *config, struct tl_turn **ret_turn);
struct tl_turn *tl_turn_free(struct tl_turn *turn);

/* user: 32 hexadecimal digits. Somebody known gets the new password; what they hold goes on.
 * TL_ERROR_FORMAT, TL_ERROR_LIMIT. */
enum tl_error tl_turn_user_put(struct tl_turn *turn, tl_time_us now, struct tl_text user,
                               struct tl_text password, tl_time_us lasts);
/* Nothing more for this user; what they hold ends with the next tl_turn_tick. */
void tl_turn_user_end(struct tl_turn *turn, struct tl_text user);
size_t tl_turn_user_count(const struct tl_turn *turn);

/* One client's connection: embedded in the shell's own. */
struct tl_turn_connection {
    void *owner; /* the shell's, for reserve and release */
    struct tl_address client;
    char nonce[33];
    bool allocated;
    uint8_t user[TL_TURN_USER_SIZE], key[TL_TURN_KEY_SIZE];
    struct tl_address relayed;
    tl_time_us expires;
    tl_time_us permitted_until[TL_TURN_OWN_LIMIT]; /* by index in own */
    struct {
        uint16_t number;
        struct tl_address peer;
        tl_time_us until;
    } channels[TL_TURN_CHANNELS_LIMIT];
    size_t channel_count;
};

struct tl_turn_result {
    size_t reply_size; /* 0: say nothing */
    uint8_t reply[TL_TURN_REPLY_SIZE];
    bool to_peer; /* data is to leave from the relayed address */
    struct tl_address peer;
    struct tl_bytes data; /* in the message */
};

void tl_turn_connect(struct tl_turn_connection *connection, void *owner,
                     const struct tl_address *client);
/* One message of the client (tl_turn_length). */
void tl_turn_input(struct tl_turn *turn, struct tl_turn_connection *connection, tl_time_us now,
                   struct tl_bytes message, struct tl_turn_result *ret_result);
/* A datagram that came to the relayed address, as the client is to get it. False: not for it. */
bool tl_turn_from_peer(struct tl_turn *turn, struct tl_turn_connection *connection,
                       tl_time_us now, const struct tl_address *from, struct tl_bytes datagram,
                       uint8_t *buffer, size_t room, size_t *ret_size);
/* Ends an allocation whose time, or whose user, is over. True while one is held. */
bool tl_turn_tick(struct tl_turn *turn, struct tl_turn_connection *connection, tl_time_us now);
/* The connection is gone. */
void tl_turn_disconnect(struct tl_turn *turn, struct tl_turn_connection *connection);

#endif
