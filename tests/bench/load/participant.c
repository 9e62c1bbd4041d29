/* The transport of one participant: its socket, ICE as the controlling side, DTLS in
 * either role. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "media/rtp.h"

enum { SOCKET_BUFFER = 1 << 20, READ_BATCH = 16 };

static void stream_init(struct participant *participant, struct stream *stream, bool video)
{
    stream->owner = participant;
    stream->video = video;
    /* known beforehand, so that a run can be repeated */
    stream->ssrc = 0x10000u * (participant->index + 1) + (video ? 2 : 1);
    stream->number = 1000;
}

/* By its place in the numbering. Where a peer wants another connection for receiving (--split), the
 * first half sends and the second receives. */
static void give_part(const struct load *load, struct participant *p)
{
    unsigned people = load->split ? load->count / 2 : load->count;
    unsigned person = p->index % people;
    p->room = person / load->group;
    p->sends = p->index < people && person % load->group < load->senders;
}

bool participant_open(struct load *load, unsigned index)
{
    struct participant *p = &load->participants[index];
    struct sockaddr_in own = { .sin_family = AF_INET,
                               .sin_port = htons((uint16_t)(load->base_port + index)),
                               .sin_addr.s_addr = INADDR_ANY };
    int size = SOCKET_BUFFER;
    p->index = index;
    give_part(load, p);
    p->port = (uint16_t)(load->base_port + index);
    p->dtls_due = INT64_MAX;
    tl_ice_client_init(&p->ice);
    p->ice.tie_breaker = UINT64_MAX; /* a peer that would control as well gives way */
    feedback_init(p);
    stream_init(p, &p->audio, false);
    stream_init(p, &p->video, true);
    p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&own, sizeof own) != 0)
        return false;
    if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    int on = 1;
    (void)setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };
    return epoll_ctl(load->epoll, EPOLL_CTL_ADD, p->fd, &event) == 0;
}

static bool connect_to(struct participant *p, const struct tl_address *to)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
    memcpy(&in.sin_addr, to->ip + 12, 4);
    p->remote = *to;
    return connect(p->fd, (struct sockaddr *)&in, sizeof in) == 0;
}

bool participant_remote(struct load *load, struct participant *p, const char *ufrag,
                        const char *password, const char *fingerprint,
                        const struct tl_address *to)
{
    struct tl_seat_answer answer = { .candidates = { *to }, .candidate_count = 1 };
    if (tl_text_copy(tl_text(ufrag), answer.ufrag, sizeof answer.ufrag) ||
        tl_text_copy(tl_text(password), answer.password, sizeof answer.password) ||
        tl_dtls_fingerprint_read(tl_text(fingerprint), answer.fingerprint) ||
        tl_dtls_new(load->identity, load->role, answer.fingerprint, &p->dtls))
        return false;
    tl_ice_client_start(&p->ice, tl_clock_monotonic(), &answer);
    return connect_to(p, to);
}

static bool start_srtp(struct load *load, struct participant *p,
                       const struct tl_srtp_keys *keys)
{
    if (tl_srtp_new(keys, &p->srtp) || tl_srtp_add_sender(p->srtp, p->audio.ssrc) ||
        tl_srtp_add_sender(p->srtp, p->video.ssrc))
        return false;
    p->connected = true;
    load->profiles |= 1u << keys->profile;
    load->connected++;
    return true;
}

/* A full agent checks us too, and waits for our answer (RFC 8445 section 7.3). */
static bool answer_check(struct participant *p, struct tl_bytes datagram)
{
    struct tl_stun_message request;
    uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    size_t size;
    if (tl_stun_read(datagram, &request) || request.class_ != TL_STUN_REQUEST ||
        tl_stun_verify(datagram, &request, tl_text(p->ice.password)))
        return false;
    struct tl_stun_message answer = { .class_ = TL_STUN_SUCCESS,
                                      .method = TL_STUN_BINDING,
                                      .has_mapped = true,
                                      .mapped = p->remote };
    memcpy(answer.transaction, request.transaction, sizeof answer.transaction);
    if (!tl_stun_write(&answer, tl_text(p->ice.password), buffer, sizeof buffer, &size))
        (void)send(p->fd, buffer, size, MSG_DONTWAIT);
    return true;
}

