/* One request in hand: its body on the way in, its answer on the way out. Private to the door.
 *
 *     head read ──▶ body in memory ──▶ in the pool's queue ──▶ with a worker ──▶ answer out
 *                   (64 KiB of it)         reading stops          pieces flow, each side waiting
 *                                                                 for the slower one            */
#ifndef TL_DOOR_EXCHANGE_H
#define TL_DOOR_EXCHANGE_H

#include "door.h"
#include "framing.h"
#include "pool.h"
#include "routes.h"

enum {
    TL_EXCHANGE_PIECE_BYTES = 64 * 1024,
    TL_EXCHANGE_READ_BYTES = 16 * 1024,                /* what lws hands over at once */
    TL_EXCHANGE_WORKER_QUEUE_BYTES = 256 * 1024,       /* beyond, the client waits */
    TL_EXCHANGE_ANSWER_BYTES = 1024 * 1024,            /* beyond, the worker waits */
    TL_EXCHANGE_WHOLE_ANSWER_BYTES = 32 * 1024 * 1024, /* of an answer without a length */
    TL_EXCHANGE_IDLE_S = 15,
    TL_EXCHANGE_WAIT_S = 60
};

struct tl_piece {
    struct tl_piece *next;
    struct tl_bytes bytes; /* behind this struct, or of a page */
    size_t written;
};

struct tl_exchange {
    struct tl_job job; /* first: the pool's */
    struct tl_door *door;
    struct lws *wsi; /* NULL: the client is gone */
    struct tl_route route;
    enum tl_method method;
    char host[128]; /* as asked, plain, else empty */
    bool english;
    struct tl_client_identity client; /* fingerprint "": none was asked for */
    /* in */
    char *head; /* JSON for api */
    size_t head_size;
    int64_t length, received;
    uint8_t *body;
    size_t body_used;
    bool submitted, started, reading_stopped;
    struct tl_peer *worker;
    uint32_t request;
    /* out */
    struct tl_answer answer;
    const struct tl_page *page;
    bool gzipped;
    const char *allow; /* of a 405 */
    unsigned retry_after_s;
    int refused; /* already, whatever the body says: answered when that was read; 0: no */
    struct tl_piece *first, *last;
    size_t buffered, sent;
    bool answered, complete, head_written, ended, broken;
};

/* exchange.c; also tl_exchange_start and others in door.h */
/* The client is gone or has its answer. What a worker has in hand ends without us. */
void tl_exchange_leave(struct tl_exchange *exchange);
/* All of the body has been read from the client. */
bool tl_exchange_is_whole(const struct tl_exchange *exchange);
/* Goes on reading from the client, or stops. */
void tl_exchange_read_on(struct tl_exchange *exchange, bool on);

/* answer.c */
enum tl_error tl_answer_append(struct tl_exchange *exchange, struct tl_bytes bytes,
                               bool borrowed);
/* The door's own refusal, in place of whatever was meant to be answered. */
void tl_answer_problem(struct tl_exchange *exchange, int status, const char *code);
/* A small JSON answer of the door's own; takes over text. */
void tl_answer_json(struct tl_exchange *exchange, int status, char *text);
void tl_answer_page(struct tl_exchange *exchange, const struct tl_page *page, bool gzipped,
                    bool unchanged);
/* From the writable callback. Below 0: close; 1: the transaction is over. */
int tl_answer_write(struct tl_exchange *exchange);
void tl_answer_free_pieces(struct tl_exchange *exchange);

#endif
