/* One process of a role: started by fork and exec, spoken to over its channel, ended. */
#ifndef TL_SUPERVISOR_CHILD_H
#define TL_SUPERVISOR_CHILD_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/role.h"
#include "plan.h"
#include "restart.h"

enum {
    TL_CHILD_PING_EVERY_US = 2 * TL_SECOND_US,
    TL_CHILD_PONG_WITHIN_US = 10 * TL_SECOND_US,
    TL_CHILD_SILENT_AFTER_US = 2 * TL_SECOND_US, /* of them: the door hears of it */
    TL_CHILD_STOP_WITHIN_US = 5 * TL_SECOND_US,
    TL_CHILD_DRAIN_WITHIN_US = 30 * TL_SECOND_US,
    TL_CHILD_BAD_LIMIT = 16, /* messages of one life that made no sense: it is ended then */
    TL_CHILD_NUMBERS_LIMIT = 128, /* counters, and as many gauges */
    TL_CHILD_NUMBER_NAME_LIMIT = 96,
    TL_CHILD_REASON_SIZE = 201
};

/* What a role said, read. */
enum tl_child_news {
    TL_CHILD_NO_NEWS, /* it made no sense: refused and counted */
    TL_CHILD_IS_READY,
    TL_CHILD_METRICS,
    TL_CHILD_FAILED,
    TL_CHILD_ANSWERED,
    TL_CHILD_RELOADED
};
struct tl_child_said {
    enum tl_child_news news;
    json_t *metrics;                   /* {"counters","gauges"}: the caller's; else NULL */
    char reason[TL_CHILD_REASON_SIZE]; /* of TL_CHILD_FAILED, and of a bad TL_CHILD_RELOADED */
    struct {
        uint32_t number; /* of the RELOAD it answers */
        char what[TL_ROLE_WORD_SIZE];
        bool good;
        int64_t ends_s; /* when what is in use now ends, seconds since 1970; 0: not known */
    } reloaded;
};

struct tl_child {
    struct tl_plan_process process;
    pid_t pid; /* 0: not running */
    struct tl_channel *channel;
    bool ready;
    bool told_silent; /* the door knows that PING was not answered */
    struct tl_restart restart;
    unsigned restarts;
    unsigned bad;       /* messages refused in this life */
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
/* With several descriptors, at most TL_CHANNEL_FDS_LIMIT; they stay the caller's. */
bool tl_child_send_all(struct tl_child *child, uint16_t type, const json_t *body,
                       uint32_t request, const int *fds, unsigned count);
/* Reads a message by its type and takes it into the child's state; descriptors are the caller's. */
void tl_child_hear(struct tl_child *child, const struct tl_channel_message *message,
                   tl_time_us now, struct tl_child_said *ret_said);
/* Has sent too much that made no sense. */
bool tl_child_is_babbling(const struct tl_child *child);
/* The body of PEER_METRICS about it, the caller's; metrics may be NULL. NULL: out of memory. */
json_t *tl_child_peer_metrics(const struct tl_child *child, json_t *metrics);
/* Sends PING when due; kills a process that does not answer. */
void tl_child_keep_alive(struct tl_child *child, tl_time_us now);
/* PING has waited for its answer longer than a role in good health takes. */
bool tl_child_is_silent(const struct tl_child *child, tl_time_us now);
/* Stops what drains for too long. */
void tl_child_drain(struct tl_child *child, tl_time_us now);
void tl_child_kill(struct tl_child *child);

#endif
