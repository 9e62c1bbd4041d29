/* teleloire-api: the only role that sees the records. Started by the supervisor as a worker, or by
 * an operator:
 *
 *     teleloire-api --config PATH --index N     a worker, descriptor 3 its supervisor
 *     teleloire-api --migrate --config PATH     brings the database to this program's shape
 *                                               and seals what is plain
 *     teleloire-api --hash-password             a line of standard input as argon2id
 *     teleloire-api --account WORDS --config PATH  what `teleloire account` does
 *     teleloire-api --journal list|retry --config PATH    events that wait or were refused
 *     teleloire-api --audit verify|key --config PATH   whether the audit is whole; its public key
 *     teleloire-api --keys seal|rotate|rewrap --config PATH   data at rest (docs/operations/keys.md)
 *     teleloire-api --keys token --config PATH --token URI   the first key, for a PKCS#11 token only
 *     teleloire-api --retention list|purge --config PATH   what is over (docs/operations/retention.md)
 *     teleloire-api --limits                    the table of docs/api.md: name, limit, status, what
 *     teleloire-api --routes                    every call: method, path, action, bytes of body,
 *                                               who asks, which object
 *     teleloire-api --access                    docs/access.md: who may what
 *     teleloire-api --access-rows               the same as lines: action, object, role, relations
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_command.h"
#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sandbox_roles.h"
#include "db/migrate.h"
#include "db/sealing.h"
#include "http/dispatch.h"
#include "http/limits.h"
#include "keys_command.h"
#include "psc/psc.h"
#include "retention/retention.h"
#include "sessions/refused.h"
#include "sign_in/accounts.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"
#include "worker.h"

enum { SECRET_SIZE = 512, URL_SIZE = 700, CONNINFO_SIZE = 1000 };

static char public_url[URL_SIZE];

static bool read_config(const char *path, struct tl_config *ret_config)
{
    struct tl_config_problem problem = { 0 };
    if (tl_config_read(path, ret_config, &problem) == TL_OK)
        return true;
    fprintf(stderr, "%s:%d: %s\n", path, problem.line, problem.why);
    return false;
}

/* A connection for one user. The values come from the operator's file; a quote in them would end
 * the value early, so there is none. */
static struct tl_db *open_database(const struct tl_config *config, const char *user,
                                   const char *password_file, const char *application)
{
    char conninfo[CONNINFO_SIZE * 2], password[SECRET_SIZE] = "";
    const char *socket_dir = config->database.socket_dir, *name = config->database.name;
    if (strpbrk(socket_dir, "'\\") || strpbrk(name, "'\\") || strpbrk(user, "'\\"))
        return NULL;
    if (password_file[0] && tl_secret_file_read(password_file, password, sizeof password))
        return NULL;
    snprintf(conninfo, sizeof conninfo,
             "host='%s' port=%d dbname='%s' user='%s' application_name='%s' sslmode=disable "
             "gssencmode=disable",
             socket_dir, config->database.port, name, user, application);
    struct tl_db *db = tl_db_new(conninfo, password[0] ? password : NULL);
    tl_secret_wipe(password, sizeof password);
    return db;
}

/* ---- operator's commands ---- */

static const char *read_password(const char *file, char buffer[SECRET_SIZE])
{
    if (!file[0])
        return NULL;
    if (tl_secret_file_read(file, buffer, SECRET_SIZE)) {
        fprintf(stderr, "cannot read %s\n", file);
        exit(1);
    }
    return buffer;
}

static int keys_with(const char *word, const struct tl_config *config)
{
    struct tl_db *db = open_database(config, config->database.owner_user,
                                     config->database.owner_password_file, "teleloire-keys");
    if (!db)
        return fprintf(stderr, "the [database] section cannot be used\n"), 1;
    int status = tl_keys_command(word, config, db);
    tl_db_free(db);
    return status;
}

