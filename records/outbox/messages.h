/* What the program writes to people: link, code, reminder, changes, report. Plain text, French or
 * English. Nothing medical, no reason, no identifier of the patient ever enters a message. Pure. */
#ifndef TL_RECORDS_MESSAGES_H
#define TL_RECORDS_MESSAGES_H

#include "base/clock.h"
#include "base/error.h"
#include "http/request.h"

enum tl_message_topic {
    TL_TOPIC_LINK,        /* to the visitor: the link to the session */
    TL_TOPIC_CODE,        /* to the visitor: six digits, by another message than the link */
    TL_TOPIC_REMINDER,    /* to the visitor */
    TL_TOPIC_RESCHEDULED, /* to the visitor */
    TL_TOPIC_CANCELLED,   /* to the visitor */
    TL_TOPIC_HANDED_OVER, /* to the visitor: another professional */
    TL_TOPIC_REPORT,      /* to the patient: the safe link to the documents */
    TL_TOPIC_COLLEAGUE,   /* to a professional: invited to an act */
    TL_TOPIC_TAKEN_OVER,  /* to a professional: an act was handed to them */
    /* to a professional concerned by an act, its own or invited: */
    TL_TOPIC_PRO_PLANNED, /* by somebody else, for them */
    TL_TOPIC_PRO_CANCELLED,
    TL_TOPIC_PRO_RESCHEDULED,
    TL_TOPIC_PRO_REMINDER,
    TL_TOPIC_PRO_HANDED_OVER,
    TL_TOPIC_ALERT,     /* to the same: somebody looks at records in an unusual way */
    TL_TOPIC_EMERGENCY, /* to a structure's manager: a record was opened without another right */
    /* to a colleague; starts_at is when the link ends: */
    TL_TOPIC_NEWCOMER,     /* invited to a structure */
    TL_TOPIC_LEFT,         /* works there no more */
    TL_TOPIC_FACTOR_RESET, /* somebody took their second factor away */
    TL_TOPIC_COUNT
};

enum { TL_SUBJECT_SIZE = 200, TL_TEXT_SIZE = 2000 };

struct tl_message_facts {
    const char *professional; /* who holds the act */
    const char *structure;
    tl_time_us starts_at;
    const char *link, *code; /* "" where the topic needs none */
};

/* TL_ERROR_LIMIT when the facts are too long. */
enum tl_error tl_message_compose(enum tl_message_topic topic, enum tl_language language,
                                 bool sms, const struct tl_message_facts *facts,
                                 char ret_subject[TL_SUBJECT_SIZE],
                                 char ret_text[TL_TEXT_SIZE]);

#endif
