#include "pool.h"

#include <stddef.h>

static void append(struct tl_job_list *list, struct tl_job *job)
{
    job->next = NULL;
    job->previous = list->last;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
    list->count++;
}

static void unlink_job(struct tl_job_list *list, struct tl_job *job)
{
    if (job->previous)
        job->previous->next = job->next;
    else
        list->first = job->next;
    if (job->next)
        job->next->previous = job->previous;
    else
        list->last = job->previous;
    job->next = job->previous = NULL;
    list->count--;
}

static struct tl_job_list *list_of(struct tl_pool *pool, const struct tl_job *job)
{
    return job->session ? &pool->sessions[job->lane] : &pool->pages[job->lane];
}

void tl_pool_init(struct tl_pool *pool, const struct tl_pool_actions *actions)
{
    *pool = (struct tl_pool){ .actions = *actions };
}

static void run(struct tl_pool *pool, struct tl_job *job, int worker)
{
    job->state = TL_JOB_RUNNING;
    job->worker = worker;
    pool->workers[worker].job = job;
    pool->actions.start(pool->actions.context, job, worker);
}

static void feed(struct tl_pool *pool, int worker)
{
    enum tl_lane lane = pool->workers[worker].lane;
    struct tl_job_list *list =
        pool->sessions[lane].first ? &pool->sessions[lane] : &pool->pages[lane];
    struct tl_job *job = list->first;
    if (!job || !pool->workers[worker].up || pool->workers[worker].job)
        return;
    unlink_job(list, job);
    run(pool, job, worker);
}

enum tl_error tl_pool_submit(struct tl_pool *pool, struct tl_job *job, tl_time_us now)
{
    struct tl_job_list *list = list_of(pool, job);
    size_t most = job->session ? TL_POOL_SESSION_QUEUE_LIMIT : TL_POOL_QUEUE_LIMIT;
    if (list->count >= most) {
        pool->refused++;
        return TL_ERROR_LIMIT;
    }
    job->deadline = now + TL_POOL_DEADLINE_US;
    job->state = TL_JOB_QUEUED;
    append(list, job);
    for (int i = 0; i < TL_POOL_WORKERS_LIMIT; i++)
        if (pool->workers[i].up && !pool->workers[i].job &&
            pool->workers[i].lane == job->lane) {
            feed(pool, i);
            break;
        }
    return TL_OK;
}

void tl_pool_finish(struct tl_pool *pool, struct tl_job *job)
{
    if (job->state != TL_JOB_RUNNING)
        return;
    int worker = job->worker;
    job->state = TL_JOB_IDLE;
    pool->workers[worker].job = NULL;
    feed(pool, worker);
}

void tl_pool_extend(struct tl_job *job, tl_time_us now)
{
    job->deadline = now + TL_POOL_DEADLINE_US;
}

bool tl_pool_withdraw(struct tl_pool *pool, struct tl_job *job)
{
    if (job->state == TL_JOB_RUNNING)
        return false;
    if (job->state == TL_JOB_QUEUED)
        unlink_job(list_of(pool, job), job);
    job->state = TL_JOB_IDLE;
    return true;
}

enum tl_error tl_pool_worker_up(struct tl_pool *pool, int worker, enum tl_lane lane)
{
    if (worker < 0 || worker >= TL_POOL_WORKERS_LIMIT)
        return TL_ERROR_LIMIT;
    tl_pool_worker_down(pool, worker);
    pool->workers[worker].up = true;
    pool->workers[worker].lane = lane;
    feed(pool, worker);
    return TL_OK;
}

void tl_pool_worker_down(struct tl_pool *pool, int worker)
{
    struct tl_job *job = pool->workers[worker].job;
    pool->workers[worker].up = false;
    pool->workers[worker].job = NULL;
    if (!job)
        return;
    job->state = TL_JOB_IDLE;
    pool->actions.failed(pool->actions.context, job, TL_ERROR_CLOSED);
}

struct tl_job *tl_pool_job_of(const struct tl_pool *pool, int worker)
{
    return pool->workers[worker].job;
}

unsigned tl_pool_workers(const struct tl_pool *pool, enum tl_lane lane)
{
    unsigned count = 0;
    for (int i = 0; i < TL_POOL_WORKERS_LIMIT; i++)
        count += pool->workers[i].up && pool->workers[i].lane == lane;
    return count;
}

static void expire(struct tl_pool *pool, struct tl_job *job)
{
    pool->expired++;
    job->state = TL_JOB_IDLE;
    pool->actions.failed(pool->actions.context, job, TL_ERROR_TIMEOUT);
}

static void expire_queue(struct tl_pool *pool, struct tl_job_list *list, tl_time_us now)
{
    /* In order of arrival, and so of deadline. */
    while (list->first && list->first->deadline <= now) {
        struct tl_job *job = list->first;
        unlink_job(list, job);
        expire(pool, job);
    }
}

void tl_pool_tick(struct tl_pool *pool, tl_time_us now)
{
    for (int i = 0; i < TL_POOL_WORKERS_LIMIT; i++) {
        struct tl_job *job = pool->workers[i].job;
        if (!job || job->deadline > now)
            continue;
        pool->workers[i].up = false;
        pool->workers[i].job = NULL;
        expire(pool, job);
        pool->actions.replace(pool->actions.context, i);
    }
    for (int lane = 0; lane < TL_LANE_COUNT; lane++) {
        expire_queue(pool, &pool->sessions[lane], now);
        expire_queue(pool, &pool->pages[lane], now);
    }
}

tl_time_us tl_pool_next_deadline(const struct tl_pool *pool)
{
    tl_time_us next = INT64_MAX;
    for (int i = 0; i < TL_POOL_WORKERS_LIMIT; i++)
        if (pool->workers[i].job && pool->workers[i].job->deadline < next)
            next = pool->workers[i].job->deadline;
    for (int lane = 0; lane < TL_LANE_COUNT; lane++) {
        const struct tl_job *page = pool->pages[lane].first;
        const struct tl_job *session = pool->sessions[lane].first;
        if (page && page->deadline < next)
            next = page->deadline;
        if (session && session->deadline < next)
            next = session->deadline;
    }
    return next;
}