static int migrate(const char *path)
{
    struct tl_config config;
    char api[SECRET_SIZE], courier[SECRET_SIZE];
    size_t done = 0;
    if (!read_config(path, &config))
        return 1;
    tl_log_open("api", 0, TL_LOG_WARNING);
    struct tl_db *db = open_database(&config, config.database.owner_user,
                                     config.database.owner_password_file, "teleloire-migrate");
    if (!db) {
        fprintf(stderr, "the [database] section cannot be used\n");
        return 1;
    }
    const struct tl_migrate_user users[] = {
        { config.database.api_user, read_password(config.database.api_password_file, api),
          "teleloire_records" },
        { config.database.courier_user,
          read_password(config.database.courier_password_file, courier), "teleloire_outbox" },
    };
    enum tl_error error = tl_migrate(db, users, TL_COUNT_OF(users), &done);
    tl_db_free(db);
    tl_secret_wipe(api, sizeof api);
    tl_secret_wipe(courier, sizeof courier);
    if (error)
        return 1;
    printf("%zu of %zu migrations run\n", done, tl_migration_count);
    return config.api.link_key_file[0] ? keys_with("seal", &config) : 0;
}

static int keys(const char *word, const char *path)
{
    struct tl_config config;
    if (!read_config(path, &config))
        return 1;
    tl_log_open("api", 0, TL_LOG_ERROR);
    return keys_with(word, &config);
}

static int keys_to_token(const char *path, const char *uri)
{
    struct tl_config config;
    return read_config(path, &config) ? tl_keys_to_token(&config, uri) : 1;
}

static int retention(const char *word, const char *path)
{
    struct tl_config config;
    struct tl_keyring *ring = NULL;
    uint8_t legacy[32];
    if (!read_config(path, &config))
        return 1;
    tl_log_open("api", 0, TL_LOG_ERROR);
    const char *why = tl_keys_open(&config, &ring, legacy);
    if (why)
        return fprintf(stderr, "%s\n", why), 1;
    tl_secret_wipe(legacy, sizeof legacy);
    int status = 1;
    struct tl_db *db =
        open_database(&config, config.database.owner_user, config.database.owner_password_file,
                      "teleloire-retention");
    if (db) {
        tl_db_set_keyring(db, ring);
        status = tl_retention_command(word, db);
        tl_db_free(db);
    } else
        fprintf(stderr, "the [database] section cannot be used\n");
    tl_keyring_free(ring);
    return status;
}

static int hash_password(void)
{
    char line[TL_PASSWORD_BYTES_LIMIT + 2], hash[TL_PASSWORD_HASH_SIZE];
    if (!fgets(line, sizeof line, stdin))
        return 1;
    line[strcspn(line, "\n")] = 0;
    if (tl_password_hash(tl_text(line), hash))
        return 1;
    printf("%s\n", hash);
    return 0;
}

/* The words without --config PATH, which may stand anywhere among them. */
static int account(int count, char **words)
{
    struct tl_config config;
    const char *path = NULL;
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], "--config") == 0 && i + 1 < count)
            path = words[++i];
        else
            words[kept++] = words[i];
    if (!kept)
        return tl_account_command(NULL, 0, words); /* how it is used */
    if (!path)
        return fprintf(stderr, "teleloire: --config PATH is needed\n"), 2;
    if (!read_config(path, &config))
        return 1;
    tl_log_open("api", 0, TL_LOG_ERROR);
    struct tl_db *db = open_database(&config, config.database.owner_user,
                                     config.database.owner_password_file, "teleloire-account");
    if (!db)
        return fprintf(stderr, "the [database] section cannot be used\n"), 1;
    int status = tl_account_command(db, kept, words);
    tl_db_free(db);
    return status;
}

