/* Who a patient is, in clear: the traits of the national health identity (RNIV) and how to reach them.
 * In the database it is one sealed JSON object, with what is made of it for showing and finding. */
#ifndef TL_RECORDS_IDENTITY_H
#define TL_RECORDS_IDENTITY_H

#include <jansson.h>

#include "base/bytes.h"
#include "db/db.h"
#include "seal/blind.h"

#define TL_PLACE_IDENTITY "patient.identity"

/* Texts are not owned; NULL and empty are the same: not known. */
struct tl_identity {
    struct tl_text birth_name, used_name, first_names, birth_date, sex, birth_place_code;
    struct tl_text ins, ins_oid, phone, email;
};

struct tl_identity_indexes {
    uint8_t traits[TL_BLIND_SIZE], name[TL_BLIND_SIZE], ins[TL_BLIND_SIZE];
    bool has_traits, has_name, has_ins;
};

/* Its JSON text, names without spaces around them: malloc'ed; the caller wipes it. */
enum tl_error tl_identity_write(const struct tl_identity *identity, char **ret_json);
/* What points into the object; a member that is no text is not known. */
struct tl_identity tl_identity_read(const json_t *object);

/* Those whose parts are all known. */
enum tl_error tl_identity_index(struct tl_db *db, const struct tl_identity *identity,
                                struct tl_identity_indexes *ret_indexes);
static inline struct tl_value tl_index_value(const uint8_t *index, bool has)
{
    return tl_value_raw(has ? index : NULL, has ? TL_BLIND_SIZE : 0);
}

#endif
