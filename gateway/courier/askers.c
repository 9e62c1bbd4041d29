#include "askers.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "channels/types.h"

static const uint16_t types[] = { [TL_PROVIDER_ENDPOINTS] = TL_MESSAGE_PROVIDER_ENDPOINTS,
                                  [TL_PROVIDER_KEYS] = TL_MESSAGE_PROVIDER_KEYS,
                                  [TL_PROVIDER_TOKENS] = TL_MESSAGE_PROVIDER_TOKENS };
static const char *const words[] = { [TL_PROVIDER_ENDPOINTS] = "endpoints",
                                     [TL_PROVIDER_KEYS] = "keys",
                                     [TL_PROVIDER_TOKENS] = "tokens" };

static void drop(struct tl_askers *askers, unsigned asker)
{
    if (askers->provider)
        tl_provider_forget(askers->provider, asker);
    askers->bad_messages += (int64_t)tl_channel_bad_messages(askers->of[asker].channel);
    /* closing its descriptor takes it off the epoll */
    askers->of[asker].channel = tl_channel_free(askers->of[asker].channel);
    askers->of[asker].wants_write = false;
}

void tl_askers_attach(struct tl_askers *askers, int index, int fd)
{
    unsigned place = TL_ASKERS_LIMIT;
    for (unsigned i = TL_ASKERS_LIMIT; i-- > 0;)
        if (!askers->of[i].channel)
            place = i;
    for (unsigned i = 0; i < TL_ASKERS_LIMIT; i++)
        if (askers->of[i].channel && askers->of[i].index == index) {
            drop(askers, i);
            place = i;
        }
    struct tl_channel *channel = place < TL_ASKERS_LIMIT ? tl_channel_new(fd) : NULL;
    struct epoll_event event = { .events = EPOLLIN };
    if (!channel) {
        close(fd);
        return;
    }
    askers->of[place].index = index;
    askers->of[place].channel = channel;
    if (epoll_ctl(askers->waiting, EPOLL_CTL_ADD, fd, &event) != 0)
        drop(askers, place);
}

/* Readable always; writable only while something waits for it. */
static void watch(struct tl_askers *askers, unsigned asker)
{
    struct tl_channel *channel = askers->of[asker].channel;
    bool wants = tl_channel_wants_write(channel);
    struct epoll_event event = { .events = EPOLLIN | (wants ? (uint32_t)EPOLLOUT : 0) };
    if (wants != askers->of[asker].wants_write &&
        epoll_ctl(askers->waiting, EPOLL_CTL_MOD, tl_channel_fd(channel), &event) == 0)
        askers->of[asker].wants_write = wants;
}

static void send(struct tl_askers *askers, unsigned asker, uint16_t type, uint32_t request,
                 uint16_t flags, const json_t *json, struct tl_bytes raw)
{
    tl_autofree char *text = NULL;
    size_t size = 0;
    struct tl_channel *channel = askers->of[asker].channel;
    if (!json || tl_json_write(json, &text, &size))
        return;
    struct tl_channel_message message = { .type = type,
                                          .flags = (uint16_t)(TL_CHANNEL_REPLY | flags),
                                          .request = request,
                                          .json = tl_bytes(text, size),
                                          .raw = raw };
    if (tl_channel_send(channel, &message) == TL_ERROR_LIMIT)
        drop(askers, asker); /* it reads nothing: the supervisor will hear of it */
    else
        watch(askers, asker);
}

static void refuse(struct tl_askers *askers, unsigned asker, uint16_t type, uint32_t request,
                   enum tl_error error, const char *detail)
{
    tl_autojson json_t *json =
        json_pack("{s:s,s:s}", "error", tl_error_name(error), "detail", detail);
    send(askers, asker, type, request, TL_CHANNEL_ERROR, json, tl_bytes(NULL, 0));
}

void tl_askers_answer(void *context, unsigned asker, uint32_t request,
                      enum tl_provider_what what, const struct tl_provider_answer *answer)
{
    struct tl_askers *askers = context;
    if (answer->error) {
        askers->failed++;
        tl_log(TL_LOG_WARNING, "courier.provider", TL_WORD("what", words[what]),
               TL_WORD("error", tl_error_name(answer->error)),
               TL_WORD("reason", answer->detail));
    }
    if (asker >= TL_ASKERS_LIMIT || !askers->of[asker].channel)
        return;
    if (answer->error)
        refuse(askers, asker, types[what], request, answer->error, answer->detail);
    else
        send(askers, asker, types[what], request, 0, answer->json, answer->raw);
}

static void hear(struct tl_askers *askers, unsigned asker,
                 const struct tl_channel_message *message)
{
    struct tl_provider_ask ask;
    enum tl_error error = tl_provider_ask_read(message, &ask);
    for (unsigned i = 0; i < message->fd_count; i++)
        close(message->fds[i]);
    if (error) {
        askers->bad_messages++;
        if (message->request)
            refuse(askers, asker, message->type, message->request, error, "not an ask");
        return;
    }
    askers->asks++;
    if (askers->provider)
        tl_provider_ask(askers->provider, &ask, asker, message->request);
    else
        refuse(askers, asker, message->type, message->request, TL_ERROR_UNSUPPORTED,
               "no provider is configured");
    tl_secret_wipe(&ask, sizeof ask);
}

void tl_askers_work(struct tl_askers *askers)
{
    struct tl_channel_message message;
    for (unsigned i = 0; i < TL_ASKERS_LIMIT; i++) {
        if (askers->of[i].wants_write) {
            (void)tl_channel_flush(askers->of[i].channel);
            watch(askers, i);
        }
        for (int n = 0; n < TL_ASKERS_AT_ONCE && askers->of[i].channel; n++) {
            enum tl_error error = tl_channel_receive(askers->of[i].channel, &message);
            if (error == TL_ERROR_AGAIN)
                break;
            if (error == TL_OK)
                hear(askers, i, &message);
            else if (error != TL_ERROR_FORMAT)
                drop(askers, i);
        }
    }
    if (askers->provider)
        tl_provider_work(askers->provider);
}

void tl_askers_close(struct tl_askers *askers)
{
    for (unsigned i = 0; i < TL_ASKERS_LIMIT; i++)
        if (askers->of[i].channel)
            drop(askers, i);
}
