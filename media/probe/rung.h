/* One rung of the ladder, measured: a ticket, an equipment test over this way alone, and its figures.
 * A shell: it runs the native participant's loop until it is done, half a minute at most. */
#ifndef TL_PROBE_RUNG_H
#define TL_PROBE_RUNG_H

#include "client/http.h"
#include "probe/probe.h"

struct tl_probe_rung_config {
    const char *url; /* https://HOST[:PORT] */
    const char *ca, *proxy, *language;
    struct tl_http *http;
    enum tl_probe_rung rung;
    void (*stage)(void *context, enum tl_probe_rung rung, enum tl_probe_stage stage);
    void *context;
};

void tl_probe_rung_run(const struct tl_probe_rung_config *config,
                       struct tl_probe_result *ret_result);

#endif
