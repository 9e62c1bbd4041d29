/* What every role does the same: its arguments, its channel to the supervisor (descriptor 3), and
 * the messages of that channel (docs/channels.md). The role's own loop waits on the channel and
 * calls tl_role_receive; PING is answered here.
 *
 *     struct tl_role role;
 *     if (tl_role_open("relay", argc, argv, &role)) return 2;
 *     ... read the configuration, make what is needed, enter the sandbox ...
 *     tl_role_ready(&role);
 */
#ifndef TL_BASE_ROLE_H
#define TL_BASE_ROLE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/channel.h"
#include "base/error.h"

struct tl_role {
    const char *name;
    const char *config_path; /* from --config */
    int index;               /* from --index, 0 to 255 */
    struct tl_channel *supervisor;
};

/* Parses `--config PATH --index N`, takes descriptor 3. Logs and gives TL_ERROR_FORMAT on bad
 * arguments, TL_ERROR_IO when descriptor 3 is not a socket. Also opens the log under the name. */
enum tl_error tl_role_open(const char *name, int count, char **arguments,
                           struct tl_role *ret_role);
void tl_role_close(struct tl_role *role);

enum tl_role_event {
    TL_ROLE_NOTHING, /* no message now, or one that was dealt with here (PING, a bad one) */
    TL_ROLE_ATTACH,  /* read it with tl_role_attach_read */
    TL_ROLE_STOP,    /* finish what is in hand and leave */
    TL_ROLE_OTHER,   /* a type for this role: *ret_message */
    TL_ROLE_ORPHANED /* the supervisor is gone: leave */
};

/* One message; call again until TL_ROLE_NOTHING. */
enum tl_role_event tl_role_receive(struct tl_role *role,
                                   struct tl_channel_message *ret_message);
/* For synchronous roles: waits up to timeout_ms (-1 for ever) for one message first. */
enum tl_role_event tl_role_wait(struct tl_role *role, int timeout_ms,
                                struct tl_channel_message *ret_message);

enum { TL_ROLE_WORD_SIZE = 24 };

struct tl_role_attach {
    char role
        [TL_ROLE_WORD_SIZE]; /* door, api, relay, courier, examiner, listener, examiner-media */
    char lane[TL_ROLE_WORD_SIZE]; /* api only, else "" */
    char name[TL_ROLE_WORD_SIZE]; /* listener only: web, metrics */
    int index;
    int fd; /* the caller's from now on */
};

/* On failure the message's descriptors are closed. */
enum tl_error tl_role_attach_read(const struct tl_channel_message *message,
                                  struct tl_role_attach *ret_attach);

/* RELOAD: files to be used in place of those the role has. */
struct tl_role_reload {
    uint32_t number;
    char what[TL_ROLE_WORD_SIZE]; /* web, clients, turn, database */
    int fds[2]; /* certificates, then a key or a list; or a password, and -1: the caller's */
};

/* On failure the message's descriptors are closed. */
enum tl_error tl_role_reload_read(const struct tl_channel_message *message,
                                  struct tl_role_reload *ret_reload);
/* What came of it; closes its descriptors. problem: NULL when the new ones are in use, else why the
 * old ones stay, for people. ends: when what is in use ends, wall clock; 0: not known. */
void tl_role_reloaded(struct tl_role *role, const struct tl_role_reload *reload,
                      const char *problem, int64_t ends_us);
/* RELOAD of PostgreSQL's password: read, tried by `change` (TL_OK: it lets us in), and answered. */
void tl_role_reload_password(struct tl_role *role, const struct tl_channel_message *message,
                             enum tl_error (*change)(void *context, const char *password),
                             void *context);

void tl_role_ready(struct tl_role *role);
/* Tells the supervisor and the log why the role cannot start. */
void tl_role_failed(struct tl_role *role, const char *reason);
/* {"counters":{...},"gauges":{...}}: takes over both objects; either may be NULL. */
void tl_role_metrics(struct tl_role *role, json_t *counters, json_t *gauges);

#endif
