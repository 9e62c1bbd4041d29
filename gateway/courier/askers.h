/* The api workers that may ask the courier for something outside: a channel each, given by the
 * supervisor. What they send is as little believed as what the provider answers. */
#ifndef TL_COURIER_ASKERS_H
#define TL_COURIER_ASKERS_H

#include "base/channel.h"
#include "provider.h"

enum {
    TL_ASKERS_LIMIT = 16,
    TL_ASKERS_AT_ONCE = 16 /* messages of one before the others' turn */
};

struct tl_askers {
    struct tl_provider *provider; /* NULL: none is configured, every ask is refused */
    int waiting;                  /* epoll of the caller, on which channels are waited for */
    struct {
        int index; /* of the worker */
        struct tl_channel *channel;
        bool wants_write;
    } of[TL_ASKERS_LIMIT];
    int64_t asks, failed, bad_messages;
};

/* Takes over fd; the worker of that index has no other channel from now on. */
void tl_askers_attach(struct tl_askers *askers, int index, int fd);
/* Whatever has come; sends what waits. */
void tl_askers_work(struct tl_askers *askers);
/* A tl_provider_done: context is the askers. */
void tl_askers_answer(void *context, unsigned asker, uint32_t request,
                      enum tl_provider_what what, const struct tl_provider_answer *answer);
void tl_askers_close(struct tl_askers *askers);

#endif
