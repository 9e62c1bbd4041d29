/* What a client may do, one function a method. Errors by the book (RFC 8656 sections 7 to 12). */
#include <stdlib.h>

#include "base/memory.h"
#include "base/secret.h"
#include "users.h"

enum { UDP = 17, IPV4 = 1, IPV6 = 2, FIRST_CHANNEL = 0x4000, LAST_CHANNEL = 0x4FFF };

struct tl_turn {
    struct tl_turn_config config;
    struct users users;
};

enum tl_error tl_turn_new(const struct tl_turn_config *config, struct tl_turn **ret_turn)
{
    if (config->own_count > TL_TURN_OWN_LIMIT)
        return TL_ERROR_LIMIT;
    struct tl_turn *turn = calloc(1, sizeof *turn);
    if (!turn)
        return TL_ERROR_MEMORY;
    turn->config = *config;
    tl_random_bytes(&turn->users.seed, sizeof turn->users.seed);
    *ret_turn = turn;
    return TL_OK;
}

struct tl_turn *tl_turn_free(struct tl_turn *turn)
{
    if (turn)
        tl_secret_wipe(turn->users.entries, turn->users.count * sizeof turn->users.entries[0]);
    free(turn);
    return NULL;
}

/* ---- users ---- */

static bool read_user(struct tl_text text, uint8_t ret_id[TL_TURN_USER_SIZE])
{
    return text.data && tl_hex_read(text, ret_id, TL_TURN_USER_SIZE) == TL_OK;
}

enum tl_error tl_turn_user_put(struct tl_turn *turn, tl_time_us now, struct tl_text name,
                               struct tl_text password, tl_time_us lasts)
{
    uint8_t id[TL_TURN_USER_SIZE], key[TL_TURN_KEY_SIZE];
    if (!read_user(name, id))
        return TL_ERROR_FORMAT;
    enum tl_error error = tl_turn_key(name, tl_text(turn->config.realm), password, key);
    struct user *user = error ? NULL : users_put(&turn->users, now, id);
    if (user) {
        memcpy(user->key, key, sizeof key);
        user->until = now + lasts;
    } else if (!error) {
        error = TL_ERROR_LIMIT;
    }
    tl_secret_wipe(key, sizeof key);
    return error;
}

void tl_turn_user_end(struct tl_turn *turn, struct tl_text name)
{
    uint8_t id[TL_TURN_USER_SIZE];
    struct user *user = read_user(name, id) ? users_find(&turn->users, id) : NULL;
    if (user)
        users_remove(&turn->users, user);
}

size_t tl_turn_user_count(const struct tl_turn *turn)
{
    return turn->users.count;
}

/* ---- whom we relay to ---- */

/* The index in own, or -1. Addresses are compared in one form, so an IPv4 address in IPv6 clothes
 * is the same address; and this is a list of who may be, not of who may not. */
static int own_host(const struct tl_turn *turn, const struct tl_address *address)
{
    for (size_t i = 0; i < turn->config.own_count; i++)
        if (memcmp(turn->config.own[i].ip, address->ip, sizeof address->ip) == 0)
            return (int)i;
    return -1;
}

static bool is_ours(const struct tl_turn *turn, const struct tl_address *address)
{
    return own_host(turn, address) >= 0 && address->port >= turn->config.first_port &&
           address->port - turn->config.first_port < turn->config.port_count;
}

static bool is_permitted(const struct tl_turn *turn,
                         const struct tl_turn_connection *connection, tl_time_us now,
                         const struct tl_address *peer)
{
    int host = own_host(turn, peer);
    return host >= 0 && is_ours(turn, peer) && connection->permitted_until[host] > now;
}

/* ---- connections ---- */

void tl_turn_connect(struct tl_turn_connection *connection, void *owner,
                     const struct tl_address *client)
{
    *connection = (struct tl_turn_connection){ .owner = owner, .client = *client };
    tl_random_id(connection->nonce);
}

static void end_allocation(struct tl_turn *turn, struct tl_turn_connection *connection)
{
    if (!connection->allocated)
        return;
    struct user *user = users_find(&turn->users, connection->user);
    if (user && user->allocations)
        user->allocations--;
    connection->allocated = false;
    connection->channel_count = 0;
    memset(connection->permitted_until, 0, sizeof connection->permitted_until);
    turn->config.release(turn->config.context, connection->owner);
}

