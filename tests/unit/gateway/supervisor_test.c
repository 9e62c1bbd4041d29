/* What the supervisor decides: which processes, which channels, when to start again. */
#include "testing.h"

#include <string.h>

#include "supervisor/plan.h"
#include "supervisor/restart.h"

static void a_role_restarts_at_once_then_with_growing_pauses(void **state)
{
    (void)state;
    struct tl_restart restart = { 0 };
    tl_time_us now = 1000, last = 0;
    tl_restart_started(&restart, now);
    tl_restart_ended(&restart, now);
    assert_true(tl_restart_is_due(&restart, now));
    for (int i = 0; i < 20; i++) {
        tl_restart_started(&restart, now);
        now += 1000;
        tl_restart_ended(&restart, now);
        tl_time_us pause = restart.due_at - now;
        assert_true(pause > 0 && pause >= last && pause <= TL_RESTART_LONGEST_PAUSE_US);
        assert_false(tl_restart_is_due(&restart, restart.due_at - 1));
        assert_true(tl_restart_is_due(&restart, restart.due_at));
        last = pause;
    }
    assert_true(last == TL_RESTART_LONGEST_PAUSE_US);
    tl_restart_started(&restart, now);
    now += TL_RESTART_FORGIVEN_AFTER_US;
    tl_restart_ended(&restart, now);
    assert_true(tl_restart_is_due(&restart, now));
}

static int links_between(const struct tl_plan *plan, enum tl_role_kind a, enum tl_role_kind b)
{
    int count = 0;
    for (size_t i = 0; i < plan->link_count; i++)
        count += plan->processes[plan->links[i].a].kind == a &&
                 plan->processes[plan->links[i].b].kind == b;
    return count;
}

static void only_roles_that_may_talk_share_a_channel(void **state)
{
    (void)state;
    struct tl_config config;
    struct tl_plan plan;
    tl_config_defaults(&config);
    config.api.workers = 3;
    assert_int_equal(tl_plan_make(&config, 2, &plan), TL_OK);
    assert_int_equal(plan.process_count, 1 + 1 + 1 + 5 + 2);
    assert_int_equal(links_between(&plan, TL_ROLE_DOOR, TL_ROLE_API), 5);
    assert_int_equal(links_between(&plan, TL_ROLE_DOOR, TL_ROLE_RELAY), 2);
    assert_int_equal(links_between(&plan, TL_ROLE_DOOR, TL_ROLE_EXAMINER), 1);
    assert_int_equal(links_between(&plan, TL_ROLE_RELAY, TL_ROLE_EXAMINER), 2);
    assert_int_equal(plan.link_count,
                     10); /* and no other: a relay never meets api or courier */
    for (size_t i = 0; i < plan.process_count; i++)
        assert_true((plan.processes[i].lane != NULL) ==
                    (plan.processes[i].kind == TL_ROLE_API));
}

static void only_workers_that_wait_for_a_provider_reach_the_courier(void **state)
{
    (void)state;
    struct tl_config config;
    struct tl_plan plan;
    tl_config_defaults(&config);
    assert_int_equal(tl_plan_make(&config, 2, &plan), TL_OK);
    assert_int_equal(links_between(&plan, TL_ROLE_API, TL_ROLE_COURIER), 0);
    strcpy(config.psc.issuer, "https://auth.example/realm");
    config.psc.workers = 3;
    assert_int_equal(tl_plan_make(&config, 2, &plan), TL_OK);
    assert_int_equal(links_between(&plan, TL_ROLE_API, TL_ROLE_COURIER), 3);
    assert_int_equal(links_between(&plan, TL_ROLE_DOOR, TL_ROLE_API), 5 + 3);
    for (size_t i = 0; i < plan.link_count; i++)
        if (plan.processes[plan.links[i].b].kind == TL_ROLE_COURIER)
            assert_string_equal(plan.processes[plan.links[i].a].lane, "provider");
}

static void a_hundred_and_sixty_processes_are_planned_and_not_one_more(void **state)
{
    (void)state;
    struct tl_config config;
    struct tl_plan plan;
    tl_config_defaults(&config);
    config.api.workers = 64;
    config.api.heavy_workers = config.api.password_workers = 16;
    config.relay.processes = TL_PLAN_PROCESSES_LIMIT - 3 - 64 - 16 - 16;
    assert_int_equal(tl_plan_make(&config, 2, &plan), TL_OK);
    assert_int_equal(plan.process_count, TL_PLAN_PROCESSES_LIMIT);
    config.relay.processes++;
    assert_int_equal(tl_plan_make(&config, 2, &plan), TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_restarts_at_once_then_with_growing_pauses),
        cmocka_unit_test(only_roles_that_may_talk_share_a_channel),
        cmocka_unit_test(only_workers_that_wait_for_a_provider_reach_the_courier),
        cmocka_unit_test(a_hundred_and_sixty_processes_are_planned_and_not_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
