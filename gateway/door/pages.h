/* The files of the pages, read into memory once, before the sandbox: afterwards the door opens no
 * file at all, and a path that is not in this table does not exist, whatever dots it holds.
 *
 *     /assets/app-K3J2.js   hashed by the build: kept by browsers for a year
 *     /favicon.svg          asked for again each time, answered 304 by its ETag
 *     /visite, /actes/...   the application's own addresses: index.html
 */
#ifndef TL_DOOR_PAGES_H
#define TL_DOOR_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_PAGES_FILES_LIMIT = 512,
    TL_PAGES_FILE_LIMIT_BYTES = 16 * 1024 * 1024,
    TL_PAGES_TOTAL_LIMIT_BYTES = 64 * 1024 * 1024,
    TL_PAGES_DEPTH_LIMIT = 8,
    TL_PAGE_ETAG_SIZE = 40
};

struct tl_page {
    char *path; /* from the root, with its '/' */
    const char *type;
    struct tl_bytes content;
    struct tl_bytes gzipped; /* empty: none beside it */
    char etag[TL_PAGE_ETAG_SIZE];
    bool hashed;
};

struct tl_pages;

/* TL_ERROR_MISSING: no such folder, or no index.html in it; TL_ERROR_LIMIT. */
enum tl_error tl_pages_load(const char *root, struct tl_pages **ret_pages);
struct tl_pages *tl_pages_free(struct tl_pages *pages);
/* NULL: there is nothing there. A path without a point in its last segment is the application's. */
const struct tl_page *tl_pages_find(const struct tl_pages *pages, struct tl_text path);
size_t tl_pages_count(const struct tl_pages *pages);

#endif