bool tl_turn_tick(struct tl_turn *turn, struct tl_turn_connection *connection, tl_time_us now)
{
    if (!connection->allocated)
        return false;
    const struct user *user = users_find(&turn->users, connection->user);
    if (now >= connection->expires || !user || now >= user->until)
        end_allocation(turn, connection);
    return connection->allocated;
}

void tl_turn_disconnect(struct tl_turn *turn, struct tl_turn_connection *connection)
{
    end_allocation(turn, connection);
    tl_secret_wipe(connection->key, sizeof connection->key);
}

/* ---- requests ---- */

struct request {
    struct tl_turn *turn;
    struct tl_turn_connection *connection;
    tl_time_us now;
    struct tl_bytes bytes;
    struct tl_turn_message in, out; /* out: what the reply carries */
    const uint8_t *key;             /* once authenticated */
    uint8_t id[TL_TURN_USER_SIZE];
    struct user *user;
};

/* 0, or the error: RFC 8489 section 9.2.4. */
static unsigned authenticate(struct request *r)
{
    const struct tl_turn_message *in = &r->in;
    if (!in->integrity_offset)
        return 401;
    if (!in->username.data || !in->realm.data || !in->nonce.data)
        return 400;
    if (!tl_text_is(in->nonce, r->connection->nonce))
        return 438;
    r->user = read_user(in->username, r->id) ? users_find(&r->turn->users, r->id) : NULL;
    if (r->user && r->now >= r->user->until)
        r->user = NULL;
    /* who holds an allocation keeps the password it was made with */
    bool holder = r->connection->allocated && r->user &&
                  memcmp(r->id, r->connection->user, sizeof r->id) == 0;
    const uint8_t *key = holder ? r->connection->key : r->user ? r->user->key : NULL;
    struct tl_stun_message stun = { .integrity_offset = in->integrity_offset };
    if (!key || !tl_text_is(in->realm, r->turn->config.realm) ||
        tl_stun_verify(r->bytes, &stun,
                       (struct tl_text){ (const char *)key, TL_TURN_KEY_SIZE }))
        return 401;
    r->key = key;
    if (r->connection->allocated && !holder)
        return 441;
    return 0;
}

static uint32_t lifetime(const struct request *r)
{
    tl_time_us wanted =
        r->in.has_lifetime ? (tl_time_us)r->in.lifetime * TL_SECOND_US : TL_TURN_LIFETIME_US;
    if (wanted > TL_TURN_LIFETIME_LIMIT_US)
        wanted = TL_TURN_LIFETIME_LIMIT_US;
    return (uint32_t)(wanted / TL_SECOND_US);
}

static unsigned allocate(struct request *r)
{
    struct tl_turn_connection *c = r->connection;
    if (c->allocated)
        return 437;
    if (!r->in.has_transport)
        return 400;
    if (r->in.transport != UDP)
        return 442;
    if (r->in.has_family && r->in.family != IPV4 && r->in.family != IPV6)
        return 440;
    if (r->user->allocations >= TL_TURN_OF_USER_LIMIT)
        return 486;
    if (!r->turn->config.reserve(r->turn->config.context, c->owner, &c->relayed))
        return 508;
    uint8_t family = r->in.has_family ? r->in.family : IPV4;
    if (family != (tl_address_is_ipv4(&c->relayed) ? IPV4 : IPV6)) {
        r->turn->config.release(r->turn->config.context, c->owner);
        return 440;
    }
    c->allocated = true;
    memcpy(c->user, r->id, sizeof c->user);
    memcpy(c->key, r->key, sizeof c->key);
    r->key = c->key;
    r->user->allocations++;
    /* a lifetime of nothing at the beginning means the default (section 7.2) */
    uint32_t seconds = lifetime(r);
    if ((tl_time_us)seconds * TL_SECOND_US < TL_TURN_LIFETIME_US)
        seconds = (uint32_t)(TL_TURN_LIFETIME_US / TL_SECOND_US);
    c->expires = r->now + (tl_time_us)seconds * TL_SECOND_US;
    r->out.has_relayed = r->out.has_mapped = r->out.has_lifetime = true;
    r->out.relayed = c->relayed;
    r->out.mapped = c->client;
    r->out.lifetime = seconds;
    return 0;
}

