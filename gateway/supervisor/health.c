#include "gateway/health.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_LIMIT = 4096, PATIENCE_S = 5 };

static size_t exchange(int fd, char *buffer, size_t size)
{
    static const char question[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: "
                                   "close\r\n\r\n";
    size_t used = 0;
    if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) != sizeof question - 1)
        return 0;
    for (ssize_t got; used + 1 < size; used += (size_t)got) {
        got = recv(fd, buffer + used, size - 1 - used, 0);
        if (got <= 0)
            break;
        buffer[used + (size_t)got] = 0;
        if (strstr(buffer, "\r\n\r\n{") && buffer[used + (size_t)got - 1] == '}')
            return used + (size_t)got;
    }
    return used;
}

enum tl_error tl_health_ask(int metrics_port, char *ret_text, size_t size)
{
    char answer[ANSWER_LIMIT] = "";
    struct timeval patience = { .tv_sec = PATIENCE_S };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)metrics_port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return TL_ERROR_IO;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    size_t used = 0;
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        used = exchange(fd, answer, sizeof answer);
    close(fd);
    const char *body = used ? strstr(answer, "\r\n\r\n{") : NULL;
    if (!body || strlen(body + 4) >= size)
        return TL_ERROR_AWAY;
    snprintf(ret_text, size, "%s", body + 4);
    return strncmp(answer, "HTTP/1.1 200 ", 13) == 0 ? TL_OK : TL_ERROR_STATE;
}
