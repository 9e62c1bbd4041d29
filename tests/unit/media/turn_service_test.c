/* TURN's connections: real TLS over loopback, a datagram there and back, and the edges. */
#include "testing.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "media/turn_service.h"

#include "counting_allocator.h"

static char certificate[64], key_file[64];
static struct tl_turn_service *service;
static int listener, relay; /* relay: the media port of "our relay" */
static uint16_t relay_port;
static tl_time_us now;
static const char user[] = "0123456789abcdef0123456789abcdef",
                  password[] = "0123456789abcdef012345";

static long valid_s = 3600;
static bool named; /* for the name of the service */

static int write_certificate(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), valid_s);
    X509_set_pubkey(x, key);
    if (named) {
        X509_EXTENSION *names =
            X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:turn.example.fr");
        X509_add_ext(x, names, -1);
        X509_EXTENSION_free(names);
    }
    X509_sign(x, key, EVP_sha256());
    snprintf(certificate, sizeof certificate, "/tmp/tl-turn-%d.crt", (int)getpid());
    snprintf(key_file, sizeof key_file, "/tmp/tl-turn-%d.key", (int)getpid());
    FILE *file = fopen(certificate, "w");
    PEM_write_X509(file, x);
    fclose(file);
    file = fopen(key_file, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(x);
    EVP_PKEY_free(key);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    return setrlimit(RLIMIT_NOFILE, &files);
}

static int remove_certificate(void **state)
{
    (void)state;
    unlink(certificate);
    unlink(key_file);
    return 0;
}

static int bound(int type, uint16_t *ret_port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof in;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, size), 0);
    getsockname(fd, (struct sockaddr *)&in, &size);
    *ret_port = ntohs(in.sin_port);
    return fd;
}

static int set_up(void **state)
{
    (void)state;
    uint16_t port;
    const char *problem = NULL;
    now = 1;
    relay = bound(SOCK_DGRAM, &relay_port);
    listener = bound(SOCK_STREAM, &port);
    if (listen(listener, 16) != 0)
        return -1;
    struct tl_turn_service_config config = { .certificate = certificate,
                                             .key = key_file,
                                             .name = "turn.example.fr",
                                             .bind_to = tl_address_ipv4(127, 0, 0, 1, 0),
                                             .own = { tl_address_ipv4(127, 0, 0, 1, 0) },
                                             .own_count = 1,
                                             .first_port = relay_port,
                                             .port_count = 1 };
    return tl_turn_service_new(&config, &service, &problem) ||
           tl_turn_user_put(tl_turn_service_core(service), now, tl_text(user),
                            tl_text(password), 3600 * (tl_time_us)TL_SECOND_US);
}

static int tear_down(void **state)
{
    (void)state;
    service = tl_turn_service_free(service);
    close(listener);
    close(relay);
    return 0;
}

/* Connected from an address, and handed over. */
static int connect_from(const char *address, enum tl_error *ret_error)
{
    struct sockaddr_in in, from = { .sin_family = AF_INET };
    socklen_t size = sizeof in;
    getsockname(listener, (struct sockaddr *)&in, &size);
    inet_pton(AF_INET, address, &from.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, size), 0);
    int served = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    *ret_error = tl_turn_service_adopt(service, now, served);
    return fd;
}

