/* What a role hears on its channel to the supervisor, as a sequence of datagrams with descriptors:
 * every one is read, answered or refused, and no descriptor stays behind. Input: records of
 *
 *     u8 descriptors (of four)   u16 size   size bytes: the datagram, header and all */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/memory.h"
#include "base/role.h"
#include "channels/types.h"

enum { AT_ONCE = 32, DATAGRAM_LIMIT = 60000 };

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) /* a sequence brings 128 at most */
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void put(int fd, struct tl_bytes bytes, unsigned descriptors)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(4 * sizeof(int))];
    } control = { .room = { 0 } };
    int fds[4] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO };
    struct iovec part = { (void *)(uintptr_t)bytes.data, bytes.size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (descriptors) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
        memcpy(CMSG_DATA(header), fds, descriptors * sizeof(int));
    }
    (void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The role's loop: what it does with each event is to let go of what came with it. */
static void hear_all(struct tl_role *role)
{
    struct tl_channel_message message;
    struct tl_role_attach attach;
    for (int i = 0; i < 4 * AT_ONCE; i++) {
        switch (tl_role_receive(role, &message)) {
        case TL_ROLE_NOTHING:
        case TL_ROLE_ORPHANED: return;
        case TL_ROLE_ATTACH:
            if (tl_role_attach_read(&message, &attach) != TL_OK)
                break;
            if (attach.fd < 0 || !attach.role[0] || attach.index < 0 || attach.index > 255 ||
                strlen(attach.lane) >= TL_ROLE_WORD_SIZE)
                abort();
            close(attach.fd);
            break;
        case TL_ROLE_OTHER:
            if (message.type == TL_MESSAGE_RELOAD) {
                struct tl_role_reload reload;
                if (tl_role_reload_read(&message, &reload) != TL_OK)
                    break;
                if (reload.fds[0] < 0 || !reload.number || !reload.what[0])
                    abort();
                tl_role_reloaded(role, &reload, NULL, 0);
                break;
            }
            /* fall through */
        case TL_ROLE_STOP:
            for (unsigned k = 0; k < message.fd_count; k++)
                close(message.fds[k]);
            break;
        }
    }
    abort(); /* more events than datagrams */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    unsigned before = open_descriptors();
    if (tl_channel_pair(fds))
        return 0;
    struct tl_role role = { .name = "relay", .supervisor = tl_channel_new(fds[0]) };
    if (!role.supervisor)
        abort();
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    char answers[2048];
    for (int i = 0; i < AT_ONCE && r.left; i++) {
        unsigned descriptors = tl_read_u8(&r) % 5;
        struct tl_bytes datagram = tl_read_bytes(&r, tl_read_u16(&r));
        if (r.failed || datagram.size > DATAGRAM_LIMIT)
            break;
        put(fds[1], datagram, descriptors);
        if (i % 4 == 3) /* now and then, so that they also queue */
            hear_all(&role);
        while (recv(fds[1], answers, sizeof answers, MSG_DONTWAIT) > 0)
            ;
    }
    close(fds[1]);
    hear_all(&role);
    tl_role_close(&role);
    if (open_descriptors() != before)
        abort(); /* a descriptor stayed */
    return 0;
}
