/* Lines to the professionals of an act: their page, and no patient's name. */
#ifndef TL_RECORDS_TELL_H
#define TL_RECORDS_TELL_H

#include "http/call.h"
#include "outbox/messages.h"

/* One professional, at their own addresses (NULL: none). */
bool tl_tell_professional(struct tl_call *call, enum tl_message_topic topic, const char *email,
                          const char *phone, const char *language);
/* The act's own professional and those invited to it, but who does it and who is told apart. */
bool tl_tell_professionals(struct tl_call *call, enum tl_message_topic topic,
                           const char *told_apart);

#endif
