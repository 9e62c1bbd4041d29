#include "acceptor.h"

#include <netdb.h>
#include <sys/socket.h>

enum tl_accept_kind tl_acceptor_sort(int fd)
{
    (void)fd;
    return TL_ACCEPT_HTTPS;
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
