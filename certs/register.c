#include "register.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"
#include "certs/issued.h"
#include "pair_private.h"
#include "pem.h"

enum {
    PATH_SIZE = 4096,
    CLIENT_DAYS = 365,
    RESPONDER_DAYS = 90,
    LEFT_WANTED_DAYS = 30,
    LIST_HOURS = 7 * 24,
    ANSWER_HOURS = 24,
    PASSWORD_SIZE = 256,
};

/* The folder while a command holds it. */
struct folder {
    const char *dir;
    int lock;
    struct tl_pair *authority;
    struct tl_index index;
};

static int complain(const char *what, enum tl_error error)
{
    fprintf(stderr, "teleloire-certs: %s: %s\n", what, tl_error_name(error));
    return 1;
}

static bool path_of(char path[PATH_SIZE], const char *dir, const char *name, const char *ending)
{
    int length = snprintf(path, PATH_SIZE, "%s/%s%s", dir, name, ending);
    return length > 0 && length < PATH_SIZE;
}

/* A name is a file's, too: letters, digits, dots, hyphens, underscores, and no dot first. */
static bool is_name(const char *name)
{
    size_t length = name ? strnlen(name, TL_COMMON_NAME_LIMIT + 1) : 0;
    if (length == 0 || length > TL_COMMON_NAME_LIMIT || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}

/* ---- opening, saving ---- */

static void folder_close(struct folder *folder)
{
    tl_index_free(&folder->index);
    folder->authority = tl_pair_free(folder->authority);
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
}

static enum tl_error index_load(struct folder *folder, const char **ret_what)
{
    static char path[PATH_SIZE];
    char *text;
    size_t size;
    if (!path_of(path, folder->dir, "index", ".json"))
        return TL_ERROR_LIMIT;
    *ret_what = path;
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? TL_OK : TL_ERROR_IO;
    enum tl_error error = tl_file_read(path, TL_ISSUED_FILE_LIMIT_BYTES, &text, &size);
    if (error)
        return error;
    error = tl_index_read(tl_bytes(text, size), &folder->index);
    free(text);
    return error;
}

static bool folder_open(struct folder *folder, const char *dir)
{
    char lock[PATH_SIZE], certificate[PATH_SIZE], key[PATH_SIZE];
    const char *what = dir;
    enum tl_error error = TL_ERROR_LIMIT;
    *folder = (struct folder){ .dir = dir, .lock = -1 };
    if (path_of(lock, dir, "index", ".lock") &&
        path_of(certificate, dir, "authority", ".crt") &&
        path_of(key, dir, "authority", ".key")) {
        folder->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        error = folder->lock >= 0 && flock(folder->lock, LOCK_EX) == 0 ? TL_OK : TL_ERROR_IO;
    }
    if (!error) {
        what = certificate;
        error = tl_pair_load(certificate, key, &folder->authority);
    }
    if (!error)
        error = index_load(folder, &what);
    if (error) {
        complain(what, error);
        folder_close(folder);
    }
    return !error;
}

static enum tl_error index_save(const struct folder *folder)
{
    char path[PATH_SIZE];
    tl_autofree char *text = NULL;
    size_t size;
    enum tl_error error = tl_index_write(&folder->index, &text, &size);
    if (!error && !path_of(path, folder->dir, "index", ".json"))
        error = TL_ERROR_LIMIT;
    return error ? error : tl_whole_write(path, 0600, tl_bytes(text, size));
}

/* The list and the number it bears in the index. */
static enum tl_error list_save(struct folder *folder, unsigned hours)
{
    char path[PATH_SIZE];
    tl_autofree char *pem = NULL;
    size_t size;
    enum tl_error error =
        tl_index_list(&folder->index, folder->authority, hours ? hours : LIST_HOURS,
                      tl_clock_wall(), &pem, &size);
    if (!error)
        error = index_save(folder);
    if (!error && !path_of(path, folder->dir, "authority", ".crl"))
        error = TL_ERROR_LIMIT;
    return error ? error : tl_whole_write(path, 0644, tl_bytes(pem, size));
}

/* ---- issuing ---- */

/* One file with all that a program needs, behind a password of its reader's. */
static enum tl_error save_pkcs12(const struct folder *folder, const struct tl_pair *pair,
                                 const char *name, const char *password_file, const char *path)
{
    char password[PASSWORD_SIZE];
    struct tl_beside beside = { "" };
    enum tl_error error = tl_secret_file_read(password_file, password, sizeof password);
    if (error)
        return error;
    STACK_OF(X509) *issuers = sk_X509_new_null();
    BIO *bio = BIO_new(BIO_s_secmem());
    PKCS12 *box = NULL;
    if (issuers && sk_X509_push(issuers, folder->authority->certificate) > 0)
        box =
            PKCS12_create(password, name, pair->key, pair->certificate, issuers, 0, 0, 0, 0, 0);
    error = box && bio && i2d_PKCS12_bio(bio, box) == 1 ? TL_OK : TL_ERROR_CRYPTO;
    if (!error)
        error = tl_beside_write_bio(path, 0600, bio, &beside);
    if (!error && rename(beside.path, path) != 0)
        error = TL_ERROR_IO;
    tl_secret_wipe(password, sizeof password);
    PKCS12_free(box);
    sk_X509_free(issuers);
    BIO_free(bio);
    ERR_clear_error();
    return error;
}

/* In the index first: what is out there and not in it could not be revoked. */
static int issue(struct folder *folder, const struct tl_register_options *options)
{
    char clients[PATH_SIZE], certificate[PATH_SIZE], key[PATH_SIZE], box[PATH_SIZE];
    struct tl_pair *pair = NULL;
    struct tl_issued issued;
    if (!path_of(clients, folder->dir, "clients", "") ||
        !path_of(certificate, clients, options->name, ".crt") ||
        !path_of(key, clients, options->name, ".key") ||
        !path_of(box, clients, options->name, ".p12"))
        return complain(options->name, TL_ERROR_LIMIT);
    if (mkdir(clients, 0700) != 0 && errno != EEXIST)
        return complain(clients, TL_ERROR_IO);
    enum tl_error error = tl_authority_issue_client(folder->authority, options->name,
                                                    options->days ? options->days : CLIENT_DAYS,
                                                    tl_clock_wall(), &pair);
    if (!error)
        error = tl_issued_of(pair, options->name, &issued);
    if (!error)
        error = tl_index_add(&folder->index, &issued);
    if (!error)
        error = index_save(folder);
    if (!error)
        error = tl_pair_save(pair, certificate, key);
    if (!error && options->pkcs12_password_file)
        error = save_pkcs12(folder, pair, options->name, options->pkcs12_password_file, box);
    tl_pair_free(pair);
    if (error)
        return complain(options->name, error);
    char until[TL_TIMESTAMP_SIZE];
    tl_timestamp_write(issued.until_s * TL_SECOND_US, until);
    printf("%s: serial %s, good until %s, SHA-256 %s\n", certificate, issued.serial, until,
           issued.fingerprint);
    return 0;
}

/* The one of that name that is good longest, and not revoked. NULL: none. */
static const struct tl_issued *current_of(const struct tl_index *index, const char *name)
{
    const struct tl_issued *best = NULL;
    for (size_t i = 0; i < index->count; i++) {
        const struct tl_issued *one = &index->items[i];
        if (strcmp(one->name, name) == 0 && !one->revoked_s &&
            (!best || one->until_s > best->until_s))
            best = one;
    }
    return best;
}

int tl_register_issue(const struct tl_register_options *options)
{
    struct folder folder;
    if (!is_name(options->name))
        return complain(options->name, TL_ERROR_FORMAT);
    if (!folder_open(&folder, options->dir))
        return 1;
    const struct tl_issued *current = current_of(&folder.index, options->name);
    int64_t wanted_s = tl_clock_wall() / TL_SECOND_US + LEFT_WANTED_DAYS * 86400LL;
    int result = 0;
    if (current && current->until_s > wanted_s)
        printf("%s: serial %s is good for more than %d days: nothing done\n", options->name,
               current->serial, LEFT_WANTED_DAYS);
    else
        result = issue(&folder, options);
    folder_close(&folder);
    return result;
}

int tl_register_renew(const struct tl_register_options *options)
{
    struct folder folder;
    if (!is_name(options->name))
        return complain(options->name, TL_ERROR_FORMAT);
    if (!folder_open(&folder, options->dir))
        return 1;
    int result = current_of(&folder.index, options->name)
                     ? issue(&folder, options)
                     : complain(options->name, TL_ERROR_MISSING);
    folder_close(&folder);
    return result;
}

/* ---- revoking ---- */

int tl_register_revoke(const struct tl_register_options *options)
{
    struct folder folder;
    enum tl_revocation_reason reason = TL_REVOKED_UNSPECIFIED;
    unsigned found = 0, revoked = 0;
    if (options->reason && tl_revocation_reason_read(options->reason, &reason))
        return complain(options->reason, TL_ERROR_UNSUPPORTED);
    if (!folder_open(&folder, options->dir))
        return 1;
    for (size_t i = 0; i < folder.index.count; i++) {
        struct tl_issued *one = &folder.index.items[i];
        if (options->serial ? strcasecmp(one->serial, options->serial) != 0
                            : strcmp(one->name, options->name) != 0)
            continue;
        found++;
        if (one->revoked_s)
            continue;
        one->revoked_s = tl_clock_wall() / TL_SECOND_US;
        one->reason = reason;
        revoked++;
        printf("revoked: serial %s, %s\n", one->serial, one->name);
    }
    /* Also when nothing is new: a list that could not be written is, the second time. */
    enum tl_error error = found ? list_save(&folder, options->hours) : TL_ERROR_MISSING;
    folder_close(&folder);
    if (error)
        return complain(options->serial ? options->serial : options->name, error);
    if (!revoked)
        printf("revoked already\n");
    return 0;
}

int tl_register_list(const struct tl_register_options *options)
{
    struct folder folder;
    if (!folder_open(&folder, options->dir))
        return 1;
    enum tl_error error = list_save(&folder, options->hours);
    folder_close(&folder);
    return error ? complain("authority.crl", error) : 0;
}

int tl_register_show(const struct tl_register_options *options)
{
    struct folder folder;
    if (!folder_open(&folder, options->dir))
        return 1;
    int64_t now_s = tl_clock_wall() / TL_SECOND_US;
    for (size_t i = 0; i < folder.index.count; i++) {
        const struct tl_issued *one = &folder.index.items[i];
        char until[TL_TIMESTAMP_SIZE];
        tl_timestamp_write(one->until_s * TL_SECOND_US, until);
        printf("%s\t%s\t%s\t%s%s%s\n", one->serial, one->name, until,
               one->revoked_s          ? "revoked"
               : one->until_s <= now_s ? "ended"
                                       : "good",
               one->revoked_s ? " " : "",
               one->revoked_s ? tl_revocation_reason_name(one->reason) : "");
    }
    folder_close(&folder);
    return 0;
}

/* ---- answering ---- */

static enum tl_error responder_of(struct folder *folder, struct tl_pair **ret_responder)
{
    char certificate[PATH_SIZE], key[PATH_SIZE];
    struct tl_pair_facts facts;
    struct tl_pair *pair = NULL;
    tl_time_us then = tl_clock_wall() + LEFT_WANTED_DAYS * 86400 * (tl_time_us)TL_SECOND_US;
    if (!path_of(certificate, folder->dir, "ocsp", ".crt") ||
        !path_of(key, folder->dir, "ocsp", ".key"))
        return TL_ERROR_LIMIT;
    enum tl_error error = TL_OK;
    if (tl_pair_load(certificate, key, &pair) || tl_pair_read_facts(pair, &facts) ||
        tl_pair_check_issuer(pair, folder->authority) || facts.not_after < then) {
        pair = tl_pair_free(pair);
        error = tl_authority_issue_responder(folder->authority, RESPONDER_DAYS, tl_clock_wall(),
                                             &pair);
        if (!error)
            error = tl_pair_save(pair, certificate, key);
    }
    if (error)
        tl_pair_free(pair);
    else
        *ret_responder = pair;
    return error;
}

int tl_register_answer(const struct tl_register_options *options)
{
    struct folder folder;
    struct tl_pair *responder = NULL;
    uint8_t question[TL_OCSP_REQUEST_LIMIT_BYTES + 1];
    uint8_t *answer = NULL;
    size_t size = fread(question, 1, sizeof question, stdin), answer_size = 0;
    if (!folder_open(&folder, options->dir))
        return 1;
    enum tl_error error = responder_of(&folder, &responder);
    if (!error)
        error = tl_index_answer(&folder.index, folder.authority, responder,
                                tl_bytes(question, size),
                                options->hours ? options->hours : ANSWER_HOURS, tl_clock_wall(),
                                &answer, &answer_size);
    if (!error &&
        (fwrite(answer, 1, answer_size, stdout) != answer_size || fflush(stdout) != 0))
        error = TL_ERROR_IO;
    free(answer);
    tl_pair_free(responder);
    folder_close(&folder);
    return error ? complain("ocsp", error) : 0;
}
