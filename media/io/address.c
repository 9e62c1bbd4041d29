#include "media/address.h"

#include <arpa/inet.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool tl_address_is_ipv4(const struct tl_address *address)
{
    return memcmp(address->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

struct tl_address tl_address_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    struct tl_address address = { .port = port };
    memcpy(address.ip, mapped_prefix, sizeof mapped_prefix);
    address.ip[12] = a;
    address.ip[13] = b;
    address.ip[14] = c;
    address.ip[15] = d;
    return address;
}

enum tl_error tl_address_from_socket(const void *socket_address, struct tl_address *ret_address)
{
    sa_family_t family;
    memcpy(&family, (const char *)socket_address + offsetof(struct sockaddr, sa_family),
           sizeof family);
    if (family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, socket_address, sizeof in6);
        *ret_address = (struct tl_address){ .port = ntohs(in6.sin6_port) };
        memcpy(ret_address->ip, &in6.sin6_addr, sizeof ret_address->ip);
        return TL_OK;
    }
    if (family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, socket_address, sizeof in);
        uint8_t ip[4];
        memcpy(ip, &in.sin_addr, sizeof ip);
        *ret_address = tl_address_ipv4(ip[0], ip[1], ip[2], ip[3], ntohs(in.sin_port));
        return TL_OK;
    }
    return TL_ERROR_UNSUPPORTED;
}

void tl_address_to_socket(const struct tl_address *address, struct sockaddr_in6 *ret_socket)
{
    *ret_socket =
        (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(address->port) };
    memcpy(&ret_socket->sin6_addr, address->ip, sizeof address->ip);
}

enum tl_error tl_address_read(struct tl_text ip, uint16_t port, struct tl_address *ret_address)
{
    char text[TL_ADDRESS_TEXT_SIZE];
    if (tl_text_copy(ip, text, sizeof text))
        return TL_ERROR_FORMAT;
    struct in_addr in;
    struct in6_addr in6;
    if (inet_pton(AF_INET, text, &in) == 1) {
        uint8_t bytes[4];
        memcpy(bytes, &in, sizeof bytes);
        *ret_address = tl_address_ipv4(bytes[0], bytes[1], bytes[2], bytes[3], port);
        return TL_OK;
    }
    if (inet_pton(AF_INET6, text, &in6) == 1) {
        *ret_address = (struct tl_address){ .port = port };
        memcpy(ret_address->ip, &in6, sizeof in6);
        return TL_OK;
    }
    return TL_ERROR_FORMAT;
}

void tl_address_write_ip(const struct tl_address *address, char buffer[TL_ADDRESS_TEXT_SIZE])
{
    if (tl_address_is_ipv4(address))
        (void)inet_ntop(AF_INET, address->ip + 12, buffer, TL_ADDRESS_TEXT_SIZE);
    else
        (void)inet_ntop(AF_INET6, address->ip, buffer, TL_ADDRESS_TEXT_SIZE);
}

uint64_t tl_address_hash(const struct tl_address *address, const struct tl_hash_key *key)
{
    uint8_t compared[sizeof address->ip + sizeof address->port + sizeof address->stream];
    memcpy(compared, address->ip, sizeof address->ip);
    memcpy(compared + 16, &address->port, sizeof address->port);
    memcpy(compared + 18, &address->stream, sizeof address->stream);
    return tl_hash(key, tl_bytes(compared, sizeof compared));
}
