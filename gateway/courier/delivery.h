/* One outbox row from sealed bytes to where it goes. The decision (delivered, later, dead) is made
 * here; the row is marked by the caller. */
#ifndef TL_COURIER_DELIVERY_H
#define TL_COURIER_DELIVERY_H

#include "message.h"
#include "outbox.h"
#include "smtp.h"

struct tl_delivery_targets {
    const uint8_t *private_key; /* opens the payloads */
    struct tl_smtp *smtp;       /* NULL: mail goes to the mailbox */
    const char *mailbox_folder; /* NULL: none */
    const char *sms_folder;     /* NULL: none. An SMS provider comes with tele-expertise */
    const char *from;           /* header and envelope sender */
};

struct tl_delivery {
    enum tl_outbox_end end;
    tl_time_us pause;
    char reason[TL_OUTBOX_ERROR_LIMIT];
};

/* waits is called between steps of a slow delivery so that the caller's own channel is served;
 * it returns false to give up now (the courier stops): the row is then tried again. */
struct tl_delivery tl_deliver(const struct tl_delivery_targets *targets,
                              const struct tl_outbox_row *row, tl_time_us wall, int extra_fd,
                              bool (*serve)(void *context), void *context);

#endif
