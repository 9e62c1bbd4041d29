/* teleloire account add ...: the first accounts of an installation without demo, made where the
 * files of the server can be read. The password is on no command line, where any user of the host
 * would see it: it is made here and shown once, or read from standard input. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "records/identifiers.h"
#include "sign_in/accounts.h"
#include "sign_in/password.h"

enum { LEAST_PASSWORD = 12, TEXT_LIMIT = 200 };

struct order {
    const char *role, *email, *name, *structure, *city, *departement, *kind, *profession, *rpps,
        *language;
    bool password_stdin;
};

static const char *const roles[] = { "doctor",  "nurse",    "midwife", "secretary",
                                     "manager", "operator", "ars" };
static const char *const kinds[] = { "msp", "hospital", "ehpad", "ars" };
static const char *const languages[] = { "fr", "en" };

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(word, words) is_one_of((word), (words), TL_COUNT_OF(words))

static int refuse(const char *why)
{
    fprintf(stderr, "teleloire account: %s\n", why);
    return 2;
}

static int usage(void)
{
    fputs(
        "teleloire account add --config PATH --role ROLE --email ADDRESS --name \"Dr Jeanne "
        "MARTIN\"\n"
        "    --role ROLE          doctor, nurse, midwife, secretary, manager, operator or ars\n"
        "    --structure NAME     where: its name or FINESS; may be left out when there is "
        "one\n"
        "    --city CITY --departement CODE [--kind msp|hospital|ehpad|ars]\n"
        "                         makes the structure when it is not there yet (msp)\n"
        "    --profession TEXT    \"Médecin généraliste\"\n"
        "    --rpps NUMBER        11 digits\n"
        "    --language fr|en     of the pages and messages (fr)\n"
        "    --password-stdin     the password is a line of standard input, 12 characters at "
        "least;\n"
        "                         otherwise one is made, and shown this once\n"
        "teleloire account reset-factor --config PATH --email ADDRESS: takes a second factor "
        "away;\n"
        "                         another is chosen at the next sign-in\n"
        "teleloire account demo stop|resume --config PATH: the demo's accounts sign in no "
        "more, or again\n",
        stderr);
    return 2;
}

static bool read_order(int count, char **words, struct order *ret_order)
{
    struct order order = { .kind = "msp", .language = "fr", .profession = "" };
    const struct {
        const char *name;
        const char **place;
    } options[] = { { "--role", &order.role }, { "--email", &order.email },
                    { "--name", &order.name }, { "--structure", &order.structure },
                    { "--city", &order.city }, { "--departement", &order.departement },
                    { "--kind", &order.kind }, { "--profession", &order.profession },
                    { "--rpps", &order.rpps }, { "--language", &order.language } };
    for (int i = 0; i < count; i++) {
        size_t which = 0;
        if (strcmp(words[i], "--password-stdin") == 0) {
            order.password_stdin = true;
            continue;
        }
        while (which < TL_COUNT_OF(options) && strcmp(words[i], options[which].name) != 0)
            which++;
        if (which == TL_COUNT_OF(options) || i + 1 == count ||
            strlen(words[i + 1]) > TEXT_LIMIT)
            return false;
        *options[which].place = words[++i];
    }
    *ret_order = order;
    return true;
}

/* NULL: nothing is wrong with it. */
static const char *check(const struct order *order)
{
    if (!order->role || !order->email || !order->name)
        return "--role, --email and --name are needed";
    if (!IS_ONE_OF(order->role, roles))
        return "--role is doctor, nurse, midwife, secretary, manager, operator or ars";
    if (!tl_account_email_is_valid(tl_text(order->email)))
        return "--email is not an address";
    if (!IS_ONE_OF(order->kind, kinds))
        return "--kind is msp, hospital, ehpad or ars";
    if (!IS_ONE_OF(order->language, languages))
        return "--language is fr or en";
    if (order->rpps && tl_rpps_check(tl_text(order->rpps)))
        return "--rpps is not an RPPS number: 11 digits, the last one their key";
    if (order->structure && !*order->structure)
        return "--structure is empty";
    return NULL;
}

/* ---- where ---- */

/* NULL with *ret_id set, else why not. */
static const char *find_structure(struct tl_db *db, const struct order *order,
                                  char ret_id[TL_UUID_SIZE])
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_db_query(db, TL_SQL_ACCOUNT_STRUCTURES, &rows, tl_value(order->structure)))
        return tl_db_last_error(db);
    if (rows.count > 1)
        return "there are several structures: --structure says which, by its name or FINESS";
    if (rows.count == 1) {
        snprintf(ret_id, TL_UUID_SIZE, "%s", tl_rows_text(&rows, 0, 0));
        return NULL;
    }
    if (!order->structure || !order->city || !order->departement)
        return "there is no such structure: --structure, --city and --departement (44, 49, 53, "
               "72 or 85) make it";
    tl_rows_release(&rows);
    enum tl_error error =
        tl_db_query(db, TL_SQL_ACCOUNT_STRUCTURE_ADD, &rows, tl_value(order->structure),
                    tl_value(order->kind), tl_value(order->city), tl_value(order->departement));
    if (error == TL_ERROR_STATE)
        return "--departement is not one of the region: 44, 49, 53, 72 or 85";
    if (error)
        return tl_db_last_error(db);
    snprintf(ret_id, TL_UUID_SIZE, "%s", tl_rows_text(&rows, 0, 0));
    return NULL;
}

