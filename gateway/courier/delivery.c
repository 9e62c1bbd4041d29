#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/seal.h"
#include "mailbox.h"
#include "retry.h"

enum { SMTP_STEP_MS = 1000 };

static struct tl_delivery ended(enum tl_outbox_end end, const char *reason)
{
    struct tl_delivery delivery = { .end = end };
    snprintf(delivery.reason, sizeof delivery.reason, "%s", reason);
    return delivery;
}

/* Later, or dead when it is over. */
static struct tl_delivery failed(const struct tl_outbox_row *row, bool for_good,
                                 const char *reason)
{
    if (tl_retry_is_over(row->age, for_good))
        return ended(TL_OUTBOX_DEAD, reason);
    struct tl_delivery delivery = ended(TL_OUTBOX_LATER, reason);
    delivery.pause = tl_retry_pause(row->attempts + 1);
    return delivery;
}

static struct tl_delivery by_smtp(const struct tl_delivery_targets *targets,
                                  const struct tl_outbox_row *row,
                                  const struct tl_message *message, struct tl_bytes content,
                                  int extra_fd, bool (*serve)(void *), void *context)
{
    enum tl_error error = tl_smtp_begin(targets->smtp, message->to, content);
    if (error)
        return failed(row, false, tl_error_name(error));
    do {
        error = tl_smtp_work(targets->smtp, extra_fd, SMTP_STEP_MS);
        if (error == TL_ERROR_AGAIN && !serve(context))
            return failed(row, false, "stopped");
    } while (error == TL_ERROR_AGAIN);
    if (!error)
        return ended(TL_OUTBOX_DELIVERED, "");
    return failed(row, error == TL_ERROR_AUTH, tl_smtp_last_error(targets->smtp));
}

static struct tl_delivery to_folder(const struct tl_outbox_row *row, const char *folder,
                                    const char *ending, struct tl_bytes content)
{
    enum tl_error error = tl_mailbox_write(folder, row->id, ending, content);
    return error ? failed(row, false, "the mailbox folder cannot be written")
                 : ended(TL_OUTBOX_DELIVERED, "");
}

static struct tl_delivery deliver_sms(const struct tl_delivery_targets *targets,
                                      const struct tl_outbox_row *row,
                                      const struct tl_message *message, struct tl_writer *wire)
{
    if (!targets->sms_folder)
        return failed(row, false, "no SMS provider is configured");
    tl_write_format(wire, "To: %.*s\n\n%.*s\n", (int)message->to.size, message->to.data,
                    (int)message->text.size, message->text.data);
    if (wire->failed)
        return failed(row, true, "too long");
    return to_folder(row, targets->sms_folder, "txt", tl_writer_bytes(wire));
}

static struct tl_delivery deliver_opened(const struct tl_delivery_targets *targets,
                                         const struct tl_outbox_row *row, struct tl_bytes plain,
                                         tl_time_us wall, int extra_fd, bool (*serve)(void *),
                                         void *context)
{
    tl_autojson json_t *payload = NULL;
    struct tl_message message;
    if (tl_json_read(plain, TL_MESSAGE_WIRE_LIMIT, &payload) ||
        tl_message_read(payload, &message))
        return failed(row, true, "the payload is not a message");
    tl_autofree uint8_t *room = malloc(TL_MESSAGE_WIRE_LIMIT);
    if (!room)
        return failed(row, false, "out of memory");
    struct tl_writer wire = tl_writer(room, TL_MESSAGE_WIRE_LIMIT);
    if (message.kind == TL_MESSAGE_SMS)
        return deliver_sms(targets, row, &message, &wire);
    if (tl_message_write_mail(&message, tl_text(targets->from), wall, &wire))
        return failed(row, true, "the message does not fit");
    if (targets->smtp)
        return by_smtp(targets, row, &message, tl_writer_bytes(&wire), extra_fd, serve,
                       context);
    if (!targets->mailbox_folder)
        return failed(row, false, "no SMTP server is configured");
    return to_folder(row, targets->mailbox_folder, "eml", tl_writer_bytes(&wire));
}

struct tl_delivery tl_deliver(const struct tl_delivery_targets *targets,
                              const struct tl_outbox_row *row, tl_time_us wall, int extra_fd,
                              bool (*serve)(void *context), void *context)
{
    uint8_t *plain = NULL;
    size_t size = 0;
    enum tl_error error = tl_unseal_to(targets->private_key, tl_text(row->id),
                                       tl_bytes(row->sealed, row->sealed_size), &plain, &size);
    if (error)
        return failed(row, error != TL_ERROR_MEMORY, "the payload does not open with our key");
    struct tl_delivery delivery =
        deliver_opened(targets, row, tl_bytes(plain, size), wall, extra_fd, serve, context);
    tl_secret_wipe(plain, size);
    free(plain);
    return delivery;
}
