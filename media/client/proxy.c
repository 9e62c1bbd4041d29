#include "proxy.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { HTTP_PORT = 80, PROXY_PORT = 3128, TURNS_PORT = 5349 };

static bool take_prefix(struct tl_text *text, const char *prefix)
{
    if (!tl_text_starts_with(*text, prefix))
        return false;
    text->data += strlen(prefix);
    text->size -= strlen(prefix);
    return true;
}

/* HOST, HOST:PORT, [HOST], [HOST]:PORT */
static enum tl_error read_host(struct tl_text text, char host[TL_PROXY_TEXT_SIZE],
                               uint16_t *port)
{
    struct tl_text name;
    uint64_t number;
    if (take_prefix(&text, "[")) {
        if (!tl_text_split(&text, ']', &name) || (text.size && !take_prefix(&text, ":")))
            return TL_ERROR_FORMAT;
    } else {
        (void)tl_text_split(&text, ':', &name);
    }
    if (text.size) {
        if (tl_text_u64(text, UINT16_MAX, &number) || number == 0)
            return TL_ERROR_FORMAT;
        *port = (uint16_t)number;
    }
    /* what goes into a request line has no room for more than a name */
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] <= ' ' || name.data[i] == 0x7f)
            return TL_ERROR_FORMAT;
    return name.size == 0 || tl_text_copy(name, host, TL_PROXY_TEXT_SIZE) ? TL_ERROR_FORMAT
                                                                          : TL_OK;
}

enum tl_error tl_proxy_read(const char *url, struct tl_proxy *ret_proxy)
{
    struct tl_proxy proxy = { .port = PROXY_PORT };
    if (!*url)
        return TL_ERROR_FORMAT;
    struct tl_text rest = tl_text(url), user;
    if (take_prefix(&rest, "http://"))
        proxy.port = HTTP_PORT;
    else if (strstr(url, "://"))
        return TL_ERROR_FORMAT;
    const char *at = memchr(rest.data, '@', rest.size);
    if (at) {
        (void)tl_text_split(&rest, '@', &user);
        char *end = proxy.authorization + 6;
        if (user.size >= TL_PROXY_TEXT_SIZE)
            return TL_ERROR_FORMAT;
        memcpy(proxy.authorization, "Basic ", 6);
        (void)EVP_EncodeBlock((unsigned char *)end, (const unsigned char *)user.data,
                              (int)user.size);
    }
    if (rest.size && rest.data[rest.size - 1] == '/')
        rest.size--;
    if (read_host(rest, proxy.host, &proxy.port))
        return TL_ERROR_FORMAT;
    *ret_proxy = proxy;
    return TL_OK;
}

enum tl_error tl_proxy_request_write(const struct tl_proxy *proxy, const char *host,
                                     uint16_t port, char *buffer, size_t room, size_t *ret_size)
{
    bool ipv6 = strchr(host, ':') != NULL;
    struct tl_writer w = tl_writer(buffer, room);
    char name[TL_PROXY_TEXT_SIZE + 16];
    snprintf(name, sizeof name, "%s%s%s:%u", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
    tl_write_format(&w, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", name, name);
    if (proxy->authorization[0])
        tl_write_format(&w, "Proxy-Authorization: %s\r\n", proxy->authorization);
    tl_write_format(&w, "\r\n");
    *ret_size = w.used;
    return w.failed ? TL_ERROR_LIMIT : TL_OK;
}

enum tl_error tl_proxy_answer_read(struct tl_bytes bytes, unsigned *ret_status,
                                   size_t *ret_size)
{
    static const char begin[] = "HTTP/1.";
    size_t known = sizeof begin - 1;
    struct tl_text text = { (const char *)bytes.data, bytes.size };
    if (memcmp(text.data, begin, text.size < known ? text.size : known) != 0)
        return TL_ERROR_FORMAT;
    const char *end = memmem(text.data, text.size, "\r\n\r\n", 4);
    if (!end)
        return text.size >= TL_PROXY_ANSWER_LIMIT ? TL_ERROR_FORMAT : TL_ERROR_AGAIN;
    uint64_t status;
    struct tl_text version, word;
    (void)tl_text_split(&text, ' ', &version);
    (void)tl_text_split(&text, ' ', &word);
    if (word.size > 3)
        word.size = 3;
    if (version.size != 8 || tl_text_u64(word, 599, &status) || status < 100)
        return TL_ERROR_FORMAT;
    *ret_status = (unsigned)status;
    *ret_size = (size_t)(end - (const char *)bytes.data) + 4;
    return TL_OK;
}

enum tl_error tl_turn_url_read(const char *url, char ret_host[TL_PROXY_TEXT_SIZE],
                               uint16_t *ret_port)
{
    struct tl_text rest = tl_text(url), host;
    if (!take_prefix(&rest, "turns:"))
        return TL_ERROR_FORMAT;
    (void)tl_text_split(&rest, '?', &host);
    if (rest.size && !tl_text_is(rest, "transport=tcp"))
        return TL_ERROR_FORMAT;
    *ret_port = TURNS_PORT;
    return read_host(host, ret_host, ret_port);
}
