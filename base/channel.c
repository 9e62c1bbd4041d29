#include "base/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { MAGIC = 0x544c, SOCKET_BUFFER_BYTES = 1 << 20 };

struct queued {
    struct queued *next;
    size_t size;
    int fds[TL_CHANNEL_FDS_LIMIT];
    unsigned fd_count;
    uint8_t data[];
};

struct tl_channel {
    int fd;
    struct queued *first, **last;
    size_t queued_bytes;
    uint64_t bad_messages;
    uint8_t buffer[TL_CHANNEL_MESSAGE_LIMIT + 1];
};

/* ---- the message, without sockets ---- */

enum tl_error tl_channel_message_read(struct tl_bytes datagram,
                                      struct tl_channel_message *ret_message)
{
    struct tl_reader r = tl_reader(datagram);
    uint16_t magic = tl_read_u16(&r);
    struct tl_channel_message message = { .type = tl_read_u16(&r), .flags = tl_read_u16(&r) };
    uint16_t zero = tl_read_u16(&r);
    message.request = tl_read_u32(&r);
    uint32_t json_size = tl_read_u32(&r);
    message.json = tl_read_bytes(&r, json_size);
    message.raw = tl_read_bytes(&r, r.left);
    if (r.failed || magic != MAGIC || zero != 0 || json_size > TL_CHANNEL_JSON_LIMIT ||
        message.raw.size > TL_CHANNEL_RAW_LIMIT)
        return TL_ERROR_FORMAT;
    *ret_message = message;
    return TL_OK;
}

enum tl_error tl_channel_message_header(const struct tl_channel_message *message,
                                        uint8_t ret_header[TL_CHANNEL_HEADER_SIZE])
{
    if (message->json.size > TL_CHANNEL_JSON_LIMIT ||
        message->raw.size > TL_CHANNEL_RAW_LIMIT || message->fd_count > TL_CHANNEL_FDS_LIMIT)
        return TL_ERROR_LIMIT;
    struct tl_writer w = tl_writer(ret_header, TL_CHANNEL_HEADER_SIZE);
    tl_write_u16(&w, MAGIC);
    tl_write_u16(&w, message->type);
    tl_write_u16(&w, message->flags);
    tl_write_u16(&w, 0);
    tl_write_u32(&w, message->request);
    tl_write_u32(&w, (uint32_t)message->json.size);
    return TL_OK;
}

/* ---- the socket ---- */

enum tl_error tl_channel_pair(int ret_fds[2])
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return TL_ERROR_IO;
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return TL_OK;
}

struct tl_channel *tl_channel_new(int fd)
{
    struct tl_channel *channel = malloc(sizeof *channel);
    if (!channel)
        return NULL;
    channel->fd = fd;
    channel->first = NULL;
    channel->last = &channel->first;
    channel->queued_bytes = 0;
    channel->bad_messages = 0;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int size = SOCKET_BUFFER_BYTES;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return channel;
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

static void queued_free(struct queued *queued)
{
    close_all(queued->fds, queued->fd_count);
    free(queued);
}

struct tl_channel *tl_channel_free(struct tl_channel *channel)
{
    if (!channel)
        return NULL;
    while (channel->first) {
        struct queued *next = channel->first->next;
        queued_free(channel->first);
        channel->first = next;
    }
    close(channel->fd);
    free(channel);
    return NULL;
}

int tl_channel_fd(const struct tl_channel *channel)
{
    return channel->fd;
}

bool tl_channel_wants_write(const struct tl_channel *channel)
{
    return channel->first != NULL;
}

size_t tl_channel_queued_bytes(const struct tl_channel *channel)
{
    return channel->queued_bytes;
}

uint64_t tl_channel_bad_messages(const struct tl_channel *channel)
{
    return channel->bad_messages;
}

static enum tl_error send_now(int fd, struct iovec *parts, size_t count, const int *fds,
                              unsigned fd_count)
{
    union {
        struct cmsghdr header;
        uint8_t room[CMSG_SPACE(sizeof(int) * TL_CHANNEL_FDS_LIMIT)];
    } control = { 0 };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    if (fd_count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return TL_OK;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS)
        return TL_ERROR_AGAIN;
    return errno == EPIPE || errno == ECONNRESET ? TL_ERROR_CLOSED : TL_ERROR_IO;
}

enum tl_error tl_channel_flush(struct tl_channel *channel)
{
    while (channel->first) {
        struct queued *queued = channel->first;
        struct iovec part = { queued->data, queued->size };
        enum tl_error error = send_now(channel->fd, &part, 1, queued->fds, queued->fd_count);
        if (error)
            return error;
        channel->first = queued->next;
        if (!channel->first)
            channel->last = &channel->first;
        channel->queued_bytes -= queued->size;
        queued_free(queued);
    }
    return TL_OK;
}

static enum tl_error queue(struct tl_channel *channel, const struct tl_channel_message *message,
                           const struct iovec parts[3], size_t size)
{
    if (channel->queued_bytes + size > TL_CHANNEL_QUEUE_BYTES_LIMIT)
        return TL_ERROR_LIMIT;
    struct queued *queued = malloc(sizeof *queued + size);
    if (!queued)
        return TL_ERROR_MEMORY;
    *queued = (struct queued){ .size = size };
    uint8_t *next = queued->data;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].iov_len)
            memcpy(next, parts[i].iov_base, parts[i].iov_len);
        next += parts[i].iov_len;
    }
    for (unsigned i = 0; i < message->fd_count; i++) {
        int copy = fcntl(message->fds[i], F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            queued_free(queued);
            return TL_ERROR_IO;
        }
        queued->fds[queued->fd_count++] = copy;
    }
    *channel->last = queued;
    channel->last = &queued->next;
    channel->queued_bytes += size;
    return TL_OK;
}