/* Against the floor, which has no signalling: both sides know the keys by the number. */
bool participant_known_keys(struct load *load, struct participant *p,
                            const struct tl_address *to)
{
    struct tl_srtp_keys keys = { .profile = TL_SRTP_AEAD_AES_128_GCM };
    memset(keys.local, (int)(p->index & 0xff), 28);
    memset(keys.remote, (int)(p->index & 0xff), 28);
    keys.local[0] ^= 0x55;
    return connect_to(p, to) && start_srtp(load, p, &keys);
}

static void follow_dtls(struct load *load, struct participant *p, tl_time_us now)
{
    struct tl_bytes datagram;
    while (tl_dtls_next_output(p->dtls, &datagram))
        (void)send(p->fd, datagram.data, datagram.size, MSG_DONTWAIT);
    tl_time_us timeout = tl_dtls_timeout(p->dtls);
    p->dtls_due = timeout < 0 ? INT64_MAX : now + timeout;
    struct tl_srtp_keys keys;
    if (tl_dtls_state(p->dtls) == TL_DTLS_CONNECTED && !p->srtp &&
        !tl_dtls_keys(p->dtls, &keys))
        (void)start_srtp(load, p, &keys);
}

static void input(struct load *load, struct participant *p, tl_time_us now, uint8_t *data,
                  size_t size)
{
    struct tl_bytes datagram = tl_bytes(data, size);
    bool confirmed = p->ice.confirmed;
    switch (tl_packet_classify(datagram)) {
    case TL_PACKET_STUN:
        if (p->dtls && answer_check(p, datagram))
            break;
        tl_ice_client_input(&p->ice, now, &p->remote, datagram);
        if (!confirmed && p->ice.confirmed) {
            tl_dtls_start(p->dtls);
            follow_dtls(load, p, now);
        }
        break;
    case TL_PACKET_DTLS:
        if (p->dtls) {
            tl_dtls_input(p->dtls, datagram);
            follow_dtls(load, p, now);
        }
        break;
    case TL_PACKET_RTP:
        if (p->srtp)
            stream_receive(load, p, now, data, size);
        break;
    case TL_PACKET_RTCP:
        if (p->srtp)
            feedback_receive(p, now, data, size);
        break;
    case TL_PACKET_UNKNOWN: break;
    }
}

/* When the kernel got it: what we are late in reading is not the relay's doing, and a receiver's
 * feedback that told of our lateness would make the relay send less. */
static tl_time_us arrival_of(const struct load *load, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            return stamp.tv_sec * TL_SECOND_US + stamp.tv_nsec / 1000 - load->wall_offset;
        }
    return tl_clock_monotonic();
}

void participant_read(struct load *load, struct participant *p)
{
    static uint8_t data[READ_BATCH][2048], control[READ_BATCH][64] __attribute__((aligned(16)));
    struct mmsghdr in[READ_BATCH];
    struct iovec parts[READ_BATCH];
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < READ_BATCH; i++) {
            parts[i] = (struct iovec){ data[i], sizeof data[i] };
            in[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
                                             .msg_iovlen = 1,
                                             .msg_control = control[i],
                                             .msg_controllen = sizeof control[i] };
        }
        int got = recvmmsg(p->fd, in, READ_BATCH, MSG_DONTWAIT, NULL);
        if (got < 0 && errno == ECONNREFUSED)
            continue;
        for (int i = 0; i < got; i++)
            input(load, p, arrival_of(load, &in[i].msg_hdr), data[i], in[i].msg_len);
        if (got < READ_BATCH)
            return;
    }
}

void participant_tick(struct load *load, struct participant *p, tl_time_us now)
{
    uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    size_t size;
    struct tl_address to;
    if (p->srtp && load->answers)
        feedback_tick(p, now);
    if (!p->dtls)
        return;
    while (tl_ice_client_next_output(&p->ice, now, buffer, &size, &to))
        (void)send(p->fd, buffer, size, MSG_DONTWAIT);
    if (now >= p->dtls_due) {
        tl_dtls_tick(p->dtls);
        follow_dtls(load, p, now);
    }
}
