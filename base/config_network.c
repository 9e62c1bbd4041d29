#include "config_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { LAST_PORT = 65535 };

static bool read_address(struct tl_text text, struct in_addr *ret_four,
                         struct in6_addr *ret_six, bool *ret_is_four)
{
    char copy[INET6_ADDRSTRLEN];
    if (tl_text_copy(text, copy, sizeof copy))
        return false;
    *ret_is_four = inet_pton(AF_INET, copy, ret_four) == 1;
    return *ret_is_four || inet_pton(AF_INET6, copy, ret_six) == 1;
}

bool tl_config_is_address(struct tl_text text)
{
    struct in_addr four;
    struct in6_addr six;
    bool is_four;
    return read_address(text, &four, &six, &is_four);
}

static bool is_public_address(struct tl_text text)
{
    struct in_addr four;
    struct in6_addr six;
    bool is_four;
    if (!read_address(text, &four, &six, &is_four))
        return false;
    if (is_four)
        return four.s_addr != htonl(INADDR_ANY) && !IN_MULTICAST(ntohl(four.s_addr)) &&
               four.s_addr != htonl(INADDR_BROADCAST);
    return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_MULTICAST(&six);
}

static struct tl_text without_blanks(struct tl_text text)
{
    while (text.size && (*text.data == ' ' || *text.data == '\t'))
        text.data++, text.size--;
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

bool tl_config_are_public_addresses(struct tl_text list)
{
    struct tl_text part;
    size_t count = 0;
    for (bool more = true; more; count++) {
        more = tl_text_split(&list, ',', &part);
        if (count == TL_CONFIG_ADDRESSES_LIMIT || !is_public_address(without_blanks(part)))
            return false;
    }
    return true;
}

static bool is_within(int port, int first, int count)
{
    return port && first && port >= first && port < first + count;
}

bool tl_config_ports_fit(const struct tl_config *config, char *why, size_t size)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int relays = config->relay.processes ? config->relay.processes : cores > 0 ? (int)cores : 1;
    const struct {
        const char *name;
        int first;
    } ranges[] = { { "udp_port", config->relay.udp_port },
                   { "tcp_port", config->relay.tcp_port } };
    for (size_t i = 0; i < TL_COUNT_OF(ranges); i++)
        if (ranges[i].first > LAST_PORT + 1 - relays) {
            snprintf(why, size, "[relay] %s %d leaves no port for %d relays: %d is the highest",
                     ranges[i].name, ranges[i].first, relays, LAST_PORT + 1 - relays);
            return false;
        }
    const struct {
        const char *name;
        int port;
    } own[] = { { "port", config->server.port },
                { "metrics_port", config->server.metrics_port } };
    for (size_t i = 0; i < TL_COUNT_OF(own); i++)
        if (is_within(own[i].port, config->relay.tcp_port, relays)) {
            snprintf(why, size, "[server] %s %d is also a relay's TCP port (%d to %d)",
                     own[i].name, own[i].port, config->relay.tcp_port,
                     config->relay.tcp_port + relays - 1);
            return false;
        }
    if (own[0].port == own[1].port) {
        snprintf(why, size, "[server] port and metrics_port are both %d", own[0].port);
        return false;
    }
    return true;
}

/* As OpenID Connect Discovery 1.0 section 3 has it: https, neither query nor fragment; and, as tokens
 * name it letter by letter, no blank, no user and no slash at the end. */
static bool is_issuer(const char *text)
{
    static const char scheme[] = "https://";
    size_t size = strlen(text), start = sizeof scheme - 1;
    if (size <= start || memcmp(text, scheme, start) != 0 || text[size - 1] == '/' ||
        text[start] == '/')
        return false;
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr("?#@\"<>\\^`{|}", *at))
            return false;
    return true;
}

bool tl_config_provider_fits(const struct tl_config *config, char *why, size_t size)
{
    if (!config->psc.issuer[0])
        return true;
    if (!is_issuer(config->psc.issuer)) {
        snprintf(why, size, "[psc] issuer is not https://HOST/PATH without a slash at the end");
        return false;
    }
    if (!config->psc.client_id[0] || !config->psc.client_secret_file[0]) {
        snprintf(why, size, "[psc] issuer needs client_id and client_secret_file beside it");
        return false;
    }
    return true;
}

enum tl_error tl_config_public_url(const struct tl_config *config, char *buffer, size_t size)
{
    int used = config->server.port == 443
                   ? snprintf(buffer, size, "https://%s", config->server.public_name)
                   : snprintf(buffer, size, "https://%s:%d", config->server.public_name,
                              config->server.port);
    return used > 0 && (size_t)used < size ? TL_OK : TL_ERROR_LIMIT;
}
