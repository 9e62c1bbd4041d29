/* The table of TURN's connections and its turn of the loop. */
#include "turn_service.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, KERNEL_BUFFER = 64 * 1024, DSCP_AF41 = 34 << 2 };

enum tl_error turn_watch(struct tl_turn_service *service, int operation, int fd,
                         uint32_t events, uint32_t number)
{
    struct epoll_event event = { .events = events, .data.u32 = number };
    return epoll_ctl(service->epoll, operation, fd, &event) == 0 ? TL_OK : TL_ERROR_IO;
}

struct turn_stream *turn_stream_find(struct tl_turn_service *service, uint32_t number)
{
    struct turn_stream *stream = service->places[number % TL_TURN_CONNECTIONS_LIMIT];
    return stream && stream->number == number && !stream->broken ? stream : NULL;
}

/* ---- making ---- */

enum tl_error tl_turn_service_new(const struct tl_turn_service_config *config,
                                  struct tl_turn_service **ret_service,
                                  const char **ret_problem)
{
    struct tl_turn_service *service = calloc(1, sizeof *service);
    const char *problem = "out of memory";
    enum tl_error error = TL_ERROR_MEMORY;
    if (service) {
        for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++)
            service->pool[i].fd = -1;
        service->epoll = epoll_create1(EPOLL_CLOEXEC);
        struct tl_turn_config core = { .realm = config->name,
                                       .own_count = config->own_count,
                                       .first_port = config->first_port,
                                       .port_count = config->port_count,
                                       .context = service,
                                       .reserve = turn_pool_reserve,
                                       .release = turn_pool_release };
        memcpy(core.own, config->own, sizeof core.own);
        error = tl_turn_new(&core, &service->core);
    }
    if (!error) {
        problem = "relay.turn_certificate or relay.turn_key cannot be used";
        error = turn_tls_open(service, config);
    }
    if (!error) {
        problem = "the sockets of TURN cannot be bound";
        error = turn_pool_open(service, config);
    }
    if (error) {
        tl_turn_service_free(service);
        *ret_problem = problem;
        return error;
    }
    *ret_service = service;
    return TL_OK;
}

static void close_stream(struct tl_turn_service *service, struct turn_stream *stream)
{
    tl_turn_disconnect(service->core, &stream->turn);
    if (!stream->broken)
        (void)SSL_shutdown(stream->ssl);
    SSL_free(stream->ssl);
    close(stream->fd);
    service->places[stream->number % TL_TURN_CONNECTIONS_LIMIT] = NULL;
    service->count--;
    free(stream);
}

struct tl_turn_service *tl_turn_service_free(struct tl_turn_service *service)
{
    if (!service)
        return NULL;
    for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++)
        if (service->places[i])
            close_stream(service, service->places[i]);
    turn_pool_close(service);
    SSL_CTX_free(service->tls);
    tl_chain_free(service->chain);
    tl_turn_free(service->core);
    if (service->epoll >= 0)
        close(service->epoll);
    free(service);
    return NULL;
}

int tl_turn_service_fd(const struct tl_turn_service *service)
{
    return service->epoll;
}

struct tl_turn *tl_turn_service_core(struct tl_turn_service *service)
{
    return service->core;
}

size_t tl_turn_service_count(const struct tl_turn_service *service)
{
    return service->count;
}

const struct tl_turn_counters *tl_turn_service_counters(const struct tl_turn_service *service)
{
    return &service->counters;
}

/* ---- coming ---- */

/* A place for one more. In a full table the oldest connection without an allocation gives way: who
 * has no password crowds out nobody who has. */
static bool make_room(struct tl_turn_service *service, const struct tl_address *client,
                      size_t *ret_place)
{
    struct turn_stream *oldest = NULL;
    size_t same = 0;
    bool found = false;
    for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++) {
        struct turn_stream *stream = service->places[i];
        if (stream) {
            if (!stream->turn.allocated && (!oldest || stream->idle_since < oldest->idle_since))
                oldest = stream;
            same += memcmp(stream->turn.client.ip, client->ip, sizeof client->ip) == 0;
        } else if (!found) {
            *ret_place = i;
            found = true;
        }
    }
    if (same >= TL_TURN_OF_ADDRESS_LIMIT)
        return false;
    if (!found && oldest) {
        *ret_place = oldest->number % TL_TURN_CONNECTIONS_LIMIT;
        service->counters.closed_idle++;
        close_stream(service, oldest);
        found = true;
    }
    return found;
}