/* ---- add ---- */

static bool read_password(char password[TL_PASSWORD_LIMIT + 2])
{
    if (!fgets(password, TL_PASSWORD_LIMIT + 2, stdin))
        return false;
    size_t size = strcspn(password, "\r\n");
    bool whole = password[size] != 0; /* its line end was read: it is not cut */
    password[size] = 0;
    return whole && size >= LEAST_PASSWORD;
}

static const char *insert(struct tl_db *db, const struct order *order,
                          const struct tl_account_name *name, const char *login,
                          const char *hash)
{
    char structure[TL_UUID_SIZE];
    if (tl_db_begin(db))
        return "PostgreSQL does not answer: the server must run";
    const char *why = find_structure(db, order, structure);
    enum tl_error error =
        why ? TL_OK
            : tl_db_query(db, TL_SQL_ACCOUNT_ADD, NULL, tl_value(name->prefix),
                          tl_value(name->given), tl_value(name->family),
                          tl_value(order->profession), tl_value(order->rpps), tl_value(login),
                          tl_value(hash), tl_value(order->language), tl_value(structure),
                          tl_value(order->role));
    if (error == TL_ERROR_EXISTS)
        why = "there is an account with this address, or a person with this RPPS number";
    else if (error)
        why = tl_db_last_error(db);
    if (!why && tl_db_commit(db))
        why = "PostgreSQL went away: it is not known whether the account was kept";
    if (why)
        tl_db_rollback(db);
    return why;
}

static int add(struct tl_db *db, int count, char **words)
{
    struct order order;
    struct tl_account_name name;
    char password[TL_PASSWORD_LIMIT + 2], hash[TL_PASSWORD_HASH_SIZE], login[TEXT_LIMIT + 1];
    if (!read_order(count, words, &order))
        return usage();
    const char *why = check(&order);
    if (!why && tl_account_name_read(tl_text(order.name), &name))
        why = "--name is a given name and a family name: \"Dr Jeanne MARTIN\"";
    if (why)
        return refuse(why);
    if (!order.password_stdin)
        tl_account_password_make(password);
    else if (!read_password(password))
        return refuse("the password is one line of 12 to 200 characters");
    snprintf(login, sizeof login, "%s", order.email);
    for (char *c = login; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    why = tl_password_hash(tl_text(password), hash) ? "out of memory"
                                                    : insert(db, &order, &name, login, hash);
    if (!why) {
        printf("login     %s\n", login);
        if (!order.password_stdin)
            printf("password  %s\n", password);
    }
    tl_secret_wipe(password, sizeof password);
    return why ? refuse(why), 1 : 0;
}

/* ---- the demo's accounts ---- */

static int demo(struct tl_db *db, const char *what)
{
    tl_autorows struct tl_rows rows = { 0 };
    bool stop = strcmp(what, "stop") == 0;
    if (!stop && strcmp(what, "resume") != 0)
        return usage();
    enum tl_error error =
        tl_db_begin(db)
            ? TL_ERROR_AWAY
            : tl_db_run(db, stop ? TL_SQL_ACCOUNT_DEMO_STOP : TL_SQL_ACCOUNT_DEMO_RESUME, NULL,
                        0, &rows);
    if (!error)
        error = tl_db_commit(db);
    if (error)
        return refuse("PostgreSQL does not answer: the server must run"), 1;
    printf("%lld\n", (long long)tl_rows_integer(&rows, 0, 0));
    return 0;
}

/* ---- a second factor lost ---- */

static int reset_factor(struct tl_db *db, int count, char **words)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (count != 2 || strcmp(words[0], "--email") != 0)
        return usage();
    enum tl_error error = tl_db_begin(db) ? TL_ERROR_AWAY
                                          : tl_db_query(db, TL_SQL_ACCOUNT_RESET_FACTOR, &rows,
                                                        tl_value(words[1]));
    if (error || !rows.count) {
        tl_db_rollback(db);
        return refuse(error ? "PostgreSQL does not answer: the server must run"
                            : "there is no account with this address"),
               1;
    }
    if (tl_db_commit(db))
        return refuse("PostgreSQL went away: it is not known whether it was done"), 1;
    printf("second factor of %s taken away; signed out everywhere\n", words[1]);
    return 0;
}

int tl_account_command(struct tl_db *db, int count, char **words)
{
    if (count >= 1 && strcmp(words[0], "add") == 0)
        return add(db, count - 1, words + 1);
    if (count >= 1 && strcmp(words[0], "reset-factor") == 0)
        return reset_factor(db, count - 1, words + 1);
    if (count == 2 && strcmp(words[0], "demo") == 0)
        return demo(db, words[1]);
    return usage();
}
