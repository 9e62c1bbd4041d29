#include "media/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
    RECEIVE_BATCH = 64,
    RECEIVE_ROOM = 65536, /* a GRO message may be this long */
    /* not a power of two apart: the beginnings of all buffers would share a few cache lines */
    RECEIVE_STRIDE = RECEIVE_ROOM + 19 * 64,
    SOCKET_BUFFER =
        12 << 20, /* of 200,000 small packets a second, some 40 ms; more would only be late */
    SEND_BATCH = 64,
    RUN_LIMIT = 16, /* datagrams in one run: it leaves at once, and defeats pacing */
    RUN_BYTES_LIMIT = 60000,
    /* Larger than the path's MTU, pieces are refused or fragmented one by one; a tunnel on the way
     * has less than Ethernet. */
    RUN_PIECE_LIMIT = 1400,
    PATHS_LIMIT = 32,    /* own addresses told apart */
    GROUPS_LIMIT = 512,  /* power of two: destinations in one flush */
    DSCP_AF41 = 34 << 2, /* the socket's */
    DSCP_EF = 46 << 2
};

struct queued {
    struct tl_address to;
    uint16_t size;
    uint16_t next; /* of the same destination; NONE ends */
    bool sound;    /* marked EF; a run has one mark */
};
enum { NONE = 0xffff };

struct group {
    uint16_t first, last; /* in the queue */
};

struct tl_udp {
    int fd;
    bool ipv6, segments;
    struct in6_addr paths[PATHS_LIMIT]; /* own addresses packets came to; path n is n - 1 */
    uint16_t path_count;
    struct tl_udp_counters counters;
    uint32_t last_overflow;
    struct tl_hash_key key; /* of group_table */
    /* in */
    struct mmsghdr in[RECEIVE_BATCH];
    struct iovec in_parts[RECEIVE_BATCH];
    struct sockaddr_storage in_from[RECEIVE_BATCH];
    uint8_t in_control[RECEIVE_BATCH][128] __attribute__((aligned(16)));
    uint8_t (*in_data)[RECEIVE_STRIDE];
    /* out */
    struct queued queue[TL_UDP_QUEUE_LIMIT];
    size_t queued;
    uint8_t (*out_data)[TL_UDP_PACKET_ROOM];
    struct group groups[GROUPS_LIMIT];
    size_t group_count;
    uint16_t group_table[2 * GROUPS_LIMIT]; /* group index plus 1, by hash of the address */
    struct mmsghdr out[SEND_BATCH];
    struct sockaddr_storage out_to[SEND_BATCH];
    uint8_t out_control[SEND_BATCH][CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(int)) +
                                    CMSG_SPACE(sizeof(struct in6_pktinfo))]
        __attribute__((aligned(16)));
    struct iovec out_parts[TL_UDP_QUEUE_LIMIT];
    uint16_t out_counts[SEND_BATCH];
};

static void prepare_receive(struct tl_udp *udp)
{
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        udp->in_parts[i] = (struct iovec){ udp->in_data[i], RECEIVE_ROOM };
        udp->in[i].msg_hdr = (struct msghdr){ .msg_name = &udp->in_from[i],
                                              .msg_iov = &udp->in_parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = udp->in_control[i] };
    }
}

