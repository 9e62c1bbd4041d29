/* One request being answered: who asks, what the policy found, the answer as it grows. A handler
 * reads top to bottom: read the fields, ask the database, answer. Whatever goes wrong on the way
 * has already become the answer when a function here gives false. */
#ifndef TL_RECORDS_CALL_H
#define TL_RECORDS_CALL_H

#include <jansson.h>
#include <stdbool.h>

#include "acts/act_state.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/db.h"
#include "http/access.h"
#include "http/characters.h"
#include "http/request.h"
#include "sign_in/attempts.h"

enum tl_problem {
    TL_PROBLEM_FORMAT,
    TL_PROBLEM_FIELD,
    TL_PROBLEM_UNFINISHED, /* 422: a field of the closing form is missing */
    TL_PROBLEM_NOT_SIGNED_IN,
    TL_PROBLEM_CREDENTIALS,
    TL_PROBLEM_CODE,
    TL_PROBLEM_FACTOR,  /* 401: signed in by half, the second factor is missing */
    TL_PROBLEM_STEP_UP, /* 403: a fresh proof is wanted (sign_in/step_up.h) */
    TL_PROBLEM_FORBIDDEN,
    TL_PROBLEM_CSRF,
    TL_PROBLEM_MISSING,
    TL_PROBLEM_METHOD,
    TL_PROBLEM_STATE,
    TL_PROBLEM_EXISTS,
    TL_PROBLEM_CONSENT,
    TL_PROBLEM_ABSENT, /* the professional is away; may be confirmed */
    TL_PROBLEM_PRECONDITION,
    TL_PROBLEM_TOO_BIG,
    TL_PROBLEM_MEDIA_TYPE,
    TL_PROBLEM_LIMIT,
    TL_PROBLEM_FULL, /* a limit that does not pass with time */
    TL_PROBLEM_LOCKED,
    TL_PROBLEM_INTERNAL,
    TL_PROBLEM_AWAY,
    TL_PROBLEM_COUNT
};

enum {
    TL_TOKEN_BYTES = 32,
    TL_TOKEN_SIZE = 44, /* base64url of 32 bytes and a NUL */
    TL_DIGEST_SIZE = 32,
    TL_CALL_NOTICES_LIMIT = 64,
    TL_CALL_COOKIES = 2,
    TL_CALL_MOST_ITEMS = 100,
    TL_JSON_BODY_LIMIT = 256 * 1024,
    TL_DOCUMENT_LIMIT = 20 * 1024 * 1024,
    TL_NAME_SIZE = 256
};

/* What the records need to know of the installation; texts live as long as the process. */
struct tl_psc;
struct tl_records_settings {
    const char *public_url; /* https://HOST[:PORT], no slash at the end */
    const char *version, *region;
    bool demo;
    int index;                                                /* of this worker */
    char writer[16];                                          /* of its audit chain: api-0 */
    uint8_t link_key[32];                                     /* link tokens and codes */
    uint8_t outbox_key[32];                                   /* public key of the courier */
    uint8_t factor_key[32], recovery_key[32], device_key[32]; /* of sign_in/ */
    uint8_t psc_key[32];  /* what an attempt to sign in proves itself with */
    uint8_t psc_seal[32]; /* ID tokens kept for signing out */
    struct tl_psc *psc;   /* NULL: no Pro Santé Connect */
};

enum tl_principal_kind {
    TL_PRINCIPAL_NOBODY,
    TL_PRINCIPAL_PERSON,   /* an account's browser */
    TL_PRINCIPAL_VISITOR,  /* an invitation's browser */
    TL_PRINCIPAL_RECIPIENT /* a delivery's browser */
};

/* What a browser proved beside the password. */
enum tl_proof {
    TL_PROOF_MISSING, /* it is still asked for: nobody, but to the calls that take it */
    TL_PROOF_NONE,    /* the roles ask for nothing more */
    TL_PROOF_CODE,
    TL_PROOF_DEVICE,  /* its owner vouched for this browser */
    TL_PROOF_PROVIDER /* an identity provider asked */
};

struct tl_principal {
    enum tl_principal_kind kind;
    enum tl_proof proof; /* person only, as are the next three */
    int proved_s;        /* since a code or the provider last proved it; -1: never here */
    bool enrolled;       /* has a second factor */
    bool demo;
    char id[TL_UUID_SIZE];      /* person, invitation or delivery */
    char account[TL_UUID_SIZE]; /* person only */
    char act[TL_UUID_SIZE];     /* visitor and recipient only */
    char name[TL_NAME_SIZE];
    char csrf[TL_TOKEN_SIZE];
    enum tl_language language;
    tl_role_set roles;
    bool cares; /* doctor, nurse or midwife somewhere */
};

/* The act a route names, as the policy found (and, for a change, locked) it. */
struct tl_act_view {
    char id[TL_UUID_SIZE], patient[TL_UUID_SIZE], professional[TL_UUID_SIZE],
        structure[TL_UUID_SIZE];
    enum tl_act_state state;
    enum tl_relation relation; /* the strongest of those the person has to it */
    bool occupied;             /* somebody is in the session */
    int64_t version;
};

