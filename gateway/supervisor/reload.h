/* `teleloire reload`: certificates, and what else may be exchanged while the house runs, read again.
 * The files are opened here and travel as descriptors, because roles may open none in their
 * sandboxes; what is in them is read and judged by the role that uses it, never here. */
#ifndef TL_SUPERVISOR_RELOAD_H
#define TL_SUPERVISOR_RELOAD_H

#include <jansson.h>

#include "base/config.h"
#include "child.h"

enum { TL_RELOAD_WITHIN_US = 5 * TL_SECOND_US };

struct tl_reload {
    const struct tl_config *config; /* as it was read at the start: the paths */
    struct tl_child *children;
    size_t child_count;
    uint32_t number;  /* of the one that runs, or ran last */
    int asked_by;     /* what came with the signal; 0: nothing */
    unsigned awaited; /* answers */
    json_t *results;  /* NULL: none runs */
    tl_time_us until;
    bool again; /* asked for by a plain signal meanwhile */
};

/* asked_by: a number of the asker's, by which it finds its answer in the file; asking again under the
 * same number changes nothing. */
void tl_reload_begin(struct tl_reload *reload, int asked_by, tl_time_us now);
void tl_reload_hear(struct tl_reload *reload, const struct tl_child *child,
                    const struct tl_child_said *said);
/* Ends what has all its answers, or waited long enough: state_dir/reload.json
 * {"asked_by","good":bool,"results":[{"role","index","what","good","reason","ends"}]}. */
void tl_reload_tick(struct tl_reload *reload, tl_time_us now);

#endif
