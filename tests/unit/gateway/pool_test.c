/* Lanes, queues and deadlines of api's workers, with a simulated clock. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "door/pool.h"

static struct tl_pool pool;
static struct {
    struct tl_job *job;
    int worker;
    enum tl_error why;
} last;
static unsigned started, failed, replaced;

static void on_start(void *context, struct tl_job *job, int worker)
{
    (void)context;
    started++;
    last.job = job;
    last.worker = worker;
}
static void on_failed(void *context, struct tl_job *job, enum tl_error why)
{
    (void)context;
    failed++;
    last.job = job;
    last.why = why;
}
static void on_replace(void *context, int worker)
{
    (void)context;
    replaced++;
    last.worker = worker;
}

static int fresh(void **state)
{
    (void)state;
    tl_pool_init(&pool, &(struct tl_pool_actions){
                            .start = on_start, .failed = on_failed, .replace = on_replace });
    memset(&last, 0, sizeof last);
    started = failed = replaced = 0;
    return 0;
}

static struct tl_job page(enum tl_lane lane)
{
    return (struct tl_job){ .lane = lane };
}

static void a_worker_has_one_job_at_a_time_and_takes_the_next_when_done(void **state)
{
    (void)state;
    struct tl_job a = page(TL_LANE_INTERACTIVE), b = a;
    assert_int_equal(tl_pool_worker_up(&pool, 3, TL_LANE_INTERACTIVE), TL_OK);
    tl_pool_submit(&pool, &a, 0);
    tl_pool_submit(&pool, &b, 0);
    assert_int_equal(started, 1);
    assert_ptr_equal(last.job, &a);
    assert_int_equal(last.worker, 3);
    tl_pool_finish(&pool, &a);
    assert_ptr_equal(last.job, &b);
    tl_pool_finish(&pool, &b);
    assert_int_equal(pool.pages[TL_LANE_INTERACTIVE].count, 0);
}

static void a_full_lane_does_not_hold_another_up(void **state)
{
    (void)state;
    struct tl_job slow = page(TL_LANE_PASSWORD), waiting = slow,
                  quick = page(TL_LANE_INTERACTIVE);
    tl_pool_worker_up(&pool, 0, TL_LANE_PASSWORD);
    tl_pool_worker_up(&pool, 1, TL_LANE_INTERACTIVE);
    tl_pool_submit(&pool, &slow, 0);
    tl_pool_submit(&pool, &waiting, 0);
    tl_pool_submit(&pool, &quick, 0);
    assert_int_equal(quick.state, TL_JOB_RUNNING);
    assert_int_equal(waiting.state, TL_JOB_QUEUED);
}

static void the_129th_page_waiting_is_refused(void **state)
{
    (void)state;
    static struct tl_job jobs[TL_POOL_QUEUE_LIMIT + 1];
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < TL_POOL_QUEUE_LIMIT; i++)
        assert_int_equal(tl_pool_submit(&pool, &jobs[i], 0), TL_OK);
    assert_int_equal(tl_pool_submit(&pool, &jobs[TL_POOL_QUEUE_LIMIT], 0), TL_ERROR_LIMIT);
    assert_int_equal(pool.refused, 1);
    struct tl_job heavy = page(TL_LANE_HEAVY);
    assert_int_equal(tl_pool_submit(&pool, &heavy, 0), TL_OK);
    assert_true(tl_pool_withdraw(&pool, &jobs[5]));
    assert_int_equal(tl_pool_submit(&pool, &jobs[TL_POOL_QUEUE_LIMIT], 0), TL_OK);
}

static void
four_thousand_and_ninety_six_jobs_of_sessions_wait_in_a_lane_and_not_one_more(void **state)
{
    (void)state;
    static struct tl_job jobs[TL_POOL_SESSION_QUEUE_LIMIT + 2];
    struct tl_job page_ = page(TL_LANE_INTERACTIVE), heavy = page(TL_LANE_HEAVY);
    struct tl_job *first = &jobs[0], *next = &jobs[TL_POOL_SESSION_QUEUE_LIMIT],
                  *last_ = &jobs[TL_POOL_SESSION_QUEUE_LIMIT + 1];
    assert_int_equal(TL_POOL_SESSION_QUEUE_LIMIT, 4096);
    for (size_t i = 0; i < TL_COUNT_OF(jobs); i++)
        jobs[i] = (struct tl_job){ .lane = TL_LANE_INTERACTIVE, .session = true };
    for (size_t i = 0; i < TL_POOL_SESSION_QUEUE_LIMIT; i++)
        assert_int_equal(tl_pool_submit(&pool, &jobs[i], 0), TL_OK);
    assert_int_equal(tl_pool_submit(&pool, next, 0), TL_ERROR_LIMIT);
    assert_int_equal(next->state, TL_JOB_IDLE);
    assert_int_equal(pool.refused, 1);
    /* the pages of that lane and the sessions' other lanes have room of their own */
    heavy.session = true;
    assert_int_equal(tl_pool_submit(&pool, &page_, 0), TL_OK);
    assert_int_equal(tl_pool_submit(&pool, &heavy, 0), TL_OK);
    /* a worker takes one, and there is room for one */
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    assert_ptr_equal(last.job, first);
    assert_int_equal(tl_pool_submit(&pool, next, 0), TL_OK);
    assert_int_equal(tl_pool_submit(&pool, last_, 0), TL_ERROR_LIMIT);
    assert_int_equal(pool.refused, 2);
    assert_int_equal(pool.sessions[TL_LANE_INTERACTIVE].count, TL_POOL_SESSION_QUEUE_LIMIT);
}