struct tl_answer {
    int status;
    const char *media_type;
    char *body; /* malloc'ed */
    size_t size;
    char *cookies[TL_CALL_COOKIES]; /* Set-Cookie, malloc'ed */
    char *location;                 /* malloc'ed */
    char disposition[256];
    int retry_after_s;
    bool no_store;
};

struct tl_route;

struct tl_call {
    struct tl_db *db;
    const struct tl_records_settings *settings;
    tl_time_us now; /* wall clock */
    const struct tl_request *request;
    const struct tl_route *route;
    char ids[2][TL_UUID_SIZE]; /* of the path */
    struct tl_principal who;
    struct tl_standing standing; /* what they are to the object of the route */
    struct tl_act_view act;
    char audit_patient[TL_UUID_SIZE], audit_object[TL_UUID_SIZE];
    const char *audit_as; /* instead of the route's word; NULL: that */
    const char
        *audit_each;      /* a list was answered: one more row for each act or patient in it */
    json_t *query, *body; /* owned by the call; body NULL unless JSON was read */
    struct tl_answer answer;
    json_t *notices[TL_CALL_NOTICES_LIMIT];
    size_t notice_count;
    struct tl_attempts *attempts; /* of the worker; NULL: none are counted */
    bool hashed;                  /* a password was compared */
    bool keep;                    /* commit although the answer refuses: a counted failure */
    bool
        undo; /* roll back although the answer does not say so: a redirect that tells of a failure */
};

/* ---- answers ---- */

/* Copies. */
void tl_answer_json(struct tl_call *call, int status, const char *json);
/* Takes over the object. */
void tl_answer_object(struct tl_call *call, int status, json_t *object);
void tl_answer_empty(struct tl_call *call, int status);
/* name=value with the attributes of docs/api.md; value "" drops it. */
void tl_answer_cookie(struct tl_call *call, const char *name, const char *value);
/* For so many seconds, and sent along when another site sends the browser back to us. */
void tl_answer_cookie_lax(struct tl_call *call, const char *name, const char *value,
                          int seconds);
/* 303; copies. */
void tl_answer_redirect(struct tl_call *call, const char *location);
/* The same, kept for so many days and not only until the browser is closed. */
void tl_answer_cookie_for(struct tl_call *call, const char *name, const char *value, int days);
void tl_answer_no_cookies(struct tl_call *call);

/* Answers with problem+json; field may be NULL. Always false, for `return`. */
bool tl_refuse(struct tl_call *call, enum tl_problem problem, const char *field,
               struct tl_words detail);
/* The same with members of the caller's own beside; takes over extra. */
bool tl_refuse_with(struct tl_call *call, enum tl_problem problem, const char *field,
                    struct tl_words detail, json_t *extra);
/* The first wrong field of a reader, as the answer. */
bool tl_refuse_fields(struct tl_call *call, const struct tl_fields *fields);
/* What a failed query means to the one who asked. */
bool tl_refuse_error(struct tl_call *call, enum tl_error error);
int tl_problem_status(enum tl_problem problem);

/* ---- reading ---- */

/* The JSON body into call->body and a reader of it; false (and answered) when it is not JSON. */
bool tl_call_body(struct tl_call *call, struct tl_fields *ret_fields);
/* For a call without fields: no body, or an empty object. */
bool tl_call_empty_body(struct tl_call *call);
/* The query string, likewise. */
bool tl_call_query(struct tl_call *call, struct tl_fields *ret_fields);
/* ?limit= as a number, 1 to 100. */
int tl_field_limit(struct tl_fields *fields, int otherwise);
/* The answer of a list: rows hold the page as JSON, and whether the place asked for after is known
 * (a cursor that is not must never look like the end). False when refused. */
bool tl_answer_page(struct tl_call *call, const struct tl_rows *rows);
bool tl_refuse_no_such_place(struct tl_call *call);
/* A UUID in a text field; "" when absent and optional. */
void tl_field_uuid(struct tl_fields *fields, const char *name, bool optional,
                   char ret_id[TL_UUID_SIZE]);
/* RFC 3339 time; -1 when absent. */
tl_time_us tl_field_time_or_none(struct tl_fields *fields, const char *name);
/* A NUL-terminated parameter for a field's text, NULL when absent: jansson keeps the NUL. */
static inline struct tl_value tl_value_text(struct tl_text text)
{
    return tl_value(text.data && text.size ? text.data : NULL);
}

/* ---- asking ---- */

bool tl_call_run(struct tl_call *call, enum tl_sql sql, const struct tl_value *values,
                 size_t count, struct tl_rows *ret_rows);
#define tl_call_ask(call, sql, ret_rows, ...)                                                  \
    tl_call_run((call), (sql), (const struct tl_value[]){ __VA_ARGS__ },                       \
                sizeof((const struct tl_value[]){ __VA_ARGS__ }) / sizeof(struct tl_value),    \
                (ret_rows))

/* An event of the act by the present principal, now; takes over detail. */
bool tl_call_event(struct tl_call *call, const char *type, json_t *detail);
/* A NOTICE of call->act, whose it is and when, for after the commit; takes over people and detail. */
void tl_call_notice(struct tl_call *call, const char *kind, json_t *people,
                    const char *professional, const char *starts_at, json_t *detail);

void tl_call_release(struct tl_call *call);

#endif
