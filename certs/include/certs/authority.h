/* A local certificate authority: what a single host or a test needs in order to serve TLS without
 * asking anybody. P-256 keys, random serial numbers, short-lived leaves (RFC 5280). */
#ifndef TL_CERTS_AUTHORITY_H
#define TL_CERTS_AUTHORITY_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "certs/pair.h"

enum {
    TL_AUTHORITY_DAYS = 3650,
    /* Browsers refuse server certificates of more than 398 days. */
    TL_SERVER_DAYS_LIMIT = 397,
    TL_CLIENT_DAYS_LIMIT = 825,
    TL_SERVER_NAMES_LIMIT = 16,
    TL_COMMON_NAME_LIMIT = 64, /* bytes, ub-common-name */
};

/* A self-signed authority that can sign leaves and no other authority. common_name: what people
 * read in their browser, 1 to TL_COMMON_NAME_LIMIT bytes of UTF-8. TL_ERROR_RANGE, TL_ERROR_CRYPTO. */
enum tl_error tl_authority_make(const char *common_name, tl_time_us now,
                                struct tl_pair **ret_authority);

/* A new key and a certificate for TLS servers under these names (host names and addresses), good
 * from an hour before now (clocks differ) for so many days. TL_ERROR_LIMIT: no name, or more than
 * TL_SERVER_NAMES_LIMIT; TL_ERROR_FORMAT: not a name; TL_ERROR_RANGE: days; TL_ERROR_STATE: the
 * authority itself ends before the leaf would. */
enum tl_error tl_authority_issue_server(const struct tl_pair *authority,
                                        const char *const *names, size_t count, unsigned days,
                                        tl_time_us now, struct tl_pair **ret_server);

/* A new key and a certificate with which a site's or an integrator's program says who it is (RFC 5280
 * section 4.2.1.12, clientAuth), named common_name (1 to TL_COMMON_NAME_LIMIT bytes of UTF-8; else
 * TL_ERROR_FORMAT). Other errors as above, with TL_CLIENT_DAYS_LIMIT. */
enum tl_error tl_authority_issue_client(const struct tl_pair *authority,
                                        const char *common_name, unsigned days, tl_time_us now,
                                        struct tl_pair **ret_client);
/* The same for answering whether a certificate is revoked (RFC 6960 section 4.2.2.2), so that the
 * authority's own key does it not. */
enum tl_error tl_authority_issue_responder(const struct tl_pair *authority, unsigned days,
                                           tl_time_us now, struct tl_pair **ret_responder);

#endif
