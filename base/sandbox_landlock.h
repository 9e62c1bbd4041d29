/* The landlock half of the sandbox (private to base). */
#ifndef TL_BASE_SANDBOX_LANDLOCK_H
#define TL_BASE_SANDBOX_LANDLOCK_H

#include "base/sandbox.h"

/* *ret_landlock becomes 1 when the kernel has it. A path that does not exist is left out; one that
 * cannot be opened is TL_ERROR_IO. */
enum tl_error tl_landlock_enter(const struct tl_sandbox *sandbox, int *ret_landlock);

#endif
