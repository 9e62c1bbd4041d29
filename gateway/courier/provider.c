#include "provider.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"

enum { HTTP_OK = 200, HTTP_MANY = 429, HTTP_THEIR_FAULT = 500, EVENTS = 16 };
#define NOBODY (~0u)

enum step { IDLE, DISCOVERY, KEYS, TOKENS, PERSON };

struct work {
    struct tl_provider *provider;
    enum step step; /* IDLE: free */
    struct tl_provider_ask ask;
    unsigned asker; /* NOBODY: gone, or ourselves */
    uint32_t request;
    tl_time_us until;
    CURL *easy;
    struct curl_slist *headers;
    struct tl_provider_tokens tokens;
    char form[TL_PROVIDER_FORM_SIZE];
    uint8_t answer[TL_PROVIDER_ANSWER_LIMIT];
    size_t size;
    bool too_large;
};

struct tl_provider {
    const struct tl_provider_settings *settings;
    tl_provider_done done;
    void *context;
    CURLM *multi;
    int waiting, timer; /* epoll over curl's sockets and the timer */
    struct tl_provider_endpoints endpoints;
    tl_time_us endpoints_until; /* 0: not known */
    char *user, *password;      /* form-encoded (RFC 6749 section 2.3.1) */
    struct work works[TL_PROVIDER_ASKS_LIMIT];
};

/* ---- curl waits on our epoll ---- */

static int watch(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct tl_provider *provider = context;
    struct epoll_event event = { .data = { .fd = fd } };
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(provider->waiting, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(provider->waiting, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    curl_multi_assign(provider->multi, fd, provider);
    return 0;
}

static int wake(CURLM *multi, long milliseconds, void *context)
{
    struct tl_provider *provider = context;
    struct itimerspec at = { 0 }; /* -1: never */
    (void)multi;
    if (milliseconds == 0)
        at.it_value.tv_nsec = 1;
    if (milliseconds > 0)
        at.it_value = (struct timespec){ .tv_sec = milliseconds / 1000,
                                         .tv_nsec = milliseconds % 1000 * 1000000 };
    return timerfd_settime(provider->timer, 0, &at, NULL);
}

/* ---- one transfer ---- */

static size_t keep(char *data, size_t size, size_t count, void *context)
{
    struct work *work = context;
    size_t bytes = size * count;
    if (bytes > sizeof work->answer - work->size) {
        work->too_large = true;
        return 0; /* ends the transfer */
    }
    memcpy(work->answer + work->size, data, bytes);
    work->size += bytes;
    return bytes;
}

static void wipe_headers(struct work *work)
{
    for (struct curl_slist *header = work->headers; header; header = header->next)
        tl_secret_wipe(header->data, strlen(header->data));
    curl_slist_free_all(work->headers);
    work->headers = NULL;
}

static void add_header(struct work *work, const char *text)
{
    struct curl_slist *longer = curl_slist_append(work->headers, text);
    if (longer)
        work->headers = longer;
}

/* The one policy. */
static void set_policy(struct work *work, const char *url)
{
    const struct tl_provider_settings *settings = work->provider->settings;
    CURL *easy = work->easy;
    tl_time_us left_ms = (work->until - tl_clock_monotonic()) / TL_MILLISECOND_US;
    long most_ms = left_ms < 1                         ? 1
                   : left_ms > TL_PROVIDER_TRANSFER_MS ? TL_PROVIDER_TRANSFER_MS
                                                       : (long)left_ms;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, work);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)TL_PROVIDER_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, most_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)TL_PROVIDER_ANSWER_LIMIT);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, work);
    if (settings->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
}

static void end(struct work *work, enum tl_error error, const char *detail, json_t *json,
                struct tl_bytes raw)
{
    struct tl_provider *provider = work->provider;
    struct tl_provider_answer answer = {
        .error = error, .detail = detail, .json = json, .raw = raw
    };
    provider->done(provider->context, work->asker, work->request, work->ask.what, &answer);
    wipe_headers(work);
    json_decref(work->tokens.json);
    work->tokens = (struct tl_provider_tokens){ 0 };
    tl_secret_wipe(work->answer, work->size);
    tl_secret_wipe(work->form, sizeof work->form);
    tl_secret_wipe(&work->ask, sizeof work->ask);
    work->step = IDLE;
}

static void fail(struct work *work, enum tl_error error, const char *detail)
{
    end(work, error, detail, NULL, tl_bytes(NULL, 0));
}

