#include "keys_command.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "db/sealing.h"
#include "seal/pass.h"
#include "seal/token.h"
#include "sign_in/tokens.h"

const char tl_keys_not_ours[] =
    "[api] seal_key_file is not the key this database was sealed with "
    "(docs/operations/keys.md)";

static const char *unread(enum tl_error error)
{
    switch (error) {
    case TL_OK: return NULL;
    case TL_ERROR_MISSING: return "the token of [api] seal_key_file, or its key, is not there";
    case TL_ERROR_AUTH:
        return "the token of [api] seal_key_file refuses: another PIN, or another key";
    default:
        return "[api] seal_key_file cannot be read: one to four lines of 64 hexadecimal "
               "digits, "
               "or of a token's address and 120";
    }
}

const char *tl_keys_open(const struct tl_config *config, struct tl_keyring **ret_ring,
                         uint8_t ret_legacy[32])
{
    uint8_t key[TL_SEAL_KEY_SIZE], kek[1][TL_SEAL_KEY_SIZE];
    const char *path = config->api.seal_key_file, *why = NULL;
    if (tl_seal_key_read(config->api.link_key_file, key))
        return "[api] link_key_file cannot be read: 64 hexadecimal digits";
    tl_key_derive(key, "teleloire documents 1", ret_legacy);
    tl_key_derive(key, "teleloire data keys 1", kek[0]);
    tl_secret_wipe(key, sizeof key);
    if (path[0])
        why = unread(tl_keyring_read(path, ret_ring));
    if (!path[0])
        *ret_ring = tl_keyring_new(kek, 1);
    tl_secret_wipe(kek, sizeof kek);
    return why || *ret_ring ? why : "out of memory";
}

bool tl_keys_are_ours(struct tl_db *db)
{
    bool ours = true;
    if (tl_db_is_connected(db) && !tl_db_begin_as(db, TL_DB_SYSTEM)) {
        ours = tl_db_check_keys(db) != TL_ERROR_AUTH;
        tl_db_rollback(db);
    }
    return ours;
}

static enum tl_error rewrap(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count)
{
    (void)legacy;
    return tl_seal_rewrap(db, ret_count);
}

int tl_keys_command(const char *word, const struct tl_config *config, struct tl_db *db)
{
    static const struct {
        const char *word, *said;
        enum tl_error (*run)(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count);
    } orders[] = { { "seal", "sealed", tl_seal_pass },
                   { "rotate", "sealed anew", tl_seal_rotate },
                   { "rewrap", "data keys wrapped anew", rewrap } };
    struct tl_keyring *ring = NULL;
    uint8_t legacy[TL_SEAL_KEY_SIZE];
    size_t order = 0, count = 0;
    while (order < TL_COUNT_OF(orders) && strcmp(orders[order].word, word) != 0)
        order++;
    if (order == TL_COUNT_OF(orders))
        return fprintf(stderr, "keys seal, keys rotate or keys rewrap\n"), 2;
    const char *why = tl_keys_open(config, &ring, legacy);
    if (why)
        return fprintf(stderr, "%s\n", why), 1;
    tl_db_set_keyring(db, ring);
    enum tl_error error = orders[order].run(db, legacy, &count);
    if (error)
        fprintf(stderr, "keys %s: %s\n%s\n", word, tl_error_name(error),
                error == TL_ERROR_AUTH ? tl_keys_not_ours : tl_db_last_error(db));
    else
        printf("%zu %s\n", count, orders[order].said);
    tl_secret_wipe(legacy, sizeof legacy);
    tl_db_set_keyring(db, NULL);
    tl_keyring_free(ring);
    return error ? 1 : 0;
}

int tl_keys_to_token(const struct tl_config *config, const char *uri)
{
    struct tl_keyring *ring = NULL;
    struct tl_token *token = NULL;
    uint8_t legacy[TL_SEAL_KEY_SIZE], wrapped[TL_TOKEN_WRAPPED_SIZE];
    char hex[2 * TL_TOKEN_WRAPPED_SIZE + 1];
    const char *why = tl_keys_open(config, &ring, legacy);
    if (why)
        return fprintf(stderr, "%s\n", why), 1;
    enum tl_error error = tl_token_open(uri, true, &token);
    if (!error)
        error = tl_token_wrap(token, tl_keyring_first(ring), wrapped);
    tl_token_close(token);
    tl_keyring_free(ring);
    tl_secret_wipe(legacy, sizeof legacy);
    if (error)
        return fprintf(stderr,
                       "keys token: %s\n"
                       "pkcs11:token=NAME;object=KEY?module-path=FILE&pin-source=FILE\n",
                       tl_error_name(error)),
               1;
    tl_hex_write(tl_bytes(wrapped, sizeof wrapped), hex);
    printf("%s %s\n", uri, hex);
    return 0;
}
