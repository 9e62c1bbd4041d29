#include "listeners.h"

#include <errno.h>
#include <netdb.h>
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
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
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
