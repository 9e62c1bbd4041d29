/* TURN's certificate, exchanged while its connections go on: each holds what it was served with. */
#include <string.h>
#include <unistd.h>

#include "channels/types.h"
#include "turn_service.h"

enum tl_error tl_turn_service_exchange(struct tl_turn_service *service, int certificate_fd,
                                       int key_fd, tl_time_us wall, char ret_why[TL_WHY_SIZE])
{
    struct tl_chain *chain = NULL;
    enum tl_error error = tl_chain_open(certificate_fd, key_fd, &chain, ret_why);
    if (!error)
        error = tl_chain_check(chain, service->name, wall, ret_why);
    if (error) {
        tl_chain_free(chain);
        service->counters.certificates_refused++;
        return error;
    }
    tl_chain_free(service->chain);
    service->chain = chain;
    service->counters.certificates_exchanged++;
    return TL_OK;
}

int64_t tl_turn_service_certificate_ends_s(const struct tl_turn_service *service)
{
    return tl_chain_ends(service->chain) / TL_SECOND_US;
}

void tl_turn_service_hear(struct tl_turn_service *service, struct tl_role *role,
                          const struct tl_channel_message *message)
{
    struct tl_role_reload reload;
    if (message->type != TL_MESSAGE_RELOAD) {
        for (unsigned i = 0; i < message->fd_count; i++)
            close(message->fds[i]);
        return;
    }
    if (tl_role_reload_read(message, &reload))
        return;
    char why[TL_WHY_SIZE] = "";
    const char *problem = NULL;
    if (!service || strcmp(reload.what, "turn") != 0)
        problem = "TURN over TLS is not switched on";
    else if (tl_turn_service_exchange(service, reload.fds[0], reload.fds[1], tl_clock_wall(),
                                      why))
        problem = why;
    tl_role_reloaded(role, &reload, problem, service ? tl_chain_ends(service->chain) : 0);
}
