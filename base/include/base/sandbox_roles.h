/* What each role may still do once it serves: the one table behind every tl_sandbox_enter of a
 * role, so that the tests of the walls try the very walls that stand. */
#ifndef TL_BASE_SANDBOX_ROLES_H
#define TL_BASE_SANDBOX_ROLES_H

#include "base/config.h"
#include "base/sandbox.h"

enum tl_sandbox_role {
    TL_SANDBOX_SUPERVISOR,
    TL_SANDBOX_DOOR,
    TL_SANDBOX_API,
    TL_SANDBOX_RELAY,
    TL_SANDBOX_EXAMINER,
    TL_SANDBOX_COURIER,
    TL_SANDBOX_ROLES
};

enum { TL_SANDBOX_PATHS_LIMIT = 8 };

/* A sandbox with the room its paths are in: not to be copied, and valid as long as the
 * configuration it was made from. */
struct tl_sandbox_of_role {
    struct tl_sandbox sandbox;
    const char *read_paths[TL_SANDBOX_PATHS_LIMIT + 1];
    const char *write_paths[TL_SANDBOX_PATHS_LIMIT + 1];
};

/* config may be NULL for a role that opens nothing (all but api and courier). */
void tl_sandbox_of_role(enum tl_sandbox_role role, const struct tl_config *config,
                        struct tl_sandbox_of_role *ret_sandbox);
/* Enters it; errors and *ret_landlock as tl_sandbox_enter says. */
enum tl_error tl_sandbox_enter_role(enum tl_sandbox_role role, const struct tl_config *config,
                                    int *ret_landlock);
const char *tl_sandbox_role_name(enum tl_sandbox_role role);

#endif
