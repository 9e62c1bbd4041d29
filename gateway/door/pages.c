#include "pages.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/secret.h"

struct tl_pages {
    struct tl_page files[TL_PAGES_FILES_LIMIT];
    size_t count, total_bytes;
};

static const struct {
    const char *ending, *type;
} types[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".jpg", "image/jpeg" },
    { ".webp", "image/webp" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".wasm", "application/wasm" },
    { ".mp3", "audio/mpeg" },
    { ".ogg", "audio/ogg" },
    { ".txt", "text/plain; charset=utf-8" },
};

static bool ends_with(struct tl_text text, const char *ending)
{
    size_t size = strlen(ending);
    return text.size >= size && memcmp(text.data + text.size - size, ending, size) == 0;
}

static const char *type_of(struct tl_text path)
{
    for (size_t i = 0; i < TL_COUNT_OF(types); i++)
        if (ends_with(path, types[i].ending))
            return types[i].type;
    return NULL;
}

static struct tl_page *exact(const struct tl_pages *pages, struct tl_text path)
{
    for (size_t i = 0; i < pages->count; i++)
        if (tl_text_is(path, pages->files[i].path))
            return (struct tl_page *)&pages->files[i];
    return NULL;
}

static enum tl_error load_file(struct tl_pages *pages, const char *file, const char *path)
{
    const char *type = type_of(tl_text(path));
    if (!type)
        return TL_OK; /* not something a browser asks for: maps, stamps */
    if (pages->count == TL_PAGES_FILES_LIMIT)
        return TL_ERROR_LIMIT;
    char *data;
    size_t size;
    enum tl_error error = tl_file_read(file, TL_PAGES_FILE_LIMIT_BYTES, &data, &size);
    if (error)
        return error;
    struct tl_page *page = &pages->files[pages->count];
    page->path = strdup(path);
    page->content = tl_bytes(data, size);
    page->type = type;
    page->hashed = strncmp(path, "/assets/", 8) == 0;
    pages->count++;
    pages->total_bytes += size;
    if (!page->path)
        return TL_ERROR_MEMORY;
    uint8_t digest[32];
    char digits[33];
    tl_sha256(page->content, digest);
    tl_hex_write(tl_bytes(digest, 16), digits);
    snprintf(page->etag, sizeof page->etag, "\"%s\"", digits);
    char zipped[4096 + 4];
    snprintf(zipped, sizeof zipped, "%s.gz", file);
    if (tl_file_read(zipped, TL_PAGES_FILE_LIMIT_BYTES, &data, &size) == TL_OK) {
        page->gzipped = tl_bytes(data, size);
        pages->total_bytes += size;
    }
    return pages->total_bytes > TL_PAGES_TOTAL_LIMIT_BYTES ? TL_ERROR_LIMIT : TL_OK;
}

static enum tl_error load_folder(struct tl_pages *pages, const char *root, const char *below,
                                 unsigned depth)
{
    char folder[4096];
    if (depth > TL_PAGES_DEPTH_LIMIT ||
        snprintf(folder, sizeof folder, "%s%s", root, below) >= (int)sizeof folder)
        return TL_ERROR_LIMIT;
    DIR *directory = opendir(folder);
    if (!directory)
        return TL_ERROR_MISSING;
    enum tl_error error = TL_OK;
    for (struct dirent *entry; !error && (entry = readdir(directory));) {
        char file[4096], path[1024];
        struct stat status;
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(file, sizeof file, "%s/%s", folder, entry->d_name) >= (int)sizeof file ||
            snprintf(path, sizeof path, "%s/%s", below, entry->d_name) >= (int)sizeof path)
            error = TL_ERROR_LIMIT;
        else if (lstat(file, &status) != 0)
            error = TL_ERROR_IO;
        else if (S_ISDIR(status.st_mode))
            error = load_folder(pages, root, path, depth + 1);
        else if (S_ISREG(status.st_mode)) /* a link could lead out of the folder */
            error = load_file(pages, file, path);
    }
    closedir(directory);
    return error;
}

enum tl_error tl_pages_load(const char *root, struct tl_pages **ret_pages)
{
    struct tl_pages *pages = calloc(1, sizeof *pages);
    if (!pages)
        return TL_ERROR_MEMORY;
    enum tl_error error = load_folder(pages, root, "", 0);
    if (!error && !exact(pages, TL_TEXT("/index.html")))
        error = TL_ERROR_MISSING;
    if (error) {
        tl_pages_free(pages);
        return error;
    }
    *ret_pages = pages;
    return TL_OK;
}

struct tl_pages *tl_pages_free(struct tl_pages *pages)
{
    for (size_t i = 0; pages && i < pages->count; i++) {
        free(pages->files[i].path);
        free((void *)(uintptr_t)pages->files[i].content.data);
        free((void *)(uintptr_t)pages->files[i].gzipped.data);
    }
    free(pages);
    return NULL;
}

const struct tl_page *tl_pages_find(const struct tl_pages *pages, struct tl_text path)
{
    const struct tl_page *page = exact(pages, path);
    if (page)
        return page;
    for (size_t i = path.size; i > 0 && path.data[i - 1] != '/'; i--)
        if (path.data[i - 1] == '.')
            return NULL;
    return tl_text_starts_with(path, "/assets/") ? NULL : exact(pages, TL_TEXT("/index.html"));
}

size_t tl_pages_count(const struct tl_pages *pages)
{
    return pages->count;
}
