/* The index: open addressing with linear probing, half full at most, deletion by moving back (Knuth,
 * algorithm 6.4R), as route/tuples.c. */
#include "users.h"

#include "base/secret.h"

static size_t home(const struct users *users, const uint8_t *id)
{
    uint64_t hash;
    memcpy(&hash, id, sizeof hash); /* ids are random; the seed is for those that are not */
    hash = (hash ^ users->seed) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) % USERS_INDEX_SIZE;
}

/* The place in the index of this id, or the free one where it would go. */
static size_t seek(const struct users *users, const uint8_t *id)
{
    size_t i = home(users, id);
    while (users->index[i] &&
           memcmp(users->entries[users->index[i] - 1].id, id, TL_TURN_USER_SIZE) != 0)
        i = (i + 1) % USERS_INDEX_SIZE;
    return i;
}

struct user *users_find(struct users *users, const uint8_t id[TL_TURN_USER_SIZE])
{
    uint16_t entry = users->index[seek(users, id)];
    return entry ? &users->entries[entry - 1] : NULL;
}

static void forget_place(struct users *users, size_t hole)
{
    for (size_t i = (hole + 1) % USERS_INDEX_SIZE; users->index[i];
         i = (i + 1) % USERS_INDEX_SIZE) {
        size_t wanted = home(users, users->entries[users->index[i] - 1].id);
        size_t from_home = (i + USERS_INDEX_SIZE - wanted) % USERS_INDEX_SIZE;
        size_t from_hole = (i + USERS_INDEX_SIZE - hole) % USERS_INDEX_SIZE;
        if (from_home < from_hole)
            continue;
        users->index[hole] = users->index[i];
        hole = i;
    }
    users->index[hole] = 0;
}

/* The last entry takes the place of the one that goes. */
void users_remove(struct users *users, struct user *user)
{
    struct user *last = &users->entries[users->count - 1];
    forget_place(users, seek(users, user->id));
    if (last != user) {
        users->index[seek(users, last->id)] = (uint16_t)(user - users->entries + 1);
        *user = *last;
    }
    tl_secret_wipe(last, sizeof *last);
    users->count--;
}

/* Those nobody ended: their door died, and another knows nothing of them. */
static void forget_expired(struct users *users, tl_time_us now)
{
    for (size_t i = users->count; i-- > 0;)
        if (users->entries[i].until <= now)
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
    user = &users->entries[users->count++];
    *user = (struct user){ 0 };
    memcpy(user->id, id, TL_TURN_USER_SIZE);
    users->index[seek(users, id)] = (uint16_t)users->count;
    return user;
}
