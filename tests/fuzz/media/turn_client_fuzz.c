/* The client of TURN as a sequence of events: messages of a hostile server, some with the transaction
 * we wait for put in, data for peers, and time. Whatever comes, data is of a peer we asked for. */
#include <stdlib.h>
#include <string.h>

#include "client/turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct tl_turn_client *client, tl_time_us now, struct tl_bytes message)
{
    struct tl_address from;
    struct tl_bytes data;
    if (!tl_turn_client_input(client, now, message, &from, &data))
        return;
    if (data.data < message.data || data.size > message.size ||
        data.data + data.size > message.data + message.size)
        abort();
    for (size_t i = 0; i < client->peer_count; i++)
        if (client->peers[i].bound && tl_address_equal(&client->peers[i].address, &from))
            return;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_turn_client client;
    uint8_t out[TL_TURN_MESSAGE_LIMIT];
    size_t written;
    tl_time_us now = 1;
    if (tl_turn_client_init(&client, now, "user", "password"))
        abort();
    while (size >= 3) {
        unsigned kind = data[0] & 7;
        size_t length = (size_t)(data[1] & 7) << 8 | data[2];
        now += (tl_time_us)(data[0] >> 3) * TL_SECOND_US;
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        uint8_t *copy = malloc(length ? length : 1);
        if (!copy)
            abort();
        memcpy(copy, data, length);
        struct tl_address to = tl_address_ipv4(203, 0, 113, 1, (uint16_t)(40000 + length % 16));
        struct tl_turn_message message;
        switch (kind) {
        case 0:
        case 1: take(&client, now, tl_bytes(copy, length)); break;
        case 2:
        case 3: { /* what we wait for, signed as only the true server can */
            const struct tl_turn_request *request =
                kind == 2 || !client.peer_count ? &client.allocation : &client.peers[0].request;
            uint8_t answer[TL_TURN_MESSAGE_LIMIT];
            if (tl_turn_read(tl_bytes(copy, length), &message))
                break;
            memcpy(message.transaction, request->transaction, sizeof message.transaction);
            if (tl_turn_write(&message, client.has_key ? client.key : NULL, answer,
                              sizeof answer, &written) == TL_OK)
                take(&client, now, tl_bytes(answer, written));
            break;
        }
        case 4:
        case 5:
            if (tl_turn_client_send(&client, now, &to, tl_bytes(copy, length), out, sizeof out,
                                    &written) == TL_OK &&
                written > sizeof out)
                abort();
            break;
        default:
            for (unsigned i = 0; tl_turn_client_next_output(&client, now, out, &written); i++)
                if (i > TL_TURN_CLIENT_PEERS || written > TL_TURN_CLIENT_MESSAGE_ROOM)
                    abort();
            if (tl_turn_client_next_deadline(&client) <= now)
                abort();
        }
        free(copy);
        data += length;
        size -= length;
    }
    tl_turn_client_end(&client);
    return 0;
}
