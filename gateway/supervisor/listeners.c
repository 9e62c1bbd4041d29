#include "listeners.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

enum tl_error tl_listener_open(const char *address, int port, int *ret_fd)
{
    char service[16];
    struct addrinfo *found = NULL;
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return TL_ERROR_FORMAT;
    int on = 1, off = 0;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd >= 0 &&
        found->ai_family == AF_INET6) /* :: is both families, whatever the host says */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    bool well =
        fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    enum tl_error error = errno == EADDRINUSE ? TL_ERROR_EXISTS : TL_ERROR_IO;
    freeaddrinfo(found);
    if (well) {
        *ret_fd = fd;
        return TL_OK;
    }
    if (fd >= 0)
        close(fd);
    return error;
}
