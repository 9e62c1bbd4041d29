/* Which processes an installation has, and which of them hold a channel together. Pure: made once
 * from the configuration. */
#ifndef TL_SUPERVISOR_PLAN_H
#define TL_SUPERVISOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/error.h"

enum { TL_PLAN_PROCESSES_LIMIT = 160, TL_PLAN_LINKS_LIMIT = 320 };

enum tl_role_kind {
    TL_ROLE_DOOR,
    TL_ROLE_API,
    TL_ROLE_RELAY,
    TL_ROLE_EXAMINER,
    TL_ROLE_COURIER
};

struct tl_plan_process {
    enum tl_role_kind kind;
    int index;        /* within its kind */
    const char *lane; /* api only, else NULL */
};

struct tl_plan_link {
    size_t a, b; /* processes */
    bool media;  /* the datagram pair between a relay and the examiner */
};

struct tl_plan {
    struct tl_plan_process processes[TL_PLAN_PROCESSES_LIMIT];
    size_t process_count;
    struct tl_plan_link links[TL_PLAN_LINKS_LIMIT];
    size_t link_count;
};

/* cores is used when the configuration leaves the number of relays open. */
enum tl_error tl_plan_make(const struct tl_config *config, int cores, struct tl_plan *ret_plan);
const char *tl_role_kind_name(enum tl_role_kind kind);

#endif
