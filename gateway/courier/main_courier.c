/* The courier's shell: waits on the supervisor's channel, PostgreSQL's notifications and the time;
 * delivers what is due, one row at a time, and asks Pro Santé Connect for api beside it. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "askers.h"
#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/role.h"
#include "base/sandbox_roles.h"
#include "base/seal.h"
#include "channels/types.h"
#include "delivery.h"
#include "outbox.h"
#include "smtp.h"

enum {
    RECONNECT_MS = 1000,
    METRICS_EVERY_US = TL_SECOND_US,
    PRUNE_EVERY_S = 60,
    PASSWORD_SIZE = 256,
    URL_SIZE = 600
};

struct courier {
    struct tl_role role;
    struct tl_config config;
    struct tl_delivery_targets targets;
    struct tl_outbox *outbox;
    struct tl_provider_settings provider;
    struct tl_askers askers;
    int waking; /* epoll: the supervisor, who asks, and the provider */
    uint8_t private_key[TL_SEAL_KEY_SIZE];
    char smtp_password[PASSWORD_SIZE], client_secret[PASSWORD_SIZE], redirect[URL_SIZE];
    bool stopping;
    tl_time_us metrics_at;
    tl_time_us prune_at;
    int64_t delivered, failed, dead, pruned;
};

static void send_metrics(struct courier *courier)
{
    tl_time_us now = tl_clock_monotonic();
    if (now < courier->metrics_at)
        return;
    courier->metrics_at = now + METRICS_EVERY_US;
    int64_t waiting = 0, dead = 0;
    bool here = tl_outbox_counts(courier->outbox, &waiting, &dead);
    json_t *gauges = json_pack("{s:b}", "courier_database_up", here);
    if (here) {
        json_object_set_new(gauges, "courier_outbox_waiting", json_integer(waiting));
        json_object_set_new(gauges, "courier_outbox_dead", json_integer(dead));
    }
    tl_role_metrics(&courier->role,
                    json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "courier_delivered_total",
                              courier->delivered, "courier_failed_total", courier->failed,
                              "courier_dead_total", courier->dead, "courier_pruned_total",
                              courier->pruned, "courier_asks_total", courier->askers.asks,
                              "courier_asks_failed_total", courier->askers.failed,
                              "courier_bad_asks_total", courier->askers.bad_messages),
                    gauges);
}

static enum tl_error change_password(void *outbox, const char *password)
{
    return tl_outbox_change_password(outbox, password);
}

/* Serves the supervisor and who asks; false when it is time to leave. */
static bool serve(void *context)
{
    struct courier *courier = context;
    struct tl_channel_message message;
    for (;;) {
        enum tl_role_event event = tl_role_receive(&courier->role, &message);
        if (event == TL_ROLE_STOP || event == TL_ROLE_ORPHANED)
            courier->stopping = true;
        if (event == TL_ROLE_ATTACH) {
            struct tl_role_attach attach;
            if (tl_role_attach_read(&message, &attach))
                continue;
            if (strcmp(attach.role, "api") == 0)
                tl_askers_attach(&courier->askers, attach.index, attach.fd);
            else
                close(attach.fd);
        }
        if (event == TL_ROLE_OTHER) {
            if (message.type == TL_MESSAGE_RELOAD)
                tl_role_reload_password(&courier->role, &message, change_password,
                                        courier->outbox);
            else
                for (unsigned i = 0; i < message.fd_count; i++)
                    close(message.fds[i]);
        }
        if (event == TL_ROLE_NOTHING || courier->stopping)
            break;
    }
    tl_askers_work(&courier->askers);
    return !courier->stopping;
}

static void deliver_what_is_due(struct courier *courier)
{
    struct tl_outbox_row row;
    while (serve(courier) && tl_outbox_take(courier->outbox, &row) == TL_OK) {
        struct tl_delivery delivery = tl_deliver(&courier->targets, &row, tl_clock_wall(),
                                                 courier->waking, serve, courier);
        enum tl_error error = tl_outbox_record(courier->outbox, &row, delivery.end,
                                               delivery.pause, delivery.reason);
        courier->delivered += delivery.end == TL_OUTBOX_DELIVERED;
        courier->failed += delivery.end == TL_OUTBOX_LATER;
        courier->dead += delivery.end == TL_OUTBOX_DEAD;
        if (delivery.end != TL_OUTBOX_DELIVERED)
            tl_log(TL_LOG_WARNING, "courier.not_delivered", TL_WORD("row", row.id),
                   TL_BOOLEAN("given_up", delivery.end == TL_OUTBOX_DEAD),
                   TL_WORD("reason", delivery.reason));
        tl_outbox_row_release(&row);
        send_metrics(courier);
        if (error)
            break;
    }
}

