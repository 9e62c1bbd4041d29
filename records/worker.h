/* The api worker's shell: the channels, one request at a time, the journal when PostgreSQL is
 * away. All thinking is elsewhere. */
#ifndef TL_RECORDS_WORKER_H
#define TL_RECORDS_WORKER_H

#include "audit/checkpointer.h"
#include "base/role.h"
#include "http/call.h"
#include "journal/journal.h"
#include "journal/stalled.h"

enum {
    TL_WORKER_EVENT_PATIENCE_MS = 3000, /* a session event goes to the journal after this */
    TL_WORKER_SEND_MS = 25000           /* a door that does not read an answer for so long */
};

struct tl_worker {
    struct tl_role *role;
    struct tl_channel *door;
    struct tl_db *db;
    struct tl_keyring *ring;
    struct tl_journal *journal;  /* NULL: none configured, events need the database */
    struct tl_stalled *stalled;  /* events that fail for a fault of ours, and wait apart */
    struct tl_journal *refusals; /* events that can never be recorded, for a person to read */
    struct tl_checkpointer *checkpointer; /* of the one worker that keeps the file; else NULL */
    struct tl_records_settings settings;
    struct {
        bool active;
        uint32_t request;
        json_t *head;
        uint8_t *body;
        size_t size, room;
    } pending;            /* a request whose body still comes */
    uint32_t refused;     /* its body pieces are let go by */
    uint64_t answered[6]; /* by hundreds of status */
    uint64_t events, journaled, replayed, set_aside, retried, bad_messages;
    struct tl_attempts *attempts; /* of sign-ins */
    uint64_t hashes;              /* passwords compared at the sign-in */
    tl_time_us alerts_at;         /* when unusual access is next looked for */
    tl_time_us refusals_at;       /* when those refused are next looked up in the database */
};

/* Serves until the supervisor says stop or is gone; the process' exit status. */
int tl_worker_run(struct tl_worker *worker);

/* One message from the door. */
void tl_worker_receive(struct tl_worker *worker, const struct tl_channel_message *message);
/* SESSION_EVENT; answers on the channel. */
void tl_worker_session_event(struct tl_worker *worker, uint32_t request, json_t *body);
/* What the journal holds, in order, into the database. TL_OK when nothing is left. */
enum tl_error tl_worker_replay(struct tl_worker *worker);

/* Those that wait apart, when their pause is over. */
void tl_worker_retry_stalled(struct tl_worker *worker);
/* Refused events that an operator had recorded after all (teleloire journal retry) leave the file. */
void tl_worker_forget_mended(struct tl_worker *worker);

void tl_worker_reply(struct tl_worker *worker, uint16_t type, uint32_t request, json_t *body);
void tl_worker_reply_error(struct tl_worker *worker, uint16_t type, uint32_t request,
                           enum tl_error error, const char *detail);
void tl_worker_notice(struct tl_worker *worker, json_t *notice);

#endif
