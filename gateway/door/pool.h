/* Which api worker does what: a job goes to a free worker of its lane, or waits in a bounded queue.
 * The live sessions' jobs go before the pages'. A worker has one job at a time. Pure: the shell
 * sends and receives; time is passed in.
 *
 *     submit ──▶ queue of the lane ──▶ a free worker ──▶ finished
 *        │            │                     │
 *      refused     expired          expired (the worker is stuck: replaced) or its worker died
 */
#ifndef TL_DOOR_POOL_H
#define TL_DOOR_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "routes.h"

enum {
    TL_POOL_WORKERS_LIMIT = 112, /* the configuration's 64 + 16 + 16 + 16 */
    TL_POOL_QUEUE_LIMIT = 128,   /* pages waiting in one lane */
    TL_POOL_SESSION_QUEUE_LIMIT = 4096,
    TL_POOL_DEADLINE_US = 30 * TL_SECOND_US
};

/* The front of whatever the shell keeps of a job; on no list when new. */
struct tl_job {
    struct tl_job *next, *previous;
    enum tl_lane lane;
    bool session; /* of the live sessions */
    enum { TL_JOB_IDLE, TL_JOB_QUEUED, TL_JOB_RUNNING } state;
    tl_time_us deadline;
    int worker; /* while running */
};

struct tl_pool_actions {
    void *context;
    /* Send it to that worker. The pool may be called back. */
    void (*start)(void *context, struct tl_job *job, int worker);
    /* It will not be done, and is on no list any more. TL_ERROR_TIMEOUT: its time is over;
     * TL_ERROR_CLOSED: its worker died with it. */
    void (*failed)(void *context, struct tl_job *job, enum tl_error why);
    /* The worker is stuck with a job: start another in its place. */
    void (*replace)(void *context, int worker);
};

struct tl_job_list {
    struct tl_job *first, *last;
    size_t count;
};

struct tl_pool {
    struct tl_pool_actions actions;
    struct {
        bool up;
        enum tl_lane lane;
        struct tl_job *job;
    } workers[TL_POOL_WORKERS_LIMIT];
    struct tl_job_list pages[TL_LANE_COUNT], sessions[TL_LANE_COUNT];
    uint64_t refused, expired;
};

void tl_pool_init(struct tl_pool *pool, const struct tl_pool_actions *actions);
/* TL_ERROR_LIMIT: the queue is full. Workers may all be away: the job then waits. */
enum tl_error tl_pool_submit(struct tl_pool *pool, struct tl_job *job, tl_time_us now);
/* The running job is done; its worker takes the next one. */
void tl_pool_finish(struct tl_pool *pool, struct tl_job *job);
/* Progress was made: a body's piece went in or out. */
void tl_pool_extend(struct tl_job *job, tl_time_us now);
/* Leaves the queue; a running job cannot be withdrawn (false). */
bool tl_pool_withdraw(struct tl_pool *pool, struct tl_job *job);

enum tl_error tl_pool_worker_up(struct tl_pool *pool, int worker, enum tl_lane lane);
void tl_pool_worker_down(struct tl_pool *pool, int worker);
struct tl_job *tl_pool_job_of(const struct tl_pool *pool, int worker);
unsigned tl_pool_workers(const struct tl_pool *pool, enum tl_lane lane);

void tl_pool_tick(struct tl_pool *pool, tl_time_us now);
tl_time_us tl_pool_next_deadline(const struct tl_pool *pool);

#endif