static void what_the_sessions_ask_goes_before_the_pages(void **state)
{
    (void)state;
    struct tl_job running = page(TL_LANE_INTERACTIVE), waiting = running, session = running;
    session.session = true;
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    tl_pool_submit(&pool, &running, 0);
    tl_pool_submit(&pool, &waiting, 0);
    tl_pool_submit(&pool, &session, 0);
    tl_pool_finish(&pool, &running);
    assert_ptr_equal(last.job, &session);
}

static void a_job_waiting_or_running_for_30_s_has_failed(void **state)
{
    (void)state;
    struct tl_job running = page(TL_LANE_INTERACTIVE), waiting = running;
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    tl_pool_submit(&pool, &running, 0);
    tl_pool_submit(&pool, &waiting, 1);
    assert_int_equal(tl_pool_next_deadline(&pool), TL_POOL_DEADLINE_US);
    tl_pool_tick(&pool, TL_POOL_DEADLINE_US - 1);
    assert_int_equal(failed, 0);
    tl_pool_tick(&pool, TL_POOL_DEADLINE_US);
    assert_int_equal(failed, 1);
    assert_ptr_equal(last.job, &running);
    assert_int_equal(last.why, TL_ERROR_TIMEOUT);
    assert_int_equal(replaced, 1);
    /* The stuck worker gets nothing more. */
    assert_int_equal(tl_pool_workers(&pool, TL_LANE_INTERACTIVE), 0);
    tl_pool_tick(&pool, TL_POOL_DEADLINE_US + 1);
    assert_int_equal(failed, 2);
    assert_ptr_equal(last.job, &waiting);
    assert_int_equal(started, 1);
}

static void progress_puts_the_deadline_off(void **state)
{
    (void)state;
    struct tl_job job = page(TL_LANE_HEAVY);
    tl_pool_worker_up(&pool, 0, TL_LANE_HEAVY);
    tl_pool_submit(&pool, &job, 0);
    tl_pool_extend(&job, 20 * TL_SECOND_US);
    tl_pool_tick(&pool, 40 * TL_SECOND_US);
    assert_int_equal(failed, 0);
    tl_pool_tick(&pool, 50 * TL_SECOND_US);
    assert_int_equal(failed, 1);
}

static void a_worker_that_dies_fails_its_job_only_and_the_next_one_takes_over(void **state)
{
    (void)state;
    struct tl_job running = page(TL_LANE_INTERACTIVE), waiting = running;
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    tl_pool_submit(&pool, &running, 0);
    tl_pool_submit(&pool, &waiting, 0);
    tl_pool_worker_down(&pool, 0);
    assert_int_equal(failed, 1);
    assert_ptr_equal(last.job, &running);
    assert_int_equal(last.why, TL_ERROR_CLOSED);
    assert_int_equal(waiting.state, TL_JOB_QUEUED);
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    assert_int_equal(waiting.state, TL_JOB_RUNNING);
}

static void a_running_job_cannot_be_withdrawn(void **state)
{
    (void)state;
    struct tl_job job = page(TL_LANE_INTERACTIVE);
    tl_pool_worker_up(&pool, 0, TL_LANE_INTERACTIVE);
    tl_pool_submit(&pool, &job, 0);
    assert_false(tl_pool_withdraw(&pool, &job));
    tl_pool_finish(&pool, &job);
    assert_true(tl_pool_withdraw(&pool, &job));
    assert_int_equal(tl_pool_worker_up(&pool, TL_POOL_WORKERS_LIMIT, TL_LANE_HEAVY),
                     TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_worker_has_one_job_at_a_time_and_takes_the_next_when_done,
                               fresh),
        cmocka_unit_test_setup(a_full_lane_does_not_hold_another_up, fresh),
        cmocka_unit_test_setup(the_129th_page_waiting_is_refused, fresh),
        cmocka_unit_test_setup(
            four_thousand_and_ninety_six_jobs_of_sessions_wait_in_a_lane_and_not_one_more,
            fresh),
        cmocka_unit_test_setup(what_the_sessions_ask_goes_before_the_pages, fresh),
        cmocka_unit_test_setup(a_job_waiting_or_running_for_30_s_has_failed, fresh),
        cmocka_unit_test_setup(progress_puts_the_deadline_off, fresh),
        cmocka_unit_test_setup(
            a_worker_that_dies_fails_its_job_only_and_the_next_one_takes_over, fresh),
        cmocka_unit_test_setup(a_running_job_cannot_be_withdrawn, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
