/* Invitations: a link for one person and one session, a code sent apart from it, and everything
 * written to those who hold one. */
#ifndef TL_RECORDS_INVITATION_H
#define TL_RECORDS_INVITATION_H

#include "http/call.h"
#include "outbox/messages.h"

enum { TL_CODE_TRIES = 5, TL_CODES_AN_HOUR = 3 };

struct tl_invite {
    const char *role;            /* patient, helper, interpreter, nurse, guardian */
    const char *name;            /* NULL: the patient's own */
    struct tl_text email, phone; /* at least one */
    const char *language;        /* fr, en */
};

/* The act's facts for messages; strings in the rows. */
struct tl_act_facts {
    struct tl_rows rows;
    const char *professional, *structure, *patient, *starts_at_text;
    tl_time_us starts_at;
};
bool tl_act_facts_find(struct tl_call *call, struct tl_act_facts *ret_facts);

/* Reads {"email","phone","language"} (both may be absent): checks them, names the wrong one. */
void tl_contact_read(struct tl_fields *fields, struct tl_text *ret_email,
                     struct tl_text *ret_phone);

/* How the patient of call->act was reached last, or can be; strings in the rows, NULL when not known. */
struct tl_known_contact {
    struct tl_rows rows;
    const char *email, *phone, *language;
};
bool tl_known_contact_find(struct tl_call *call, struct tl_known_contact *ret_contact);

/* Makes the invitation to call->act and sends its link and its code. */
bool tl_invitation_make(struct tl_call *call, const struct tl_invite *invite);
/* The patient's invitations to call->act are dead from now on, and say so. */
bool tl_invitation_replace(struct tl_call *call);
/* Writes to everyone who holds a living invitation to call->act. */
bool tl_invitation_tell_all(struct tl_call *call, enum tl_message_topic topic);
/* A safe link to the documents of call->act for its patient, when there is an address. */
bool tl_delivery_make(struct tl_call *call, bool *ret_made);

#endif
