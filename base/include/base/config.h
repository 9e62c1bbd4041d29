/* The configuration: one INI file (libinih), read by each role through one table (base/config.c):
 * section, name, type, range, default, help. An unknown key or a bad value names its line and why,
 * and the program does not start. Secrets are files, named here by path. */
#ifndef TL_BASE_CONFIG_H
#define TL_BASE_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

enum { TL_CONFIG_TEXT_SIZE = 512 };

typedef char tl_config_text[TL_CONFIG_TEXT_SIZE];

enum tl_config_library { TL_CONFIG_OPENSSL, TL_CONFIG_LIBSRTP };

struct tl_config {
    struct {
        tl_config_text listen;      /* address the door listens on */
        int port;                   /* HTTPS and WebSocket */
        tl_config_text public_name; /* the name in links and certificates */
        tl_config_text
            public_address; /* what relays tell clients; several separated by commas */
        tl_config_text web_root;
        tl_config_text state_dir;
        int metrics_port; /* on 127.0.0.1; 0: none */
        bool http2;
        int log_level; /* enum tl_log_level */
    } server;
    struct {
        tl_config_text certificate, key; /* PEM; the chain, leaf first */
        tl_config_text client_name;      /* where clients show certificates; "": nowhere */
        tl_config_text client_authority, client_crl; /* PEM */
    } tls;
    struct {
        tl_config_text socket_dir, name;
        int port; /* part of the socket's name */
        tl_config_text owner_user, owner_password_file;
        tl_config_text api_user, api_password_file;
        tl_config_text courier_user, courier_password_file;
    } database;
    struct {
        int workers, heavy_workers, password_workers;
        tl_config_text journal_dir, journal_key_file, link_key_file, outbox_public_key_file,
            seal_key_file, audit_file, audit_key_file, factor_key_file;
    } api;
    struct {
        int processes;            /* 0: one a core */
        int udp_port;             /* the first; relay n has udp_port + n */
        int tcp_port;             /* likewise; 0: none */
        bool shared_port;         /* the relays are reached through the door's port too */
        tl_config_text turn_name; /* TURN over TLS for this server name there; empty: none */
        tl_config_text turn_certificate, turn_key;
        tl_config_text bind_address;
        int srtp_library; /* enum tl_config_library */
    } relay;
    struct {
        tl_config_text smtp_url; /* empty: mail goes to mailbox_dir */
        tl_config_text smtp_user, smtp_password_file, smtp_ca_file;
        tl_config_text mail_from;
        tl_config_text mailbox_dir, sms_mailbox_dir;
        tl_config_text outbox_private_key_file;
        int keep_delivered_days, keep_dead_days;
    } courier;
    struct {
        tl_config_text issuer; /* empty: no sign-in by Pro Santé Connect */
        tl_config_text client_id, client_secret_file, ca_file;
        int workers;
    } psc;
    struct {
        bool enabled;
    } demo;
};

struct tl_config_problem {
    int line; /* 0: the file as a whole */
    char why[256];
};

/* Every key absent has its default. TL_ERROR_MISSING: no such file; TL_ERROR_FORMAT: *ret_problem
 * says which line and why. */
enum tl_error tl_config_read(const char *path, struct tl_config *ret_config,
                             struct tl_config_problem *ret_problem);
void tl_config_defaults(struct tl_config *ret_config);
/* Where browsers find this installation: https://HOST[:PORT], no slash at the end. TL_ERROR_LIMIT. */
enum tl_error tl_config_public_url(const struct tl_config *config, char *buffer, size_t size);
/* The table, for people: `teleloire config --help-all`. */
void tl_config_print_help(FILE *file);

#endif
