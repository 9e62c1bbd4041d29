/* teleloire-certs: the local authority's command. Each command is safe to repeat: it changes
 * nothing when what is there is still good.
 *
 *     teleloire-certs authority --dir DIR
 *     teleloire-certs server --dir DIR --name NAME...     new when a name is missing or a month is left
 *     teleloire-certs client --dir DIR --name NAME [--days N] [--pkcs12-password-file FILE]
 *     teleloire-certs renew --dir DIR --name NAME [the same]
 *     teleloire-certs revoke --dir DIR (--serial HEX | --name NAME) [--reason WORD]
 *     teleloire-certs list --dir DIR
 *     teleloire-certs crl --dir DIR [--hours N]
 *     teleloire-certs ocsp --dir DIR [--hours N]          a question on standard input, answered
 *     teleloire-certs check --certificate FILE --key FILE [--name NAME]
 *     teleloire-certs pin --certificate FILE --key FILE   SHA-256 of the public key, base64
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "certs/authority.h"
#include "register.h"

enum { PATH_LIMIT_BYTES = 4096, DAYS_LEFT_WANTED = 30 };

struct options {
    const char *dir, *certificate, *key;
    const char *serial, *reason, *password_file, *days, *hours;
    const char *names[TL_SERVER_NAMES_LIMIT];
    size_t count;
};

static int complain(const char *what, enum tl_error error)
{
    fprintf(stderr, "teleloire-certs: %s: %s\n", what, tl_error_name(error));
    return 1;
}

static bool names_hold(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->names[i], name) == 0)
            return true;
    return false;
}

static bool options_read(int count, char **arguments, struct options *ret_options)
{
    for (int i = 2; i < count; i += 2) {
        if (i + 1 == count)
            return false;
        const char *value = arguments[i + 1];
        const struct {
            const char *word;
            const char **place;
        } table[] = {
            { "--dir", &ret_options->dir },
            { "--certificate", &ret_options->certificate },
            { "--key", &ret_options->key },
            { "--serial", &ret_options->serial },
            { "--reason", &ret_options->reason },
            { "--pkcs12-password-file", &ret_options->password_file },
            { "--days", &ret_options->days },
            { "--hours", &ret_options->hours },
        };
        const char **place = NULL;
        for (size_t row = 0; row < TL_COUNT_OF(table); row++)
            if (strcmp(arguments[i], table[row].word) == 0)
                place = table[row].place;
        if (place)
            *place = value;
        else if (strcmp(arguments[i], "--name") != 0)
            return false;
        else if (!names_hold(ret_options, value)) {
            if (ret_options->count == TL_SERVER_NAMES_LIMIT)
                return false;
            ret_options->names[ret_options->count++] = value;
        }
    }
    return true;
}

struct paths {
    char certificate[PATH_LIMIT_BYTES], key[PATH_LIMIT_BYTES];
};

static bool paths_of(const char *dir, const char *name, struct paths *ret_paths)
{
    int a = snprintf(ret_paths->certificate, PATH_LIMIT_BYTES, "%s/%s.crt", dir, name);
    int b = snprintf(ret_paths->key, PATH_LIMIT_BYTES, "%s/%s.key", dir, name);
    return a > 0 && b > 0 && a < PATH_LIMIT_BYTES && b < PATH_LIMIT_BYTES;
}

static int make_authority(const struct options *options)
{
    struct paths paths;
    if (!paths_of(options->dir, "authority", &paths))
        return complain(options->dir, TL_ERROR_LIMIT);
    struct tl_pair *pair = NULL;
    enum tl_error error = TL_OK;
    if (access(paths.certificate, F_OK) == 0) {
        error = tl_pair_load(paths.certificate, paths.key, &pair);
    } else {
        /* The host's name tells one local authority from another in a browser's list. */
        char host[TL_COMMON_NAME_LIMIT / 2] = "", name[TL_COMMON_NAME_LIMIT];
        gethostname(host, sizeof host - 1);
        snprintf(name, sizeof name, "Local authority %s", host);
        error = tl_authority_make(name, tl_clock_wall(), &pair);
        if (!error)
            error = tl_pair_save(pair, paths.certificate, paths.key);
    }
    tl_pair_free(pair);
    return error ? complain(paths.certificate, error) : 0;
}

static bool still_good(const struct tl_pair *pair, const struct tl_pair *authority,
                       const struct options *options)
{
    tl_time_us then = tl_clock_wall() + (tl_time_us)DAYS_LEFT_WANTED * 86400 * TL_SECOND_US;
    if (tl_pair_check_issuer(pair, authority) != TL_OK)
        return false;
    for (size_t i = 0; i < options->count; i++)
        if (tl_pair_check_server(pair, options->names[i], then) != TL_OK)
            return false;
    return true;
}