enum tl_error tl_channel_send(struct tl_channel *channel,
                              const struct tl_channel_message *message)
{
    uint8_t header[TL_CHANNEL_HEADER_SIZE];
    enum tl_error error = tl_channel_message_header(message, header);
    if (error)
        return error;
    struct iovec parts[3] = {
        { header, sizeof header },
        { (void *)(uintptr_t)message->json.data, message->json.size },
        { (void *)(uintptr_t)message->raw.data, message->raw.size },
    };
    size_t size = sizeof header + message->json.size + message->raw.size;
    error = tl_channel_flush(channel);
    if (!error)
        error = send_now(channel->fd, parts, 3, message->fds, message->fd_count);
    return error == TL_ERROR_AGAIN ? queue(channel, message, parts, size) : error;
}

static unsigned take_descriptors(struct msghdr *message, int *ret_fds)
{
    unsigned count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t given = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < given; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (count < TL_CHANNEL_FDS_LIMIT)
                ret_fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

enum tl_error tl_channel_receive(struct tl_channel *channel,
                                 struct tl_channel_message *ret_message)
{
    union {
        struct cmsghdr header;
        uint8_t room[CMSG_SPACE(sizeof(int) * TL_CHANNEL_FDS_LIMIT)];
    } control;
    struct iovec part = { channel->buffer, sizeof channel->buffer };
    struct msghdr header = { .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control };
    ssize_t got;
    do
        got = recvmsg(channel->fd, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? TL_ERROR_AGAIN : TL_ERROR_CLOSED;
    int fds[TL_CHANNEL_FDS_LIMIT];
    unsigned fd_count = take_descriptors(&header, fds);
    if (got == 0) {
        close_all(fds, fd_count);
        return TL_ERROR_CLOSED; /* a message always has its header: zero bytes is the end */
    }
    struct tl_channel_message message;
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
        tl_channel_message_read(tl_bytes(channel->buffer, (size_t)got), &message)) {
        close_all(fds, fd_count);
        channel->bad_messages++;
        return TL_ERROR_FORMAT;
    }
    memcpy(message.fds, fds, sizeof(int) * fd_count);
    message.fd_count = fd_count;
    *ret_message = message;
    return TL_OK;
}

enum tl_error tl_channel_wait(struct tl_channel *channel, int timeout_ms,
                              struct tl_channel_message *ret_message)
{
    tl_time_us deadline = tl_clock_monotonic() + (tl_time_us)timeout_ms * TL_MILLISECOND_US;
    for (;;) {
        enum tl_error error = tl_channel_receive(channel, ret_message);
        if (error != TL_ERROR_AGAIN)
            return error;
        int left = -1;
        if (timeout_ms >= 0) {
            tl_time_us left_us = deadline - tl_clock_monotonic();
            if (left_us <= 0)
                return TL_ERROR_TIMEOUT;
            left = (int)((left_us + 999) / 1000);
        }
        struct pollfd waiting = { .fd = channel->fd, .events = POLLIN };
        if (tl_channel_wants_write(channel))
            waiting.events |= POLLOUT;
        if (poll(&waiting, 1, left) < 0 && errno != EINTR)
            return TL_ERROR_IO;
        if (waiting.revents & POLLOUT)
            (void)tl_channel_flush(channel);
    }
}
