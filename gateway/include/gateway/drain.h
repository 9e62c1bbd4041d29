/* `teleloire drain`: has relay processes of the running server ended without losing their calls. */
#ifndef TL_GATEWAY_DRAIN_H
#define TL_GATEWAY_DRAIN_H

enum { TL_DRAIN_ALL = -1 };

/* Asks the supervisor whose number is in state_dir and whose relays were given config_path (an
 * absolute path; a number alone may be another process' by now), and waits until the process has ended; of all,
 * one after the other. 0 when done; what went wrong is told on standard error. */
int tl_drain(const char *state_dir, const char *config_path, int relay);

#endif
