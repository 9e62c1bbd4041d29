/* `teleloire reload`: has the running server read its certificates again. */
#ifndef TL_GATEWAY_RELOAD_H
#define TL_GATEWAY_RELOAD_H

/* Asks the supervisor of state_dir and config_path (see tl_drain), waits for what each role said and
 * prints it. 0: everything new is in use; 1: something was refused and the old one kept, or nobody
 * answered. */
int tl_reload(const char *state_dir, const char *config_path);

#endif