static int journal(const char *word, const char *path)
{
    struct tl_config config;
    uint8_t key[TL_SEAL_KEY_SIZE];
    struct tl_refused refused = { .out = stdout, .retry = strcmp(word, "retry") == 0 };
    if (!refused.retry && strcmp(word, "list") != 0)
        return fprintf(stderr, "journal list or journal retry\n"), 2;
    if (!read_config(path, &config))
        return 1;
    tl_log_open("api", 0, TL_LOG_ERROR);
    if (!config.api.journal_dir[0] || tl_seal_key_read(config.api.journal_key_file, key))
        return fprintf(stderr, "[api] journal_dir and journal_key_file are needed\n"), 1;
    struct tl_keyring *ring = NULL;
    uint8_t legacy[TL_SEAL_KEY_SIZE];
    const char *why = tl_keys_open(&config, &ring, legacy);
    tl_secret_wipe(legacy, sizeof legacy);
    if (why)
        return fprintf(stderr, "%s\n", why), 1;
    refused.db = open_database(&config, config.database.api_user,
                               config.database.api_password_file, "teleloire-journal");
    if (refused.db)
        tl_db_set_keyring(refused.db, ring);
    enum tl_error error =
        refused.db ? tl_refused_go_through(&refused, config.api.journal_dir, key) : TL_ERROR_IO;
    tl_db_free(refused.db);
    tl_keyring_free(ring);
    tl_secret_wipe(key, sizeof key);
    if (error)
        return fprintf(stderr, "a journal cannot be read\n"), 1;
    fprintf(stderr, "%zu events, %zu of them recorded\n", refused.seen, refused.recorded);
    return refused.retry && refused.recorded < refused.seen;
}

/* `verify`, with the public key of the configuration's private one, or with one kept elsewhere. */
static int audit(const char *word, const char *path, const char *public_hex)
{
    struct tl_config config;
    uint8_t seed[TL_CHECKPOINT_KEY_SIZE];
    char hex[2 * TL_CHECKPOINT_KEY_SIZE + 1];
    struct tl_audit_order order = { .out = stdout };
    bool verify = strcmp(word, "verify") == 0;
    if (!verify && strcmp(word, "key") != 0)
        return fprintf(stderr, "audit verify or audit key\n"), 2;
    if (!read_config(path, &config))
        return 2;
    tl_log_open("api", 0, TL_LOG_ERROR);
    bool kept = config.api.audit_file[0] != 0;
    if (public_hex) {
        if (tl_hex_read(tl_text(public_hex), order.public_key, sizeof order.public_key))
            return fprintf(stderr, "--key: 64 hexadecimal digits\n"), 2;
    } else if ((kept || !verify) && (tl_seal_key_read(config.api.audit_key_file, seed) ||
                                     tl_checkpoint_public_key(seed, order.public_key))) {
        return fprintf(stderr, "[api] audit_key_file cannot be read: 64 hexadecimal digits\n"),
               2;
    }
    tl_secret_wipe(seed, sizeof seed);
    if (!verify) {
        tl_hex_write(tl_bytes(order.public_key, sizeof order.public_key), hex);
        printf("%s\n", hex);
        return 0;
    }
    order.checkpoints = kept ? config.api.audit_file : NULL;
    order.db = open_database(&config, config.database.owner_user,
                             config.database.owner_password_file, "teleloire-audit");
    if (!order.db)
        return fprintf(stderr, "the [database] section cannot be used\n"), 2;
    int status = tl_audit_verify(&order);
    tl_db_free(order.db);
    return status;
}

static int print_limits(void)
{
    for (size_t i = 0; i < TL_LIMIT_COUNT; i++)
        printf("%s\t%lld\t%d\t%s\n", tl_limits[i].name, (long long)tl_limits[i].most,
               tl_problem_status(tl_limits[i].problem), tl_limits[i].what);
    return 0;
}

static int print_routes(void)
{
    static const char *const methods[] = { "GET", "POST", "PATCH", "DELETE" };
    for (size_t i = 0; i < tl_route_count; i++)
        printf("%s\t%s\t%s\t%zu\t%s\t%s\n", methods[tl_routes[i].method], tl_routes[i].path,
               tl_action_word(tl_routes[i].action), tl_routes[i].body_limit,
               tl_role_word(tl_route_asks(&tl_routes[i])),
               tl_object_word(tl_action_object(tl_routes[i].action)));
    return 0;
}

static int print_access(bool rows)
{
    if (rows)
        tl_access_print_rows(stdout);
    else
        tl_access_print(stdout, tl_routes, tl_route_count);
    return 0;
}

