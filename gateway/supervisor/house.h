/* The running server, as a command beside it sees it. Private to gateway/supervisor. */
#ifndef TL_SUPERVISOR_HOUSE_H
#define TL_SUPERVISOR_HOUSE_H

#include <stdbool.h>
#include <sys/types.h>

enum { TL_HOUSE_RELAYS_LIMIT = 100 };

/* A descriptor of the supervisor whose number is in state_dir and whose relays were given config_path
 * (an absolute path). -1: none runs. */
int tl_house_hold(const char *state_dir, const char *config_path, pid_t *ret_pid);
/* Process numbers by index of relay, 0 where there is none; how many there are. */
unsigned tl_house_relays(pid_t supervisor, const char *config_path,
                         pid_t ret_pids[TL_HOUSE_RELAYS_LIMIT]);
/* sigqueue, by descriptor: whoever has taken over the number since is not meant. */
bool tl_house_signal(int supervisor_fd, int number, int value);

#endif
