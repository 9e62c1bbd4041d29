/* The native participants' loop: it comes back when it was told to. */
#include "testing.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/loop.h"

/* A server that takes connections and says nothing, so that libwebsockets has a timer of its own. */
static int silent_server(char *url, size_t room)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(url, room, "wss://127.0.0.1:%u/ws", ntohs(at.sin_port));
    return fd;
}

static void nothing(void *context, json_t *event)
{
    (void)context, (void)event;
}

/* libwebsockets fires what is due before it sleeps: told of that by nobody it would sleep on, until
 * its own next timer. The alarm ends a test that hangs. */
static void a_turn_ends_when_it_is_due_also_at_once(void **state)
{
    (void)state;
    struct tl_loop *loop;
    struct tl_loop_seat *seat;
    char url[64];
    int server = silent_server(url, sizeof url);
    struct tl_loop_seat_config config = { .url = url,
                                          .ticket = "t",
                                          .language = "fr",
                                          .width = 160,
                                          .height = 90,
                                          .fps = 5,
                                          .kbps = 50,
                                          .event = nothing };
    assert_int_equal(tl_loop_new(NULL, NULL, &loop), TL_OK);
    assert_int_equal(tl_loop_add(loop, &config, &seat), TL_OK);
    alarm(60);
    tl_time_us began = tl_clock_monotonic();
    for (tl_time_us ahead = -3; ahead < 200; ahead++)
        tl_loop_turn(loop, tl_clock_monotonic() + ahead);
    alarm(0);
    assert_in_range(tl_clock_monotonic() - began, 0, 10 * TL_SECOND_US);
    tl_loop_free(loop);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_ends_when_it_is_due_also_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
