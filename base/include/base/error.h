/* Errors: one enum, returned by every function that can fail. TL_OK is zero. Outputs come last in
 * the argument list, are named ret_x, and are untouched on failure. */
#ifndef TL_BASE_ERROR_H
#define TL_BASE_ERROR_H

enum tl_error {
    TL_OK = 0,
    TL_ERROR_MEMORY,      /* an allocation failed */
    TL_ERROR_FORMAT,      /* input that does not parse */
    TL_ERROR_RANGE,       /* a value outside its bounds */
    TL_ERROR_LIMIT,       /* a table, queue or size limit was reached */
    TL_ERROR_AUTH,        /* a signature, key, password or permission did not match */
    TL_ERROR_STATE,       /* not possible in the present state */
    TL_ERROR_MISSING,     /* the thing named does not exist */
    TL_ERROR_EXISTS,      /* the thing named exists already */
    TL_ERROR_UNSUPPORTED, /* understood, and not offered here */
    TL_ERROR_AGAIN,       /* would block; nothing was done */
    TL_ERROR_CLOSED,      /* the peer closed */
    TL_ERROR_TIMEOUT,     /* a deadline passed */
    TL_ERROR_IO,          /* the operating system or the disk refused */
    TL_ERROR_AWAY,        /* a service we depend on (PostgreSQL, SMTP) cannot be reached */
    TL_ERROR_CRYPTO,      /* a cryptographic library failed */
    TL_ERROR_COUNT
};

/* A stable lower-case word for logs and metrics, never NULL. */
const char *tl_error_name(enum tl_error error);

#endif
