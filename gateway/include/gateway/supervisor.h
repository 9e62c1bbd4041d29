/* The supervisor: starts every role, gives them their channels, watches, starts again what ends,
 * stops all in order. It holds no key and no data. */
#ifndef TL_GATEWAY_SUPERVISOR_H
#define TL_GATEWAY_SUPERVISOR_H

#include "base/config.h"

/* folder: where the executables of the roles are. Prints "ready" on standard output once every
 * role is ready. Returns the exit code of the program when it was told to stop (SIGTERM, SIGINT). */
int tl_supervisor_run(const struct tl_config *config, const char *config_path,
                      const char *folder);

#endif
