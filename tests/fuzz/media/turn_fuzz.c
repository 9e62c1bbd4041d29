/* TURN as a sequence of events: hostile messages, some with a good signature put on them, datagrams
 * from anywhere, and time. Whatever comes, data leaves for our own relays' media ports only. */
#include <stdlib.h>
#include <string.h>

#include "media/turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int held;

static bool reserve(void *context, void *owner, struct tl_address *ret_relayed)
{
    (void)context, (void)owner;
    if (held)
        abort();
    held = 1;
    *ret_relayed = tl_address_ipv4(203, 0, 113, 1, 50000);
    return true;
}

static void release(void *context, void *owner)
{
    (void)context, (void)owner;
    if (!held)
        abort();
    held = 0;
}

static const char user[] = "0123456789abcdef0123456789abcdef",
                  password[] = "0123456789abcdef012345";

/* The fuzzer's attributes with ours and a signature behind them. */
static void sign(const struct tl_turn_connection *connection, struct tl_bytes message,
                 uint8_t *ret_bytes, size_t *ret_size)
{
    struct tl_turn_message read;
    uint8_t key[TL_TURN_KEY_SIZE];
    *ret_size = 0;
    if (tl_turn_read(message, &read))
        return;
    read.username = tl_text(user);
    read.realm = TL_TEXT("realm");
    read.nonce = tl_text(connection->nonce);
    if (tl_turn_key(read.username, read.realm, tl_text(password), key) ||
        tl_turn_write(&read, key, ret_bytes, TL_STUN_MESSAGE_LIMIT, ret_size))
        *ret_size = 0;
}

static void one(struct tl_turn *turn, struct tl_turn_connection *connection, tl_time_us now,
                struct tl_bytes message)
{
    static struct tl_turn_result result;
    struct tl_turn_message reply;
    tl_turn_input(turn, connection, now, message, &result);
    if (result.reply_size && tl_turn_read(tl_bytes(result.reply, result.reply_size), &reply))
        abort();
    if (!result.to_peer)
        return;
    struct tl_address own = tl_address_ipv4(203, 0, 113, 1, result.peer.port);
    if (!tl_address_equal(&own, &result.peer) || result.peer.port < 40000 ||
        result.peer.port > 40003 || !connection->allocated)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_turn_config config = { .realm = "realm",
                                     .own = { tl_address_ipv4(203, 0, 113, 1, 0) },
                                     .own_count = 1,
                                     .first_port = 40000,
                                     .port_count = 4,
                                     .reserve = reserve,
                                     .release = release };
    static struct tl_turn_connection connection;
    struct tl_address client = tl_address_ipv4(198, 51, 100, 9, 1234);
    static struct tl_turn *turn; /* its table is large: made once, left as it was found */
    tl_time_us now = 1;
    held = 0;
    if ((!turn && tl_turn_new(&config, &turn)) ||
        tl_turn_user_put(turn, now, tl_text(user), tl_text(password), 3600000000))
        abort();
    tl_turn_connect(&connection, NULL, &client);
    while (size >= 3) {
        unsigned kind = data[0] & 7;
        size_t length = (size_t)(data[1] & 7) << 8 | data[2];
        now += (tl_time_us)(data[0] >> 3) * 10 * TL_SECOND_US;
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        uint8_t *copy = malloc(length ? length : 1), bytes[TL_TURN_MESSAGE_LIMIT];
        size_t written;
        if (!copy)
            abort();
        memcpy(copy, data, length);
        struct tl_bytes message = tl_bytes(copy, length);
        struct tl_address from =
            tl_address_ipv4(203, 0, 113, kind == 3 ? 9 : 1, (uint16_t)(40000 + kind));
        switch (kind) {
        case 0:
        case 1:
            if (tl_turn_length(message, &written) == TL_OK && written <= length)
                one(turn, &connection, now, tl_bytes(copy, written));
            break;
        case 2:
            sign(&connection, message, bytes, &written);
            if (written)
                one(turn, &connection, now, tl_bytes(bytes, written));
            break;
        case 3:
        case 4:
            (void)tl_turn_from_peer(turn, &connection, now, &from, message, bytes, sizeof bytes,
                                    &written);
            break;
        case 5: tl_turn_user_end(turn, tl_text(user)); break;
        case 6:
            (void)tl_turn_user_put(turn, now, tl_text(user), tl_text(password), 3600000000);
            break;
        default: (void)tl_turn_tick(turn, &connection, now); break;
        }
        free(copy);
        data += length;
        size -= length;
    }
    tl_turn_disconnect(turn, &connection);
    if (held)
        abort();
    tl_turn_user_end(turn, tl_text(user));
    return 0;
}
