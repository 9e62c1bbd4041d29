/* An intrusive hash table: the link lives in the object, so that adding never allocates. Keys are
 * compared by the caller; the table only finds links of the same hash. */
#ifndef TL_SIGNALING_HUB_MAP_H
#define TL_SIGNALING_HUB_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct tl_map_link {
    struct tl_map_link *next;
    uint64_t hash;
};

struct tl_map {
    struct tl_map_link **buckets;
    size_t mask;
    size_t count;
};

/* It begins small and grows with what it holds. */
enum tl_error tl_map_new(struct tl_map *map);
void tl_map_free(struct tl_map *map);
void tl_map_add(struct tl_map *map, struct tl_map_link *link, uint64_t hash);
/* Does nothing when the link is not in the table. */
void tl_map_remove(struct tl_map *map, const struct tl_map_link *link);
/* The first link of that hash, then the others. NULL at the end. */
struct tl_map_link *tl_map_first(const struct tl_map *map, uint64_t hash);
struct tl_map_link *tl_map_next(const struct tl_map_link *link);
/* All links in no order; the one given last may be removed meanwhile, and none added. */
struct tl_map_walk {
    const struct tl_map *map;
    size_t bucket;
    struct tl_map_link *next;
};
struct tl_map_walk tl_map_walk(const struct tl_map *map);
struct tl_map_link *tl_map_walk_next(struct tl_map_walk *walk);

uint64_t tl_hash_text(struct tl_text text);

#define TL_CONTAINER(link, type, member)                                                       \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

#endif
