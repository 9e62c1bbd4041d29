/* Whom Pro Santé Connect says has signed in: the answer of its userinfo endpoint, read. The national
 * identifier is what an account is found by; names are for the page alone.
 *
 * Sources: OpenID Connect Core 1.0 section 5.3.2 (sub must be the ID token's); SubjectNameID is the
 * IDNPS, "8" before an RPPS (claims of Pro Santé Connect). */
#ifndef TL_PSC_PERSON_H
#define TL_PSC_PERSON_H

#include "base/bytes.h"
#include "base/error.h"

enum { TL_PSC_ANSWER_LIMIT = 65536, TL_PSC_RPPS_SIZE = 12, TL_PSC_PERSON_NAME_SIZE = 201 };

struct tl_psc_person {
    char rpps[TL_PSC_RPPS_SIZE];
    char given_name[TL_PSC_PERSON_NAME_SIZE]; /* UTF-8; empty when not given */
    char family_name[TL_PSC_PERSON_NAME_SIZE];
};

/* sub is that of the ID token. TL_ERROR_FORMAT, TL_ERROR_LIMIT (answer or name too long),
 * TL_ERROR_AUTH (the answer speaks of somebody else), TL_ERROR_UNSUPPORTED (an identifier of another
 * kind than RPPS), TL_ERROR_RANGE (an RPPS whose key is wrong). */
enum tl_error tl_psc_person_read(struct tl_bytes answer, const char *sub,
                                 struct tl_psc_person *ret_person);

#endif
