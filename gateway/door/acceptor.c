#include "acceptor.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64 };

struct waiting {
    int fd; /* -1: free */
    void *connection;
    size_t seen; /* bytes at the last look */
    tl_time_us until;
};

struct tl_acceptor {
    struct tl_acceptor_user user;
    int epoll;
    size_t count;
    struct waiting waiting[TL_ACCEPTOR_LIMIT];
    uint8_t bytes[TL_FIRST_BYTES_LIMIT];
};

enum tl_error tl_acceptor_new(const struct tl_acceptor_user *user,
                              struct tl_acceptor **ret_acceptor)
{
    struct tl_acceptor *acceptor = calloc(1, sizeof *acceptor);
    if (!acceptor)
        return TL_ERROR_MEMORY;
    acceptor->user = *user;
    for (size_t i = 0; i < TL_ACCEPTOR_LIMIT; i++)
        acceptor->waiting[i].fd = -1;
    acceptor->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (acceptor->epoll < 0) {
        free(acceptor);
        return TL_ERROR_IO;
    }
    *ret_acceptor = acceptor;
    return TL_OK;
}

struct tl_acceptor *tl_acceptor_free(struct tl_acceptor *acceptor)
{
    if (!acceptor)
        return NULL;
    for (size_t i = 0; i < TL_ACCEPTOR_LIMIT; i++)
        if (acceptor->waiting[i].fd >= 0)
            close(acceptor->waiting[i].fd);
    close(acceptor->epoll);
    free(acceptor);
    return NULL;
}

int tl_acceptor_fd(const struct tl_acceptor *acceptor)
{
    return acceptor->epoll;
}

size_t tl_acceptor_waiting(const struct tl_acceptor *acceptor)
{
    return acceptor->count;
}

/* One look. before: how many bytes were there last time. */
static enum tl_first_bytes look(struct tl_acceptor *acceptor, int fd, size_t before,
                                size_t *ret_seen, unsigned *ret_relay)
{
    ssize_t seen = recv(fd, acceptor->bytes, sizeof acceptor->bytes, MSG_PEEK | MSG_DONTWAIT);
    if (seen < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TL_FIRST_BYTES_MORE
                                                                         : TL_FIRST_BYTES_NONE;
    if ((size_t)seen <= before) /* readable and nothing new: the peer has ended */
        return TL_FIRST_BYTES_NONE;
    *ret_seen = (size_t)seen;
    return tl_first_bytes_sort(tl_bytes(acceptor->bytes, (size_t)seen),
                               acceptor->user.turn_name, ret_relay);
}

/* Not woken again for the bytes already seen: they stay in the socket. */
static void want_more_than(int fd, size_t seen)
{
    int least = (int)seen + 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

static void settle(struct tl_acceptor *acceptor, int fd, void *connection,
                   enum tl_first_bytes verdict, unsigned relay)
{
    acceptor->user.sorted(acceptor->user.context, fd, connection, verdict, relay);
}

static void release(struct tl_acceptor *acceptor, struct waiting *waiting,
                    enum tl_first_bytes verdict, unsigned relay)
{
    int fd = waiting->fd;
    (void)epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, fd, NULL);
    want_more_than(fd, 0);
    waiting->fd = -1;
    acceptor->count--;
    settle(acceptor, fd, waiting->connection, verdict, relay);
}

static struct waiting *free_place(struct tl_acceptor *acceptor)
{
    for (size_t i = 0; i < TL_ACCEPTOR_LIMIT; i++)
        if (acceptor->waiting[i].fd < 0)
            return &acceptor->waiting[i];
    return NULL;
}

void tl_acceptor_take(struct tl_acceptor *acceptor, tl_time_us now, int fd, void *connection)
{
    unsigned relay = 0;
    size_t seen = 0;
    enum tl_first_bytes verdict = look(acceptor, fd, 0, &seen, &relay);
    struct waiting *place = verdict == TL_FIRST_BYTES_MORE ? free_place(acceptor) : NULL;
    struct epoll_event event = { .events = EPOLLIN };
    if (place)
        event.data.u32 = (uint32_t)(place - acceptor->waiting);
    if (!place || epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        settle(acceptor, fd, connection,
               verdict == TL_FIRST_BYTES_MORE ? TL_FIRST_BYTES_HTTPS : verdict, relay);
        return;
    }
    *place = (struct waiting){ fd, connection, seen, now + TL_ACCEPTOR_WITHIN_US };
    acceptor->count++;
    if (seen)
        want_more_than(fd, seen);
}

void tl_acceptor_serve(struct tl_acceptor *acceptor)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(acceptor->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        struct waiting *waiting = &acceptor->waiting[events[i].data.u32];
        unsigned relay = 0;
        size_t seen = 0;
        if (waiting->fd < 0)
            continue;
        enum tl_first_bytes verdict = look(acceptor, waiting->fd, waiting->seen, &seen, &relay);
        if (verdict != TL_FIRST_BYTES_MORE) {
            release(acceptor, waiting, verdict, relay);
        } else if (seen) {
            waiting->seen = seen;
            want_more_than(waiting->fd, seen);
        }
    }
}

void tl_acceptor_tick(struct tl_acceptor *acceptor, tl_time_us now)
{
    for (size_t i = 0; i < TL_ACCEPTOR_LIMIT && acceptor->count; i++)
        if (acceptor->waiting[i].fd >= 0 && now >= acceptor->waiting[i].until)
            release(acceptor, &acceptor->waiting[i], TL_FIRST_BYTES_NONE, 0);
}

enum tl_error tl_acceptor_address(int fd, char *buffer, size_t size)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0 ||
        getnameinfo((struct sockaddr *)&peer, length, buffer, (socklen_t)size, NULL, 0,
                    NI_NUMERICHOST) != 0)
        return TL_ERROR_IO;
    return TL_OK;
}
