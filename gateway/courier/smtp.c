#include "smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "message.h"

enum { CONNECT_SECONDS = 10, WHOLE_SECONDS = 60, REPLY_PERMANENT = 500 };

/* A sign-in or TLS is wanted, or was not to its liking (RFC 4954 section 6, RFC 3207 section 4). */
static const long sign_in_replies[] = { 530, 534, 535, 538 };

struct tl_smtp {
    struct tl_smtp_server server;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *to;
    struct tl_bytes left;
    bool under_way;
    char error[96];
};

struct tl_smtp *tl_smtp_new(const struct tl_smtp_server *server)
{
    struct tl_smtp *smtp = calloc(1, sizeof *smtp);
    if (!smtp)
        return NULL;
    smtp->server = *server;
    smtp->multi = curl_multi_init();
    smtp->easy = curl_easy_init();
    if (!smtp->multi || !smtp->easy)
        return tl_smtp_free(smtp);
    return smtp;
}

static void finish(struct tl_smtp *smtp)
{
    if (smtp->under_way)
        curl_multi_remove_handle(smtp->multi, smtp->easy);
    smtp->under_way = false;
    curl_slist_free_all(smtp->to);
    smtp->to = NULL;
}

struct tl_smtp *tl_smtp_free(struct tl_smtp *smtp)
{
    if (!smtp)
        return NULL;
    finish(smtp);
    curl_easy_cleanup(smtp->easy);
    curl_multi_cleanup(smtp->multi);
    free(smtp);
    return NULL;
}

static size_t give(char *buffer, size_t size, size_t count, void *context)
{
    struct tl_smtp *smtp = context;
    size_t piece = size * count < smtp->left.size ? size * count : smtp->left.size;
    if (piece)
        memcpy(buffer, smtp->left.data, piece);
    smtp->left.data += piece;
    smtp->left.size -= piece;
    return piece;
}

/* Clear text is for a server on this machine only. The host as libcurl itself will read it: a name
 * or a user that merely begins like one of these is elsewhere. */
static bool is_loopback(const char *url)
{
    static const char *const names[] = { "127.0.0.1", "[::1]", "localhost" };
    char *host = NULL;
    bool is = false;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        for (size_t i = 0; i < TL_COUNT_OF(names); i++)
            is = is || strcasecmp(host, names[i]) == 0;
    curl_free(host);
    curl_url_cleanup(parts);
    return is;
}

enum tl_error tl_smtp_begin(struct tl_smtp *smtp, struct tl_text to, struct tl_bytes content)
{
    char address[260], from[260];
    if (smtp->under_way)
        return TL_ERROR_STATE;
    int size = snprintf(address, sizeof address, "<%.*s>", (int)to.size, to.data);
    struct tl_text sender = tl_message_address(tl_text(smtp->server.from));
    int from_size = snprintf(from, sizeof from, "<%.*s>", (int)sender.size, sender.data);
    if (size >= (int)sizeof address || from_size >= (int)sizeof from)
        return TL_ERROR_LIMIT;
    CURL *easy = smtp->easy;
    curl_easy_reset(easy);
    smtp->to = curl_slist_append(NULL, address);
    if (!smtp->to)
        return TL_ERROR_MEMORY;
    smtp->left = content;
    curl_easy_setopt(easy, CURLOPT_URL, smtp->server.url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, smtp->to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, smtp);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)content.size);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)WHOLE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(is_loopback(smtp->server.url) ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (smtp->server.ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, smtp->server.ca_file);
    if (smtp->server.user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->server.user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, smtp->server.password);
    }
    if (curl_multi_add_handle(smtp->multi, easy) != CURLM_OK) {
        finish(smtp);
        return TL_ERROR_MEMORY;
    }
    smtp->under_way = true;
    return TL_OK;
}

static bool is_about_sign_in(long reply)
{
    for (size_t i = 0; i < TL_COUNT_OF(sign_in_replies); i++)
        if (sign_in_replies[i] == reply)
            return true;
    return false;
}

/* A 5xx to the recipient or the data is the far side's final word; 5xx to our sign-in, or for want
 * of one, is our own configuration and may be mended. */
static enum tl_error judge(struct tl_smtp *smtp, CURLcode code)
{
    long reply = 0;
    curl_easy_getinfo(smtp->easy, CURLINFO_RESPONSE_CODE, &reply);
    if (code == CURLE_OK) {
        smtp->error[0] = 0;
        return TL_OK;
    }
    snprintf(smtp->error, sizeof smtp->error, "smtp: %s (reply %ld)", curl_easy_strerror(code),
             reply);
    bool final = reply >= REPLY_PERMANENT && !is_about_sign_in(reply) &&
                 (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
                  code == CURLE_RECV_ERROR);
    return final ? TL_ERROR_AUTH : TL_ERROR_AWAY;
}

enum tl_error tl_smtp_work(struct tl_smtp *smtp, int extra_fd, int wait_ms)
{
    int running = 0, waiting = 0;
    struct curl_waitfd extra = { .fd = extra_fd, .events = CURL_WAIT_POLLIN };
    if (!smtp->under_way)
        return TL_ERROR_STATE;
    if (curl_multi_perform(smtp->multi, &running) != CURLM_OK) {
        finish(smtp);
        return TL_ERROR_AWAY;
    }
    for (CURLMsg *done; (done = curl_multi_info_read(smtp->multi, &waiting));)
        if (done->msg == CURLMSG_DONE) {
            enum tl_error error = judge(smtp, done->data.result);
            finish(smtp);
            return error;
        }
    curl_multi_poll(smtp->multi, &extra, 1, wait_ms, NULL);
    return TL_ERROR_AGAIN;
}

const char *tl_smtp_last_error(const struct tl_smtp *smtp)
{
    return smtp->error;
}
