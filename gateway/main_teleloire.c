/* The command: one word, one function. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/config.h"
#include "base/log.h"
#include "gateway/drain.h"
#include "gateway/health.h"
#include "gateway/reload.h"
#include "gateway/supervisor.h"

#define VERSION "0.1.0"

static char own_folder[PATH_MAX];

static bool find_own_folder(void)
{
    ssize_t size = readlink("/proc/self/exe", own_folder, sizeof own_folder - 1);
    if (size <= 0)
        return false;
    own_folder[size] = 0;
    char *slash = strrchr(own_folder, '/');
    if (slash)
        *slash = 0;
    return slash != NULL;
}

static const char *option(int count, char **arguments, const char *name)
{
    for (int i = 0; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0)
            return arguments[i + 1];
    return NULL;
}

/* NULL, with the reason told, when there is none or it is bad. */
static const char *read_config(int count, char **arguments, struct tl_config *config)
{
    struct tl_config_problem problem = { 0 };
    const char *path = option(count, arguments, "--config");
    if (!path) {
        fprintf(stderr, "teleloire: --config PATH is needed\n");
        return NULL;
    }
    if (tl_config_read(path, config, &problem)) {
        if (problem.line)
            fprintf(stderr, "teleloire: %s line %d: %s\n", path, problem.line, problem.why);
        else
            fprintf(stderr, "teleloire: %s: %s\n", path, problem.why);
        return NULL;
    }
    return path;
}

static int run(int count, char **arguments)
{
    static struct tl_config config;
    char whole[PATH_MAX];
    const char *path = read_config(count, arguments, &config);
    if (!path || !realpath(path, whole))
        return 1;
    tl_log_open("supervisor", 0, (enum tl_log_level)config.server.log_level);
    return tl_supervisor_run(&config, whole, own_folder);
}

static int check_config(int count, char **arguments)
{
    static struct tl_config config;
    const char *path = read_config(count, arguments, &config);
    if (path)
        printf("%s: good\n", path);
    return path ? 0 : 1;
}

static int show_config(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    tl_config_print_help(stdout);
    return 0;
}

static int version(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    printf("teleloire %s\n", VERSION);
    return 0;
}

/* Hands over to another executable beside this one, with one word put first (NULL: none). */
static int hand_over(const char *program, const char *word, int count, char **arguments)
{
    char path[PATH_MAX + 64];
    char **all = calloc((size_t)count + 3, sizeof *all);
    if (!all)
        return 1;
    snprintf(path, sizeof path, "%s/%s", own_folder, program);
    all[0] = path;
    char *first = word ? strdup(word) : NULL;
    size_t used = 1;
    if (first)
        all[used++] = first;
    memcpy(all + used, arguments, (size_t)count * sizeof *all);
    execv(path, all);
    perror(path);
    free(first);
    free(all);
    return 1;
}

static int health(int count, char **arguments)
{
    static struct tl_config config;
    char text[1024];
    if (!read_config(count, arguments, &config))
        return 2;
    if (!config.server.metrics_port) {
        fprintf(stderr, "teleloire: health needs [server] metrics_port\n");
        return 2;
    }
    enum tl_error error = tl_health_ask(config.server.metrics_port, text, sizeof text);
    if (error == TL_OK || error == TL_ERROR_STATE)
        printf("%s\n", text);
    else
        fprintf(stderr, "teleloire: nobody answers on port %d\n", config.server.metrics_port);
    return error == TL_OK ? 0 : 1;
}

static int drain(int count, char **arguments)
{
    static struct tl_config config;
    char whole[PATH_MAX];
    int relay = TL_DRAIN_ALL;
    const char *path = read_config(count, arguments, &config);
    if (!path || !realpath(path, whole))
        return 2;
    for (int i = 0; i < count; i++) {
        uint64_t index;
        if (strcmp(arguments[i], "--config") == 0)
            i++;
        else if (tl_text_u64(tl_text(arguments[i]), 99, &index) == TL_OK)
            relay = (int)index;
        else
            return fprintf(stderr, "teleloire: %s is no index of a relay\n", arguments[i]), 2;
    }
    return tl_drain(config.server.state_dir, whole, relay);
}

