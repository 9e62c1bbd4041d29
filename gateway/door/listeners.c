/* The listening sockets (the supervisor holds them, so that a door that dies loses none), accepting,
 * and counting connections by address. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acceptor.h"
#include "base/log.h"
#include "base/memory.h"
#include "door.h"

enum { ACCEPTS_AT_ONCE = 32 };

struct connection {
    struct tl_rate_key key;
};

void tl_listener_adopt(struct tl_door *door, const char *name, int fd)
{
    bool metrics = strcmp(name, "metrics") == 0;
    struct lws **place = &door->listeners[metrics ? 1 : 0];
    if (*place || (!metrics && strcmp(name, "web") != 0)) {
        close(fd);
        return;
    }
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *place = lws_adopt_descriptor_vhost(door->inside, LWS_ADOPT_RAW_FILE_DESC,
                                        (lws_sock_file_fd_type){ .filefd = fd },
                                        metrics ? "metrics-listener" : "web-listener", NULL);
    if (!*place)
        tl_log(TL_LOG_ERROR, "door.listener_failed", TL_WORD("listener", name));
}

const struct tl_rate_key *tl_connection_key(struct lws *wsi)
{
    struct connection *connection = lws_get_opaque_user_data(lws_get_network_wsi(wsi));
    return connection ? &connection->key : NULL;
}

static void uncount(struct tl_door *door, struct connection *connection)
{
    tl_rates_disconnected(door->rates, connection->key);
    free(connection);
}

void tl_connection_closed(struct tl_door *door, struct lws *wsi)
{
    struct connection *connection = lws_get_opaque_user_data(wsi);
    if (!connection)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    uncount(door, connection);
}

/* NULL: turned away, and not counted. */
static struct connection *admit(struct tl_door *door, int fd, tl_time_us now)
{
    char address[64];
    tl_autofree struct connection *connection = malloc(sizeof *connection);
    if (!connection || door->stopping || tl_acceptor_address(fd, address, sizeof address) ||
        tl_rate_key_read(address, &connection->key) ||
        tl_rates_connected(door->rates, connection->key, now))
        return NULL;
    return TL_TAKE(connection);
}

static void take_web(struct tl_door *door, int fd)
{
    tl_time_us now = tl_clock_monotonic();
    door->counts.accepted++;
    struct connection *connection = admit(door, fd, now);
    if (!connection) {
        door->counts.turned_away++;
        close(fd);
        return;
    }
    if (door->config.relay.shared_port)
        tl_acceptor_take(door->acceptor, now, fd, connection);
    else
        tl_connection_sorted(door, fd, connection, TL_FIRST_BYTES_HTTPS, 0);
}

void tl_connection_sorted(void *context, int fd, void *its_connection,
                          enum tl_first_bytes verdict, unsigned relay)
{
    struct tl_door *door = context;
    struct connection *connection = its_connection;
    if (verdict == TL_FIRST_BYTES_HTTPS) {
        struct lws *wsi = lws_adopt_socket_vhost(door->web, fd); /* closes fd when it fails */
        if (wsi)
            lws_set_opaque_user_data(wsi, connection);
        else
            uncount(door, connection);
        return;
    }
    bool turn = verdict == TL_FIRST_BYTES_TURN;
    if (verdict == TL_FIRST_BYTES_NONE)
        door->counts.turned_away++;
    else if (tl_relay_give(door, turn ? tl_relay_next(door) : relay, turn ? "turn" : "ice", fd))
        door->counts.handed++;
    else
        door->counts.unhandable++;
    close(fd);                 /* the relay has its own */
    uncount(door, connection); /* and counts its connections itself */
}

int tl_acceptor_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                         void *in, size_t size)
{
    (void)user, (void)in, (void)size;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        tl_acceptor_serve(tl_door_of(wsi)->acceptor);
    return 0;
}

static void accept_all(struct tl_door *door, int listener, bool metrics)
{
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE)
                door->counts.turned_away++;
            return;
        }
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        if (metrics)
            (void)lws_adopt_socket_vhost(door->metrics, fd);
        else
            take_web(door, fd);
    }
}

int tl_listener_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                         void *in, size_t size)
{
    (void)user, (void)in, (void)size;
    struct tl_door *door = tl_door_of(wsi);
    bool metrics = strcmp(lws_get_protocol(wsi)->name, "metrics-listener") == 0;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        accept_all(door, lws_get_socket_fd(wsi), metrics);
    else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE)
        door->listeners[metrics ? 1 : 0] = NULL;
    return 0;
}
