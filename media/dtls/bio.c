#include "dtls/bio.h"

#include <string.h>

static int bio_write(BIO *bio, const char *data, int size)
{
    struct tl_dtls_queue *queue = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0 || (size_t)size > sizeof queue->output[0].data)
        return -1;
    /* a full queue is a lost datagram: DTLS repeats its flight */
    if (queue->count < TL_DTLS_OUTPUT_LIMIT) {
        unsigned slot = (queue->first + queue->count++) % TL_DTLS_OUTPUT_LIMIT;
        memcpy(queue->output[slot].data, data, (size_t)size);
        queue->output[slot].size = (size_t)size;
    }
    return size;
}

static int bio_read(BIO *bio, char *buffer, int room)
{
    struct tl_dtls_queue *queue = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (queue->input.size == 0 || room <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t size = queue->input.size < (size_t)room ? queue->input.size : (size_t)room;
    memcpy(buffer, queue->input.data, size);
    queue->input = tl_bytes(NULL, 0); /* a datagram is read whole or cut, never continued */
    return (int)size;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    struct tl_dtls_queue *queue = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_PENDING: return (long)queue->input.size;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return TL_DTLS_DATAGRAM_LIMIT;
    default: return 0;
    }
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO *tl_dtls_bio_new(struct tl_dtls_queue *queue)
{
    static BIO_METHOD *method; /* one for the life of the process */
    if (!method) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
        if (!method || !BIO_meth_set_write(method, bio_write) ||
            !BIO_meth_set_read(method, bio_read) || !BIO_meth_set_ctrl(method, bio_control) ||
            !BIO_meth_set_create(method, bio_create)) {
            BIO_meth_free(method);
            method = NULL;
            return NULL;
        }
    }
    BIO *bio = BIO_new(method);
    if (bio)
        BIO_set_data(bio, queue);
    return bio;
}
