#include "client/turn.h"

#include <string.h>

#include "base/secret.h"

enum {
    FIRST_CHANNEL = 0x4000,
    CHANNEL_HEADER = 4,
    UDP = 17,
    IPV6 = 2,
    CHALLENGES_LIMIT = 3,
    FAMILY_NOT_SUPPORTED = 440
};
/* Well before they end: RFC 8656 sections 3.2, 9 and 12. */
static const tl_time_us REFRESH_BEFORE_US = 60 * (tl_time_us)TL_SECOND_US;

enum tl_error tl_turn_client_init(struct tl_turn_client *client, tl_time_us now,
                                  const char *user, const char *password)
{
    memset(client, 0, sizeof *client);
    client->allocation.due = now;
    enum tl_error error = tl_text_copy(tl_text(user), client->user, sizeof client->user);
    return error ? error
                 : tl_text_copy(tl_text(password), client->password, sizeof client->password);
}

void tl_turn_client_end(struct tl_turn_client *client)
{
    tl_secret_wipe(client, sizeof *client);
    client->state = TL_TURN_CLIENT_FAILED;
}

static void fail(struct tl_turn_client *client, unsigned code)
{
    client->state = TL_TURN_CLIENT_FAILED;
    client->error_code = code;
}

static bool write_request(struct tl_turn_client *client, tl_time_us now,
                          struct tl_turn_request *request, struct tl_turn_message *message,
                          uint8_t *buffer, size_t *ret_size)
{
    tl_random_bytes(request->transaction, sizeof request->transaction);
    memcpy(message->transaction, request->transaction, sizeof request->transaction);
    message->class_ = TL_STUN_REQUEST;
    if (client->has_key) {
        message->username = tl_text(client->user);
        message->realm = tl_text(client->realm);
        message->nonce = tl_text(client->nonce);
    }
    request->waiting = true;
    request->due = now + TL_TURN_CLIENT_ANSWER_US;
    if (tl_turn_write(message, client->has_key ? client->key : NULL, buffer,
                      TL_TURN_CLIENT_MESSAGE_ROOM, ret_size) == TL_OK)
        return true;
    fail(client, 0);
    return false;
}

static bool write_allocation(struct tl_turn_client *client, tl_time_us now, uint8_t *buffer,
                             size_t *ret_size)
{
    struct tl_turn_message message = { .method = TL_TURN_REFRESH };
    if (client->state == TL_TURN_CLIENT_ALLOCATING) {
        message.method = TL_TURN_ALLOCATE;
        message.has_transport = true;
        message.transport = UDP;
        message.has_family = client->ipv6;
        message.family = IPV6;
    }
    return write_request(client, now, &client->allocation, &message, buffer, ret_size);
}

/* A channel permits its peer as well (RFC 8656 section 12.1). */
static bool write_binding(struct tl_turn_client *client, tl_time_us now, size_t i,
                          uint8_t *buffer, size_t *ret_size)
{
    struct tl_turn_client_peer *peer = &client->peers[i];
    struct tl_turn_message message = { .method = TL_TURN_CHANNEL_BIND,
                                       .has_channel = true,
                                       .channel = (uint16_t)(FIRST_CHANNEL + i),
                                       .peers = { peer->address },
                                       .peer_count = 1 };
    return write_request(client, now, &peer->request, &message, buffer, ret_size);
}

bool tl_turn_client_next_output(struct tl_turn_client *client, tl_time_us now,
                                uint8_t buffer[TL_TURN_CLIENT_MESSAGE_ROOM], size_t *ret_size)
{
    if (client->state == TL_TURN_CLIENT_FAILED)
        return false;
    if (now >= client->allocation.due) {
        if (!client->allocation.waiting)
            return write_allocation(client, now, buffer, ret_size);
        fail(client, 0);
        return false;
    }
    for (size_t i = 0; client->state == TL_TURN_CLIENT_ALLOCATED && i < client->peer_count;
         i++) {
        struct tl_turn_client_peer *peer = &client->peers[i];
        if (peer->refused || now < peer->request.due)
            continue;
        if (!peer->request.waiting)
            return write_binding(client, now, i, buffer, ret_size);
        fail(client, 0);
        return false;
    }
    return false;
}

tl_time_us tl_turn_client_next_deadline(const struct tl_turn_client *client)
{
    tl_time_us due = client->allocation.due;
    if (client->state == TL_TURN_CLIENT_FAILED)
        return INT64_MAX;
    for (size_t i = 0; client->state == TL_TURN_CLIENT_ALLOCATED && i < client->peer_count; i++)
        if (!client->peers[i].refused && client->peers[i].request.due < due)
            due = client->peers[i].request.due;
    return due;
}

enum tl_error tl_turn_client_send(struct tl_turn_client *client, tl_time_us now,
                                  const struct tl_address *to, struct tl_bytes data,
                                  void *buffer, size_t room, size_t *ret_size)
{
    if (client->state == TL_TURN_CLIENT_FAILED)
        return TL_ERROR_STATE;
    size_t i = 0;
    while (i < client->peer_count && !tl_address_equal(&client->peers[i].address, to))
        i++;
    if (i == TL_TURN_CLIENT_PEERS)
        return TL_ERROR_LIMIT;
    if (i == client->peer_count)
        client->peers[client->peer_count++] =
            (struct tl_turn_client_peer){ .address = *to, .request = { .due = now } };
    if (client->peers[i].refused)
        return TL_ERROR_STATE;
    if (!client->peers[i].bound)
        return TL_ERROR_AGAIN;
    return tl_turn_channel_write((uint16_t)(FIRST_CHANNEL + i), data, buffer, room, ret_size);
}

/* ---- in ---- */

