/* A PEM file in memory, for the other files of certs/. */
#ifndef TL_CERTS_PEM_H
#define TL_CERTS_PEM_H

#include <openssl/bio.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

struct tl_pem {
    char *text;
    size_t size;
    BIO *bio;
};

/* A regular file, read from its beginning; fd stays the caller's. TL_ERROR_IO, TL_ERROR_LIMIT,
 * TL_ERROR_MEMORY. */
enum tl_error tl_pem_open(int fd, struct tl_pem *ret_pem);
/* Wipes it: it may be a key. */
void tl_pem_close(struct tl_pem *pem);
/* An encrypted key is refused: nobody is there to type a pass phrase. */
int tl_pem_no_pass_phrase(char *buffer, int size, int writing, void *context);

enum { TL_BESIDE_PATH_SIZE = 4096 };
struct tl_beside {
    char path[TL_BESIDE_PATH_SIZE]; /* empty: nothing written */
};

/* A file beside that one, whole and synced, to be renamed to it. TL_ERROR_IO, TL_ERROR_LIMIT,
 * TL_ERROR_CRYPTO (an empty BIO). */
enum tl_error tl_beside_write(const char *path, mode_t mode, struct tl_bytes content,
                              struct tl_beside *ret_beside);
enum tl_error tl_beside_write_bio(const char *path, mode_t mode, BIO *content,
                                  struct tl_beside *ret_beside);
/* And renamed. */
enum tl_error tl_whole_write(const char *path, mode_t mode, struct tl_bytes content);

#endif