static unsigned refresh(struct request *r)
{
    struct tl_turn_connection *c = r->connection;
    if (!c->allocated)
        return 437;
    if (r->in.has_family && r->in.family != (tl_address_is_ipv4(&c->relayed) ? IPV4 : IPV6))
        return 443;
    uint32_t seconds = lifetime(r);
    r->out.has_lifetime = true;
    r->out.lifetime = seconds;
    c->expires = r->now + (tl_time_us)seconds * TL_SECOND_US;
    if (seconds == 0)
        end_allocation(r->turn, c);
    return 0;
}

/* Of a peer named in a request. Permissions are of hosts: the port is looked at where one is
 * named to send to. */
static unsigned peer_error(const struct request *r, const struct tl_address *peer)
{
    if (tl_address_is_ipv4(peer) != tl_address_is_ipv4(&r->connection->relayed))
        return 443;
    return own_host(r->turn, peer) < 0 ? 403 : 0;
}

static unsigned create_permission(struct request *r)
{
    if (!r->connection->allocated)
        return 437;
    if (r->in.peer_count == 0)
        return 400;
    for (size_t i = 0; i < r->in.peer_count; i++) {
        unsigned error = peer_error(r, &r->in.peers[i]);
        if (error)
            return error; /* none, when not all (section 10.2) */
    }
    for (size_t i = 0; i < r->in.peer_count; i++)
        r->connection->permitted_until[own_host(r->turn, &r->in.peers[i])] =
            r->now + TL_TURN_PERMISSION_US;
    return 0;
}

/* Where the binding goes: its own place, else one that has expired, else a new one
 * (TL_TURN_CHANNELS_LIMIT: none). One more than that: the number or the peer is bound otherwise
 * (section 12.2). */
static size_t channel_place(const struct request *r, const struct tl_address *peer)
{
    const struct tl_turn_connection *c = r->connection;
    size_t found = c->channel_count;
    for (size_t i = 0; i < c->channel_count; i++) {
        bool number = c->channels[i].number == r->in.channel;
        bool same = tl_address_equal(&c->channels[i].peer, peer);
        bool lives = c->channels[i].until > r->now;
        if (lives && number != same)
            return TL_TURN_CHANNELS_LIMIT + 1;
        if (lives && number)
            return i;
        if (!lives && found == c->channel_count)
            found = i;
    }
    return found;
}

static unsigned channel_bind(struct request *r)
{
    struct tl_turn_connection *c = r->connection;
    if (!c->allocated)
        return 437;
    if (!r->in.has_channel || r->in.peer_count != 1 || r->in.channel < FIRST_CHANNEL ||
        r->in.channel > LAST_CHANNEL)
        return 400;
    const struct tl_address *peer = &r->in.peers[0];
    unsigned error = peer_error(r, peer);
    if (error)
        return error;
    if (!is_ours(r->turn, peer))
        return 403;
    size_t i = channel_place(r, peer);
    if (i == TL_TURN_CHANNELS_LIMIT + 1)
        return 400;
    if (i == TL_TURN_CHANNELS_LIMIT)
        return 508;
    if (i == c->channel_count)
        c->channel_count++;
    c->channels[i].number = r->in.channel;
    c->channels[i].peer = *peer;
    c->channels[i].until = r->now + TL_TURN_CHANNEL_US;
    c->permitted_until[own_host(r->turn, peer)] = r->now + TL_TURN_PERMISSION_US;
    return 0;
}

static const struct {
    uint16_t method;
    unsigned (*serve)(struct request *request);
} methods[] = {
    { TL_TURN_ALLOCATE, allocate },
    { TL_TURN_REFRESH, refresh },
    { TL_TURN_CREATE_PERMISSION, create_permission },
    { TL_TURN_CHANNEL_BIND, channel_bind },
};