static bool channel_data(const struct tl_turn_client *client, struct tl_bytes bytes,
                         struct tl_address *ret_from, struct tl_bytes *ret_data)
{
    struct tl_reader r = tl_reader(bytes);
    unsigned number = tl_read_u16(&r);
    size_t size = tl_read_u16(&r);
    struct tl_bytes data = tl_read_bytes(&r, size);
    size_t i = number - FIRST_CHANNEL;
    if (r.failed || number < FIRST_CHANNEL || i >= client->peer_count ||
        !client->peers[i].bound)
        return false;
    *ret_from = client->peers[i].address;
    *ret_data = data;
    return true;
}

/* A realm and a nonce to sign with (RFC 8489 section 9.2.5); false: they were no use. */
static bool take_challenge(struct tl_turn_client *client, const struct tl_turn_message *message)
{
    if (++client->challenges > CHALLENGES_LIMIT || !message->realm.data ||
        !message->nonce.data ||
        tl_text_copy(message->realm, client->realm, sizeof client->realm) ||
        tl_text_copy(message->nonce, client->nonce, sizeof client->nonce) ||
        tl_turn_key(tl_text(client->user), tl_text(client->realm), tl_text(client->password),
                    client->key))
        return false;
    client->has_key = true;
    return true;
}

/* 401 to a request that was signed means that the password is wrong. */
static bool is_challenge(const struct tl_turn_client *client,
                         const struct tl_turn_message *message)
{
    return message->error_code == 438 || (message->error_code == 401 && !client->has_key);
}

static bool is_signed(const struct tl_turn_client *client, struct tl_bytes bytes,
                      const struct tl_turn_message *message)
{
    struct tl_stun_message stun = { .integrity_offset = message->integrity_offset };
    return client->has_key && message->integrity_offset &&
           tl_stun_verify(bytes, &stun,
                          (struct tl_text){ (const char *)client->key, TL_TURN_KEY_SIZE }) ==
               TL_OK;
}

static tl_time_us refresh_at(tl_time_us now, tl_time_us lasts)
{
    tl_time_us before = lasts > 2 * REFRESH_BEFORE_US ? REFRESH_BEFORE_US : lasts / 2;
    return now + lasts - before;
}

static void allocation_answered(struct tl_turn_client *client, tl_time_us now,
                                const struct tl_turn_message *message)
{
    bool first = client->state == TL_TURN_CLIENT_ALLOCATING;
    uint16_t method = first ? TL_TURN_ALLOCATE : TL_TURN_REFRESH;
    if (first && !client->turned && message->error_code == FAMILY_NOT_SUPPORTED) {
        client->ipv6 = client->turned = true;
        client->allocation.due = now;
        return;
    }
    if (message->class_ == TL_STUN_ERROR) {
        fail(client, message->error_code);
        return;
    }
    if (message->method != method || !message->has_lifetime || !message->lifetime ||
        (first && !message->has_relayed)) {
        fail(client, 0);
        return;
    }
    if (first)
        client->relayed = message->relayed;
    client->state = TL_TURN_CLIENT_ALLOCATED;
    client->allocation.due = refresh_at(now, (tl_time_us)message->lifetime * TL_SECOND_US);
}

static void binding_answered(struct tl_turn_client_peer *peer, tl_time_us now,
                             const struct tl_turn_message *message)
{
    peer->bound = message->class_ == TL_STUN_SUCCESS;
    peer->refused = !peer->bound;
    /* its permission ends before the channel does (RFC 8656 sections 9 and 12) */
    peer->request.due = refresh_at(now, TL_TURN_PERMISSION_US);
}

static struct tl_turn_request *find_request(struct tl_turn_client *client,
                                            const struct tl_turn_message *message,
                                            struct tl_turn_client_peer **ret_peer)
{
    *ret_peer = NULL;
    if (client->allocation.waiting &&
        memcmp(client->allocation.transaction, message->transaction,
               TL_STUN_TRANSACTION_SIZE) == 0)
        return &client->allocation;
    for (size_t i = 0; i < client->peer_count; i++)
        if (client->peers[i].request.waiting &&
            memcmp(client->peers[i].request.transaction, message->transaction,
                   TL_STUN_TRANSACTION_SIZE) == 0) {
            *ret_peer = &client->peers[i];
            return &client->peers[i].request;
        }
    return NULL;
}

bool tl_turn_client_input(struct tl_turn_client *client, tl_time_us now, struct tl_bytes bytes,
                          struct tl_address *ret_from, struct tl_bytes *ret_data)
{
    struct tl_turn_message message;
    struct tl_turn_client_peer *peer;
    if (client->state == TL_TURN_CLIENT_FAILED || bytes.size < CHANNEL_HEADER)
        return false;
    if (bytes.data[0] >> 6 == 1)
        return channel_data(client, bytes, ret_from, ret_data);
    if (tl_turn_read(bytes, &message) ||
        (message.class_ != TL_STUN_SUCCESS && message.class_ != TL_STUN_ERROR))
        return false;
    struct tl_turn_request *request = find_request(client, &message, &peer);
    if (!request)
        return false;
    if (message.class_ == TL_STUN_ERROR && is_challenge(client, &message)) {
        request->waiting = false;
        request->due = now; /* at once, signed anew */
        if (!take_challenge(client, &message))
            fail(client, message.error_code);
        return false;
    }
    /* an error may come unsigned: it can only end what its sender could end anyway */
    if (message.class_ == TL_STUN_SUCCESS && !is_signed(client, bytes, &message))
        return false;
    client->challenges = 0;
    request->waiting = false;
    if (peer)
        binding_answered(peer, now, &message);
    else
        allocation_answered(client, now, &message);
    return false;
}
