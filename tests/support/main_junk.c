/* What anybody can send to a media port: random bytes, cut STUN, STUN whose integrity is wrong, DTLS
 * and RTP from addresses nobody knows. For tests that show that calls do not feel it.
 *
 *     junk PORT PER_SECOND SECONDS UFRAG
 *
 * To 127.0.0.1; UFRAG is a live participant's, so that integrity is really computed. Prints how
 * many left as {"sent":n}. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/stun.h"

enum { SOCKETS = 16, BATCH = 64, KINDS = 5, ROOM = 1200 };

static uint64_t random_state = 88172645463325252ull;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static size_t write_stun(uint8_t *packet, const char *ufrag)
{
    char username[300];
    size_t size = 0;
    int length = snprintf(username, sizeof username, "%s:peer", ufrag);
    struct tl_stun_message message = { .method = TL_STUN_BINDING,
                                       .username = { username, (size_t)length },
                                       .has_controlling = true };
    if (tl_stun_write(&message, tl_text("a password that is wrong"), packet, ROOM, &size))
        exit(2);
    return size;
}

static size_t write_junk(uint8_t *packet, unsigned kind, const char *ufrag)
{
    for (size_t i = 0; i < ROOM; i += sizeof(uint64_t)) {
        uint64_t word = next_random();
        memcpy(packet + i, &word, sizeof word);
    }
    size_t size = 1 + next_random() % (ROOM - 1);
    switch (kind) {
    case 0: break;                                             /* random */
    case 1: size = write_stun(packet, ufrag); return size / 2; /* cut */
    case 2: return write_stun(packet, ufrag);                  /* wrong integrity */
    case 3:
        packet[0] = 22, packet[1] = 0xfe, packet[2] = 0xfd; /* DTLS handshake */
        break;
    default:
        packet[0] = 0x80, packet[1] = 96; /* RTP */
        break;
    }
    return size;
}

int main(int count, char **arguments)
{
    if (count != 5)
        return 2;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)atoi(arguments[1])),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    double per_second = atof(arguments[2]), seconds = atof(arguments[3]);
    static uint8_t packets[BATCH][ROOM];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    int sockets[SOCKETS];
    for (int i = 0; i < SOCKETS; i++)
        sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] =
            (struct iovec){ packets[i], write_junk(packets[i], i % KINDS, arguments[4]) };
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &parts[i], .msg_iovlen = 1
        };
    }
    tl_time_us started = tl_clock_monotonic(), now = started;
    uint64_t sent = 0;
    while (now - started < (tl_time_us)(seconds * TL_SECOND_US)) {
        uint64_t due = (uint64_t)((double)(now - started) * per_second / TL_SECOND_US);
        if (sent < due) {
            int done = sendmmsg(sockets[sent / BATCH % SOCKETS], messages, BATCH, 0);
            sent += done > 0 ? (uint64_t)done : 0;
        } else {
            nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
        }
        now = tl_clock_monotonic();
    }
    printf("{\"sent\":%llu}\n", (unsigned long long)sent);
    return 0;
}
