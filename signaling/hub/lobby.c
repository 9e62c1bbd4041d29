/* Before somebody is in: a connection opened in the lobby, which is nobody's yet, and the offer sent
 * right behind a hello. Both only save a person who clicks the ways there and back; whoever does
 * without loses nothing. Neither is told to anyone, recorded, or takes a seat. */
#include "base/memory.h"
#include "hub/state.h"

/* No ticket was shown, so all of them together may only be a small part of what the door holds. */
static bool has_room(struct tl_hub *hub, const struct tl_client *newcomer)
{
    unsigned all = 0, of_address = 0;
    struct tl_map_walk walk = tl_map_walk(&hub->clients);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        const struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
        if (client->stage != TL_STAGE_LOBBY)
            continue;
        all++;
        of_address += client->address == newcomer->address;
    }
    return all < TL_HUB_LOBBY_LIMIT && of_address < TL_HUB_LOBBY_ADDRESS_LIMIT;
}

void tl_lobby_enter(struct tl_hub *hub, struct tl_client *client)
{
    if (!has_room(hub, client)) {
        tl_client_refuse_and_close(hub, client, TL_REFUSE_AWAY, NULL, "lobby", 1013);
        return;
    }
    client->stage = TL_STAGE_LOBBY;
    client->hello_by = hub->now.monotonic + TL_HUB_LOBBY_US;
    tl_hub_wake_at(hub, client->hello_by);
}

bool tl_early_keep(struct tl_hub *hub, struct tl_client *client,
                   const struct tl_client_message *message)
{
    if (message->type != TL_CLIENT_OFFER || client->early ||
        hub->early_count >= TL_HUB_EARLY_LIMIT)
        return false;
    client->early = malloc(sizeof *client->early);
    if (!client->early)
        return false;
    *client->early = *message;
    json_incref(client->early->json);
    hub->early_count++;
    return true;
}

struct tl_client_message *tl_early_take(struct tl_hub *hub, struct tl_client *client)
{
    struct tl_client_message *early = client->early;
    client->early = NULL;
    hub->early_count -= early != NULL;
    return early;
}

struct tl_client_message *tl_early_free(struct tl_client_message *early)
{
    if (early)
        json_decref(early->json);
    free(early);
    return NULL;
}
