/* Between the files of TURN's shell. */
#ifndef TL_MEDIA_IO_TURN_SERVICE_H
#define TL_MEDIA_IO_TURN_SERVICE_H

#include <openssl/ssl.h>

#include "media/turn_service.h"

/* Tells the sockets of the pool from the numbers of streams, which are smaller. */
enum { TURN_POOL_TAG = 0x40000000 };

struct turn_stream {
    struct tl_turn_connection turn;
    struct tl_turn_service *service;
    int fd, relayed; /* relayed: the socket's place in the pool; -1 */
    SSL *ssl;
    uint32_t number; /* place in the table and a count, as in media/streams.h */
    bool broken, waits;
    tl_time_us idle_since;
    size_t in_used, out_used;
    uint8_t in[TL_TURN_MESSAGE_LIMIT];
    uint8_t out[TL_TURN_OUT_ROOM];
};

struct relayed {
    int fd;
    struct tl_address address;
    uint32_t owner; /* a stream's number; 0: free */
};

struct tl_turn_service {
    int epoll;
    bool ipv4; /* what the pool's sockets are */
    SSL_CTX *tls;
    struct tl_chain *chain; /* what new connections are served with */
    char name[TL_NAME_LIMIT + 1];
    struct tl_turn *core;
    struct relayed pool[TL_TURN_CONNECTIONS_LIMIT];
    size_t
        pool_next; /* the search goes on from the last one taken: a freed one rests longest */
    struct turn_stream *places[TL_TURN_CONNECTIONS_LIMIT];
    uint32_t generation;
    size_t count;
    tl_time_us now, tick_at;
    struct tl_turn_counters counters;
    struct tl_turn_result result;
};

/* turn_pool.c: the relayed addresses */
enum tl_error turn_pool_open(struct tl_turn_service *service,
                             const struct tl_turn_service_config *config);
void turn_pool_close(struct tl_turn_service *service);
bool turn_pool_reserve(void *service, void *stream, struct tl_address *ret_relayed);
void turn_pool_release(void *service, void *stream);
void turn_pool_send(struct turn_stream *stream, const struct tl_address *peer,
                    struct tl_bytes data);
void turn_pool_hear(struct tl_turn_service *service, struct relayed *relayed);

/* turn_tls.c: one client's stream */
enum tl_error turn_tls_open(struct tl_turn_service *service,
                            const struct tl_turn_service_config *config);
/* Reads, and does, what is there. */
void turn_stream_hear(struct turn_stream *stream);
/* Queues; what there is no room for is dropped, pictures first. */
void turn_stream_send(struct turn_stream *stream, struct tl_bytes message, bool video);
void turn_stream_push(struct turn_stream *stream);

struct turn_stream *turn_stream_find(struct tl_turn_service *service, uint32_t number);
enum tl_error turn_watch(struct tl_turn_service *service, int operation, int fd,
                         uint32_t events, uint32_t number);

#endif
