/* One table says everything about a key: where it goes, what it may be, what it means. */
#include "base/config.h"

#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/memory.h"
#include "config_network.h"

enum type { TEXT, NUMBER, SWITCH, LEVEL, LIBRARY, ADDRESS, ADDRESSES };

struct key {
    const char *section, *name;
    enum type type;
    size_t offset;
    int least, most; /* NUMBER: range; TEXT: least 1 means it may not be empty */
    const char *otherwise;
    const char *help;
};

#define AT(section, name) offsetof(struct tl_config, section.name)

static const struct key keys[] = {
    { "server", "listen", ADDRESS, AT(server, listen), 1, 0, "127.0.0.1",
      "address to listen on" },
    { "server", "port", NUMBER, AT(server, port), 1, 65535, "8443",
      "HTTPS and WebSocket port" },
    { "server", "public_name", TEXT, AT(server, public_name), 1, 0, "localhost",
      "host name in links and certificates" },
    { "server", "public_address", ADDRESSES, AT(server, public_address), 1, 0, "127.0.0.1",
      "addresses clients reach the relays at, separated by commas" },
    { "server", "web_root", TEXT, AT(server, web_root), 1, 0, "web/dist",
      "folder of the pages" },
    { "server", "state_dir", TEXT, AT(server, state_dir), 1, 0, "var",
      "folder of run-time files" },
    { "server", "metrics_port", NUMBER, AT(server, metrics_port), 0, 65535, "9464",
      "Prometheus metrics on 127.0.0.1; 0: none" },
    { "server", "http2", SWITCH, AT(server, http2), 0, 0, "off",
      "offer HTTP/2 to browsers; with libwebsockets 4.1, uploads over it fail" },
    { "server", "log_level", LEVEL, AT(server, log_level), 0, 0, "info",
      "debug, info, warning or error" },
    { "tls", "certificate", TEXT, AT(tls, certificate), 0, 0, "",
      "PEM chain of the web server" },
    { "tls", "key", TEXT, AT(tls, key), 0, 0, "", "PEM private key of the web server" },
    { "tls", "client_name", TEXT, AT(tls, client_name), 0, 0, "",
      "host name at which sites and integrators show a client certificate; empty: none" },
    { "tls", "client_authority", TEXT, AT(tls, client_authority), 0, 0, "",
      "PEM certificates of who signs theirs" },
    { "tls", "client_crl", TEXT, AT(tls, client_crl), 0, 0, "",
      "PEM revocation list of each; renewed before its next update, or nobody is believed" },
    { "database", "socket_dir", TEXT, AT(database, socket_dir), 1, 0, "var/postgres/socket",
      "folder of PostgreSQL's socket" },
    { "database", "port", NUMBER, AT(database, port), 1, 65535, "5432",
      "number in the socket's name; nothing listens on it" },
    { "database", "name", TEXT, AT(database, name), 1, 0, "teleloire", "database" },
    { "database", "owner_user", TEXT, AT(database, owner_user), 1, 0, "teleloire_owner",
      "user that migrates" },
    { "database", "owner_password_file", TEXT, AT(database, owner_password_file), 0, 0, "",
      "file with its password" },
    { "database", "api_user", TEXT, AT(database, api_user), 1, 0, "teleloire_api",
      "user of the api workers" },
    { "database", "api_password_file", TEXT, AT(database, api_password_file), 0, 0, "",
      "file with its password" },
    { "database", "courier_user", TEXT, AT(database, courier_user), 1, 0, "teleloire_courier",
      "user of the courier" },
    { "database", "courier_password_file", TEXT, AT(database, courier_password_file), 0, 0, "",
      "file with its password" },
    { "api", "workers", NUMBER, AT(api, workers), 1, 64, "3", "workers for pages" },
    { "api", "heavy_workers", NUMBER, AT(api, heavy_workers), 1, 16, "1",
      "workers for documents and exports" },
    { "api", "password_workers", NUMBER, AT(api, password_workers), 1, 16, "1",
      "workers for password hashing" },
    { "api", "journal_dir", TEXT, AT(api, journal_dir), 0, 0, "",
      "folder of the journals used while PostgreSQL is away" },
    { "api", "journal_key_file", TEXT, AT(api, journal_key_file), 0, 0, "",
      "file with the journals' key, 64 hexadecimal digits" },
    { "api", "link_key_file", TEXT, AT(api, link_key_file), 0, 0, "",
      "file with the key of links and codes, 64 hexadecimal digits" },
    { "api", "seal_key_file", TEXT, AT(api, seal_key_file), 0, 0, "",
      "file with the key that wraps the data keys, 64 hexadecimal digits; the lines after the "
      "first "
      "only open; empty: one made of link_key_file" },
    { "api", "outbox_public_key_file", TEXT, AT(api, outbox_public_key_file), 0, 0, "",
      "file with the courier's public key, 64 hexadecimal digits" },
    { "api", "audit_file", TEXT, AT(api, audit_file), 0, 0, "",
      "file of the audit's signed checkpoints, outside the database; empty: none" },
    { "api", "audit_key_file", TEXT, AT(api, audit_key_file), 0, 0, "",
      "file with the key that signs them, 64 hexadecimal digits" },
    { "api", "factor_key_file", TEXT, AT(api, factor_key_file), 0, 0, "",
      "file with the key of second factors, 64 hexadecimal digits" },
    { "relay", "processes", NUMBER, AT(relay, processes), 0, 64, "0",
      "relay processes; 0: one a core" },
    { "relay", "udp_port", NUMBER, AT(relay, udp_port), 1, 65535, "40000",
      "UDP port of the first relay; the next ones follow" },
    { "relay", "tcp_port", NUMBER, AT(relay, tcp_port), 0, 65535, "40000",
      "TCP port of the first relay, for clients without UDP; the next ones follow; 0: none" },
    { "relay", "shared_port", SWITCH, AT(relay, shared_port), 0, 0, "on",
      "the relays are reached through the door's port too, for clients with nothing else" },
    { "relay", "turn_name", TEXT, AT(relay, turn_name), 0, 0, "",
      "host name of TURN over TLS on the door's port, not that of the pages; empty: none" },
    { "relay", "turn_certificate", TEXT, AT(relay, turn_certificate), 0, 0, "",
      "PEM chain for that name" },
    { "relay", "turn_key", TEXT, AT(relay, turn_key), 0, 0, "", "PEM private key of it" },
    { "relay", "srtp_library", LIBRARY, AT(relay, srtp_library), 0, 0, "openssl",
      "what seals sound and pictures under AES-GCM: openssl, twice as fast, or libsrtp" },
    { "relay", "bind_address", ADDRESS, AT(relay, bind_address), 1, 0, "0.0.0.0",
      "address the relays' sockets are bound to" },
    { "courier", "smtp_url", TEXT, AT(courier, smtp_url), 0, 0, "",
      "smtp://host:port or smtps://host; empty: mail goes to mailbox_dir" },
    { "courier", "smtp_user", TEXT, AT(courier, smtp_user), 0, 0, "", "SMTP user" },
    { "courier", "smtp_password_file", TEXT, AT(courier, smtp_password_file), 0, 0, "",
      "file with the SMTP password" },
    { "courier", "smtp_ca_file", TEXT, AT(courier, smtp_ca_file), 0, 0, "",
      "authorities the SMTP server is checked against; empty: the system's" },
    { "courier", "mail_from", TEXT, AT(courier, mail_from), 1, 0, "teleloire@localhost",
      "sender of every mail" },
    { "courier", "mailbox_dir", TEXT, AT(courier, mailbox_dir), 0, 0, "",
      "folder for mail when no SMTP server is configured" },
    { "courier", "sms_mailbox_dir", TEXT, AT(courier, sms_mailbox_dir), 0, 0, "",
      "folder for SMS when no provider is configured" },
    { "courier", "outbox_private_key_file", TEXT, AT(courier, outbox_private_key_file), 0, 0,
      "", "file with the courier's private key, 64 hexadecimal digits" },
    { "courier", "keep_delivered_days", NUMBER, AT(courier, keep_delivered_days), 1, 3650, "30",
      "days after which the emptied row of a message delivered is deleted" },
    { "courier", "keep_dead_days", NUMBER, AT(courier, keep_dead_days), 1, 3650, "90",
      "days for which a message given up keeps its sealed payload; then it is deleted" },
    { "psc", "issuer", TEXT, AT(psc, issuer), 0, 0, "",
      "issuer of Pro Santé Connect, https://HOST/PATH; empty: local accounts only" },
    { "psc", "client_id", TEXT, AT(psc, client_id), 0, 0, "",
      "what Pro Santé Connect calls this installation" },
    { "psc", "client_secret_file", TEXT, AT(psc, client_secret_file), 0, 0, "",
      "file with its secret, read by the courier alone" },
    { "psc", "ca_file", TEXT, AT(psc, ca_file), 0, 0, "",
      "authorities the issuer is checked against; empty: the system's" },
    { "psc", "workers", NUMBER, AT(psc, workers), 1, 16, "2",
      "workers that wait for Pro Santé Connect, so that nobody else does" },
    { "demo", "enabled", SWITCH, AT(demo, enabled), 0, 0, "off", "the demo region is loaded" },
};