/* A full pass is followed by the next at once, so that a backlog goes between two deliveries. */
static void prune(struct courier *courier)
{
    const struct tl_config *config = &courier->config;
    tl_time_us now = tl_clock_monotonic();
    int64_t delivered, dead;
    if (now < courier->prune_at ||
        !tl_outbox_prune(courier->outbox, config->courier.keep_delivered_days,
                         config->courier.keep_dead_days, &delivered, &dead))
        return;
    courier->pruned += delivered + dead;
    bool full = delivered == TL_OUTBOX_PRUNE_MOST || dead == TL_OUTBOX_PRUNE_MOST;
    courier->prune_at = now + (full ? 0 : PRUNE_EVERY_S * TL_SECOND_US);
}

static void run(struct courier *courier)
{
    bool was_here = true;
    while (serve(courier)) {
        bool here = tl_outbox_connect(courier->outbox) == TL_OK;
        if (here != was_here)
            tl_log(here ? TL_LOG_INFO : TL_LOG_WARNING, "courier.database",
                   TL_BOOLEAN("here", here));
        was_here = here;
        tl_time_us wait = RECONNECT_MS * TL_MILLISECOND_US;
        if (here) {
            deliver_what_is_due(courier);
            prune(courier);
            wait = tl_outbox_next_due(courier->outbox);
        }
        send_metrics(courier);
        /* Never longer than until the next metrics; tl_outbox_next_due rounds to nothing when a
         * row is due but locked, so a short floor keeps the loop calm. */
        if (wait > METRICS_EVERY_US)
            wait = METRICS_EVERY_US;
        if (wait < 50 * TL_MILLISECOND_US)
            wait = 50 * TL_MILLISECOND_US;
        struct pollfd waiting[2] = {
            { .fd = courier->waking, .events = POLLIN },
            { .fd = tl_outbox_fd(courier->outbox), .events = POLLIN },
        };
        if (!courier->stopping && poll(waiting, 2, (int)(wait / TL_MILLISECOND_US)) > 0 &&
            waiting[1].revents)
            (void)tl_outbox_notified(courier->outbox);
    }
}

static enum tl_error folder_ready(const char *path)
{
    struct stat status;
    if (!*path)
        return TL_OK;
    (void)mkdir(path, 0700);
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? TL_OK : TL_ERROR_IO;
}

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

