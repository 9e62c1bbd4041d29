/* Between the core and what is not the same twice: randomness and DTLS (ld --wrap). */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "media/dtls.h"
#include "tape.h"

bool tape_replays, tape_inside;

static void result(char letter, void *data, size_t size)
{
    if (tape_replays)
        memcpy(data, tape_read(letter, size, NULL), size);
    else if (tape_inside)
        tape_write(letter, data, size);
}

void __real_tl_random_bytes(void *buffer, size_t size);
void __wrap_tl_random_bytes(void *buffer, size_t size);
void __wrap_tl_random_bytes(void *buffer, size_t size)
{
    if (!tape_replays)
        __real_tl_random_bytes(buffer, size);
    result(TAPE_RANDOM, buffer, size);
}

void __real_tl_random_id(char buffer[TL_ID_SIZE]);
void __wrap_tl_random_id(char buffer[TL_ID_SIZE]);
void __wrap_tl_random_id(char buffer[TL_ID_SIZE])
{
    if (!tape_replays)
        __real_tl_random_id(buffer);
    result(TAPE_RANDOM, buffer, TL_ID_SIZE);
}

enum tl_error __real_tl_dtls_new(struct tl_dtls_identity *identity, enum tl_dtls_role role,
                                 const uint8_t *fingerprint, struct tl_dtls **ret_dtls);
enum tl_error __wrap_tl_dtls_new(struct tl_dtls_identity *identity, enum tl_dtls_role role,
                                 const uint8_t *fingerprint, struct tl_dtls **ret_dtls);
enum tl_error __wrap_tl_dtls_new(struct tl_dtls_identity *identity, enum tl_dtls_role role,
                                 const uint8_t *fingerprint, struct tl_dtls **ret_dtls)
{
    if (!tape_replays)
        return __real_tl_dtls_new(identity, role, fingerprint, ret_dtls);
    *ret_dtls = malloc(1);
    return *ret_dtls ? TL_OK : TL_ERROR_MEMORY;
}

struct tl_dtls *__real_tl_dtls_free(struct tl_dtls *dtls);
struct tl_dtls *__wrap_tl_dtls_free(struct tl_dtls *dtls);
struct tl_dtls *__wrap_tl_dtls_free(struct tl_dtls *dtls)
{
    if (!tape_replays)
        return __real_tl_dtls_free(dtls);
    free(dtls);
    return NULL;
}

#define PASSES(name, parameters, arguments)                                                    \
    void __real_##name parameters;                                                             \
    void __wrap_##name parameters;                                                             \
    void __wrap_##name parameters                                                              \
    {                                                                                          \
        if (!tape_replays)                                                                     \
            __real_##name arguments;                                                           \
    }
PASSES(tl_dtls_input, (struct tl_dtls * dtls, struct tl_bytes datagram), (dtls, datagram))
PASSES(tl_dtls_tick, (struct tl_dtls * dtls), (dtls))
PASSES(tl_dtls_close, (struct tl_dtls * dtls), (dtls))
PASSES(tl_dtls_settle, (struct tl_dtls * dtls), (dtls))

bool __real_tl_dtls_next_output(struct tl_dtls *dtls, struct tl_bytes *ret_datagram);
bool __wrap_tl_dtls_next_output(struct tl_dtls *dtls, struct tl_bytes *ret_datagram);
bool __wrap_tl_dtls_next_output(struct tl_dtls *dtls, struct tl_bytes *ret_datagram)
{
    if (tape_replays) { /* an empty record: there is none */
        ret_datagram->data = tape_read(TAPE_DTLS, SIZE_MAX, &ret_datagram->size);
        return ret_datagram->size > 0;
    }
    bool some = __real_tl_dtls_next_output(dtls, ret_datagram);
    if (tape_inside)
        tape_write(TAPE_DTLS, some ? ret_datagram->data : NULL, some ? ret_datagram->size : 0);
    return some;
}

tl_time_us __real_tl_dtls_timeout(struct tl_dtls *dtls);
tl_time_us __wrap_tl_dtls_timeout(struct tl_dtls *dtls);
tl_time_us __wrap_tl_dtls_timeout(struct tl_dtls *dtls)
{
    tl_time_us timeout = tape_replays ? 0 : __real_tl_dtls_timeout(dtls);
    result(TAPE_DTLS, &timeout, sizeof timeout);
    return timeout;
}

enum tl_dtls_state __real_tl_dtls_state(const struct tl_dtls *dtls);
enum tl_dtls_state __wrap_tl_dtls_state(const struct tl_dtls *dtls);
enum tl_dtls_state __wrap_tl_dtls_state(const struct tl_dtls *dtls)
{
    enum tl_dtls_state state = tape_replays ? TL_DTLS_FAILED : __real_tl_dtls_state(dtls);
    result(TAPE_DTLS, &state, sizeof state);
    return state;
}

enum tl_error __real_tl_dtls_keys(struct tl_dtls *dtls, struct tl_srtp_keys *ret_keys);
enum tl_error __wrap_tl_dtls_keys(struct tl_dtls *dtls, struct tl_srtp_keys *ret_keys);
enum tl_error __wrap_tl_dtls_keys(struct tl_dtls *dtls, struct tl_srtp_keys *ret_keys)
{
    enum tl_error error = tape_replays ? TL_OK : __real_tl_dtls_keys(dtls, ret_keys);
    result(TAPE_DTLS, ret_keys, sizeof *ret_keys);
    return error;
}