static const char *const levels[] = { "debug", "info", "warning", "error" };
static const char *const libraries[] = { "openssl", "libsrtp" }; /* enum tl_config_library */
static const char *const switches[] = { "off", "on", "false", "true" }; /* odd: on */

static int word_index(const char *const words[], size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], value) == 0)
            return (int)i;
    return -1;
}

/* NULL when the value was set, else why not. */
static const char *set(const struct key *key, const char *value, struct tl_config *config)
{
    void *field = (char *)config + key->offset;
    uint64_t number;
    int word;
    switch (key->type) {
    case TEXT:
        if (key->least && !*value)
            return "may not be empty";
        return tl_text_copy(tl_text(value), field, TL_CONFIG_TEXT_SIZE) ? "is too long" : NULL;
    case ADDRESS:
        if (!tl_config_is_address(tl_text(value)))
            return "is not an address in numbers (192.0.2.10, 2001:db8::1)";
        return tl_text_copy(tl_text(value), field, TL_CONFIG_TEXT_SIZE) ? "is too long" : NULL;
    case ADDRESSES:
        if (!tl_config_are_public_addresses(tl_text(value)))
            return "is not a list of 1 to 8 addresses in numbers that clients can reach";
        return tl_text_copy(tl_text(value), field, TL_CONFIG_TEXT_SIZE) ? "is too long" : NULL;
    case NUMBER:
        if (tl_text_u64(tl_text(value), (uint64_t)key->most, &number) ||
            (int)number < key->least)
            return "is not a number in its range";
        *(int *)field = (int)number;
        return NULL;
    case SWITCH:
        word = word_index(switches, TL_COUNT_OF(switches), value);
        if (word < 0)
            return "is neither on (true) nor off (false)";
        *(bool *)field = word % 2 == 1;
        return NULL;
    case LEVEL:
        word = word_index(levels, TL_COUNT_OF(levels), value);
        if (word < 0)
            return "is not debug, info, warning or error";
        *(int *)field = word;
        return NULL;
    case LIBRARY:
        word = word_index(libraries, TL_COUNT_OF(libraries), value);
        if (word < 0)
            return "is neither openssl nor libsrtp";
        *(int *)field = word;
        return NULL;
    }
    return "has an unknown type";
}

