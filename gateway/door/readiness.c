/* /readyz: true only while every role can do its part. A channel alone proves nothing, for it is
 * there before its process runs: a role counts once it has said READY (a relay also RELAY_HELLO to
 * us), and for as long as it answers the supervisor's PING. One process of each role and of each
 * lane is enough: a host that lost one relay of two still serves. */
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "door.h"

struct readiness {
    bool database, examiner, courier;
    unsigned workers[TL_LANE_COUNT], relays;
    bool ready;
};

static bool answers(const struct tl_door *door, const char *role, int index)
{
    const struct tl_peer_numbers *numbers = tl_numbers_find(door, role, index);
    return numbers && numbers->up && numbers->answers;
}

/* A worker is synchronous: it answers no PING while it works on a request, whose deadline then
 * says how long is too long. */
static bool worker_serves(const struct tl_door *door, int index)
{
    const struct tl_peer_numbers *numbers = tl_numbers_find(door, "api", index);
    return door->pool.workers[index].up && numbers && numbers->up &&
           (numbers->answers || tl_pool_job_of(&door->pool, index));
}

/* Nobody waits for a provider that is not configured. */
static bool is_served(const struct tl_door *door, int lane)
{
    return lane != TL_LANE_PROVIDER || door->config.psc.issuer[0];
}

static struct readiness look(const struct tl_door *door, tl_time_us now)
{
    struct readiness r = {
        .database = door->health.database && now - door->health.at < TL_DOOR_HEALTH_LASTS_US,
        .examiner = door->examiner && answers(door, "examiner", 0),
        .courier = answers(door, "courier", 0),
    };
    for (int i = 0; i < TL_POOL_WORKERS_LIMIT; i++)
        r.workers[door->pool.workers[i].lane] += worker_serves(door, i);
    for (int i = 0; i < TL_HUB_RELAYS_LIMIT; i++)
        r.relays += door->relays[i] && door->relays[i]->said_hello && answers(door, "relay", i);
    r.ready = r.database && r.examiner && r.courier && r.relays && !door->stopping;
    for (int lane = 0; lane < TL_LANE_COUNT; lane++)
        r.ready = r.ready && (r.workers[lane] || !is_served(door, lane));
    return r;
}

/* What keeps nobody from working, and asks for an operator. */
static json_t *warnings(const struct tl_door *door)
{
    static const struct {
        const char *word, *role, *gauge;
    } table[] = {
        { "refused_events", "api", "api_refused_events" },
        { "stalled_events", "api", "api_stalled_events" },
        { "audit_checkpoints_failing", "api", "api_audit_checkpoints_failing" },
    };
    json_t *list = json_array();
    for (size_t i = 0; i < TL_COUNT_OF(table); i++)
        if (tl_door_sum_gauge(door, table[i].role, table[i].gauge) > 0)
            json_array_append_new(list, json_string(table[i].word));
    tl_time_us wall = tl_clock_wall(), turn = tl_door_turn_ends(door);
    if (tl_tls_ends_soon(&door->tls, wall) ||
        (turn && turn - wall < TL_TLS_WARN_DAYS * 86400LL * TL_SECOND_US))
        json_array_append_new(list, json_string("certificate_ends"));
    return list;
}

bool tl_door_is_ready(const struct tl_door *door, tl_time_us now)
{
    return look(door, now).ready;
}

json_t *tl_door_readiness(const struct tl_door *door, tl_time_us now)
{
    struct readiness r = look(door, now);
    json_t *lanes = json_object();
    for (int lane = 0; lane < TL_LANE_COUNT; lane++)
        if (is_served(door, lane))
            json_object_set_new(lanes, tl_lane_name((enum tl_lane)lane),
                                json_integer(r.workers[lane]));
    return json_pack("{s:b,s:b,s:o,s:i,s:b,s:b,s:I,s:o}", "ready", (int)r.ready, "database",
                     (int)r.database, "api", lanes, "relays", (int)r.relays, "examiner",
                     (int)r.examiner, "courier", (int)r.courier, "journal_events",
                     (json_int_t)door->health.journal_events, "warnings", warnings(door));
}

char *tl_door_readiness_write(const struct tl_door *door, tl_time_us now)
{
    tl_autojson json_t *object = tl_door_readiness(door, now);
    return object ? json_dumps(object, JSON_COMPACT) : NULL;
}
