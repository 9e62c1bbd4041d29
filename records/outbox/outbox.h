/* Effects outside, as rows of the same transaction, sealed so that only the courier reads them. */
#ifndef TL_RECORDS_OUTBOX_H
#define TL_RECORDS_OUTBOX_H

#include "http/call.h"
#include "outbox/messages.h"

struct tl_recipient {
    const char *email, *phone; /* NULL or "" for none */
    enum tl_language language;
};

/* Link-bearing topics go by mail when there is an address, else by SMS; the code goes by SMS when
 * there is a telephone, else by a mail of its own. */
bool tl_outbox_tell(struct tl_call *call, enum tl_message_topic topic,
                    const struct tl_recipient *recipient, const struct tl_message_facts *facts);

#endif
