/* Which participant an address belongs to: open addressing with linear probing, half full at most,
 * deletion by moving back (Knuth, algorithm 6.4R), so that no tombstones gather. */
#include "route/internal.h"

void tuples_init(struct tuples *tuples)
{
    /* comes zeroed: what nobody uses is never touched */
    tuples->key = tl_hash_key_new();
}

static size_t home(const struct tuples *tuples, const struct tl_address *address)
{
    return tl_address_hash(address, &tuples->key) % TUPLES_TABLE_SIZE;
}

/* The entry of the address, or the free one where it would go. */
static size_t seek(const struct tuples *tuples, const struct tl_address *address)
{
    size_t i = home(tuples, address);
    while (tuples->entries[i].place && !tl_address_equal(&tuples->entries[i].address, address))
        i = (i + 1) % TUPLES_TABLE_SIZE;
    return i;
}

void tuples_put(struct tuples *tuples, const struct tl_address *address, unsigned place)
{
    size_t i = seek(tuples, address);
    if (!tuples->entries[i].place) {
        if (tuples->count >= TUPLES_TABLE_SIZE / 2)
            return; /* cannot be: each participant has TL_ICE_TUPLES_LIMIT */
        tuples->count++;
    }
    /* an address another participant used before belongs to who authenticated from it last */
    tuples->entries[i] = (struct tuple_entry){ *address, (uint16_t)(place + 1) };
}

bool tuples_find(const struct tuples *tuples, const struct tl_address *address,
                 unsigned *ret_place)
{
    const struct tuple_entry *entry = &tuples->entries[seek(tuples, address)];
    if (!entry->place)
        return false;
    *ret_place = entry->place - 1u;
    return true;
}

void tuples_remove(struct tuples *tuples, const struct tl_address *address, unsigned place)
{
    size_t hole = seek(tuples, address);
    if (tuples->entries[hole].place != place + 1)
        return;
    tuples->count--;
    for (size_t i = (hole + 1) % TUPLES_TABLE_SIZE; tuples->entries[i].place;
         i = (i + 1) % TUPLES_TABLE_SIZE) {
        size_t wanted = home(tuples, &tuples->entries[i].address);
        size_t from_home = (i + TUPLES_TABLE_SIZE - wanted) % TUPLES_TABLE_SIZE;
        size_t from_hole = (i + TUPLES_TABLE_SIZE - hole) % TUPLES_TABLE_SIZE;
        if (from_home < from_hole)
            continue; /* moving it would put it before its home */
        tuples->entries[hole] = tuples->entries[i];
        hole = i;
    }
    tuples->entries[hole] = (struct tuple_entry){ 0 };
}