static bool wake_for(struct courier *courier, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    return epoll_ctl(courier->waking, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* NULL when all is there, else what is wrong. */
static const char *prepare_provider(struct courier *courier)
{
    const struct tl_config *config = &courier->config;
    char public_url[URL_SIZE - 32];
    courier->waking = courier->askers.waiting = epoll_create1(EPOLL_CLOEXEC);
    if (courier->waking < 0 || !wake_for(courier, tl_channel_fd(courier->role.supervisor)))
        return "out of descriptors";
    if (!config->psc.issuer[0])
        return NULL;
    if (tl_secret_file_read(config->psc.client_secret_file, courier->client_secret,
                            sizeof courier->client_secret) ||
        !courier->client_secret[0])
        return "[psc] client_secret_file cannot be read";
    if (*config->psc.ca_file && access(config->psc.ca_file, R_OK) != 0)
        return "[psc] ca_file cannot be read";
    if (tl_config_public_url(config, public_url, sizeof public_url))
        return "[server] public_name is too long";
    snprintf(courier->redirect, sizeof courier->redirect, "%s/api/psc/callback", public_url);
    courier->provider = (struct tl_provider_settings){
        .issuer = config->psc.issuer,
        .client_id = config->psc.client_id,
        .client_secret = courier->client_secret,
        .ca_file = or_none(config->psc.ca_file),
        .redirect = courier->redirect,
    };
    courier->askers.provider =
        tl_provider_new(&courier->provider, tl_askers_answer, &courier->askers);
    if (!courier->askers.provider ||
        !wake_for(courier, tl_provider_fd(courier->askers.provider)))
        return "out of memory";
    return NULL;
}

/* NULL when all is there, else what is wrong. */
static const char *prepare(struct courier *courier)
{
    const struct tl_config *config = &courier->config;
    char password[PASSWORD_SIZE] = "", conninfo[2048];
    if (tl_seal_key_read(config->courier.outbox_private_key_file, courier->private_key))
        return "[courier] outbox_private_key_file cannot be read";
    if (*config->database.courier_password_file &&
        tl_secret_file_read(config->database.courier_password_file, password, sizeof password))
        return "[database] courier_password_file cannot be read";
    if (*config->courier.smtp_password_file &&
        tl_secret_file_read(config->courier.smtp_password_file, courier->smtp_password,
                            sizeof courier->smtp_password))
        return "[courier] smtp_password_file cannot be read";
    if (folder_ready(config->courier.mailbox_dir) ||
        folder_ready(config->courier.sms_mailbox_dir))
        return "[courier] mailbox_dir or sms_mailbox_dir is not a folder";
    snprintf(conninfo, sizeof conninfo, "host=%s port=%d dbname=%s user=%s sslmode=disable",
             config->database.socket_dir, config->database.port, config->database.name,
             config->database.courier_user);
    courier->outbox = tl_outbox_new(conninfo, or_none(password));
    tl_secret_wipe(password, sizeof password);
    courier->targets = (struct tl_delivery_targets){
        .private_key = courier->private_key,
        .mailbox_folder = or_none(config->courier.mailbox_dir),
        .sms_folder = or_none(config->courier.sms_mailbox_dir),
        .from = config->courier.mail_from,
    };
    if (*config->courier.smtp_url) {
        courier->targets.smtp = tl_smtp_new(&(struct tl_smtp_server){
            .url = config->courier.smtp_url,
            .user = or_none(config->courier.smtp_user),
            .password = or_none(courier->smtp_password),
            .ca_file = or_none(config->courier.smtp_ca_file),
            .from = config->courier.mail_from,
        });
        if (!courier->targets.smtp)
            return "out of memory";
    }
    return courier->outbox ? NULL : "out of memory";
}

/* The only role that may connect out; it writes its two folders and reads what resolving names
 * and checking certificates need. */
static enum tl_error confine(const struct courier *courier)
{
    int landlock = 0;
    enum tl_error error =
        tl_sandbox_enter_role(TL_SANDBOX_COURIER, &courier->config, &landlock);
    tl_log(TL_LOG_INFO, "courier.sandbox", TL_BOOLEAN("landlock", landlock),
           TL_WORD("result", tl_error_name(error)));
    return error;
}

int main(int count, char **arguments)
{
    static struct courier courier;
    struct tl_config_problem problem;
    if (tl_role_open("courier", count, arguments, &courier.role))
        return 2;
    if (tl_config_read(courier.role.config_path, &courier.config, &problem)) {
        tl_role_failed(&courier.role, problem.why);
        return 1;
    }
    tl_log_open("courier", courier.role.index,
                (enum tl_log_level)courier.config.server.log_level);
    const char *wrong = prepare(&courier);
    if (!wrong)
        wrong = prepare_provider(&courier);
    if (!wrong && confine(&courier))
        wrong = "the sandbox cannot be entered";
    if (wrong) {
        tl_role_failed(&courier.role, wrong);
        return 1;
    }
    tl_role_ready(&courier.role);
    if (courier.askers.provider) /* whether it is there is in the log before anybody waits */
        tl_provider_ask(courier.askers.provider,
                        &(struct tl_provider_ask){ .what = TL_PROVIDER_ENDPOINTS },
                        TL_ASKERS_LIMIT, 0);
    run(&courier);
    tl_askers_close(&courier.askers);
    tl_provider_free(courier.askers.provider);
    tl_outbox_free(courier.outbox);
    tl_smtp_free(courier.targets.smtp);
    tl_secret_wipe(courier.client_secret, sizeof courier.client_secret);
    tl_secret_wipe(courier.private_key, sizeof courier.private_key);
    tl_role_close(&courier.role);
    return 0;
}
