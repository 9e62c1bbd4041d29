/* A BIO of datagrams: what OpenSSL writes at once stays one datagram, and it is told our MTU.
 * BIO_s_mem would glue a flight into one blob, and without an MTU OpenSSL sends 256 bytes. */
#ifndef TL_MEDIA_DTLS_BIO_H
#define TL_MEDIA_DTLS_BIO_H

#include <openssl/bio.h>

#include "media/dtls.h"

struct tl_dtls_queue {
    struct tl_bytes input; /* the datagram being read; empty when taken */
    struct {
        size_t size;
        uint8_t data[TL_DTLS_DATAGRAM_LIMIT + 300];
    } output[TL_DTLS_OUTPUT_LIMIT];
    unsigned first, count;
};

/* The queue outlives the BIO. NULL when out of memory. */
BIO *tl_dtls_bio_new(struct tl_dtls_queue *queue);

#endif
