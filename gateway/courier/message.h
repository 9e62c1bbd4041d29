/* A message as it leaves: RFC 5322 text with a UTF-8 body, or an SMS. The core makes it from the
 * opened payload of an outbox row; nothing here does input or output.
 *
 * Payload: {"kind":"mail"|"sms","to","subject","text","message_id","language"}; subject only for
 * mail. */
#ifndef TL_COURIER_MESSAGE_H
#define TL_COURIER_MESSAGE_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    TL_MESSAGE_TO_LIMIT = 254, /* RFC 5321 section 4.5.3.1.3 */
    TL_MESSAGE_SUBJECT_LIMIT = 200,
    TL_MESSAGE_TEXT_LIMIT = 20000,
    TL_MESSAGE_ID_LIMIT = 200,
    TL_MESSAGE_WIRE_LIMIT = 65536
};

enum tl_message_kind { TL_MESSAGE_MAIL, TL_MESSAGE_SMS };

/* Spans into the payload. */
struct tl_message {
    enum tl_message_kind kind;
    struct tl_text to, subject, text, id;
};

/* TL_ERROR_FORMAT when a field is missing, too long, or would break out of its header. */
enum tl_error tl_message_read(json_t *payload, struct tl_message *ret_message);

/* RFC 5322 with CRLF lines: the body in base64, the subject as RFC 2047 encoded words. from is an
 * address, or `name <address>`. */
enum tl_error tl_message_write_mail(const struct tl_message *message, struct tl_text from,
                                    tl_time_us wall, struct tl_writer *writer);

/* The address in `name <address>`, for the envelope; the whole when there is no name. */
struct tl_text tl_message_address(struct tl_text from);

#endif