struct client {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

/* The service is served until the client has what it waits for. */
static int pump(struct client *client, int (*step)(struct client *, void *), void *argument)
{
    for (unsigned i = 0; i < 1000; i++) {
        int done = step(client, argument);
        if (done > 0)
            return done;
        int error = SSL_get_error(client->ssl, done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return -1;
        struct pollfd waiting[] = { { .fd = client->fd, .events = POLLIN },
                                    { .fd = tl_turn_service_fd(service), .events = POLLIN } };
        assert_true(poll(waiting, 2, 5000) > 0);
        tl_turn_service_serve(service, now);
    }
    return -1;
}

static int handshake(struct client *client, void *argument)
{
    (void)argument;
    return SSL_connect(client->ssl);
}

struct piece {
    uint8_t data[2048];
    size_t used;
};

static int read_some(struct client *client, void *argument)
{
    struct piece *piece = argument;
    int got = SSL_read(client->ssl, piece->data, sizeof piece->data);
    piece->used = got > 0 ? (size_t)got : 0;
    return got;
}

static struct client open_client(void)
{
    enum tl_error error;
    struct client client = { .context = SSL_CTX_new(TLS_client_method()) };
    client.fd = connect_from("127.0.0.1", &error);
    assert_int_equal(error, TL_OK);
    assert_int_equal(fcntl(client.fd, F_SETFL, O_NONBLOCK), 0);
    client.ssl = SSL_new(client.context);
    SSL_set_fd(client.ssl, client.fd);
    assert_int_equal(pump(&client, handshake, NULL), 1);
    return client;
}

static void close_client(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
}

static struct tl_turn_message ask(struct client *client, struct tl_turn_message message,
                                  const uint8_t *key, struct piece *piece)
{
    uint8_t bytes[512];
    size_t size;
    struct tl_turn_message reply;
    assert_int_equal(tl_turn_write(&message, key, bytes, sizeof bytes, &size), TL_OK);
    assert_int_equal(SSL_write(client->ssl, bytes, (int)size), (int)size);
    assert_true(pump(client, read_some, piece) > 0);
    assert_int_equal(tl_turn_read(tl_bytes(piece->data, piece->used), &reply), TL_OK);
    return reply;
}

/* 401, then an allocation and a channel to our relay. */
static void allocate(struct client *client, struct tl_address *ret_relayed)
{
    struct piece piece;
    char nonce[64];
    uint8_t key[TL_TURN_KEY_SIZE];
    struct tl_turn_message message = { .method = TL_TURN_ALLOCATE,
                                       .has_transport = true,
                                       .transport = 17 };
    struct tl_turn_message reply = ask(client, message, NULL, &piece);
    assert_int_equal(reply.error_code, 401);
    assert_int_equal(tl_text_copy(reply.nonce, nonce, sizeof nonce), TL_OK);
    assert_int_equal(tl_turn_key(tl_text(user), reply.realm, tl_text(password), key), TL_OK);
    message.username = tl_text(user);
    message.realm = TL_TEXT("turn.example.fr");
    message.nonce = tl_text(nonce);
    reply = ask(client, message, key, &piece);
    assert_int_equal(reply.error_code, 0);
    *ret_relayed = reply.relayed;
    message.method = TL_TURN_CHANNEL_BIND;
    message.has_transport = false;
    message.has_channel = true;
    message.channel = 0x4001;
    message.peers[0] = tl_address_ipv4(127, 0, 0, 1, relay_port);
    message.peer_count = 1;
    assert_int_equal(ask(client, message, key, &piece).error_code, 0);
}

static void a_datagram_goes_to_our_relay_from_the_relayed_address_and_back(void **state)
{
    (void)state;
    struct client client = open_client();
    struct tl_address relayed;
    allocate(&client, &relayed);
    assert_int_equal(SSL_write(client.ssl, "\x40\x01\x00\x05hello\0\0\0", 12), 12);
    struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_turn_service_serve(service, now);
    char got[16];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    assert_int_equal(recvfrom(relay, got, sizeof got, 0, (struct sockaddr *)&from, &size), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(ntohs(from.sin_port), relayed.port);
    assert_int_equal(sendto(relay, "world!", 6, 0, (struct sockaddr *)&from, size), 6);
    struct piece piece;
    assert_int_equal(pump(&client, read_some, &piece), 12);
    assert_memory_equal(piece.data, "\x40\x01\x00\x06world!\0\0", 12);
    close_client(&client);
}

static void its_client_sees_a_certificate_good_for(long seconds)
{
    struct client client = open_client();
    X509 *seen = SSL_get1_peer_certificate(client.ssl);
    int days, left;
    assert_int_equal(ASN1_TIME_diff(&days, &left, NULL, X509_get0_notAfter(seen)), 1);
    assert_in_range(days * 86400L + left, seconds - 60, seconds);
    X509_free(seen);
    close_client(&client);
    int64_t told = tl_turn_service_certificate_ends_s(service) - time(NULL);
    assert_in_range(told, seconds - 60, seconds);
}

/* A file that was only replaced changes nothing: who renews must know until when the one in use is good. */
static void
a_renewed_certificate_is_served_from_the_next_start_on_and_the_end_is_told(void **state)
{
    (void)state;
    its_client_sees_a_certificate_good_for(3600);
    valid_s = 7200;
    assert_int_equal(write_certificate(NULL), 0);
    its_client_sees_a_certificate_good_for(3600);
    (void)tear_down(NULL);
    assert_int_equal(set_up(NULL), 0);
    its_client_sees_a_certificate_good_for(7200);
    valid_s = 3600;
    assert_int_equal(write_certificate(NULL), 0);
}

static void a_certificate_is_exchanged_under_a_connection_that_goes_on(void **state)
{
    (void)state;
    char why[TL_WHY_SIZE];
    struct client client = open_client();
    valid_s = 7200;
    assert_int_equal(write_certificate(NULL), 0);
    int file = open(certificate, O_RDONLY), key = open(key_file, O_RDONLY);
    /* Not for this name: refused, and the old one stays. */
    assert_int_equal(tl_turn_service_exchange(service, file, key, tl_clock_wall(), why),
                     TL_ERROR_MISSING);
    assert_true(strstr(why, "not for the name"));
    its_client_sees_a_certificate_good_for(3600);
    close(file);
    close(key);
    named = true;
    assert_int_equal(write_certificate(NULL), 0);
    file = open(certificate, O_RDONLY), key = open(key_file, O_RDONLY);
    assert_int_equal(tl_turn_service_exchange(service, file, key, tl_clock_wall(), why), TL_OK);
    its_client_sees_a_certificate_good_for(7200);
    close(file);
    close(key);
    struct piece piece;
    static const uint8_t binding[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
    assert_int_equal(SSL_write(client.ssl, binding, sizeof binding), sizeof binding);
    assert_true(pump(&client, read_some, &piece) > 0);
    assert_int_equal(tl_turn_service_counters(service)->certificates_exchanged, 1);
    assert_int_equal(tl_turn_service_counters(service)->certificates_refused, 1);
    close_client(&client);
    valid_s = 3600;
    named = false;
    assert_int_equal(write_certificate(NULL), 0);
}

/* ---- memory ---- */

/* What OpenSSL takes and gives back inside its calls is its own. */
#define UNHEARD_SSL(name, type)                                                                \
    int name(SSL *ssl, type *data, int size)                                                   \
    {                                                                                          \
        static int (*call)(SSL *, type *, int);                                                \
        unheard++;                                                                             \
        if (!call)                                                                             \
            *(void **)&call = dlsym(RTLD_NEXT, #name);                                         \
        int result = call(ssl, data, size);                                                    \
        unheard--;                                                                             \
        return result;                                                                         \
    }
UNHEARD_SSL(SSL_read, void)
UNHEARD_SSL(SSL_write, const void)

static void nothing_is_allocated_for_data_over_turn(void **state)
{
    (void)state;
    struct client client = open_client();
    struct tl_address relayed;
    allocate(&client, &relayed);
    static uint8_t message[4 + 1000] = { 0x40, 0x01, 1000 >> 8, 1000 & 0xff };
    long taken = 0;
    for (unsigned i = 0; i < 200; i++) {
        uint8_t got[1100];
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        assert_int_equal(SSL_write(client.ssl, message, sizeof message), sizeof message);
        while (recvfrom(relay, got, sizeof got, MSG_DONTWAIT, (struct sockaddr *)&from, &size) <
               0) {
            struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
            assert_int_equal(poll(&waiting, 1, 5000), 1);
            long before = calls;
            tl_turn_service_serve(service, now);
            taken += i > 5 ? calls - before : 0;
        }
        assert_int_equal(sendto(relay, got, 900, 0, (struct sockaddr *)&from, size), 900);
        struct piece piece;
        for (size_t back = 0; back < 4 + 900;) {
            struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
            if (poll(&waiting, 1, 10) == 1) {
                long before = calls;
                tl_turn_service_serve(service, now);
                tl_turn_service_tick(service, now);
                taken += i > 5 ? calls - before : 0;
            }
            if (read_some(&client, &piece) > 0)
                back += piece.used;
        }
    }
    assert_int_equal(taken, 0);
    assert_true(tl_turn_service_counters(service)->to_peers >= 200);
    assert_true(tl_turn_service_counters(service)->from_peers >= 200);
    close_client(&client);
}

static void
when_its_user_is_ended_a_running_allocation_ends_and_its_connection_with_it(void **state)
{
    (void)state;
    struct client client = open_client();
    struct tl_address relayed;
    allocate(&client, &relayed);
    tl_turn_user_end(tl_turn_service_core(service), tl_text(user));
    tl_turn_service_sweep(service, now);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(relayed.port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    assert_int_equal(sendto(relay, "late", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
    struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_turn_service_serve(service, now);
    assert_int_equal(tl_turn_service_counters(service)->from_peers, 0);
    assert_int_equal(tl_turn_service_counters(service)->dropped, 1);
    now += TL_TURN_IDLE_US;
    tl_turn_service_tick(service, now);
    assert_int_equal(tl_turn_service_count(service), 0);
    close_client(&client);
}

static void a_connection_without_an_allocation_is_closed_after_ten_seconds(void **state)
{
    (void)state;
    enum tl_error error;
    int fd = connect_from("127.0.0.1", &error);
    tl_turn_service_tick(service, now + TL_TURN_IDLE_US - 1);
    assert_int_equal(tl_turn_service_count(service), 1);
    tl_turn_service_sweep(service, now + TL_TURN_IDLE_US);
    assert_int_equal(tl_turn_service_count(service), 0);
    assert_int_equal(tl_turn_service_counters(service)->closed_idle, 1);
    close(fd);
}

static void what_is_no_tls_ends_the_connection(void **state)
{
    (void)state;
    enum tl_error error;
    int fd = connect_from("127.0.0.1", &error);
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_turn_service_serve(service, now);
    assert_int_equal(tl_turn_service_count(service), 0);
    assert_int_equal(tl_turn_service_counters(service)->closed_tls, 1);
    close(fd);
}

static void an_address_holds_128_connections_and_not_one_more(void **state)
{
    (void)state;
    static int fds[TL_TURN_OF_ADDRESS_LIMIT + 1];
    enum tl_error error;
    for (unsigned i = 0; i <= TL_TURN_OF_ADDRESS_LIMIT; i++) {
        fds[i] = connect_from("127.0.0.1", &error);
        assert_int_equal(error, i < TL_TURN_OF_ADDRESS_LIMIT ? TL_OK : TL_ERROR_LIMIT);
    }
    assert_int_equal(tl_turn_service_counters(service)->turned_away, 1);
    for (unsigned i = 0; i <= TL_TURN_OF_ADDRESS_LIMIT; i++)
        close(fds[i]);
}

/* 256 at most; strangers push out the oldest stranger, and nobody who holds an allocation. */
static void in_a_full_table_strangers_crowd_out_each_other_only(void **state)
{
    (void)state;
    static int fds[2 * TL_TURN_CONNECTIONS_LIMIT];
    struct client client = open_client();
    struct tl_address relayed;
    allocate(&client, &relayed);
    enum tl_error error;
    unsigned count = 0;
    for (unsigned host = 2; count < TL_TURN_CONNECTIONS_LIMIT + 10; host++) {
        char address[16];
        snprintf(address, sizeof address, "127.0.0.%u", host);
        for (unsigned i = 0; i < 100; i++, count++) {
            now++;
            fds[count] = connect_from(address, &error);
            assert_int_equal(error, TL_OK);
        }
    }
    assert_int_equal(tl_turn_service_count(service), TL_TURN_CONNECTIONS_LIMIT);
    assert_int_equal(tl_turn_service_counters(service)->closed_idle,
                     count + 1 - TL_TURN_CONNECTIONS_LIMIT);
    assert_int_equal(SSL_write(client.ssl, "\x40\x01\x00\x05hello\0\0\0", 12), 12);
    struct pollfd waiting = { .fd = tl_turn_service_fd(service), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_turn_service_serve(service, now);
    char got[16];
    assert_int_equal(recv(relay, got, sizeof got, 0), 5);
    close_client(&client);
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_datagram_goes_to_our_relay_from_the_relayed_address_and_back),
        TEST(nothing_is_allocated_for_data_over_turn),
        TEST(a_renewed_certificate_is_served_from_the_next_start_on_and_the_end_is_told),
        TEST(a_certificate_is_exchanged_under_a_connection_that_goes_on),
        TEST(when_its_user_is_ended_a_running_allocation_ends_and_its_connection_with_it),
        TEST(a_connection_without_an_allocation_is_closed_after_ten_seconds),
        TEST(what_is_no_tls_ends_the_connection),
        TEST(an_address_holds_128_connections_and_not_one_more),
        TEST(in_a_full_table_strangers_crowd_out_each_other_only),
    };
    return cmocka_run_group_tests(tests, write_certificate, remove_certificate);
}