static enum tl_error open_socket(struct tl_udp *udp, const struct tl_address *bind_to)
{
    udp->ipv6 = !tl_address_is_ipv4(bind_to);
    udp->fd =
        socket(udp->ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (udp->fd < 0)
        return TL_ERROR_IO;
    int off = 0, on = 1, size = SOCKET_BUFFER, tos = DSCP_AF41;
    if (udp->ipv6) {
        (void)setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        (void)setsockopt(udp->fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
    }
    (void)setsockopt(udp->fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    /* the forced form needs a capability; the other is cut to net.core.rmem_max */
    if (setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(udp->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    /* a host with several addresses must answer from the one it was asked at: ICE compares */
    (void)setsockopt(udp->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (udp->ipv6)
        (void)setsockopt(udp->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    (void)setsockopt(udp->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(bind_to->port) };
    tl_address_to_socket(bind_to, &in6);
    memcpy(&in.sin_addr, bind_to->ip + 12, 4);
    int bound = udp->ipv6 ? bind(udp->fd, (struct sockaddr *)&in6, sizeof in6)
                          : bind(udp->fd, (struct sockaddr *)&in, sizeof in);
    return bound == 0 ? TL_OK : TL_ERROR_IO;
}

enum tl_error tl_udp_new(const struct tl_address *bind_to, struct tl_udp **ret_udp)
{
    struct tl_udp *udp = calloc(1, sizeof *udp);
    if (!udp)
        return TL_ERROR_MEMORY;
    udp->fd = -1;
    udp->segments = true;
    udp->key = tl_hash_key_new();
    udp->in_data = malloc((size_t)RECEIVE_BATCH * RECEIVE_STRIDE);
    udp->out_data = malloc((size_t)TL_UDP_QUEUE_LIMIT * TL_UDP_PACKET_ROOM);
    enum tl_error error = TL_ERROR_MEMORY;
    if (udp->in_data && udp->out_data)
        error = open_socket(udp, bind_to);
    if (error) {
        int saved = errno;
        tl_udp_free(udp);
        errno = saved;
        return error;
    }
    prepare_receive(udp);
    *ret_udp = udp;
    return TL_OK;
}

struct tl_udp *tl_udp_free(struct tl_udp *udp)
{
    if (!udp)
        return NULL;
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp->in_data);
    free(udp->out_data);
    free(udp);
    return NULL;
}

int tl_udp_fd(const struct tl_udp *udp)
{
    return udp->fd;
}

const struct tl_udp_counters *tl_udp_counters(const struct tl_udp *udp)
{
    return &udp->counters;
}

/* ---- in ---- */

static uint16_t path_of(struct tl_udp *udp, const struct in6_addr *own)
{
    for (uint16_t i = 0; i < udp->path_count; i++)
        if (memcmp(&udp->paths[i], own, sizeof *own) == 0)
            return (uint16_t)(i + 1);
    if (udp->path_count == PATHS_LIMIT)
        return 0;
    udp->paths[udp->path_count++] = *own;
    return udp->path_count;
}

static uint16_t path_of_ipv4(struct tl_udp *udp, struct in_addr own)
{
    struct in6_addr mapped = { 0 };
    mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
    memcpy(mapped.s6_addr + 12, &own, sizeof own);
    return path_of(udp, &mapped);
}

/* The size of the datagrams in a GRO message, the whole when there is one; and the path. */
static size_t read_control(struct tl_udp *udp, struct msghdr *message, size_t whole,
                           uint16_t *ret_path)
{
    size_t segment = whole;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(header), sizeof size);
            if (size > 0)
                segment = (size_t)size;
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_RXQ_OVFL) {
            uint32_t total;
            memcpy(&total, CMSG_DATA(header), sizeof total);
            udp->counters.kernel_dropped += total - udp->last_overflow;
            udp->last_overflow = total;
        } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof info);
            *ret_path = path_of_ipv4(udp, info.ipi_spec_dst);
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof info);
            if (!IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
                *ret_path = path_of(udp, &info.ipi6_addr);
        }
    }
    return segment;
}

bool tl_udp_receive(struct tl_udp *udp, tl_udp_receiver *receiver, void *context)
{
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        udp->in[i].msg_hdr.msg_namelen = sizeof udp->in_from[i];
        udp->in[i].msg_hdr.msg_controllen = sizeof udp->in_control[i];
    }
    int got = recvmmsg(udp->fd, udp->in, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    if (got <= 0)
        return false;
    tl_time_us now = tl_clock_monotonic();
    for (int i = 0; i < got; i++) {
        struct tl_address from;
        size_t left = udp->in[i].msg_len;
        udp->counters.received_messages++;
        if (udp->in[i].msg_hdr.msg_flags & MSG_TRUNC ||
            tl_address_from_socket(&udp->in_from[i], &from))
            continue;
        size_t segment = read_control(udp, &udp->in[i].msg_hdr, left, &from.path);
        uint8_t *data = udp->in_data[i];
        while (left > 0) {
            size_t size = left < segment ? left : segment;
            udp->counters.received_datagrams++;
            receiver(context, now, &from, data, size);
            data += size;
            left -= size;
        }
    }
    return got == RECEIVE_BATCH;
}

/* ---- out ---- */

uint8_t *tl_udp_begin(struct tl_udp *udp)
{
    if (udp->queued == TL_UDP_QUEUE_LIMIT || udp->group_count == GROUPS_LIMIT)
        tl_udp_flush(udp);
    return udp->out_data[udp->queued];
}

static struct group *group_of(struct tl_udp *udp, const struct tl_address *to)
{
    size_t i = tl_address_hash(to, &udp->key) % TL_COUNT_OF(udp->group_table);
    for (; udp->group_table[i]; i = (i + 1) % TL_COUNT_OF(udp->group_table)) {
        struct group *group = &udp->groups[udp->group_table[i] - 1];
        if (tl_address_equal(&udp->queue[group->first].to, to))
            return group;
    }
    struct group *group = &udp->groups[udp->group_count++];
    udp->group_table[i] = (uint16_t)udp->group_count;
    *group = (struct group){ NONE, NONE };
    return group;
}

static void queue(struct tl_udp *udp, const struct tl_address *to, size_t size, bool sound)
{
    uint16_t index = (uint16_t)udp->queued;
    struct group *group = group_of(udp, to);
    udp->queue[udp->queued++] = (struct queued){ *to, (uint16_t)size, NONE, sound };
    if (group->first == NONE)
        group->first = index;
    else
        udp->queue[group->last].next = index;
    group->last = index;
}

void tl_udp_queue(struct tl_udp *udp, const struct tl_address *to, size_t size)
{
    queue(udp, to, size, false);
}

void tl_udp_queue_sound(struct tl_udp *udp, const struct tl_address *to, size_t size)
{
    queue(udp, to, size, true);
}

static void set_destination(struct tl_udp *udp, size_t slot, const struct tl_address *to)
{
    struct msghdr *header = &udp->out[slot].msg_hdr;
    header->msg_name = &udp->out_to[slot];
    if (udp->ipv6) {
        tl_address_to_socket(to, (struct sockaddr_in6 *)&udp->out_to[slot]);
        header->msg_namelen = sizeof(struct sockaddr_in6);
    } else {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
        memcpy(&in.sin_addr, to->ip + 12, 4);
        memcpy(&udp->out_to[slot], &in, sizeof in);
        header->msg_namelen = sizeof in;
    }
}

static void add_control(struct msghdr *message, int level, int type, const void *data,
                        size_t size)
{
    struct cmsghdr *header =
        (struct cmsghdr *)((uint8_t *)message->msg_control + message->msg_controllen);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), data, size);
    message->msg_controllen += CMSG_SPACE(size);
}