static void begin(struct work *work, enum step step)
{
    struct tl_provider *provider = work->provider;
    const struct tl_provider_settings *settings = provider->settings;
    char discovery[TL_PROVIDER_URL_SIZE + 64];
    snprintf(discovery, sizeof discovery, "%s/.well-known/openid-configuration",
             settings->issuer);
    const char *const urls[] = { [DISCOVERY] = discovery,
                                 [KEYS] = provider->endpoints.keys,
                                 [TOKENS] = provider->endpoints.token,
                                 [PERSON] = provider->endpoints.userinfo };
    work->step = step;
    work->size = 0;
    work->too_large = false;
    wipe_headers(work);
    set_policy(work, urls[step]);
    add_header(work, step == PERSON ? "Accept: application/json, application/jwt"
                                    : "Accept: application/json");
    if (step == TOKENS) {
        if (tl_provider_form_write(&work->ask, settings->redirect, work->form)) {
            fail(work, TL_ERROR_FORMAT, "the code is too long");
            return;
        }
        curl_easy_setopt(work->easy, CURLOPT_POSTFIELDS, work->form);
        curl_easy_setopt(work->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(work->easy, CURLOPT_USERNAME, provider->user);
        curl_easy_setopt(work->easy, CURLOPT_PASSWORD, provider->password);
    }
    if (step == PERSON) {
        curl_easy_setopt(work->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(work->easy, CURLOPT_XOAUTH2_BEARER, work->tokens.access);
    }
    curl_easy_setopt(work->easy, CURLOPT_HTTPHEADER, work->headers);
    if (curl_multi_add_handle(provider->multi, work->easy) != CURLM_OK)
        fail(work, TL_ERROR_AWAY, "out of memory");
}

/* ---- from step to step ---- */

static void tell_endpoints(struct work *work)
{
    const struct tl_provider_endpoints *known = &work->provider->endpoints;
    tl_autojson json_t *json =
        json_pack("{s:s,s:s,s:b}", "authorization", known->authorization, "end_session",
                  known->end_session, "names_itself", (int)known->names_itself);
    end(work, json ? TL_OK : TL_ERROR_AWAY, "", json, tl_bytes(NULL, 0));
}

static void go_on(struct work *work)
{
    switch (work->ask.what) {
    case TL_PROVIDER_ENDPOINTS: tell_endpoints(work); break;
    case TL_PROVIDER_KEYS: begin(work, KEYS); break;
    case TL_PROVIDER_TOKENS: begin(work, TOKENS); break;
    }
}

static void take_discovery(struct work *work)
{
    struct tl_provider *provider = work->provider;
    enum tl_error error = tl_provider_endpoints_read(
        tl_bytes(work->answer, work->size), provider->settings->issuer, &provider->endpoints);
    if (error) {
        fail(work, TL_ERROR_FORMAT,
             error == TL_ERROR_AUTH ? "discovery names another issuer or host"
                                    : "discovery cannot be read");
        return;
    }
    provider->endpoints_until =
        tl_clock_monotonic() + (tl_time_us)TL_PROVIDER_DISCOVERY_S * TL_SECOND_US;
    go_on(work);
}

static void take_tokens(struct work *work)
{
    if (tl_provider_tokens_read(tl_bytes(work->answer, work->size), &work->tokens))
        fail(work, TL_ERROR_FORMAT, "the token endpoint's answer cannot be read");
    else
        begin(work, PERSON);
}

static void take_person(struct work *work)
{
    static const char signed_type[] = "application/jwt"; /* OpenID Connect Core 5.3.2 */
    char *type = NULL;
    curl_easy_getinfo(work->easy, CURLINFO_CONTENT_TYPE, &type);
    bool is_signed = type && strncasecmp(type, signed_type, sizeof signed_type - 1) == 0;
    tl_autojson json_t *json =
        json_pack("{s:s,s:b}", "id_token", work->tokens.identity, "signed", (int)is_signed);
    end(work, json ? TL_OK : TL_ERROR_AWAY, "", json, tl_bytes(work->answer, work->size));
}

static void take(struct work *work)
{
    switch (work->step) {
    case IDLE: break;
    case DISCOVERY: take_discovery(work); break;
    case KEYS: {
        tl_autojson json_t *json = json_object();
        end(work, TL_OK, "", json, tl_bytes(work->answer, work->size));
        break;
    }
    case TOKENS: take_tokens(work); break;
    case PERSON: take_person(work); break;
    }
}

static void finished(struct work *work, CURLcode code)
{
    static const char *const names[] = { [DISCOVERY] = "discovery",
                                         [KEYS] = "keys",
                                         [TOKENS] = "token endpoint",
                                         [PERSON] = "userinfo" };
    char detail[128];
    long status = 0;
    curl_easy_getinfo(work->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(work->provider->multi, work->easy);
    if (code == CURLE_OK && status == HTTP_OK) {
        take(work);
        return;
    }
    /* What was known goes on being good while it cannot be had anew. */
    if (work->step == DISCOVERY && work->provider->endpoints_until) {
        go_on(work);
        return;
    }
    bool large = work->too_large || code == CURLE_FILESIZE_EXCEEDED;
    if (large)
        snprintf(detail, sizeof detail, "%s: the answer is too large", names[work->step]);
    else if (code != CURLE_OK)
        snprintf(detail, sizeof detail, "%s: %s", names[work->step], curl_easy_strerror(code));
    else
        snprintf(detail, sizeof detail, "%s: status %ld", names[work->step], status);
    bool refused = code == CURLE_OK && work->step == TOKENS && status < HTTP_THEIR_FAULT &&
                   tl_provider_refuses_code(tl_bytes(work->answer, work->size));
    bool away =
        !large && (code != CURLE_OK || status >= HTTP_THEIR_FAULT || status == HTTP_MANY);
    fail(work, refused ? TL_ERROR_AUTH : away ? TL_ERROR_AWAY : TL_ERROR_FORMAT, detail);
}

static void harvest(struct tl_provider *provider)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(provider->multi, &left));) {
        char *private = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finished((struct work *)(void *)private, code);
    }
}

