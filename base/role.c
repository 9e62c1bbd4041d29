#include "base/role.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "channels/types.h"

enum { INDEX_LIMIT = 255, PASSWORD_SIZE = 512 };

static bool is_seqpacket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

enum tl_error tl_role_open(const char *name, int count, char **arguments,
                           struct tl_role *ret_role)
{
    struct tl_role role = { .name = name };
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t index;
        if (strcmp(arguments[i], "--config") == 0)
            role.config_path = arguments[i + 1];
        else if (strcmp(arguments[i], "--index") == 0 &&
                 tl_text_u64(tl_text(arguments[i + 1]), INDEX_LIMIT, &index) == TL_OK)
            role.index = (int)index;
        else
            count = -1;
    }
    tl_log_open(name, role.index, TL_LOG_INFO);
    if (count < 3 || count % 2 == 0 || !role.config_path) {
        tl_log(TL_LOG_ERROR, "role.arguments", TL_WORD("usage", "--config PATH --index N"));
        return TL_ERROR_FORMAT;
    }
    if (!is_seqpacket(TL_SUPERVISOR_FD)) {
        tl_log(TL_LOG_ERROR, "role.arguments",
               TL_WORD("reason",
                       "not started by the supervisor: descriptor 3 is not its channel"));
        return TL_ERROR_IO;
    }
    role.supervisor = tl_channel_new(TL_SUPERVISOR_FD);
    if (!role.supervisor)
        return TL_ERROR_MEMORY;
    *ret_role = role;
    return TL_OK;
}

void tl_role_close(struct tl_role *role)
{
    role->supervisor = tl_channel_free(role->supervisor);
}

static void close_descriptors(const struct tl_channel_message *message)
{
    for (unsigned i = 0; i < message->fd_count; i++)
        close(message->fds[i]);
}

static enum tl_role_event sort(struct tl_role *role, enum tl_error error,
                               struct tl_channel_message *message)
{
    if (error == TL_ERROR_CLOSED || error == TL_ERROR_IO)
        return TL_ROLE_ORPHANED;
    if (error)
        return TL_ROLE_NOTHING;
    switch (message->type) {
    case TL_MESSAGE_ATTACH: return TL_ROLE_ATTACH;
    case TL_MESSAGE_STOP: return TL_ROLE_STOP;
    case TL_MESSAGE_PING: {
        struct tl_channel_message pong = { .type = TL_MESSAGE_PING,
                                           .flags = TL_CHANNEL_REPLY,
                                           .request = message->request,
                                           .json = tl_bytes("{}", 2) };
        (void)tl_channel_send(role->supervisor, &pong);
        close_descriptors(message);
        return TL_ROLE_NOTHING;
    }
    default: return TL_ROLE_OTHER;
    }
}

enum tl_role_event tl_role_receive(struct tl_role *role, struct tl_channel_message *ret_message)
{
    (void)tl_channel_flush(role->supervisor);
    for (;;) {
        enum tl_error error = tl_channel_receive(role->supervisor, ret_message);
        enum tl_role_event event = sort(role, error, ret_message);
        if (event != TL_ROLE_NOTHING || error == TL_ERROR_AGAIN)
            return event;
    }
}

enum tl_role_event tl_role_wait(struct tl_role *role, int timeout_ms,
                                struct tl_channel_message *ret_message)
{
    return sort(role, tl_channel_wait(role->supervisor, timeout_ms, ret_message), ret_message);
}

static void copy_word(struct tl_fields *fields, const char *name, struct tl_text text,
                      char buffer[TL_ROLE_WORD_SIZE])
{
    if (tl_text_copy(text, buffer, TL_ROLE_WORD_SIZE) != TL_OK)
        tl_field_is_wrong(fields, name, "too long");
}

