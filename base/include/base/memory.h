/* Ownership by type: what you free is what you made; give it away with TL_TAKE. */
#ifndef TL_BASE_MEMORY_H
#define TL_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Frees a malloc'ed pointer at the end of the scope. */
static inline void tl_free_pointer(void *address)
{
    void **pointer = (void **)address;
    free(*pointer);
}
#define tl_autofree __attribute__((cleanup(tl_free_pointer)))

/* Hands a pointer to a new owner; the old name becomes NULL. */
#define TL_TAKE(pointer)                                                                       \
    __extension__({                                                                            \
        __typeof__(pointer) taken_ = (pointer);                                                \
        (pointer) = NULL;                                                                      \
        taken_;                                                                                \
    })

#define TL_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* An arena: memory of one lifetime (a request, a batch of events), dropped whole. */
struct tl_arena;

/* limit_bytes bounds the sum of everything ever given out until reset. NULL when out of memory. */
struct tl_arena *tl_arena_new(size_t limit_bytes);
/* Takes NULL; returns NULL. */
struct tl_arena *tl_arena_free(struct tl_arena *arena);
/* Zeroed, aligned for any type; NULL over the limit or out of memory. */
void *tl_arena_take(struct tl_arena *arena, size_t size);
/* A NUL-terminated copy of size bytes. */
char *tl_arena_text(struct tl_arena *arena, const char *text, size_t size);
/* Forgets everything given out; keeps the first block for the next lifetime. */
void tl_arena_reset(struct tl_arena *arena);

#endif
