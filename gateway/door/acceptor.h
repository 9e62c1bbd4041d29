/* Connections just accepted, until it is known whose they are: HTTPS', or a relay's (ICE over TCP,
 * TURN over TLS), told from what is peeked at before any TLS (first_bytes.h). No byte is consumed
 * here. A connection that says nothing within TL_ACCEPTOR_WITHIN_US is closed; when
 * TL_ACCEPTOR_LIMIT wait already, the next ones are taken for HTTPS unseen, so that filling the
 * table costs the pages nothing. */
#ifndef TL_DOOR_ACCEPTOR_H
#define TL_DOOR_ACCEPTOR_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "first_bytes.h"

enum { TL_ACCEPTOR_LIMIT = 1024, TL_ACCEPTOR_WITHIN_US = 10 * TL_SECOND_US };

struct tl_acceptor_user {
    void *context;
    const char *turn_name; /* "" or NULL: none */
    /* fd belongs to the user again. verdict is never MORE; NONE: close it. */
    void (*sorted)(void *context, int fd, void *connection, enum tl_first_bytes verdict,
                   unsigned relay);
};

struct tl_acceptor;
enum tl_error tl_acceptor_new(const struct tl_acceptor_user *user,
                              struct tl_acceptor **ret_acceptor);
/* What still waits is closed, without a word to the user. */
struct tl_acceptor *tl_acceptor_free(struct tl_acceptor *acceptor);
/* Readable when tl_acceptor_serve has something to do. */
int tl_acceptor_fd(const struct tl_acceptor *acceptor);
/* May call sorted at once. connection is handed back with it. */
void tl_acceptor_take(struct tl_acceptor *acceptor, tl_time_us now, int fd, void *connection);
void tl_acceptor_serve(struct tl_acceptor *acceptor);
void tl_acceptor_tick(struct tl_acceptor *acceptor, tl_time_us now);
size_t tl_acceptor_waiting(const struct tl_acceptor *acceptor);

/* The peer's address as text, without port. */
enum tl_error tl_acceptor_address(int fd, char *buffer, size_t size);

#endif