/* ---- the worker ---- */

static const char *read_keys(const struct tl_config *config,
                             struct tl_records_settings *settings)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    if (tl_seal_key_read(config->api.link_key_file, key))
        return "[api] link_key_file cannot be read: 64 hexadecimal digits";
    tl_key_derive(key, "teleloire links 1", settings->link_key);
    tl_key_derive(key, "teleloire psc 1", settings->psc_key);
    tl_key_derive(key, "teleloire psc seal 1", settings->psc_seal);
    tl_secret_wipe(key, sizeof key);
    if (tl_seal_key_read(config->api.factor_key_file, key))
        return "[api] factor_key_file cannot be read: 64 hexadecimal digits";
    tl_key_derive(key, "teleloire factors 1", settings->factor_key);
    tl_key_derive(key, "teleloire recovery codes 1", settings->recovery_key);
    tl_key_derive(key, "teleloire devices 1", settings->device_key);
    tl_secret_wipe(key, sizeof key);
    if (tl_seal_key_read(config->api.outbox_public_key_file, settings->outbox_key))
        return "[api] outbox_public_key_file cannot be read: 64 hexadecimal digits";
    return NULL;
}

static const char *open_journal(const struct tl_config *config, struct tl_worker *worker)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    if (!config->api.journal_dir[0])
        return NULL;
    if (tl_seal_key_read(config->api.journal_key_file, key))
        return "[api] journal_key_file cannot be read: 64 hexadecimal digits";
    enum tl_error error = tl_journal_open(config->api.journal_dir, "journal",
                                          worker->settings.index, key, 0, &worker->journal);
    if (!error)
        error = tl_stalled_open(config->api.journal_dir, worker->settings.index, key, 0,
                                &worker->stalled);
    if (!error)
        error = tl_journal_open(config->api.journal_dir, "refused", worker->settings.index, key,
                                0, &worker->refusals);
    tl_secret_wipe(key, sizeof key);
    return error ? "[api] journal_dir cannot be used" : NULL;
}

/* One file, one worker: the first. */
static const char *open_checkpoints(const struct tl_config *config, struct tl_worker *worker)
{
    uint8_t seed[TL_CHECKPOINT_KEY_SIZE];
    if (!config->api.audit_file[0] || worker->settings.index != 0)
        return NULL;
    if (tl_seal_key_read(config->api.audit_key_file, seed))
        return "[api] audit_key_file cannot be read: 64 hexadecimal digits";
    enum tl_error error =
        tl_checkpointer_open(config->api.audit_file, seed, &worker->checkpointer);
    tl_secret_wipe(seed, sizeof seed);
    return error ? "[api] audit_file cannot be used: its last line is no checkpoint, or its "
                   "folder is not there"
                 : NULL;
}

static const char *prepare(const struct tl_config *config, struct tl_worker *worker)
{
    struct tl_records_settings *settings = &worker->settings;
    char application[32];
    if (!tl_routes_are_sound(tl_routes, tl_route_count))
        return "a route is in no row of the table of rights";
    if (tl_config_public_url(config, public_url, sizeof public_url))
        return "[server] public_name is too long";
    settings->public_url = public_url;
    settings->version = "0.1.0";
    settings->region = "Pays de la Loire";
    settings->demo = config->demo.enabled;
    settings->index = worker->role->index;
    snprintf(settings->writer, sizeof settings->writer, "api-%d", settings->index);
    const char *why = read_keys(config, settings);
    if (!why && config->psc.issuer[0] &&
        !(settings->psc = tl_psc_open(config->psc.issuer, config->psc.client_id)))
        return "out of memory";
    if (!why)
        why = open_journal(config, worker);
    if (!why)
        why = open_checkpoints(config, worker);
    if (why)
        return why;
    snprintf(application, sizeof application, "teleloire-%s", settings->writer);
    worker->db = open_database(config, config->database.api_user,
                               config->database.api_password_file, application);
    if (!worker->db)
        return "the [database] section cannot be used";
    uint8_t legacy[TL_SEAL_KEY_SIZE];
    why = tl_keys_open(config, &worker->ring, legacy);
    tl_secret_wipe(legacy, sizeof legacy);
    if (!why)
        tl_db_set_keyring(worker->db, worker->ring);
    return why;
}

