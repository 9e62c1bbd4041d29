/* Asks a running installation how it is, over the loopback port of its metrics. */
#ifndef TL_GATEWAY_HEALTH_H
#define TL_GATEWAY_HEALTH_H

#include <stddef.h>

#include "base/error.h"

/* The door's readiness as JSON text with a NUL. TL_OK: ready; TL_ERROR_STATE: alive and not ready
 * (the text says what is missing); TL_ERROR_AWAY: nobody answers within 5 s, nothing is written. */
enum tl_error tl_health_ask(int metrics_port, char *ret_text, size_t size);

#endif
