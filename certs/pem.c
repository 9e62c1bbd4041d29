#include "pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "certs/pair.h"

enum tl_error tl_pem_open(int fd, struct tl_pem *ret_pem)
{
    struct stat file;
    if (fd < 0 || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
        return TL_ERROR_IO;
    if (file.st_size > TL_PAIR_FILE_LIMIT_BYTES)
        return TL_ERROR_LIMIT;
    struct tl_pem pem = { .text = malloc(TL_PAIR_FILE_LIMIT_BYTES) };
    if (!pem.text)
        return TL_ERROR_MEMORY;
    for (ssize_t got = 1; got > 0 && pem.size < TL_PAIR_FILE_LIMIT_BYTES;) {
        got = pread(fd, pem.text + pem.size, TL_PAIR_FILE_LIMIT_BYTES - pem.size,
                    (off_t)pem.size);
        if (got > 0)
            pem.size += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0) {
            tl_pem_close(&pem);
            return TL_ERROR_IO;
        }
    }
    pem.bio = BIO_new_mem_buf(pem.text, (int)pem.size);
    if (!pem.bio) {
        tl_pem_close(&pem);
        return TL_ERROR_MEMORY;
    }
    *ret_pem = pem;
    return TL_OK;
}

void tl_pem_close(struct tl_pem *pem)
{
    BIO_free(pem->bio);
    tl_secret_wipe(pem->text, TL_PAIR_FILE_LIMIT_BYTES);
    free(pem->text);
    *pem = (struct tl_pem){ 0 };
    ERR_clear_error();
}

int tl_pem_no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

/* ---- writing ---- */

static enum tl_error write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return TL_ERROR_IO;
        data += written;
        size -= (size_t)written;
    }
    return TL_OK;
}

enum tl_error tl_beside_write(const char *path, mode_t mode, struct tl_bytes content,
                              struct tl_beside *ret_beside)
{
    struct tl_beside beside;
    int length = snprintf(beside.path, sizeof beside.path, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside.path)
        return TL_ERROR_LIMIT;
    /* A left-over of a process that died; its mode may be another. */
    if (unlink(beside.path) != 0 && errno != ENOENT)
        return TL_ERROR_IO;
    int file = open(beside.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file < 0)
        return TL_ERROR_IO;
    enum tl_error error = write_all(file, (const char *)content.data, content.size);
    if (!error && fsync(file) != 0)
        error = TL_ERROR_IO;
    if (close(file) != 0 && !error)
        error = TL_ERROR_IO;
    if (error)
        (void)unlink(beside.path);
    else
        *ret_beside = beside;
    return error;
}

enum tl_error tl_beside_write_bio(const char *path, mode_t mode, BIO *content,
                                  struct tl_beside *ret_beside)
{
    char *data;
    long size = BIO_get_mem_data(content, &data);
    return size > 0 ? tl_beside_write(path, mode, tl_bytes(data, (size_t)size), ret_beside)
                    : TL_ERROR_CRYPTO;
}

enum tl_error tl_whole_write(const char *path, mode_t mode, struct tl_bytes content)
{
    struct tl_beside beside = { "" };
    enum tl_error error = tl_beside_write(path, mode, content, &beside);
    if (!error && rename(beside.path, path) != 0) {
        (void)unlink(beside.path);
        error = TL_ERROR_IO;
    }
    return error;
}