static int reload(int count, char **arguments)
{
    static struct tl_config config;
    char whole[PATH_MAX];
    const char *path = read_config(count, arguments, &config);
    if (!path || !realpath(path, whole))
        return 2;
    return tl_reload(config.server.state_dir, whole);
}

static int migrate(int count, char **arguments)
{
    return hand_over("teleloire-api", "--migrate", count, arguments);
}

static int account(int count, char **arguments)
{
    return hand_over("teleloire-api", "--account", count, arguments);
}

static int journal(int count, char **arguments)
{
    return hand_over("teleloire-api", "--journal", count, arguments);
}

static int audit(int count, char **arguments)
{
    return hand_over("teleloire-api", "--audit", count, arguments);
}

static int keys(int count, char **arguments)
{
    return hand_over("teleloire-api", "--keys", count, arguments);
}

static int retention(int count, char **arguments)
{
    return hand_over("teleloire-api", "--retention", count, arguments);
}

static int backup(int count, char **arguments)
{
    return hand_over("teleloire-backup", "backup", count, arguments);
}

static int restore(int count, char **arguments)
{
    return hand_over("teleloire-backup", "restore", count, arguments);
}

static int selftest(int count, char **arguments)
{
    return hand_over("teleloire-seat", "selftest", count, arguments);
}

static int probe(int count, char **arguments)
{
    return hand_over("teleloire-probe", NULL, count, arguments);
}

static int help(int count, char **arguments);

static const struct {
    const char *word;
    int (*run)(int count, char **arguments);
    const char *help;
} commands[] = {
    { "run", run, "--config PATH: start every role and watch them" },
    { "migrate", migrate, "--config PATH: bring the database to this version" },
    { "account", account,
      "add --config PATH --role ROLE --email ADDRESS --name NAME: someone who may sign in; "
      "alone: every option" },
    { "health", health, "--config PATH: ask the running server; 0 when all is ready" },
    { "drain", drain,
      "[RELAY-INDEX] --config PATH: move its calls to other relays, then start it afresh; "
      "without an index, one relay after the other" },
    { "reload", reload,
      "--config PATH: read certificates and revocation lists again, no connection dropped; "
      "what "
      "is bad is refused and the old one kept" },
    { "journal", journal,
      "list|retry --config PATH: session events that wait or were refused; have those "
      "recorded" },
    { "audit", audit,
      "verify --config PATH [--key PUBLIC]: every row of the audit against its chain and the "
      "signed checkpoints; 0 whole, 1 not; key --config PATH: the public key, to be kept "
      "apart" },
    { "keys", keys,
      "seal|rotate|rewrap --config PATH: seal what is plain; a new data key for each "
      "structure, and "
      "all sealed anew while the server runs; data keys wrapped by the first key of the file; "
      "token --config PATH --token URI: that key as a PKCS#11 token alone can open it" },
    { "retention", retention,
      "list|purge --config PATH: records at the end of their legal term; have them leave, each "
      "with its proof" },
    { "backup", backup,
      "--config PATH --to FILE --recipient AGE1…: the database, encrypted to a public key of "
      "age" },
    { "restore", restore,
      "--config PATH --from FILE --identity FILE: a backup into a database that `migrate` "
      "made" },
    { "check-config", check_config, "--config PATH: say whether the configuration is good" },
    { "config", show_config, "--help-all: every key, its default and its meaning" },
    { "selftest", selftest,
      "--url URL --ca FILE --demo FILE: two native participants hold a call" },
    { "probe", probe,
      "--to URL [--ca FILE] [--proxy URL] [--site FINESS] [--json] [--lang en]: measure the "
      "line "
      "from here to a server by every way; 0 fit for video, 1 for less, 2 unfit, 3 not "
      "measured" },
    { "version", version, "" },
    { "help", help, "" },
};

static int help(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("teleloire %-12s %s\n", commands[i].word, commands[i].help);
    return 0;
}

int main(int count, char **arguments)
{
    if (!find_own_folder())
        return 1;
    for (size_t i = 0; count > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(arguments[1], commands[i].word) == 0)
            return commands[i].run(count - 2, arguments + 2);
    if (count > 1)
        fprintf(stderr, "teleloire: %s is not a command\n", arguments[1]);
    (void)help(0, NULL);
    return 2;
}
