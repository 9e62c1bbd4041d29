/* The arena: a chain of blocks, each twice the last, dropped whole. */
#include "base/memory.h"

#include <stdalign.h>
#include <string.h>

enum { FIRST_BLOCK_BYTES = 4096 };

struct block {
    struct block *previous;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t data[];
};

struct tl_arena {
    struct block *last;
    size_t limit;
    size_t given;
};

static struct block *block_new(struct block *previous, size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct block){ .previous = previous, .size = size };
    return block;
}

struct tl_arena *tl_arena_new(size_t limit_bytes)
{
    struct tl_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    arena->limit = limit_bytes;
    arena->last = block_new(NULL, FIRST_BLOCK_BYTES);
    if (!arena->last) {
        free(arena);
        return NULL;
    }
    return arena;
}

struct tl_arena *tl_arena_free(struct tl_arena *arena)
{
    if (!arena)
        return NULL;
    for (struct block *block = arena->last; block;) {
        struct block *previous = block->previous;
        free(block);
        block = previous;
    }
    free(arena);
    return NULL;
}

void *tl_arena_take(struct tl_arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    if (size > arena->limit || arena->given > arena->limit - size)
        return NULL;
    size_t rounded = (size + unit - 1) / unit * unit;
    struct block *block = arena->last;
    if (block->size - block->used < rounded) {
        size_t next = block->size * 2 > rounded ? block->size * 2 : rounded;
        block = block_new(arena->last, next);
        if (!block)
            return NULL;
        arena->last = block;
    }
    void *taken = block->data + block->used;
    block->used += rounded;
    arena->given += size;
    memset(taken, 0, rounded);
    return taken;
}

char *tl_arena_text(struct tl_arena *arena, const char *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = tl_arena_take(arena, size + 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}

void tl_arena_reset(struct tl_arena *arena)
{
    while (arena->last->previous) {
        struct block *previous = arena->last->previous;
        free(arena->last);
        arena->last = previous;
    }
    arena->last->used = 0;
    arena->given = 0;
}
