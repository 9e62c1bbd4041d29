/* teleloire-door: everything that listens to the internet on TCP. Started by the supervisor. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "acceptor.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sandbox_roles.h"
#include "base/secret.h"
#include "door.h"
#include "exchange.h"

enum { DESCRIPTORS = 32768, NAME_SIZE = TL_ID_SIZE };

static const struct lws_protocols web_protocols[] = {
    { .name = "http",
      .callback = tl_http_callback,
      .per_session_data_size = sizeof(struct tl_http_session) },
    { .name = "teleloire.v1",
      .callback = tl_websocket_callback,
      .per_session_data_size = sizeof(struct tl_websocket_session),
      .rx_buffer_size = TL_EXCHANGE_READ_BYTES },
    { 0 },
};
static const struct lws_protocols metrics_protocols[] = {
    { .name = "http", .callback = tl_metrics_callback, .per_session_data_size = 64 },
    { 0 },
};
static const struct lws_protocols inside_protocols[] = {
    { .name = "channel", .callback = tl_peer_callback },
    { .name = "web-listener", .callback = tl_listener_callback },
    { .name = "metrics-listener", .callback = tl_listener_callback },
    { .name = "acceptor", .callback = tl_acceptor_callback },
    { 0 },
};
static const lws_retry_bo_t validity = { .secs_since_valid_ping = TL_HUB_PING_AFTER_S,
                                         .secs_since_valid_hangup = TL_HUB_SILENCE_S };

struct tl_door *tl_door_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

struct tl_hub_time tl_door_now(void)
{
    return (struct tl_hub_time){ .monotonic = tl_clock_monotonic(), .wall = tl_clock_wall() };
}

/* ---- making ---- */

/* A name nobody can send as Host: lws would move the connection to the vhost so named. */
static const char *secret_name(char buffer[NAME_SIZE])
{
    tl_random_id(buffer);
    return buffer;
}

static bool make_vhosts(struct tl_door *door)
{
    static char names[2][NAME_SIZE];
    struct lws_context_creation_info web = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = door->config.server.public_name,
        .protocols = web_protocols,
        .ssl_cert_filepath = door->config.tls.certificate,
        .ssl_private_key_filepath = door->config.tls.key,
        /* TLS 1.2 with forward secrecy and AEAD, and TLS 1.3 (RFC 9325 section 4.2). */
        .ssl_cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                           "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                           "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
        .tls1_3_plus_cipher_list = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                   "TLS_CHACHA20_POLY1305_SHA256",
        .ssl_options_set = (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                  SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE),
        .alpn = door->config.server.http2 ? "h2,http/1.1" : "http/1.1",
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .keepalive_timeout = 30,
        .timeout_secs = 15,
        .retry_and_idle_policy = &validity,
    };
    struct lws_context_creation_info other = { .port = CONTEXT_PORT_NO_LISTEN,
                                               .keepalive_timeout = 5,
                                               .timeout_secs = 10 };
    door->web = lws_create_vhost(door->context, &web);
    other.vhost_name = secret_name(names[0]);
    other.protocols = metrics_protocols;
    door->metrics = lws_create_vhost(door->context, &other);
    other.vhost_name = secret_name(names[1]);
    other.protocols = inside_protocols;
    door->inside = lws_create_vhost(door->context, &other);
    return door->web && door->metrics && door->inside;
}

static void no_words(int level, const char *line)
{
    (void)level, (void)line; /* its lines quote what peers sent */
}

static bool make_context(struct tl_door *door)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    bool words = getenv("TELELOIRE_DOOR_TRACE") != NULL;
    lws_set_log_level(words ? LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO : LLL_ERR,
                      words ? NULL : no_words);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .user = door,
        .pt_serv_buf_size = TL_EXCHANGE_READ_BYTES,
        .max_http_header_data = 12 * 1024,
        .timeout_secs = 15,
    };
    door->context = lws_create_context(&info);
    return door->context != NULL;
}

/* Its own set of descriptors, in lws' loop as one; lws closes what it adopts. */
static bool make_acceptor(struct tl_door *door)
{
    const struct tl_acceptor_user user = { .context = door,
                                           .turn_name = door->config.relay.turn_name,
                                           .sorted = tl_connection_sorted };
    if (tl_acceptor_new(&user, &door->acceptor))
        return false;
    int fd = dup(tl_acceptor_fd(door->acceptor));
    return fd >= 0 && lws_adopt_descriptor_vhost(door->inside, LWS_ADOPT_RAW_FILE_DESC,
                                                 (lws_sock_file_fd_type){ .filefd = fd },
                                                 "acceptor", NULL);
}

