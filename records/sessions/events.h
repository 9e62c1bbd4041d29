/* SESSION_EVENT of docs/channels.md: what happened in a session, written once under its id. An
 * event may come late (after a journal) and out of order: an older one never undoes a newer one. */
#ifndef TL_RECORDS_EVENTS_H
#define TL_RECORDS_EVENTS_H

#include "base/json.h"
#include "base/secret.h"
#include "db/db.h"

enum tl_session_event_type {
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
    TL_EVENT_TEST_RESULT,
    TL_EVENT_TYPE_COUNT
};

/* Spans into the body it was read from; absent texts have data NULL. */
struct tl_session_event {
    struct tl_text id, act, at, participant;
    enum tl_session_event_type type;
    const char *type_word;
    json_t *detail;                                                /* borrowed */
    struct tl_text person, name, role, title, resume_sha256, room; /* seat_taken */
    int seat;
    struct tl_text other; /* identity_checked, identity_unchecked: whose */
    struct tl_text kind, started_at, ended_at, unit; /* incident */
    bool has_measure;
    double measure;
};

/* Pure. TL_ERROR_FORMAT when a field is missing, unknown or not what its type says; *ret_wrong is
 * the field. */
enum tl_error tl_session_event_read(json_t *body, struct tl_session_event *ret_event,
                                    const char **ret_wrong);

/* What a recorded event changes, and may be applied again after another. */
enum tl_error tl_session_event_apply(struct tl_db *db, const struct tl_session_event *event);

/* In one transaction of its own, with the audit row. TL_OK also when it was there already;
 * TL_ERROR_AWAY: not known to be recorded; TL_ERROR_STATE: no such act; ret_watchers (may be NULL)
 * gets the list of people whose pages show the act, or NULL when nothing moved. */
enum tl_error tl_session_event_record(struct tl_db *db, const char *writer,
                                      const struct tl_session_event *event,
                                      json_t **ret_watchers);

/* SESSION_LOAD: the answer's body, released by the caller. TL_ERROR_MISSING. */
enum tl_error tl_session_load(struct tl_db *db, const char *writer, json_t *body,
                              json_t **ret_answer);

#endif
