/* Who may have allocations. Private to this folder. */
#ifndef TL_MEDIA_TURN_USERS_H
#define TL_MEDIA_TURN_USERS_H

#include "media/turn.h"

enum { USERS_INDEX_SIZE = 2 * TL_TURN_USERS_LIMIT };

struct user {
    uint8_t allocations;
    uint8_t id[TL_TURN_USER_SIZE], key[TL_TURN_KEY_SIZE];
    tl_time_us until;
};

/* Entries lie side by side, so that memory is touched for those who are here; the index, which is
 * scattered, is small. */
struct users {
    uint64_t seed;
    size_t count;
    uint16_t index[USERS_INDEX_SIZE]; /* of an entry, plus 1; 0: free */
    struct user entries[TL_TURN_USERS_LIMIT];
};

struct user *users_find(struct users *users, const uint8_t id[TL_TURN_USER_SIZE]);
/* The same, or a new one; NULL when the table is full. Both are good until the next removal. */
struct user *users_put(struct users *users, tl_time_us now,
                       const uint8_t id[TL_TURN_USER_SIZE]);
void users_remove(struct users *users, struct user *user);

#endif