static const char *make(struct tl_door *door)
{
    struct tl_pool_actions pool;
    struct tl_hub_actions hub;
    uint64_t secret;
    switch (tl_pages_load(door->config.server.web_root, &door->pages)) {
    case TL_OK: break;
    case TL_ERROR_MISSING: return "web_root holds no index.html";
    case TL_ERROR_LIMIT: return "web_root holds more, or larger files, than the pages may be";
    default: return "web_root cannot be read";
    }
    door->rates = malloc(sizeof *door->rates);
    /* A table of pointers. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    door->clients = calloc(TL_HUB_CLIENTS_LIMIT, sizeof *door->clients);
    tl_door_hub_actions(door, &hub);
    door->hub = tl_hub_new(&hub);
    if (door->hub && door->config.relay.shared_port && door->config.relay.turn_name[0])
        tl_hub_set_turn(door->hub, door->config.relay.turn_name,
                        (uint16_t)door->config.server.port);
    if (!door->rates || !door->clients || !door->hub)
        return "out of memory";
    tl_random_bytes(&secret, sizeof secret);
    tl_rates_init(door->rates, secret);
    tl_door_pool_actions(door, &pool);
    tl_pool_init(&door->pool, &pool);
    door->descriptors_fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!make_context(door))
        return "libwebsockets could not start";
    const char *why = tl_tls_open(&door->tls, &door->config, tl_clock_wall());
    if (why)
        return why;
    if (!make_vhosts(door))
        return "the certificate or key of [tls] cannot be used";
    if (!make_acceptor(door))
        return "the acceptor could not start";
    if (tl_sandbox_enter_role(TL_SANDBOX_DOOR, NULL, NULL))
        return "the sandbox cannot be entered";
    return tl_peers_open(door) ? "the supervisor's channel cannot be waited on" : NULL;
}

/* ---- running ---- */

/* What is due is done behind lws_service, which is to return: it fires alarms before it sleeps, and would
 * then sleep until its own next one. */
static void wake(lws_sorted_usec_list_t *alarm)
{
    struct tl_door *door = lws_container_of(alarm, struct tl_door, alarm);
    lws_cancel_service(door->context);
}

static void tend(struct tl_door *door)
{
    struct tl_hub_time now = tl_door_now();
    tl_pool_tick(&door->pool, now.monotonic);
    tl_acceptor_tick(door->acceptor, now.monotonic);
    tl_peers_tell_failed(door);
    if (tl_hub_next_deadline(door->hub) <= now.monotonic)
        tl_hub_tick(door->hub, now);
    tl_peers_ask_health(door, now.monotonic);
    tl_time_us next = door->health.ask_at > now.monotonic ? door->health.ask_at
                                                          : now.monotonic + TL_SECOND_US;
    tl_time_us pool = tl_pool_next_deadline(&door->pool);
    tl_time_us hub = tl_hub_next_deadline(door->hub);
    next = pool < next ? pool : next;
    next = hub < next ? hub : next;
    if (door->stop_by && door->stop_by < next)
        next = door->stop_by;
    if (door->failed_sessions || next <= now.monotonic)
        next = now.monotonic + TL_MILLISECOND_US;
    lws_sul_schedule(door->context, 0, &door->alarm, wake, next - now.monotonic);
}

static bool is_over(struct tl_door *door)
{
    tl_time_us now = tl_clock_monotonic();
    if (door->orphaned)
        return true;
    if (!door->stopping)
        return false;
    if (!door->stop_by) {
        door->stop_by = now + TL_DOOR_STOP_WITHIN_US;
        tl_hub_stop(door->hub, tl_door_now());
        for (size_t i = 0; i < TL_DOOR_LISTENERS; i++)
            if (door->listeners[i])
                lws_set_timeout(door->listeners[i], PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    return now >= door->stop_by || (door->client_count == 0 && door->exchange_count == 0);
}

int main(int count, char **arguments)
{
    static struct tl_door door;
    struct tl_config_problem problem;
    signal(SIGPIPE, SIG_IGN);
    if (tl_role_open("door", count, arguments, &door.role))
        return 2;
    if (tl_config_read(door.role.config_path, &door.config, &problem)) {
        tl_role_failed(&door.role, problem.why);
        return 1;
    }
    tl_log_open("door", door.role.index, (enum tl_log_level)door.config.server.log_level);
    door.started_at = tl_clock_monotonic();
    const char *why = make(&door);
    if (why) {
        tl_role_failed(&door.role, why);
        return 1;
    }
    tl_log(TL_LOG_INFO, "door.ready", TL_INTEGER("files", tl_pages_count(door.pages)));
    tl_role_ready(&door.role);
    while (!is_over(&door)) {
        tend(&door);
        if (lws_service(door.context, 0) < 0)
            break;
    }
    tl_log(TL_LOG_INFO, "door.stopped", TL_BOOLEAN("orphaned", door.orphaned));
    lws_context_destroy(door.context);
    door.acceptor = tl_acceptor_free(door.acceptor);
    door.hub = tl_hub_free(door.hub);
    tl_numbers_free(&door);
    tl_tls_close(&door.tls);
    tl_pages_free(door.pages);
    free(door.rates);
    free((void *)door.clients);
    tl_role_close(&door.role);
    return 0;
}
