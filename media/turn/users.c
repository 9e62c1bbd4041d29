/* Open addressing with linear probing, half full at most, deletion by moving back (Knuth,
 * algorithm 6.4R), as route/tuples.c. */
#include "users.h"

#include "base/secret.h"

static size_t home(const struct users *users, const uint8_t *id)
{
    uint64_t hash;
    memcpy(&hash, id, sizeof hash); /* ids are random; the seed is for those that are not */
    hash = (hash ^ users->seed) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) % USERS_TABLE_SIZE;
}

static size_t seek(const struct users *users, const uint8_t *id)
{
    size_t i = home(users, id);
    while (users->entries[i].used && memcmp(users->entries[i].id, id, TL_TURN_USER_SIZE) != 0)
        i = (i + 1) % USERS_TABLE_SIZE;
    return i;
}

struct user *users_find(struct users *users, const uint8_t id[TL_TURN_USER_SIZE])
{
    struct user *user = &users->entries[seek(users, id)];
    return user->used ? user : NULL;
}

void users_remove(struct users *users, struct user *user)
{
    size_t hole = (size_t)(user - users->entries);
    users->count--;
    for (size_t i = (hole + 1) % USERS_TABLE_SIZE; users->entries[i].used;
         i = (i + 1) % USERS_TABLE_SIZE) {
        size_t wanted = home(users, users->entries[i].id);
        size_t from_home = (i + USERS_TABLE_SIZE - wanted) % USERS_TABLE_SIZE;
        size_t from_hole = (i + USERS_TABLE_SIZE - hole) % USERS_TABLE_SIZE;
        if (from_home < from_hole)
            continue;
        users->entries[hole] = users->entries[i];
        hole = i;
    }
    tl_secret_wipe(&users->entries[hole], sizeof users->entries[hole]);
}

/* Those nobody ended: their door died, and another knows nothing of them. */
static void forget_expired(struct users *users, tl_time_us now)
{
    for (size_t i = 0; i < USERS_TABLE_SIZE; i++)
        while (users->entries[i].used && users->entries[i].until <= now)
            users_remove(users, &users->entries[i]);
}

struct user *users_put(struct users *users, tl_time_us now, const uint8_t id[TL_TURN_USER_SIZE])
{
    struct user *user = users_find(users, id);
    if (user)
        return user;
    if (users->count == TL_TURN_USERS_LIMIT)
        forget_expired(users, now);
    if (users->count == TL_TURN_USERS_LIMIT)
        return NULL;
    user = &users->entries[seek(users, id)];
    *user = (struct user){ .used = true };
    memcpy(user->id, id, TL_TURN_USER_SIZE);
    users->count++;
    return user;
}
