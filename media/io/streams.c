/* Connections by number: the low bits of a number are the place in the table, the others count up,
 * so that what is meant for a closed connection never reaches the next one in its place. */
#include "media/streams.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "media/deframer.h"
#include "media/stun.h"

enum {
    EVENTS = 64,
    READ_ROOM = 64 * 1024,
    READS_AT_ONCE = 4, /* of one connection, so that it starves nobody */
    ACCEPTS_AT_ONCE = 64,
    BACKLOG = 256,
    DSCP_AF41 = 34 << 2, /* one connection, one mark (RFC 8837 section 5) */
    GENERATIONS = UINT32_MAX / TL_STREAMS_LIMIT
};

struct stream {
    struct tl_address peer; /* with the number */
    int fd;
    bool known, dirty, waits; /* dirty: in the list of the flush; waits: for the kernel */
    bool broken;              /* to be closed where no caller still looks at it */
    tl_time_us known_at;      /* when it was last known, or came */
    struct tl_deframer in;
    size_t out_used;
    uint8_t out[TL_STREAM_OUT_ROOM];
};

struct tl_streams {
    int epoll, listener, spare; /* spare: given up to accept and close when there are no more */
    struct tl_streams_user user;
    struct stream *places[TL_STREAMS_LIMIT];
    uint32_t generations[TL_STREAMS_LIMIT];
    size_t count;
    uint16_t dirty[TL_STREAMS_LIMIT];
    size_t dirty_count;
    tl_time_us now, tick_at;
    struct tl_streams_counters counters;
    uint16_t port;
    uint8_t read[READ_ROOM];
};

/* ---- making ---- */

static enum tl_error watch(struct tl_streams *streams, int operation, int fd, uint32_t events,
                           uint32_t number)
{
    struct epoll_event event = { .events = events, .data.u32 = number };
    return epoll_ctl(streams->epoll, operation, fd, &event) == 0 ? TL_OK : TL_ERROR_IO;
}

static enum tl_error listen_on(struct tl_streams *streams, const struct tl_address *bind_to)
{
    bool ipv4 = tl_address_is_ipv4(bind_to);
    int off = 0, on = 1;
    int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return TL_ERROR_IO;
    streams->listener = fd;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!ipv4)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(bind_to->port) };
    tl_address_to_socket(bind_to, &in6);
    memcpy(&in.sin_addr, bind_to->ip + 12, 4);
    if ((ipv4 ? bind(fd, (struct sockaddr *)&in, sizeof in)
              : bind(fd, (struct sockaddr *)&in6, sizeof in6)) != 0 ||
        listen(fd, BACKLOG) != 0)
        return TL_ERROR_IO;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    struct tl_address own;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0 &&
        tl_address_from_socket(&bound, &own) == TL_OK)
        streams->port = own.port;
    streams->spare = dup(fd);
    return watch(streams, EPOLL_CTL_ADD, fd, EPOLLIN, 0);
}

enum tl_error tl_streams_new(const struct tl_address *bind_to,
                             const struct tl_streams_user *user,
                             struct tl_streams **ret_streams)
{
    struct tl_streams *streams = calloc(1, sizeof *streams);
    if (!streams)
        return TL_ERROR_MEMORY;
    streams->listener = streams->spare = -1;
    streams->user = *user;
    streams->epoll = epoll_create1(EPOLL_CLOEXEC);
    enum tl_error error = streams->epoll < 0 ? TL_ERROR_IO : TL_OK;
    if (!error && bind_to)
        error = listen_on(streams, bind_to);
    if (error) {
        int saved = errno;
        tl_streams_free(streams);
        errno = saved;
        return error;
    }
    *ret_streams = streams;
    return TL_OK;
}

static void close_stream(struct tl_streams *streams, struct stream *stream)
{
    size_t place = stream->peer.stream % TL_STREAMS_LIMIT;
    close(stream->fd); /* which takes it out of the epoll set */
    streams->places[place] = NULL;
    streams->count--;
    free(stream);
}

