/* The key-encryption keys of an installation, and what an operator has done with them. */
#ifndef TL_RECORDS_KEYS_COMMAND_H
#define TL_RECORDS_KEYS_COMMAND_H

#include "base/config.h"
#include "db/db.h"
#include "seal/keyring.h"

/* From a file of their own, or, where there is none, one made of the links' key. ret_legacy: what sealed
 * documents before there were data keys. NULL, or what is wrong. */
const char *tl_keys_open(const struct tl_config *config, struct tl_keyring **ret_ring,
                         uint8_t ret_legacy[TL_SEAL_KEY_SIZE]);

/* Nothing would open: said at the start, and not to each patient's doctor. True where there is no
 * database, or one of an older shape: there is nothing to say yet. */
bool tl_keys_are_ours(struct tl_db *db);
extern const char tl_keys_not_ours[];

/* `seal`: what is plain; `rotate`: another data key for everybody; `rewrap`: by the first
 * key-encryption key. db: of the owner of the tables. The exit status, what happened on the standard
 * output. */
int tl_keys_command(const char *word, const struct tl_config *config, struct tl_db *db);

/* `keys token`: the line that stands for the first key-encryption key once the token at the address
 * holds what opens it, on the standard output; the exit status. */
int tl_keys_to_token(const struct tl_config *config, const char *uri);

#endif
