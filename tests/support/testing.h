/* cmocka and what must come before it, in the order it needs. */
#ifndef TL_TESTING_H
#define TL_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#endif
