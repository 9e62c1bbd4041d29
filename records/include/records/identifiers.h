/* The identifiers of French health care and their keys. Pure; no list of places or people here. */
#ifndef TL_RECORDS_IDENTIFIERS_H
#define TL_RECORDS_IDENTIFIERS_H

#include "base/bytes.h"
#include "base/error.h"

/* All give TL_ERROR_FORMAT when the text has not the shape, TL_ERROR_RANGE when its key is wrong. */

/* RPPS: 11 digits, the last a Luhn key (https://rpps.esante.gouv.fr). */
enum tl_error tl_rpps_check(struct tl_text text);
/* FINESS: 9 characters, the second may be A or B (Corsica; they count as 0 here), Luhn key. */
enum tl_error tl_finess_check(struct tl_text text);
/* INS matricule: 13 characters of NIR or NIA and 2 of key = 97 - (number mod 97); 2A counts as
 * 19 and 2B as 18. */
enum tl_error tl_ins_check(struct tl_text text);
/* The authority of a matricule: NIR, NIA, TEST or DEMO under 1.2.250.1.213.1.4. */
/* Who gives matricules: NIR, NIA, and those of tests and demonstrations. */
extern const char *const tl_ins_oids[];
extern const size_t tl_ins_oid_count;
enum tl_error tl_ins_oid_check(struct tl_text oid);

/* Does a matricule (already checked) fit the traits? Names the trait that does not: "sex",
 * "birth_date", "birth_place_code"; NULL when all fit. Months over 12 are fictive and fit any;
 * sex U fits any. birth_date is YYYY-MM-DD. */
const char *tl_ins_wrong_trait(struct tl_text ins, char sex, struct tl_text birth_date,
                               struct tl_text birth_place_code);
/* INSEE code of a commune, or 99 and a country. */
enum tl_error tl_place_code_check(struct tl_text text);

/* Enough to send to: one @, no spaces or control characters, at most 254 bytes. */
enum tl_error tl_mail_address_check(struct tl_text text);
/* + and digits, spaces, dots and hyphens between; 6 to 15 digits (ITU-T E.164). */
enum tl_error tl_phone_check(struct tl_text text);

#endif