enum tl_error tl_role_attach_read(const struct tl_channel_message *message,
                                  struct tl_role_attach *ret_attach)
{
    tl_autojson json_t *body = NULL;
    struct tl_role_attach attach = { .fd = -1 };
    enum tl_error error = tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body);
    if (!error) {
        struct tl_fields f = tl_fields(body);
        copy_word(&f, "role", tl_field_text(&f, "role", 1, TL_ROLE_WORD_SIZE - 1), attach.role);
        copy_word(&f, "lane", tl_field_text_or_none(&f, "lane", TL_ROLE_WORD_SIZE - 1),
                  attach.lane);
        copy_word(&f, "name", tl_field_text_or_none(&f, "name", TL_ROLE_WORD_SIZE - 1),
                  attach.name);
        attach.index = (int)tl_field_integer(&f, "index", 0, INDEX_LIMIT);
        error = tl_fields_end(&f);
    }
    if (!error && message->fd_count != 1)
        error = TL_ERROR_FORMAT;
    if (error) {
        close_descriptors(message);
        return error;
    }
    attach.fd = message->fds[0];
    *ret_attach = attach;
    return TL_OK;
}

static void send_json(struct tl_role *role, uint16_t type, json_t *body)
{
    tl_autofree char *text = NULL;
    size_t size;
    if (body && tl_json_write(body, &text, &size) == TL_OK) {
        struct tl_channel_message message = { .type = type, .json = tl_bytes(text, size) };
        (void)tl_channel_send(role->supervisor, &message);
    }
    json_decref(body);
}

enum tl_error tl_role_reload_read(const struct tl_channel_message *message,
                                  struct tl_role_reload *ret_reload)
{
    tl_autojson json_t *body = NULL;
    struct tl_role_reload reload = { .number = 0 };
    enum tl_error error = tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body);
    if (!error) {
        struct tl_fields f = tl_fields(body);
        reload.number = (uint32_t)tl_field_integer(&f, "number", 1, UINT32_MAX);
        copy_word(&f, "what", tl_field_text(&f, "what", 1, TL_ROLE_WORD_SIZE - 1), reload.what);
        error = tl_fields_end(&f);
    }
    if (!error && (!message->fd_count || message->fd_count > TL_COUNT_OF(reload.fds)))
        error = TL_ERROR_FORMAT;
    if (error) {
        close_descriptors(message);
        return error;
    }
    for (unsigned i = 0; i < TL_COUNT_OF(reload.fds); i++)
        reload.fds[i] = i < message->fd_count ? message->fds[i] : -1;
    *ret_reload = reload;
    return TL_OK;
}

void tl_role_reloaded(struct tl_role *role, const struct tl_role_reload *reload,
                      const char *problem, int64_t ends_us)
{
    for (size_t i = 0; i < TL_COUNT_OF(reload->fds); i++)
        if (reload->fds[i] >= 0)
            close(reload->fds[i]);
    send_json(role, TL_MESSAGE_RELOADED,
              json_pack("{s:I,s:s,s:b,s:s,s:I}", "number", (json_int_t)reload->number, "what",
                        reload->what, "good", problem ? 0 : 1, "reason", problem ? problem : "",
                        "ends", (json_int_t)(ends_us / 1000000)));
}

void tl_role_reload_password(struct tl_role *role, const struct tl_channel_message *message,
                             enum tl_error (*change)(void *context, const char *password),
                             void *context)
{
    struct tl_role_reload reload;
    char password[PASSWORD_SIZE] = "";
    const char *problem = NULL;
    if (tl_role_reload_read(message, &reload))
        return;
    if (strcmp(reload.what, "database") != 0)
        problem = "this role does not use it";
    else if (tl_secret_fd_read(reload.fds[0], password, sizeof password) || !password[0])
        problem = "the password file cannot be read";
    else if (change(context, password))
        problem = "PostgreSQL does not let us in with it";
    tl_secret_wipe(password, sizeof password);
    tl_role_reloaded(role, &reload, problem, 0);
}

void tl_role_ready(struct tl_role *role)
{
    send_json(role, TL_MESSAGE_READY, json_object());
}

void tl_role_failed(struct tl_role *role, const char *reason)
{
    tl_log(TL_LOG_ERROR, "role.failed", TL_WORD("reason", reason));
    send_json(role, TL_MESSAGE_FAILED, json_pack("{s:s}", "reason", reason));
}

void tl_role_metrics(struct tl_role *role, json_t *counters, json_t *gauges)
{
    send_json(role, TL_MESSAGE_METRICS,
              json_pack("{s:o,s:o}", "counters", counters ? counters : json_object(), "gauges",
                        gauges ? gauges : json_object()));
}
