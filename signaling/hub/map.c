#include "hub/map.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 64 }; /* a power of two */

enum tl_error tl_map_new(struct tl_map *map)
{
    map->buckets = calloc(FIRST_BUCKETS, sizeof(struct tl_map_link *));
    if (!map->buckets)
        return TL_ERROR_MEMORY;
    map->mask = FIRST_BUCKETS - 1;
    map->count = 0;
    return TL_OK;
}

void tl_map_free(struct tl_map *map)
{
    free(map->buckets);
    *map = (struct tl_map){ 0 };
}

/* Twice the buckets; without memory for them the chains only become longer. */
static void grow(struct tl_map *map)
{
    size_t size = (map->mask + 1) * 2;
    struct tl_map_link **buckets = calloc(size, sizeof(struct tl_map_link *));
    if (!buckets)
        return;
    for (size_t i = 0; i <= map->mask; i++)
        for (struct tl_map_link *link = map->buckets[i]; link;) {
            struct tl_map_link *next = link->next;
            link->next = buckets[link->hash & (size - 1)];
            buckets[link->hash & (size - 1)] = link;
            link = next;
        }
    free(map->buckets);
    map->buckets = buckets;
    map->mask = size - 1;
}

void tl_map_add(struct tl_map *map, struct tl_map_link *link, uint64_t hash)
{
    if (map->count > map->mask)
        grow(map);
    struct tl_map_link **bucket = &map->buckets[hash & map->mask];
    *link = (struct tl_map_link){ .next = *bucket, .hash = hash };
    *bucket = link;
    map->count++;
}

void tl_map_remove(struct tl_map *map, const struct tl_map_link *link)
{
    for (struct tl_map_link **at = &map->buckets[link->hash & map->mask]; *at;
         at = &(*at)->next)
        if (*at == link) {
            *at = link->next;
            map->count--;
            return;
        }
}

static struct tl_map_link *same_hash(struct tl_map_link *link, uint64_t hash)
{
    while (link && link->hash != hash)
        link = link->next;
    return link;
}

struct tl_map_link *tl_map_first(const struct tl_map *map, uint64_t hash)
{
    return same_hash(map->buckets[hash & map->mask], hash);
}

struct tl_map_link *tl_map_next(const struct tl_map_link *link)
{
    return same_hash(link->next, link->hash);
}

struct tl_map_walk tl_map_walk(const struct tl_map *map)
{
    return (struct tl_map_walk){ .map = map };
}

struct tl_map_link *tl_map_walk_next(struct tl_map_walk *walk)
{
    while (!walk->next && walk->bucket <= walk->map->mask)
        walk->next = walk->map->buckets[walk->bucket++];
    struct tl_map_link *link = walk->next;
    if (link)
        walk->next = link->next;
    return link;
}

/* FNV-1a; the keys are ours and random, so that nobody can aim at one bucket. */
uint64_t tl_hash_text(struct tl_text text)
{
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 1099511628211ULL;
    return hash;
}
