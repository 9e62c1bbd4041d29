#include "seal/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "seal/token.h"

struct data_key {
    uint32_t id;
    bool made;
    tl_time_us current_until; /* 0: not the one in use, as far as we know */
    char owner[TL_UUID_SIZE];
    uint8_t key[TL_SEAL_KEY_SIZE];
};

struct tl_keyring {
    size_t kek_count, count, room;
    uint8_t keks[TL_KEYRING_KEKS_LIMIT][TL_SEAL_KEY_SIZE];
    struct data_key *keys; /* by id, ascending */
};

struct tl_keyring *tl_keyring_new(const uint8_t (*keys)[TL_SEAL_KEY_SIZE], size_t count)
{
    if (!count || count > TL_KEYRING_KEKS_LIMIT)
        return NULL;
    struct tl_keyring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return NULL;
    memcpy(ring->keks, keys, count * sizeof *keys);
    ring->kek_count = count;
    return ring;
}

struct tl_keyring *tl_keyring_free(struct tl_keyring *ring)
{
    if (!ring)
        return NULL;
    if (ring->keys)
        tl_secret_wipe(ring->keys, ring->room * sizeof *ring->keys);
    free(ring->keys);
    tl_secret_wipe(ring, sizeof *ring);
    free(ring);
    return NULL;
}

/* The address of a token's key, and ours sealed by it. */
static enum tl_error read_from_token(const char *uri, const char *hex,
                                     uint8_t key[TL_SEAL_KEY_SIZE])
{
    uint8_t wrapped[TL_TOKEN_WRAPPED_SIZE];
    struct tl_token *token = NULL;
    if (!hex || tl_hex_read(tl_text(hex), wrapped, sizeof wrapped))
        return TL_ERROR_FORMAT;
    enum tl_error error = tl_token_open(uri, false, &token);
    if (!error)
        error = tl_token_unwrap(token, wrapped, key);
    tl_token_close(token);
    return error;
}

static enum tl_error read_lines(char *text, uint8_t (*keys)[TL_SEAL_KEY_SIZE],
                                size_t *ret_count)
{
    size_t count = 0;
    char *rest = NULL;
    enum tl_error error = TL_OK;
    for (char *word = strtok_r(text, " \t\r\n", &rest); word && !error;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        if (count == TL_KEYRING_KEKS_LIMIT)
            error = TL_ERROR_LIMIT;
        else if (strncmp(word, "pkcs11:", 7) == 0)
            error = read_from_token(word, strtok_r(NULL, " \t\r\n", &rest), keys[count++]);
        else if (tl_hex_read(tl_text(word), keys[count++], TL_SEAL_KEY_SIZE))
            error = TL_ERROR_FORMAT;
    }
    *ret_count = count;
    return error || count ? error : TL_ERROR_FORMAT;
}

enum tl_error tl_keyring_read(const char *path, struct tl_keyring **ret_ring)
{
    enum { LIMIT = 8192 };
    uint8_t keys[TL_KEYRING_KEKS_LIMIT][TL_SEAL_KEY_SIZE];
    char *text = NULL;
    size_t size = 0, count = 0;
    enum tl_error error = tl_file_read(path, LIMIT, &text, &size);
    if (error)
        return error;
    error = read_lines(text, keys, &count);
    tl_secret_wipe(text, size);
    free(text);
    struct tl_keyring *ring = error ? NULL : tl_keyring_new(keys, count);
    tl_secret_wipe(keys, sizeof keys);
    if (!error && !ring)
        error = TL_ERROR_MEMORY;
    if (!error)
        *ret_ring = ring;
    return error;
}

/* A wrapped key opens for its owner only: rows cannot be exchanged. */
static struct tl_text wrap_context(const char *owner, char buffer[64])
{
    struct tl_writer w = tl_writer(buffer, 64);
    tl_write_format(&w, "data key of %s", owner);
    return (struct tl_text){ buffer, w.used };
}

const uint8_t *tl_keyring_first(const struct tl_keyring *ring)
{
    return ring->keks[0];
}

enum tl_error tl_keyring_wrap(const struct tl_keyring *ring, const char *owner,
                              const uint8_t key[TL_SEAL_KEY_SIZE],
                              uint8_t ret_wrapped[TL_KEYRING_WRAPPED_SIZE])
{
    char buffer[64];
    tl_autofree uint8_t *sealed = NULL;
    size_t size = 0;
    enum tl_error error = tl_seal_with(ring->keks[0], wrap_context(owner, buffer),
                                       tl_bytes(key, TL_SEAL_KEY_SIZE), &sealed, &size);
    if (!error)
        memcpy(ret_wrapped, sealed, size);
    return error;
}

