#include "base/error.h"

static const char *const names[TL_ERROR_COUNT] = {
    [TL_OK] = "ok",
    [TL_ERROR_MEMORY] = "memory",
    [TL_ERROR_FORMAT] = "format",
    [TL_ERROR_RANGE] = "range",
    [TL_ERROR_LIMIT] = "limit",
    [TL_ERROR_AUTH] = "auth",
    [TL_ERROR_STATE] = "state",
    [TL_ERROR_MISSING] = "missing",
    [TL_ERROR_EXISTS] = "exists",
    [TL_ERROR_UNSUPPORTED] = "unsupported",
    [TL_ERROR_AGAIN] = "again",
    [TL_ERROR_CLOSED] = "closed",
    [TL_ERROR_TIMEOUT] = "timeout",
    [TL_ERROR_IO] = "io",
    [TL_ERROR_AWAY] = "away",
    [TL_ERROR_CRYPTO] = "crypto",
};

const char *tl_error_name(enum tl_error error)
{
    return (unsigned)error < TL_ERROR_COUNT ? names[error] : "unknown";
}
