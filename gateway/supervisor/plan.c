#include "plan.h"

#include <string.h>

enum { PROVIDER_LANE = 3 };

static const char *const kind_names[] = {
    [TL_ROLE_DOOR] = "door",         [TL_ROLE_API] = "api",         [TL_ROLE_RELAY] = "relay",
    [TL_ROLE_EXAMINER] = "examiner", [TL_ROLE_COURIER] = "courier",
};

const char *tl_role_kind_name(enum tl_role_kind kind)
{
    return kind_names[kind];
}

static size_t add(struct tl_plan *plan, enum tl_role_kind kind, int index, const char *lane)
{
    if (plan->process_count < TL_PLAN_PROCESSES_LIMIT)
        plan->processes[plan->process_count] =
            (struct tl_plan_process){ .kind = kind, .index = index, .lane = lane };
    return plan->process_count++;
}

static void link(struct tl_plan *plan, size_t a, size_t b, bool media)
{
    if (plan->link_count < TL_PLAN_LINKS_LIMIT)
        plan->links[plan->link_count] = (struct tl_plan_link){ a, b, media };
    plan->link_count++;
}

enum tl_error tl_plan_make(const struct tl_config *config, int cores, struct tl_plan *ret_plan)
{
    const struct {
        const char *lane;
        int count;
    } lanes[] = { { "interactive", config->api.workers },
                  { "heavy", config->api.heavy_workers },
                  { "password", config->api.password_workers },
                  { "provider", config->psc.issuer[0] ? config->psc.workers : 0 } };
    struct tl_plan plan = { .process_count = 0 };
    int relays = config->relay.processes ? config->relay.processes : cores;
    size_t door = add(&plan, TL_ROLE_DOOR, 0, NULL);
    size_t examiner = add(&plan, TL_ROLE_EXAMINER, 0, NULL);
    size_t courier = add(&plan, TL_ROLE_COURIER, 0, NULL);
    link(&plan, door, examiner, false);
    int worker = 0;
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++)
        for (int j = 0; j < lanes[i].count; j++) {
            size_t api = add(&plan, TL_ROLE_API, worker++, lanes[i].lane);
            link(&plan, door, api, false);
            if (i == PROVIDER_LANE) /* no other worker has anything to ask outside */
                link(&plan, api, courier, false);
        }
    for (int i = 0; i < relays; i++) {
        size_t relay = add(&plan, TL_ROLE_RELAY, i, NULL);
        link(&plan, door, relay, false);
        link(&plan, relay, examiner, true);
    }
    if (plan.process_count > TL_PLAN_PROCESSES_LIMIT || plan.link_count > TL_PLAN_LINKS_LIMIT)
        return TL_ERROR_LIMIT;
    *ret_plan = plan;
    return TL_OK;
}
