/* What the handlers of people share. */
#ifndef TL_RECORDS_PEOPLE_H
#define TL_RECORDS_PEOPLE_H

#include "http/call.h"

enum { TL_ROLES_GIVEN = 5, TL_EMAIL_LIMIT = 254, TL_NEWCOMER_NAME_LIMIT = 100 };
/* The roles a manager gives: doctor, nurse, midwife (who care), secretary, manager. */
extern const char *const tl_roles_given[TL_ROLES_GIVEN];

/* A colleague invited to a structure; texts of the request. */
struct tl_newcomer {
    char email[TL_EMAIL_LIMIT + 1]; /* lower case */
    const char *prefix, *role, *language;
    struct tl_text given_name, family_name, profession, rpps;
};

/* Reads the body; role NULL: it is a field, else the one given. False when refused. */
bool tl_newcomer_read(struct tl_call *call, const char *role, struct tl_newcomer *ret_newcomer);
/* Invites to the structure: row and mail, or a refusal. The answer is the newcomer's id (201). */
void tl_newcomer_invite(struct tl_call *call, const char *structure,
                        const struct tl_newcomer *newcomer);

/* One at a time among those who change the people of a structure. */
bool tl_people_lock(struct tl_call *call, const char *structure);
/* False, and answered with how many, when the person would leave open acts behind. */
bool tl_people_leaves_no_acts(struct tl_call *call, const char *structure, const char *person);

/* False, and answered with the absence, when the person is away at starts_at (RFC 3339; NULL: now)
 * and the request did not say that this is known. */
bool tl_is_present(struct tl_call *call, const char *person, const char *starts_at, bool known);

#endif