static unsigned serve(struct request *r)
{
    if (r->in.method == TL_STUN_BINDING) {
        r->out.has_mapped = true;
        r->out.mapped = r->connection->client;
        return 0;
    }
    for (size_t i = 0; i < TL_COUNT_OF(methods); i++) {
        if (methods[i].method != r->in.method)
            continue;
        unsigned error = authenticate(r);
        if (!error && r->in.unknown_count)
            error = 420;
        return error ? error : methods[i].serve(r);
    }
    return 400;
}

static void answer(struct request *r, struct tl_turn_result *result)
{
    unsigned error = serve(r);
    if (error) {
        r->out = (struct tl_turn_message){ .error_code = error };
        r->out.unknown_count = r->in.unknown_count;
        memcpy(r->out.unknown, r->in.unknown, sizeof r->out.unknown);
        if (error == 401 || error == 438) {
            r->out.realm = tl_text(r->turn->config.realm);
            r->out.nonce = tl_text(r->connection->nonce);
        }
    }
    r->out.class_ = error ? TL_STUN_ERROR : TL_STUN_SUCCESS;
    r->out.method = r->in.method;
    memcpy(r->out.transaction, r->in.transaction, sizeof r->out.transaction);
    if (tl_turn_write(&r->out, r->key, result->reply, sizeof result->reply,
                      &result->reply_size))
        result->reply_size = 0;
}

/* ---- data ---- */

static void to_peer(struct tl_turn *turn, const struct tl_turn_connection *connection,
                    tl_time_us now, const struct tl_address *peer, struct tl_bytes data,
                    struct tl_turn_result *result)
{
    if (!is_permitted(turn, connection, now, peer))
        return;
    result->to_peer = true;
    result->peer = *peer;
    result->data = data;
}

static void channel_data(struct tl_turn *turn, const struct tl_turn_connection *connection,
                         tl_time_us now, struct tl_bytes message, struct tl_turn_result *result)
{
    struct tl_reader r = tl_reader(message);
    uint16_t number = tl_read_u16(&r);
    struct tl_bytes data = tl_read_bytes(&r, tl_read_u16(&r));
    for (size_t i = 0; i < connection->channel_count && !r.failed; i++)
        if (connection->channels[i].number == number && connection->channels[i].until > now)
            to_peer(turn, connection, now, &connection->channels[i].peer, data, result);
}

void tl_turn_input(struct tl_turn *turn, struct tl_turn_connection *connection, tl_time_us now,
                   struct tl_bytes message, struct tl_turn_result *ret_result)
{
    ret_result->reply_size = 0;
    ret_result->to_peer = false;
    (void)tl_turn_tick(turn, connection, now);
    if (message.size && message.data[0] >> 6 == 1) {
        if (connection->allocated)
            channel_data(turn, connection, now, message, ret_result);
        return;
    }
    struct request r = { .turn = turn, .connection = connection, .now = now, .bytes = message };
    if (tl_turn_read(message, &r.in))
        return;
    if (r.in.class_ == TL_STUN_REQUEST)
        answer(&r, ret_result);
    else if (r.in.class_ == TL_STUN_INDICATION && r.in.method == TL_TURN_SEND &&
             connection->allocated && r.in.has_data && r.in.peer_count == 1 &&
             r.in.unknown_count == 0)
        to_peer(turn, connection, now, &r.in.peers[0], r.in.data, ret_result);
}

bool tl_turn_from_peer(struct tl_turn *turn, struct tl_turn_connection *connection,
                       tl_time_us now, const struct tl_address *from, struct tl_bytes datagram,
                       uint8_t *buffer, size_t room, size_t *ret_size)
{
    if (!tl_turn_tick(turn, connection, now) || !is_permitted(turn, connection, now, from))
        return false;
    for (size_t i = 0; i < connection->channel_count; i++)
        if (connection->channels[i].until > now &&
            tl_address_equal(&connection->channels[i].peer, from))
            return tl_turn_channel_write(connection->channels[i].number, datagram, buffer, room,
                                         ret_size) == TL_OK;
    struct tl_turn_message data = { .class_ = TL_STUN_INDICATION,
                                    .method = TL_TURN_DATA,
                                    .peers = { *from },
                                    .peer_count = 1,
                                    .has_data = true,
                                    .data = datagram };
    tl_random_bytes(data.transaction, sizeof data.transaction);
    return tl_turn_write(&data, NULL, buffer, room, ret_size) == TL_OK;
}