enum tl_error tl_keyring_unwrap(const struct tl_keyring *ring, const char *owner,
                                struct tl_bytes wrapped, uint8_t ret_key[TL_SEAL_KEY_SIZE],
                                bool *ret_old)
{
    char buffer[64];
    struct tl_text context = wrap_context(owner, buffer);
    enum tl_error error = TL_ERROR_AUTH;
    for (size_t i = 0; i < ring->kek_count && error == TL_ERROR_AUTH; i++) {
        uint8_t *plain = NULL;
        size_t size = 0;
        error = tl_unseal_with(ring->keks[i], context, wrapped, &plain, &size);
        if (error)
            continue;
        if (size == TL_SEAL_KEY_SIZE) {
            memcpy(ret_key, plain, size);
            *ret_old = i != 0;
        } else {
            error = TL_ERROR_FORMAT;
        }
        tl_secret_wipe(plain, size);
        free(plain);
    }
    return error;
}

/* Where an id is, or would be. */
static size_t place_of(const struct tl_keyring *ring, uint32_t id)
{
    size_t low = 0, high = ring->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ring->keys[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct tl_keyring *ring, size_t place, uint32_t id)
{
    return place < ring->count && ring->keys[place].id == id;
}

static enum tl_error grow(struct tl_keyring *ring)
{
    enum { FIRST = 32 };
    if (ring->count == TL_KEYRING_LIMIT)
        return TL_ERROR_LIMIT;
    if (ring->count < ring->room)
        return TL_OK;
    size_t room = ring->room ? ring->room * 2 : FIRST;
    struct data_key *keys = calloc(room, sizeof *keys);
    if (!keys)
        return TL_ERROR_MEMORY;
    if (ring->keys) {
        memcpy(keys, ring->keys, ring->count * sizeof *keys);
        tl_secret_wipe(ring->keys, ring->room * sizeof *keys);
        free(ring->keys);
    }
    ring->keys = keys;
    ring->room = room;
    return TL_OK;
}

enum tl_error tl_keyring_keep(struct tl_keyring *ring, uint32_t id, const char *owner,
                              const uint8_t key[TL_SEAL_KEY_SIZE], bool made)
{
    struct data_key kept = { .id = id, .made = made };
    size_t place = place_of(ring, id);
    if (tl_text_copy(tl_text(owner), kept.owner, sizeof kept.owner))
        return TL_ERROR_FORMAT;
    if (is_at(ring, place, id))
        return TL_OK;
    enum tl_error error = grow(ring);
    if (error)
        return error;
    memcpy(kept.key, key, sizeof kept.key);
    memmove(ring->keys + place + 1, ring->keys + place,
            (ring->count - place) * sizeof *ring->keys);
    ring->keys[place] = kept;
    ring->count++;
    tl_secret_wipe(&kept, sizeof kept);
    return TL_OK;
}

const uint8_t *tl_keyring_find(const struct tl_keyring *ring, uint32_t id)
{
    size_t place = place_of(ring, id);
    return is_at(ring, place, id) ? ring->keys[place].key : NULL;
}

bool tl_keyring_current(const struct tl_keyring *ring, const char *owner, tl_time_us now,
                        uint32_t *ret_id)
{
    for (size_t i = ring->count; i-- > 0;) {
        const struct data_key *k = &ring->keys[i];
        if (k->current_until <= now || strcmp(k->owner, owner) != 0)
            continue;
        *ret_id = k->id;
        return true;
    }
    return false;
}

void tl_keyring_set_current(struct tl_keyring *ring, uint32_t id, tl_time_us now)
{
    size_t place = place_of(ring, id);
    if (!is_at(ring, place, id))
        return;
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i].owner, ring->keys[place].owner) == 0)
            ring->keys[i].current_until = 0;
    ring->keys[place].current_until = now + (tl_time_us)TL_KEYRING_CURRENT_S * TL_SECOND_US;
}

void tl_keyring_forget_made(struct tl_keyring *ring)
{
    size_t kept = 0;
    for (size_t i = 0; i < ring->count; i++)
        if (!ring->keys[i].made)
            ring->keys[kept++] = ring->keys[i];
    if (kept < ring->count)
        tl_secret_wipe(ring->keys + kept, (ring->count - kept) * sizeof *ring->keys);
    ring->count = kept;
}
