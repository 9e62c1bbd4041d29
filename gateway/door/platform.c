/* What the door knows of processes and certificates, for the operator's page: it goes to api along with
 * the requests that show it. */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "door.h"

bool tl_door_wants_platform(struct tl_text path)
{
    static const char *const paths[] = { "/api/operator/health", "/api/operator/certificates",
                                         "/api/operator/audit" };
    for (size_t i = 0; i < TL_COUNT_OF(paths); i++)
        if (tl_text_is(path, paths[i]))
            return true;
    return false;
}

int64_t tl_door_sum_gauge(const struct tl_door *door, const char *role, const char *name)
{
    int64_t sum = 0;
    for (size_t i = 0; i < door->number_count; i++)
        if (strcmp(door->numbers[i].role, role) == 0)
            sum += json_integer_value(json_object_get(door->numbers[i].gauges, name));
    return sum;
}

tl_time_us tl_door_turn_ends(const struct tl_door *door)
{
    json_int_t first = 0;
    for (size_t i = 0; i < door->number_count; i++) {
        json_int_t ends = json_integer_value(
            json_object_get(door->numbers[i].gauges, "relay_turn_certificate_ends_s"));
        if (ends > 0 && (!first || ends < first))
            first = ends;
    }
    return first * TL_SECOND_US;
}

/* ---- the operator's page ---- */

static void add_certificate(json_t *list, const char *which, const char *name, tl_time_us ends)
{
    char at[TL_TIMESTAMP_SIZE];
    tl_timestamp_write(ends, at);
    json_array_append_new(
        list, json_pack("{s:s,s:s,s:s}", "which", which, "name", name, "ends_at", at));
}

/* Earliest end first is the page's business. */
static json_t *certificates(const struct tl_door *door)
{
    json_t *list = json_array();
    struct tl_tls_end end;
    tl_time_us turn = tl_door_turn_ends(door);
    for (unsigned i = 0; tl_tls_end_at(&door->tls, i, &end); i++)
        add_certificate(list, end.which,
                        strcmp(end.which, "web") == 0 ? door->config.server.public_name
                                                      : door->config.tls.client_name,
                        end.ends);
    if (turn)
        add_certificate(list, "turn", door->config.relay.turn_name, turn);
    return list;
}

static json_t *processes(const struct tl_door *door)
{
    json_t *list = json_array();
    for (size_t i = 0; i < door->number_count; i++) {
        const struct tl_peer_numbers *numbers = &door->numbers[i];
        json_array_append_new(list, json_pack("{s:s,s:i,s:b,s:b,s:I}", "role", numbers->role,
                                              "index", numbers->index, "up", (int)numbers->up,
                                              "answers", (int)numbers->answers, "restarts",
                                              (json_int_t)numbers->restarts));
    }
    return list;
}

json_t *tl_door_platform(const struct tl_door *door, tl_time_us now)
{
    json_t *object = tl_door_readiness(door, now);
    json_object_set_new(object, "list", processes(door));
    json_object_set_new(object, "certificates", certificates(door));
    json_object_set_new(
        object, "certificates_refused",
        json_integer((json_int_t)door->tls.refused +
                     tl_door_sum_gauge(door, "relay", "relay_turn_certificates_refused")));
    json_object_set_new(
        object, "checkpoints_failing",
        json_boolean(tl_door_sum_gauge(door, "api", "api_audit_checkpoints_failing") > 0));
    json_object_set_new(object, "refused_events",
                        json_integer(tl_door_sum_gauge(door, "api", "api_refused_events")));
    json_object_set_new(object, "stalled_events",
                        json_integer(tl_door_sum_gauge(door, "api", "api_stalled_events")));
    json_object_set_new(object, "sessions",
                        json_integer((json_int_t)tl_hub_counts(door->hub).sessions));
    json_object_set_new(object, "up_s", json_integer((now - door->started_at) / TL_SECOND_US));
    return object;
}