static void set_up_socket(int fd)
{
    int on = 1, mark = DSCP_AF41, buffer = KERNEL_BUFFER, patience_ms = 15000;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &mark, sizeof mark);
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &mark, sizeof mark);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

static enum tl_error add(struct tl_turn_service *service, int fd)
{
    enum { GENERATIONS = TURN_POOL_TAG / TL_TURN_CONNECTIONS_LIMIT };
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    struct tl_address client;
    size_t place = 0;
    if (getpeername(fd, (struct sockaddr *)&from, &size) != 0 ||
        tl_address_from_socket(&from, &client))
        return TL_ERROR_CLOSED;
    if (!make_room(service, &client, &place))
        return TL_ERROR_LIMIT;
    struct turn_stream *stream = malloc(sizeof *stream);
    SSL *ssl = SSL_new(service->tls);
    if (!stream || !ssl || !SSL_set_fd(ssl, fd)) {
        SSL_free(ssl);
        free(stream);
        return TL_ERROR_MEMORY;
    }
    SSL_set_accept_state(ssl);
    service->generation = service->generation % (GENERATIONS - 1) + 1;
    stream->service = service;
    stream->fd = fd;
    stream->relayed = -1;
    stream->ssl = ssl;
    stream->number = service->generation * TL_TURN_CONNECTIONS_LIMIT + (uint32_t)place;
    stream->broken = stream->waits = false;
    stream->idle_since = service->now;
    stream->in_used = stream->out_used = 0;
    if (turn_watch(service, EPOLL_CTL_ADD, fd, EPOLLIN, stream->number)) {
        SSL_free(ssl);
        free(stream);
        return TL_ERROR_IO;
    }
    set_up_socket(fd);
    tl_turn_connect(&stream->turn, stream, &client);
    service->places[place] = stream;
    if (service->count++ == 0)
        service->tick_at = service->now;
    return TL_OK;
}

enum tl_error tl_turn_service_adopt(struct tl_turn_service *service, tl_time_us now, int fd)
{
    service->now = now;
    service->counters.handed++;
    enum tl_error error = add(service, fd);
    if (error) {
        service->counters.turned_away++;
        close(fd);
    }
    return error;
}

/* ---- the loop's calls ---- */

void tl_turn_service_serve(struct tl_turn_service *service, tl_time_us now)
{
    struct epoll_event events[EVENTS];
    service->now = now;
    int count = epoll_wait(service->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        uint32_t number = events[i].data.u32;
        struct turn_stream *stream;
        if (number & TURN_POOL_TAG) {
            struct relayed *relayed = &service->pool[number & ~(uint32_t)TURN_POOL_TAG];
            turn_pool_hear(service, relayed);
            stream = service->places[relayed->owner % TL_TURN_CONNECTIONS_LIMIT];
        } else {
            stream = turn_stream_find(service, number);
            if (stream)
                turn_stream_hear(stream); /* pushes, too */
        }
        if (stream && stream->broken)
            close_stream(service, stream);
    }
}

void tl_turn_service_sweep(struct tl_turn_service *service, tl_time_us now)
{
    service->now = now;
    for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++) {
        struct turn_stream *stream = service->places[i];
        if (!stream || tl_turn_tick(service->core, &stream->turn, now))
            continue;
        if (now - stream->idle_since < TL_TURN_IDLE_US)
            continue;
        service->counters.closed_idle++;
        close_stream(service, stream);
    }
}

void tl_turn_service_tick(struct tl_turn_service *service, tl_time_us now)
{
    if (service->count == 0 || now < service->tick_at)
        return;
    service->tick_at = now + TL_SECOND_US;
    tl_turn_service_sweep(service, now);
}

tl_time_us tl_turn_service_next_deadline(const struct tl_turn_service *service)
{
    return service->count ? service->tick_at : INT64_MAX;
}