static int make_server(const struct options *options)
{
    struct paths ours, theirs;
    if (!paths_of(options->dir, "authority", &theirs) ||
        !paths_of(options->dir, "server", &ours))
        return complain(options->dir, TL_ERROR_LIMIT);
    struct tl_pair *authority = NULL, *pair = NULL;
    enum tl_error error = tl_pair_load(theirs.certificate, theirs.key, &authority);
    if (error)
        return complain(theirs.certificate, error);
    /* Whatever is wrong with what is there, a new one cures it. */
    bool good = tl_pair_load(ours.certificate, ours.key, &pair) == TL_OK &&
                still_good(pair, authority, options);
    if (!good) {
        pair = tl_pair_free(pair);
        error = tl_authority_issue_server(authority, options->names, options->count,
                                          TL_SERVER_DAYS_LIMIT, tl_clock_wall(), &pair);
        if (!error)
            error = tl_pair_save(pair, ours.certificate, ours.key);
    }
    tl_pair_free(pair);
    tl_pair_free(authority);
    return error ? complain(ours.certificate, error) : 0;
}

static int check(const struct options *options, bool pin)
{
    struct tl_pair *pair = NULL;
    enum tl_error error = tl_pair_load(options->certificate, options->key, &pair);
    if (!error && !pin)
        error = tl_pair_check_server(pair, options->count ? options->names[0] : NULL,
                                     tl_clock_wall());
    struct tl_pair_facts facts;
    if (!error)
        error = tl_pair_read_facts(pair, &facts);
    tl_pair_free(pair);
    if (error)
        return complain(options->certificate, error);
    if (pin) {
        unsigned char text[TL_PAIR_DIGEST_SIZE * 2];
        EVP_EncodeBlock(text, facts.key_pin, TL_PAIR_DIGEST_SIZE);
        printf("%s\n", (char *)text);
        return 0;
    }
    char until[TL_TIMESTAMP_SIZE], fingerprint[2 * TL_PAIR_DIGEST_SIZE + 1];
    tl_timestamp_write(facts.not_after, until);
    tl_hex_write(tl_bytes(facts.fingerprint, TL_PAIR_DIGEST_SIZE), fingerprint);
    printf("good until %s, SHA-256 %s\n", until, fingerprint);
    return 0;
}

/* 1 to 9999; absent: 0. */
static bool number_read(const char *text, unsigned *ret_number)
{
    uint64_t number = 0;
    if (text && (tl_text_u64(tl_text(text), 9999, &number) || number == 0))
        return false;
    *ret_number = (unsigned)number;
    return true;
}

static const struct {
    const char *word;
    bool name, name_or_serial;
    int (*run)(const struct tl_register_options *options);
} commands[] = {
    { "client", true, false, tl_register_issue },  { "renew", true, false, tl_register_renew },
    { "revoke", false, true, tl_register_revoke }, { "list", false, false, tl_register_show },
    { "crl", false, false, tl_register_list },     { "ocsp", false, false, tl_register_answer },
};

/* -1: not one of these, or not well said. */
static int run_register(const char *command, const struct options *options)
{
    struct tl_register_options chosen = { .dir = options->dir,
                                          .name = options->count ? options->names[0] : NULL,
                                          .serial = options->serial,
                                          .reason = options->reason,
                                          .pkcs12_password_file = options->password_file };
    if (!options->dir || options->count > 1 || !number_read(options->days, &chosen.days) ||
        !number_read(options->hours, &chosen.hours))
        return -1;
    for (size_t i = 0; i < TL_COUNT_OF(commands); i++)
        if (strcmp(command, commands[i].word) == 0 && (!commands[i].name || chosen.name) &&
            (!commands[i].name_or_serial || !chosen.name != !chosen.serial))
            return commands[i].run(&chosen);
    return -1;
}

int main(int count, char **arguments)
{
    struct options options = { 0 };
    const char *command = count > 1 ? arguments[1] : "";
    if (options_read(count, arguments, &options)) {
        if (strcmp(command, "authority") == 0 && options.dir)
            return make_authority(&options);
        if (strcmp(command, "server") == 0 && options.dir && options.count)
            return make_server(&options);
        if (strcmp(command, "check") == 0 && options.certificate && options.key)
            return check(&options, false);
        if (strcmp(command, "pin") == 0 && options.certificate && options.key)
            return check(&options, true);
        int result = run_register(command, &options);
        if (result >= 0)
            return result;
    }
    fprintf(stderr,
            "usage: teleloire-certs authority --dir DIR\n"
            "       teleloire-certs server --dir DIR --name NAME...\n"
            "       teleloire-certs client --dir DIR --name NAME [--days N] "
            "[--pkcs12-password-file FILE]\n"
            "       teleloire-certs renew --dir DIR --name NAME (as client)\n"
            "       teleloire-certs revoke --dir DIR (--serial HEX | --name NAME) [--reason "
            "unspecified|key_compromise|affiliation_changed|superseded|cessation]\n"
            "       teleloire-certs list --dir DIR\n"
            "       teleloire-certs crl --dir DIR [--hours N]\n"
            "       teleloire-certs ocsp --dir DIR [--hours N] <question >answer\n"
            "       teleloire-certs check --certificate FILE --key FILE [--name NAME]\n"
            "       teleloire-certs pin --certificate FILE --key FILE\n");
    return 2;
}