void tl_provider_work(struct tl_provider *provider)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(provider->waiting, events, EVENTS, 0), running = 0;
    for (int i = 0; i < count; i++) {
        uint32_t seen = events[i].events;
        if (events[i].data.fd == provider->timer) {
            uint64_t times;
            if (read(provider->timer, &times, sizeof times) > 0)
                curl_multi_socket_action(provider->multi, CURL_SOCKET_TIMEOUT, 0, &running);
            continue;
        }
        int what = (seen & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (seen & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (seen & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(provider->multi, events[i].data.fd, what, &running);
    }
    harvest(provider);
}

/* ---- asks ---- */

static struct work *free_work(struct tl_provider *provider)
{
    for (size_t i = 0; i < TL_PROVIDER_ASKS_LIMIT; i++)
        if (provider->works[i].step == IDLE)
            return &provider->works[i];
    return NULL;
}

void tl_provider_ask(struct tl_provider *provider, const struct tl_provider_ask *ask,
                     unsigned asker, uint32_t request)
{
    struct work *work = free_work(provider);
    tl_time_us now = tl_clock_monotonic();
    if (!work) {
        struct tl_provider_answer full = { .error = TL_ERROR_LIMIT,
                                           .detail = "too many asks in flight" };
        provider->done(provider->context, asker, request, ask->what, &full);
        return;
    }
    work->ask = *ask;
    work->asker = asker;
    work->request = request;
    work->until = now + (tl_time_us)TL_PROVIDER_ASK_MS * TL_MILLISECOND_US;
    if (now < provider->endpoints_until)
        go_on(work);
    else
        begin(work, DISCOVERY);
}

void tl_provider_forget(struct tl_provider *provider, unsigned asker)
{
    for (size_t i = 0; i < TL_PROVIDER_ASKS_LIMIT; i++)
        if (provider->works[i].asker == asker)
            provider->works[i].asker = NOBODY;
}

int tl_provider_fd(const struct tl_provider *provider)
{
    return provider->waiting;
}

struct tl_provider *tl_provider_new(const struct tl_provider_settings *settings,
                                    tl_provider_done done, void *context)
{
    struct tl_provider *provider = calloc(1, sizeof *provider);
    if (!provider)
        return NULL;
    provider->settings = settings;
    provider->done = done;
    provider->context = context;
    provider->waiting = epoll_create1(EPOLL_CLOEXEC);
    provider->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    provider->multi = curl_multi_init();
    provider->user = curl_easy_escape(NULL, settings->client_id, 0);
    provider->password = curl_easy_escape(NULL, settings->client_secret, 0);
    bool good = provider->waiting >= 0 && provider->timer >= 0 && provider->multi &&
                provider->user && provider->password;
    for (size_t i = 0; i < TL_PROVIDER_ASKS_LIMIT; i++) {
        provider->works[i] = (struct work){ .provider = provider, .asker = NOBODY };
        provider->works[i].easy = curl_easy_init();
        good = good && provider->works[i].easy;
    }
    struct epoll_event event = { .events = EPOLLIN, .data = { .fd = provider->timer } };
    if (!good || epoll_ctl(provider->waiting, EPOLL_CTL_ADD, provider->timer, &event) != 0)
        return tl_provider_free(provider);
    curl_multi_setopt(provider->multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(provider->multi, CURLMOPT_SOCKETDATA, provider);
    curl_multi_setopt(provider->multi, CURLMOPT_TIMERFUNCTION, wake);
    curl_multi_setopt(provider->multi, CURLMOPT_TIMERDATA, provider);
    curl_multi_setopt(provider->multi, CURLMOPT_MAXCONNECTS, (long)TL_PROVIDER_ASKS_LIMIT);
    return provider;
}

struct tl_provider *tl_provider_free(struct tl_provider *provider)
{
    if (!provider)
        return NULL;
    for (size_t i = 0; i < TL_PROVIDER_ASKS_LIMIT; i++) {
        struct work *work = &provider->works[i];
        if (work->step != IDLE && work->easy)
            curl_multi_remove_handle(provider->multi, work->easy);
        wipe_headers(work);
        json_decref(work->tokens.json);
        curl_easy_cleanup(work->easy);
    }
    curl_multi_cleanup(provider->multi);
    if (provider->password)
        tl_secret_wipe(provider->password, strlen(provider->password));
    curl_free(provider->password);
    curl_free(provider->user);
    if (provider->timer >= 0)
        close(provider->timer);
    if (provider->waiting >= 0)
        close(provider->waiting);
    tl_secret_wipe(provider, sizeof *provider);
    free(provider);
    return NULL;
}
