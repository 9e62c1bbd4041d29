/* One process of a role: started by fork and exec, spoken to over its channel, ended. */
#ifndef TL_SUPERVISOR_CHILD_H
#define TL_SUPERVISOR_CHILD_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/channel.h"
#include "base/clock.h"
#include "plan.h"
#include "restart.h"

enum {
    TL_CHILD_PING_EVERY_US = 2 * TL_SECOND_US,
    TL_CHILD_PONG_WITHIN_US = 10 * TL_SECOND_US,
    TL_CHILD_STOP_WITHIN_US = 5 * TL_SECOND_US,
    TL_CHILD_DRAIN_WITHIN_US = 30 * TL_SECOND_US
};

struct tl_child {
    struct tl_plan_process process;
    pid_t pid; /* 0: not running */
    struct tl_channel *channel;
    bool ready;
    struct tl_restart restart;
    unsigned restarts;
    tl_time_us ping_at; /* when the next one is due */
    tl_time_us pong_by; /* 0: none is awaited */
    uint32_t ping_number;
    tl_time_us
        drain_by; /* it is asked to stop then, and killed a while later; 0: does not drain */
};

/* folder holds the executables; TL_ERROR_IO when the process cannot be made. */
enum tl_error tl_child_start(struct tl_child *child, const char *folder,
                             const char *config_path, tl_time_us now);
/* The pid was reaped: closes what is left of it. */
void tl_child_ended(struct tl_child *child, tl_time_us now);
bool tl_child_send(struct tl_child *child, uint16_t type, const json_t *body, uint32_t request,
                   const int *fd);
/* Sends PING when due; kills a process that does not answer. */
void tl_child_keep_alive(struct tl_child *child, tl_time_us now);
/* Stops what drains for too long. */
void tl_child_drain(struct tl_child *child, tl_time_us now);
void tl_child_kill(struct tl_child *child);

#endif
