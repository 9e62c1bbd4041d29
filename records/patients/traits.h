/* The traits of the national health identity (RNIV) and its matricule, as a body tells them. */
#ifndef TL_RECORDS_TRAITS_H
#define TL_RECORDS_TRAITS_H

#include "base/clock.h"
#include "http/call.h"
#include "patients/identity.h"

/* birth_name, first_names, birth_date, sex, birth_place_code, and ins with ins_oid or neither, each
 * checked, the matricule against its key and the traits; what is wrong is kept in the fields. Other
 * members of the identity stay as they are. Texts point into the body. */
void tl_traits_read(struct tl_fields *fields, tl_time_us now, struct tl_identity *ret_traits);

#endif