/* The own address to leave from, the mark of sound, and the size of the pieces when the message is
 * a run. */
static void set_control(struct tl_udp *udp, size_t slot, const struct queued *first,
                        uint16_t segment)
{
    uint16_t path = first->to.path;
    struct msghdr *message = &udp->out[slot].msg_hdr;
    message->msg_control = udp->out_control[slot];
    message->msg_controllen = 0;
    /* the piece size comes first: a message sent singly leaves it out */
    if (segment)
        add_control(message, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    if (first->sound) {
        int mark = DSCP_EF;
        bool ipv4 = !udp->ipv6 || tl_address_is_ipv4(&first->to);
        add_control(message, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_TOS : IPV6_TCLASS,
                    &mark, sizeof mark);
    }
    if (path == 0 || path > udp->path_count)
        return;
    const struct in6_addr *own = &udp->paths[path - 1];
    if (IN6_IS_ADDR_V4MAPPED(own)) {
        struct in_pktinfo info = { 0 };
        memcpy(&info.ipi_spec_dst, own->s6_addr + 12, sizeof info.ipi_spec_dst);
        add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = { .ipi6_addr = *own };
        add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

/* From index on, the datagrams that can leave as one message: all of the first one's size, the
 * last may be shorter. Fills parts; gives what comes after. */
static uint16_t take_run(struct tl_udp *udp, uint16_t index, struct iovec *parts,
                         uint16_t *ret_count)
{
    uint16_t size = udp->queue[index].size, taken = 0;
    bool sound = udp->queue[index].sound;
    size_t bytes = 0;
    while (index != NONE && udp->queue[index].size <= size &&
           udp->queue[index].sound == sound &&
           bytes + udp->queue[index].size <= RUN_BYTES_LIMIT) {
        struct queued *queued = &udp->queue[index];
        parts[taken++] = (struct iovec){ udp->out_data[index], queued->size };
        bytes += queued->size;
        index = queued->next;
        if (queued->size < size || size > RUN_PIECE_LIMIT || !udp->segments ||
            taken == RUN_LIMIT)
            break;
    }
    *ret_count = taken;
    return index;
}

/* A run the kernel does not take (no UDP_SEGMENT on this route) goes out one by one. */
static void send_singly(struct tl_udp *udp, size_t slot)
{
    struct msghdr message = udp->out[slot].msg_hdr;
    message.msg_control = (uint8_t *)message.msg_control + CMSG_SPACE(sizeof(uint16_t));
    message.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    message.msg_iovlen = 1;
    for (uint16_t i = 0; i < udp->out_counts[slot]; i++) {
        message.msg_iov = udp->out[slot].msg_hdr.msg_iov + i;
        if (sendmsg(udp->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            udp->counters.send_dropped++;
    }
}

static void send_batch(struct tl_udp *udp, size_t count)
{
    size_t done = 0;
    while (done < count) {
        int sent = sendmmsg(udp->fd, udp->out + done, (unsigned)(count - done),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            done += (size_t)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            for (; done < count; done++) /* real-time media does not wait for room */
                udp->counters.send_dropped += udp->out_counts[done];
            return;
        }
        if (udp->out_counts[done] > 1) {
            /* these two say that this socket never will; EINVAL speaks of this run */
            udp->segments &= errno != EIO && errno != EOPNOTSUPP;
            send_singly(udp, done);
        } else {
            udp->counters.send_dropped++;
        }
        done++;
    }
}

void tl_udp_flush(struct tl_udp *udp)
{
    size_t messages = 0, parts = 0;
    for (size_t g = 0; g < udp->group_count; g++) {
        uint16_t index = udp->groups[g].first;
        while (index != NONE) {
            const struct queued *first = &udp->queue[index];
            uint16_t taken;
            udp->out[messages].msg_hdr = (struct msghdr){ .msg_iov = udp->out_parts + parts };
            set_destination(udp, messages, &first->to);
            uint16_t segment = first->size;
            index = take_run(udp, index, udp->out_parts + parts, &taken);
            udp->out[messages].msg_hdr.msg_iovlen = taken;
            udp->out_counts[messages] = taken;
            set_control(udp, messages, first, taken > 1 ? segment : 0);
            udp->counters.sent_messages++;
            udp->counters.sent_datagrams += taken;
            parts += taken;
            if (++messages == SEND_BATCH) {
                send_batch(udp, messages);
                messages = 0;
            }
        }
    }
    if (messages)
        send_batch(udp, messages);
    udp->queued = 0;
    udp->group_count = 0;
    memset(udp->group_table, 0, sizeof udp->group_table);
}
