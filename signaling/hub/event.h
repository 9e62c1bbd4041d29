/* What happened in a session, on its way to api (docs/channels.md, SESSION_EVENT). */
#ifndef TL_SIGNALING_HUB_EVENT_H
#define TL_SIGNALING_HUB_EVENT_H

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "messages/client_read.h"

struct tl_session;
struct tl_test;

enum {
    TL_HUB_TOKEN_BYTES = 32, /* of a resume token */
    TL_HUB_TOKEN_SIZE = 44   /* base64url of it, and a NUL */
};

enum tl_event_type {
    TL_EVENT_SEAT_TAKEN,
    TL_EVENT_RESUME_CHANGED,
    TL_EVENT_ADMITTED,
    TL_EVENT_REFUSED,
    TL_EVENT_REMOVED,
    TL_EVENT_LEFT,
    TL_EVENT_ENDED,
    TL_EVENT_IDENTITY_CHECKED,
    TL_EVENT_IDENTITY_UNCHECKED,
    TL_EVENT_INCIDENT,
    TL_EVENT_TEST_RESULT
};

struct tl_event {
    struct tl_event *next;
    enum tl_event_type type;
    char id[TL_UUID_SIZE];
    tl_time_us at;                         /* wall */
    char participant[TL_PARTICIPANT_SIZE]; /* whom it is about; "" nobody */
    char by[TL_PARTICIPANT_SIZE];
    json_t *detail;
    uint64_t client; /* who waits for it; 0 nobody */
    char token[TL_HUB_TOKEN_SIZE];
    uint8_t digest[32];
};

struct tl_event_queue {
    struct tl_event *first, *last;
    unsigned count;
    char act[TL_UUID_SIZE];
    struct tl_session *session; /* one of the two */
    struct tl_test *test;
    uint32_t request; /* 0: the first one is not on its way */
    tl_time_us send_at, backoff;
    tl_time_us last_at; /* wall; api orders by it, so that it never steps back */
    unsigned doubts;    /* refusals in a row that may never pass */
};

#endif
