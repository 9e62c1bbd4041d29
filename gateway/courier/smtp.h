/* One message to one SMTP server, by libcurl, without blocking: the caller's loop waits on it
 * beside its other descriptors, so that a slow server never makes the courier deaf. */
#ifndef TL_COURIER_SMTP_H
#define TL_COURIER_SMTP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

struct tl_smtp_server {
    const char
        *url; /* smtp://host:port or smtps://; STARTTLS is required unless host is loopback */
    const char *user, *password; /* NULL: none */
    const char *ca_file;         /* NULL: the system's */
    const char *from;            /* envelope sender, or `name <address>` */
};

struct tl_smtp; /* a delivery under way, or none */

struct tl_smtp *tl_smtp_new(const struct tl_smtp_server *server);
struct tl_smtp *tl_smtp_free(struct tl_smtp *smtp);
/* content stays the caller's until the end. TL_ERROR_STATE when one is under way. */
enum tl_error tl_smtp_begin(struct tl_smtp *smtp, struct tl_text to, struct tl_bytes content);
/* Works, and waits at most wait_ms or until extra_fd is readable. TL_ERROR_AGAIN: not done.
 * TL_OK: the far side accepted. TL_ERROR_AWAY: try again later. TL_ERROR_AUTH: refused for good
 * (a 5xx reply to this message). */
enum tl_error tl_smtp_work(struct tl_smtp *smtp, int extra_fd, int wait_ms);
/* What the last delivery ended with, for the outbox row: never more than the reply code and our
 * own words, as replies often quote the address. */
const char *tl_smtp_last_error(const struct tl_smtp *smtp);

#endif
