/* teleloire-certs' commands about client certificates: what they do in a folder that holds
 * authority.crt and authority.key. They write index.json, authority.crl, clients/NAME.crt, .key and
 * .p12, ocsp.crt and ocsp.key; one at a time, by a lock on index.lock. Exit codes: 0, 1 (said why). */
#ifndef TL_CERTS_REGISTER_H
#define TL_CERTS_REGISTER_H

struct tl_register_options {
    const char *dir, *name, *serial, *reason, *pkcs12_password_file;
    unsigned days, hours; /* 0: as usual */
};

/* clients/NAME.*, unless there is one that is good for another month: then nothing is done. */
int tl_register_issue(const struct tl_register_options *options);
/* A new one for a name that has one, whose own stays good until it ends or is revoked. */
int tl_register_renew(const struct tl_register_options *options);
/* By serial, or all those of a name; the list is written, too. */
int tl_register_revoke(const struct tl_register_options *options);
/* serial, name, until, state: a line each, parted by tabs. */
int tl_register_show(const struct tl_register_options *options);
/* authority.crl, written anew. */
int tl_register_list(const struct tl_register_options *options);
/* From standard input to standard output; the responder's own certificate is renewed when due. */
int tl_register_answer(const struct tl_register_options *options);

#endif
