/* What api answers and says (docs/channels.md). */
#ifndef TL_SIGNALING_MESSAGES_API_READ_H
#define TL_SIGNALING_MESSAGES_API_READ_H

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "messages/client_read.h"

enum {
    TL_NAME_SIZE = 256,
    TL_ROLE_SIZE = 24,
    TL_LOADED_LIST_LIMIT = 1000, /* participants of one act, those gone included */
    TL_LOADED_LIMIT = 8,         /* those who are there: a seat each */
    TL_PEOPLE_LIMIT = 64,
    TL_BESIDE_LIMIT = 64
};

enum tl_ticket_kind { TL_TICKET_SESSION, TL_TICKET_WATCH, TL_TICKET_TEST };

/* Who someone is: api vouches for it. */
struct tl_identity {
    char participant[TL_PARTICIPANT_SIZE]; /* "" when none yet */
    char person[TL_UUID_SIZE];             /* "" for who has no account */
    char name[TL_NAME_SIZE], title[TL_NAME_SIZE], role[TL_ROLE_SIZE];
    unsigned seat; /* 1 to 8; 0 none yet */
    unsigned may;
};

struct tl_ticket {
    enum tl_ticket_kind kind;
    char act[TL_UUID_SIZE];         /* "" when none */
    char room[TL_PARTICIPANT_SIZE]; /* "" when none yet */
    char browser[TL_UUID_SIZE];     /* signed in, that asked for it; "" of visitors */
    struct tl_identity who;
    bool admitted, english;
};

struct tl_loaded {
    char act[TL_UUID_SIZE], room[TL_PARTICIPANT_SIZE];
    const char *state; /* one of tl_act_states */
    struct {
        struct tl_identity who;
        bool in; /* else in the waiting room */
        bool identity_checked;
        uint8_t resume[32];
        bool has_resume;
        char joined_at[TL_TIMESTAMP_SIZE]; /* "" when not said */
    } participants[TL_LOADED_LIMIT];
    unsigned count;
    bool seat_used[TL_LOADED_LIMIT];            /* by someone gone too */
    char people[TL_PEOPLE_LIMIT][TL_UUID_SIZE]; /* who is told of the waiting room */
    unsigned people_count;
    unsigned incidents;                                            /* the act holds already */
    char professional[TL_UUID_SIZE], starts_at[TL_TIMESTAMP_SIZE]; /* "" when not said */
    char beside[TL_BESIDE_LIMIT][TL_UUID_SIZE]; /* acts of the same professional, with people */
    unsigned beside_count;
};

struct tl_notice {
    char act[TL_UUID_SIZE];
    struct tl_text kind;
    json_t *people, *detail; /* borrowed; people holds texts */
    char professional[TL_UUID_SIZE], starts_at[TL_TIMESTAMP_SIZE]; /* "" when not said */
};

/* All: TL_ERROR_FORMAT, outputs untouched. json is what the message carried, already parsed. */
enum tl_error tl_ticket_read(json_t *json, struct tl_ticket *ret_ticket);
enum tl_error tl_loaded_read(json_t *json, struct tl_loaded *ret_loaded);
enum tl_error tl_notice_read(json_t *json, struct tl_notice *ret_notice);
enum tl_error tl_recorded_read(json_t *json);
/* What the word of a refusal means for trying again. */
enum tl_refused {
    TL_REFUSED_FOR_GOOD,
    TL_REFUSED_FOR_NOW, /* api or its database is away, or busy */
    TL_REFUSED_DOUBTFUL /* a failure that may pass, or be the same each time */
};
enum tl_refused tl_refused_read(json_t *json);

#endif