struct tl_streams *tl_streams_free(struct tl_streams *streams)
{
    if (!streams)
        return NULL;
    for (size_t i = 0; i < TL_STREAMS_LIMIT; i++)
        if (streams->places[i])
            close_stream(streams, streams->places[i]);
    const int fds[] = { streams->listener, streams->spare, streams->epoll };
    for (size_t i = 0; i < TL_COUNT_OF(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(streams);
    return NULL;
}

int tl_streams_fd(const struct tl_streams *streams)
{
    return streams->epoll;
}

uint16_t tl_streams_port(const struct tl_streams *streams)
{
    return streams->port;
}

size_t tl_streams_count(const struct tl_streams *streams)
{
    return streams->count;
}

const struct tl_streams_counters *tl_streams_counters(const struct tl_streams *streams)
{
    return &streams->counters;
}

/* ---- coming ---- */

static void set_up_socket(int fd)
{
    int on = 1, mark = DSCP_AF41, buffer = TL_STREAM_KERNEL_BUFFER, patience_ms = 15000;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &mark, sizeof mark);
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &mark, sizeof mark);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

/* A place for one more. Strangers crowd out each other, never those who have authenticated: past
 * their limit, or in a full table, the oldest of them is closed. */
static bool make_room(struct tl_streams *streams, const struct tl_address *peer,
                      size_t *ret_place)
{
    size_t same = 0, strangers = 0;
    bool found = false;
    struct stream *oldest = NULL;
    for (size_t i = 0; i < TL_STREAMS_LIMIT; i++) {
        struct stream *stream = streams->places[i];
        if (!stream) {
            *ret_place = found ? *ret_place : i;
            found = true;
            continue;
        }
        same += memcmp(stream->peer.ip, peer->ip, sizeof peer->ip) == 0;
        if (stream->known)
            continue;
        strangers++;
        if (!oldest || stream->known_at < oldest->known_at)
            oldest = stream;
    }
    if (same >= TL_STREAMS_OF_ADDRESS_LIMIT)
        return false;
    if (oldest && (!found || strangers >= TL_STREAMS_UNKNOWN_LIMIT)) {
        *ret_place = oldest->peer.stream % TL_STREAMS_LIMIT;
        streams->counters.closed_unknown++;
        close_stream(streams, oldest);
        found = true;
    }
    return found;
}

static enum tl_error take(struct tl_streams *streams, int fd)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    struct tl_address peer;
    size_t place = 0;
    if (getpeername(fd, (struct sockaddr *)&from, &size) != 0 ||
        tl_address_from_socket(&from, &peer))
        return TL_ERROR_CLOSED;
    tl_streams_flush(streams); /* nothing that may be closed is in the list of the flush */
    if (!make_room(streams, &peer, &place))
        return TL_ERROR_LIMIT;
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return TL_ERROR_MEMORY;
    uint32_t generation = streams->generations[place] % (GENERATIONS - 1) + 1; /* never 0 */
    peer.stream = generation * TL_STREAMS_LIMIT + (uint32_t)place;
    if (watch(streams, EPOLL_CTL_ADD, fd, EPOLLIN, peer.stream)) {
        free(stream);
        return TL_ERROR_IO;
    }
    set_up_socket(fd);
    stream->peer = peer;
    stream->fd = fd;
    stream->known = stream->dirty = stream->waits = stream->broken = false;
    stream->known_at = streams->now;
    stream->in.used = stream->out_used = 0;
    streams->generations[place] = generation;
    streams->places[place] = stream;
    if (streams->count++ == 0)
        streams->tick_at = streams->now;
    return TL_OK;
}

enum tl_error tl_streams_adopt(struct tl_streams *streams, tl_time_us now, int fd)
{
    streams->now = now;
    streams->counters.handed++;
    enum tl_error error = take(streams, fd);
    if (error) {
        streams->counters.turned_away++;
        close(fd);
    }
    return error;
}

/* Out of descriptors: what waits would wake us for ever. It is taken with the spare one, and goes. */
static bool turn_one_away(struct tl_streams *streams)
{
    close(streams->spare);
    int fd = accept4(streams->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    streams->spare = dup(streams->listener);
    streams->counters.turned_away += fd >= 0;
    return fd >= 0;
}

static void accept_all(struct tl_streams *streams)
{
    for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(streams->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if ((errno == EMFILE || errno == ENFILE) && turn_one_away(streams))
                continue;
            if (errno == ECONNABORTED || errno == EINTR)
                continue;
            return;
        }
        streams->counters.accepted++;
        if (take(streams, fd)) {
            streams->counters.turned_away++;
            close(fd);
        }
    }
}

/* ---- in ---- */

/* False: the connection is not to be listened to any more. */
static bool deliver(struct tl_streams *streams, struct stream *stream, uint8_t *data,
                    size_t size)
{
    /* before it has said who it is, there is nothing but STUN to be heard */
    if (!stream->known && !tl_stun_is_message(tl_bytes(data, size)))
        return false;
    streams->user.receive(streams->user.context, &stream->peer, data, size);
    if (!stream->known && streams->user.knows(streams->user.context, &stream->peer))
        stream->known = true;
    return true;
}

static bool read_frames(struct tl_streams *streams, struct stream *stream, size_t got)
{
    uint8_t *data = streams->read, *frame;
    size_t left = got, size;
    for (;;) {
        enum tl_error error = tl_deframer_next(&stream->in, &data, &left, &frame, &size);
        if (error == TL_ERROR_AGAIN)
            return true;
        if (error || !deliver(streams, stream, frame, size)) {
            streams->counters.closed_format++;
            return false;
        }
    }
}

