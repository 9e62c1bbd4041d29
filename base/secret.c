#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/memory.h"

void tl_random_bytes(void *buffer, size_t size)
{
    uint8_t *next = buffer;
    while (size) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort(); /* without randomness nothing here is safe to run */
        next += got;
        size -= (size_t)got;
    }
}

uint32_t tl_random_below(uint32_t bound)
{
    uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
    uint32_t value;
    do
        tl_random_bytes(&value, sizeof value);
    while (value >= limit);
    return value % bound;
}

void tl_random_id(char buffer[TL_ID_SIZE])
{
    uint8_t bits[16];
    tl_random_bytes(bits, sizeof bits);
    tl_hex_write(tl_bytes(bits, sizeof bits), buffer);
}

void tl_random_uuid(char buffer[TL_UUID_SIZE])
{
    uint8_t b[16];
    tl_random_bytes(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(buffer, TL_UUID_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

bool tl_uuid_is_valid(struct tl_text text)
{
    if (text.size != TL_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !digit)
            return false;
    }
    return true;
}

void tl_random_token(size_t size, char *buffer)
{
    uint8_t bits[64];
    if (size > sizeof bits)
        size = sizeof bits;
    tl_random_bytes(bits, size);
    tl_base64url_write(tl_bytes(bits, size), buffer);
    tl_secret_wipe(bits, sizeof bits);
}

void tl_secret_wipe(void *secret, size_t size)
{
    OPENSSL_cleanse(secret, size);
}

void tl_secret_free_text(char *text)
{
    if (text)
        tl_secret_wipe(text, strlen(text));
    free(text);
}

bool tl_secret_equal(struct tl_bytes a, struct tl_bytes b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

void tl_sha256(struct tl_bytes bytes, uint8_t ret_digest[32])
{
    SHA256(bytes.data, bytes.size, ret_digest);
}

enum tl_error tl_file_read(const char *path, size_t limit, char **ret_data, size_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? TL_ERROR_MISSING : TL_ERROR_IO;
    tl_autofree char *data = malloc(limit + 2);
    size_t used = 0;
    ssize_t got = data ? 1 : -1;
    while (got > 0 && used <= limit) {
        got = read(fd, data + used, limit + 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    close(fd);
    if (!data)
        return TL_ERROR_MEMORY;
    if (got < 0)
        return TL_ERROR_IO;
    if (used > limit)
        return TL_ERROR_LIMIT;
    data[used] = 0;
    *ret_data = TL_TAKE(data);
    *ret_size = used;
    return TL_OK;
}

static enum tl_error copy_trimmed(char *data, size_t used, char *buffer, size_t size)
{
    while (used && (data[used - 1] == '\n' || data[used - 1] == '\r' || data[used - 1] == ' '))
        used--;
    enum tl_error error = tl_text_copy((struct tl_text){ data, used }, buffer, size);
    tl_secret_wipe(data, used);
    return error;
}

enum tl_error tl_secret_file_read(const char *path, char *buffer, size_t size)
{
    tl_autofree char *data = NULL;
    size_t used = 0;
    enum tl_error error = tl_file_read(path, 65536, &data, &used);
    return error ? error : copy_trimmed(data, used, buffer, size);
}

enum tl_error tl_secret_fd_read(int fd, char *buffer, size_t size)
{
    char data[1024];
    ssize_t used = pread(fd, data, sizeof data, 0);
    if (used < 0)
        return TL_ERROR_IO;
    return (size_t)used == sizeof data ? TL_ERROR_LIMIT
                                       : copy_trimmed(data, (size_t)used, buffer, size);
}