void tl_config_defaults(struct tl_config *ret_config)
{
    memset(ret_config, 0, sizeof *ret_config);
    for (size_t i = 0; i < TL_COUNT_OF(keys); i++)
        (void)set(&keys[i], keys[i].otherwise, ret_config);
}

struct reading {
    struct tl_config *config;
    struct tl_config_problem *problem;
    bool seen[TL_COUNT_OF(keys)];
};

static int take(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    struct tl_config_problem *problem = reading->problem;
    for (size_t i = 0; i < TL_COUNT_OF(keys); i++) {
        if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
            continue;
        const char *why = reading->seen[i] ? "is given twice"
                                           : set(&keys[i], value ? value : "", reading->config);
        reading->seen[i] = true;
        if (!why)
            return 1;
        snprintf(problem->why, sizeof problem->why, "[%s] %s %s", section, name, why);
        if (keys[i].type == NUMBER)
            snprintf(problem->why, sizeof problem->why, "[%s] %s %s (%d to %d)", section, name,
                     why, keys[i].least, keys[i].most);
        return 0;
    }
    snprintf(problem->why, sizeof problem->why, "[%.60s] %.60s is not a key of this program",
             section, name);
    return 0;
}

enum tl_error tl_config_read(const char *path, struct tl_config *ret_config,
                             struct tl_config_problem *ret_problem)
{
    tl_autofree struct tl_config *config = calloc(1, sizeof *config);
    struct tl_config_problem problem = { 0, "" };
    if (!config)
        return TL_ERROR_MEMORY;
    if (access(path, R_OK) != 0) {
        snprintf(problem.why, sizeof problem.why, "the file cannot be read");
        *ret_problem = problem;
        return TL_ERROR_MISSING;
    }
    tl_config_defaults(config);
    struct reading reading = { .config = config, .problem = &problem };
    int line = ini_parse(path, take, &reading);
    if (line != 0) {
        problem.line = line > 0 ? line : 0;
        if (!problem.why[0])
            snprintf(problem.why, sizeof problem.why, "neither a [section] nor name = value");
        *ret_problem = problem;
        return TL_ERROR_FORMAT;
    }
    if (!tl_config_ports_fit(config, problem.why, sizeof problem.why) ||
        !tl_config_provider_fits(config, problem.why, sizeof problem.why)) {
        *ret_problem = problem;
        return TL_ERROR_FORMAT;
    }
    *ret_config = *config;
    return TL_OK;
}

void tl_config_print_help(FILE *file)
{
    static const char *const types[] = { "text",    "number",  "on|off",   "level",
                                         "library", "address", "addresses" };
    const char *section = "";
    for (size_t i = 0; i < TL_COUNT_OF(keys); i++) {
        const struct key *key = &keys[i];
        if (strcmp(section, key->section) != 0)
            fprintf(file, "%s[%s]\n", i ? "\n" : "", key->section);
        section = key->section;
        fprintf(file, "%s = %s\n    %s; %s", key->name, key->otherwise, types[key->type],
                key->help);
        if (key->type == NUMBER)
            fprintf(file, " (%d to %d)", key->least, key->most);
        fprintf(file, "\n");
    }
}