static void hear(struct tl_streams *streams, struct stream *stream)
{
    for (unsigned i = 0; i < READS_AT_ONCE && !stream->broken; i++) {
        ssize_t got = recv(stream->fd, streams->read, sizeof streams->read, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (got <= 0) {
            streams->counters.closed_peer++;
            stream->broken = true;
        } else if (!read_frames(streams, stream, (size_t)got)) {
            stream->broken = true;
        }
        if (got < (ssize_t)sizeof streams->read)
            return;
    }
}

/* ---- out ---- */

/* To be looked at by the flush, where what is broken is closed: no caller holds it then. */
static void mark(struct tl_streams *streams, struct stream *stream)
{
    if (stream->dirty)
        return;
    stream->dirty = true;
    streams->dirty[streams->dirty_count++] = (uint16_t)(stream->peer.stream % TL_STREAMS_LIMIT);
}

static void push(struct tl_streams *streams, struct stream *stream)
{
    size_t done = 0;
    while (done < stream->out_used && !stream->broken) {
        ssize_t sent = send(stream->fd, stream->out + done, stream->out_used - done,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            done += (size_t)sent;
        } else if (errno != EINTR) {
            stream->broken = errno != EAGAIN && errno != EWOULDBLOCK;
            break;
        }
    }
    stream->out_used -= done;
    memmove(stream->out, stream->out + done, stream->out_used);
    bool waits = stream->out_used > 0;
    if (waits != stream->waits && !stream->broken) {
        stream->waits = waits;
        (void)watch(streams, EPOLL_CTL_MOD, stream->fd, EPOLLIN | (waits ? EPOLLOUT : 0),
                    stream->peer.stream);
    }
}

static struct stream *find(struct tl_streams *streams, uint32_t number)
{
    struct stream *stream = streams->places[number % TL_STREAMS_LIMIT];
    return stream && stream->peer.stream == number && !stream->broken ? stream : NULL;
}

static bool fits(const struct stream *stream, size_t size, bool video)
{
    size_t room = video ? TL_STREAM_OUT_VIDEO : TL_STREAM_OUT_ROOM;
    return stream->out_used + TL_FRAME_HEADER_SIZE + size <= room;
}

void tl_streams_send(struct tl_streams *streams, const struct tl_address *to,
                     struct tl_bytes datagram, bool video)
{
    struct stream *stream = find(streams, to->stream);
    if (stream && !fits(stream, datagram.size, video) && !stream->waits) {
        push(streams, stream); /* the kernel may have room */
        mark(streams, stream);
    }
    size_t size;
    if (!stream || !fits(stream, datagram.size, video) ||
        tl_frame_write(datagram, stream->out + stream->out_used,
                       sizeof stream->out - stream->out_used, &size)) {
        if (video)
            streams->counters.dropped_video++;
        else
            streams->counters.dropped_other++;
        return;
    }
    stream->out_used += size;
    if (!stream->waits)
        mark(streams, stream);
}

void tl_streams_flush(struct tl_streams *streams)
{
    for (size_t i = 0; i < streams->dirty_count; i++) {
        struct stream *stream = streams->places[streams->dirty[i]];
        stream->dirty = false;
        push(streams, stream);
        if (stream->broken)
            close_stream(streams, stream);
    }
    streams->dirty_count = 0;
}

/* ---- the loop's calls ---- */

void tl_streams_serve(struct tl_streams *streams, tl_time_us now)
{
    struct epoll_event events[EVENTS];
    streams->now = now;
    int count = epoll_wait(streams->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == 0) {
            accept_all(streams);
            continue;
        }
        struct stream *stream = find(streams, events[i].data.u32);
        if (!stream)
            continue;
        if (events[i].events & EPOLLOUT)
            push(streams, stream);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            hear(streams, stream);
        if (stream->broken)
            mark(streams, stream);
    }
    tl_streams_flush(streams);
}

void tl_streams_tick(struct tl_streams *streams, tl_time_us now)
{
    streams->now = now;
    tl_streams_flush(streams);
    if (streams->count == 0 || now < streams->tick_at)
        return;
    streams->tick_at = now + TL_SECOND_US;
    for (size_t i = 0; i < TL_STREAMS_LIMIT; i++) {
        struct stream *stream = streams->places[i];
        if (!stream)
            continue;
        stream->known = streams->user.knows(streams->user.context, &stream->peer);
        if (stream->known)
            stream->known_at = now;
        bool unknown = now - stream->known_at >= TL_STREAM_UNKNOWN_US;
        streams->counters.closed_unknown += unknown;
        if (unknown)
            close_stream(streams, stream);
    }
}

tl_time_us tl_streams_next_deadline(const struct tl_streams *streams)
{
    return streams->count ? streams->tick_at : INT64_MAX;
}
