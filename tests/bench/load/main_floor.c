/* What nothing on this machine can beat: recvmmsg with UDP_GRO, AES-128-GCM opened on EVP, one copy
 * to a ring, sealed for each receiver straight into that receiver's run, one UDP_SEGMENT message a
 * run at the end of each batch. No ICE, no DTLS, no numbers rewritten: who a packet is from is read
 * off its port, and the keys follow from the number (participant_known_keys).
 *
 *     usage: relay-floor PORT BASE COUNT GROUP CORE PAUSE
 *
 * PAUSE: microseconds to leave the socket alone after each look; at 0 it wakes for every batch. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "srtp/gcm.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    BATCH = 64,
    ROOM = 65536,
    PACKET = 1500,
    RUN_ROOM = 60000,
    RING = 512,
    BUFFER = 8 << 20,
    COUNT_LIMIT = 2048
};

struct receiver {
    struct tl_gcm *open, *seal;
    struct sockaddr_in address;
    uint8_t (*ring)[PACKET];
    uint8_t *run; /* RUN_ROOM bytes */
    size_t run_size, segment;
    bool closed; /* a shorter packet ended the run */
    bool listed;
};

static struct receiver receivers[COUNT_LIMIT];
static unsigned listed[COUNT_LIMIT], listed_count;
static int fd;

static void flush_run(struct receiver *to)
{
    if (!to->run_size)
        return;
    struct iovec part = { to->run, to->run_size };
    uint8_t control[CMSG_SPACE(sizeof(uint16_t))] __attribute__((aligned(16))) = { 0 };
    struct msghdr message = { .msg_name = &to->address,
                              .msg_namelen = sizeof to->address,
                              .msg_iov = &part,
                              .msg_iovlen = 1 };
    if (to->run_size > to->segment) {
        uint16_t segment = (uint16_t)to->segment;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = IPPROTO_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(header), &segment, sizeof segment);
    }
    (void)sendmsg(fd, &message, MSG_DONTWAIT);
    to->run_size = 0;
    to->closed = false;
}

static void forward(unsigned index, const uint8_t *plain, size_t header, size_t size,
                    uint32_t ssrc, uint64_t number)
{
    struct receiver *to = &receivers[index];
    size_t sealed = size + TL_GCM_TAG_SIZE;
    if (to->run_size && (to->closed || sealed > to->segment ||
                         to->run_size + sealed > RUN_ROOM || to->run_size >= 16 * to->segment))
        flush_run(to);
    if (!to->run_size)
        to->segment = sealed;
    to->closed = sealed < to->segment;
    uint8_t *at = to->run + to->run_size;
    memcpy(at, plain, size);
    if (tl_gcm_seal(to->seal, at, header, size, ssrc, number))
        return;
    to->run_size += sealed;
    if (!to->listed)
        listed[listed_count++] = index;
    to->listed = true;
}

static void take(unsigned index, unsigned group, uint8_t *data, size_t size)
{
    if (size < 32)
        return;
    size_t header = 12 + ((data[0] & 0x10) ? 4 + 4 * (size_t)(data[14] << 8 | data[15]) : 0);
    uint16_t sequence = (uint16_t)(data[2] << 8 | data[3]);
    uint32_t ssrc;
    memcpy(&ssrc, data + 8, 4);
    ssrc = ntohl(ssrc);
    /* runs are shorter than a roll-over of the sequence number */
    if (tl_gcm_open(receivers[index].open, data, header, size, ssrc, sequence))
        return;
    size -= TL_GCM_TAG_SIZE;
    if (size > PACKET)
        return;
    memcpy(receivers[index].ring[sequence % RING], data, size);
    unsigned first = index - index % group;
    for (unsigned i = first; i < first + group; i++)
        if (i != index)
            forward(i, data, header, size, ssrc, sequence);
}

static size_t segment_of(struct msghdr *message, size_t whole)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            return (size_t)size;
        }
    return whole;
}

static bool prepare(unsigned index, uint16_t port)
{
    struct receiver *r = &receivers[index];
    uint8_t key[28];
    memset(key, (int)(index & 0xff), sizeof key);
    if (tl_gcm_new(key, 16, TL_GCM_RTP, &r->seal))
        return false;
    key[0] ^= 0x55;
    if (tl_gcm_new(key, 16, TL_GCM_RTP, &r->open))
        return false;
    r->address = (struct sockaddr_in){ .sin_family = AF_INET,
                                       .sin_port = htons(port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    r->run = malloc(RUN_ROOM + PACKET);
    r->ring = calloc(RING, PACKET);
    return r->run && r->ring;
}

int main(int arguments, char **values)
{
    if (arguments != 7)
        return 2;
    struct timespec pause = { .tv_nsec = 1000L * atoi(values[6]) };
    (void)prctl(PR_SET_TIMERSLACK, 1);
    uint16_t port = (uint16_t)atoi(values[1]), base = (uint16_t)atoi(values[2]);
    unsigned count = (unsigned)atoi(values[3]), group = (unsigned)atoi(values[4]);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)atoi(values[5]), &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = { .sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, size = BUFFER;
    (void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    if (count > COUNT_LIMIT || bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
        return 1;
    for (unsigned i = 0; i < count; i++)
        if (!prepare(i, (uint16_t)(base + i)))
            return 1;
    static struct mmsghdr in[BATCH];
    static struct iovec parts[BATCH];
    static struct sockaddr_in from[BATCH];
    static uint8_t control[BATCH][64] __attribute__((aligned(16)));
    uint8_t *data = malloc((size_t)BATCH * ROOM);
    if (!data)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        for (unsigned i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){ data + (size_t)i * ROOM, ROOM };
            in[i].msg_hdr = (struct msghdr){ &from[i],   sizeof from[i],    &parts[i], 1,
                                             control[i], sizeof control[i], 0 };
        }
        int got = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < got; i++) {
            unsigned index = (unsigned)(ntohs(from[i].sin_port) - base);
            size_t whole = in[i].msg_len, segment = segment_of(&in[i].msg_hdr, whole);
            for (size_t at = 0; segment && index < count && at < whole; at += segment)
                take(index, group, data + (size_t)i * ROOM + at,
                     whole - at < segment ? whole - at : segment);
        }
        for (unsigned i = 0; i < listed_count; i++) {
            flush_run(&receivers[listed[i]]);
            receivers[listed[i]].listed = false;
        }
        listed_count = 0;
        if (pause.tv_nsec && got < BATCH)
            (void)nanosleep(&pause, NULL);
    }
}
