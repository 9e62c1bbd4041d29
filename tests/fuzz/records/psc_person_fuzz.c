/* A userinfo answer of any content: what is taken is an RPPS and names that end. */
#include <stdlib.h>

#include "psc/person.h"
#include "records/identifiers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_psc_person person;
    if (tl_psc_person_read(tl_bytes(data, size), "s", &person) == TL_OK &&
        (tl_rpps_check(tl_text(person.rpps)) ||
         !memchr(person.given_name, 0, sizeof person.given_name) ||
         !memchr(person.family_name, 0, sizeof person.family_name)))
        abort();
    return 0;
}