static const char *enter_sandbox(const struct tl_config *config)
{
    int landlock = 0;
    enum tl_error error = tl_sandbox_enter_role(TL_SANDBOX_API, config, &landlock);
    if (error == TL_OK)
        tl_log(TL_LOG_INFO, "sandbox.entered", TL_BOOLEAN("landlock", landlock));
    return error ? "the sandbox cannot be entered" : NULL;
}

static int serve(int count, char **arguments)
{
    struct tl_role role;
    struct tl_config config;
    if (tl_role_open("api", count, arguments, &role))
        return 2;
    struct tl_worker worker = { .role = &role };
    uint64_t secret;
    tl_random_bytes((uint8_t *)&secret, sizeof secret);
    worker.attempts = tl_attempts_new(secret);
    const char *why = !worker.attempts                         ? "out of memory"
                      : read_config(role.config_path, &config) ? prepare(&config, &worker)
                                                               : "the configuration is wrong";
    if (!why) {
        (void)tl_db_connect(worker.db); /* once before, so that libpq has read what it reads */
        why = tl_keys_are_ours(worker.db) ? enter_sandbox(&config) : tl_keys_not_ours;
    }
    int status = 1;
    if (why) {
        tl_role_failed(&role, why);
    } else {
        (void)tl_worker_replay(&worker);
        tl_role_ready(&role);
        status = tl_worker_run(&worker);
    }
    tl_db_free(worker.db);
    tl_keyring_free(worker.ring);
    tl_journal_free(worker.journal);
    tl_stalled_free(worker.stalled);
    tl_journal_free(worker.refusals);
    tl_checkpointer_free(worker.checkpointer);
    tl_psc_close(worker.settings.psc);
    tl_attempts_free(worker.attempts);
    tl_secret_wipe(&worker.settings, sizeof worker.settings);
    tl_role_close(&role);
    return status;
}

int main(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "--migrate") == 0 &&
        strcmp(arguments[2], "--config") == 0)
        return migrate(arguments[3]);
    if (count == 5 && strcmp(arguments[1], "--journal") == 0 &&
        strcmp(arguments[3], "--config") == 0)
        return journal(arguments[2], arguments[4]);
    if ((count == 5 || (count == 7 && strcmp(arguments[5], "--key") == 0)) &&
        strcmp(arguments[1], "--audit") == 0 && strcmp(arguments[3], "--config") == 0)
        return audit(arguments[2], arguments[4], count == 7 ? arguments[6] : NULL);
    if (count == 5 && strcmp(arguments[1], "--keys") == 0 &&
        strcmp(arguments[3], "--config") == 0)
        return keys(arguments[2], arguments[4]);
    if (count == 7 && strcmp(arguments[1], "--keys") == 0 &&
        strcmp(arguments[2], "token") == 0 && strcmp(arguments[3], "--config") == 0 &&
        strcmp(arguments[5], "--token") == 0)
        return keys_to_token(arguments[4], arguments[6]);
    if (count == 5 && strcmp(arguments[1], "--retention") == 0 &&
        strcmp(arguments[3], "--config") == 0)
        return retention(arguments[2], arguments[4]);
    if (count == 2 && strcmp(arguments[1], "--hash-password") == 0)
        return hash_password();
    if (count >= 2 && strcmp(arguments[1], "--account") == 0)
        return account(count - 2, arguments + 2);
    if (count == 2 && strcmp(arguments[1], "--limits") == 0)
        return print_limits();
    if (count == 2 && strcmp(arguments[1], "--routes") == 0)
        return print_routes();
    if (count == 2 && strcmp(arguments[1], "--access") == 0)
        return print_access(false);
    if (count == 2 && strcmp(arguments[1], "--access-rows") == 0)
        return print_access(true);
    return serve(count, arguments);
}
