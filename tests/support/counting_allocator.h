/* The allocator of a test program: it counts, and fails where it is told. Under a sanitizer the
 * allocator is the sanitizer's: nothing is counted and nothing fails. */
#ifndef TL_COUNTING_ALLOCATOR_H
#define TL_COUNTING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* A program uses what it needs of these. */
#define TL_MAY_REST __attribute__((unused))
static long calls TL_MAY_REST;
static long fail_at TL_MAY_REST = -1; /* -1: never */
static int unheard TL_MAY_REST;       /* more than 0: what is taken now is not counted */

#ifndef TL_SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);

static bool fails(void)
{
    calls += unheard == 0;
    return fail_at >= 0 && calls > fail_at;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
    return fails() ? NULL : __libc_realloc(pointer, size);
}

#endif

#endif
