/* Notices: what changed with an act, to those who watch and to the session it concerns. */
#include "base/memory.h"
#include "hub/state.h"

void tl_watch_add(struct tl_hub *hub, struct tl_client *client)
{
    client->next_watcher = hub->watchers;
    hub->watchers = client;
}

void tl_watch_remove(struct tl_hub *hub, struct tl_client *client)
{
    for (struct tl_client **at = &hub->watchers; *at; at = &(*at)->next_watcher)
        if (*at == client) {
            *at = client->next_watcher;
            return;
        }
}

static bool names_person(json_t *people, const char *person)
{
    json_t *item;
    size_t i;
    json_array_foreach(people, i, item)
    {
        const char *text = json_string_value(item);
        if (text && strcmp(text, person) == 0)
            return true;
    }
    return false;
}

/* Whom the act concerns may have changed (handed over, a colleague invited): they are told of the
 * waiting room from now on. */
static void take_people(struct tl_session *session, json_t *people)
{
    json_t *item;
    size_t i;
    unsigned count = 0;
    json_array_foreach(people, i, item)
    {
        struct tl_text text = { json_string_value(item), json_string_length(item) };
        if (text.data && tl_uuid_is_valid(text) && count < TL_PEOPLE_LIMIT)
            (void)tl_text_copy(text, session->people[count++], TL_UUID_SIZE);
    }
    session->people_count = count;
}

static const struct {
    const char *kind;
    const char *ends; /* the word of bye, when the session ends by it */
} kinds[] = {
    { "act.changed", NULL },     { "act.cancelled", "cancelled" }, { "act.rescheduled", NULL },
    { "act.handed_over", NULL }, { "act.ended", "ended" },         { "link.renewed", NULL },
};

/* Signed out: what that browser holds open ends, and its seat is given up, so that nobody comes back
 * to it without signing in. */
static void end_browsers(struct tl_hub *hub, json_t *browsers)
{
    struct tl_map_walk walk = tl_map_walk(&hub->clients);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk))) {
        struct tl_client *client = TL_CONTAINER(link, struct tl_client, link);
        struct tl_seat *seat = client->seat;
        if (client->stage == TL_STAGE_GONE || !client->ticket.browser[0] ||
            !names_person(browsers, client->ticket.browser))
            continue;
        if (seat && (seat->state == TL_SEAT_IN || seat->state == TL_SEAT_WAITING))
            tl_people_leave(hub, seat, "leave");
        tl_client_bye(hub, client, "signed_out", 4003);
    }
}

void tl_notice_take(struct tl_hub *hub, json_t *json)
{
    struct tl_notice notice;
    size_t kind = 0;
    if (tl_notice_read(json, &notice)) {
        hub->counts.refused++;
        return;
    }
    if (tl_text_is(notice.kind, "browser.ended")) {
        end_browsers(hub, notice.people);
        return;
    }
    while (kind < TL_COUNT_OF(kinds) && !tl_text_is(notice.kind, kinds[kind].kind))
        kind++;
    if (kind == TL_COUNT_OF(kinds)) {
        hub->counts.refused++;
        return;
    }
    const char *act = notice.act[0] ? notice.act : NULL;
    for (struct tl_client *client = hub->watchers; client; client = client->next_watcher)
        if (names_person(notice.people, client->ticket.who.person))
            tl_client_send(hub, client, tl_view_notice(act, notice.kind, notice.detail));
    struct tl_session *session = act ? tl_session_find(hub, act) : NULL;
    if (!session || session->over)
        return;
    if (json_array_size(notice.people))
        take_people(session, notice.people);
    if (notice.professional[0]) {
        session->plan_told = true;
        tl_queue_enter(hub, session, notice.professional, notice.starts_at);
    }
    tl_session_tell(hub, session, tl_view_notice(act, notice.kind, notice.detail), false);
    if (kinds[kind].ends)
        tl_session_over(hub, session, kinds[kind].ends);
}

static bool concerns(const struct tl_session *session, const char *person)
{
    for (unsigned i = 0; i < session->people_count; i++)
        if (strcmp(session->people[i], person) == 0)
            return true;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (tl_seat_is_taken(&session->seats[i]) && session->seats[i].host &&
            strcmp(session->seats[i].who.person, person) == 0)
            return true;
    return false;
}

/* Someone came to the waiting room, or left it. */
void tl_notice_waiting(struct tl_hub *hub, struct tl_session *session)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        waiting += session->seats[i].state == TL_SEAT_WAITING;
    if (waiting == session->waiting_told)
        return;
    struct tl_text kind =
        waiting > session->waiting_told ? TL_TEXT("waiting.join") : TL_TEXT("waiting.leave");
    session->waiting_told = waiting;
    tl_autojson json_t *detail = json_pack("{s:i}", "waiting", (int)waiting);
    for (struct tl_client *client = hub->watchers; client; client = client->next_watcher)
        if (concerns(session, client->ticket.who.person))
            tl_client_send(hub, client, tl_view_notice(session->act, kind, detail));
}
