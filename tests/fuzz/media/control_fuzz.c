/* The door's messages to a relay. First byte: which; the rest: the JSON body. */
#include <stdlib.h>

#include "base/memory.h"
#include "channels/types.h"
#include "media/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buffer[TL_RELAY_PACKET_ROOM];

static uint8_t *begin(void *context)
{
    (void)context;
    return buffer;
}

static void send_nowhere(void *context, const struct tl_address *to, size_t size)
{
    (void)context, (void)to, (void)size;
}

static void forget(void *context, const struct tl_relay_event *event)
{
    (void)context, (void)event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tl_dtls_identity *identity;
    static const uint16_t types[] = { TL_MESSAGE_PARTICIPANT_OPEN,   TL_MESSAGE_SLOTS_SET,
                                      TL_MESSAGE_PARTICIPANT_CLOSE,  TL_MESSAGE_SOURCE_MUTE,
                                      TL_MESSAGE_RELAY_LIST,         TL_MESSAGE_TEST_COPY,
                                      TL_MESSAGE_PROBE_DOWN,         TL_MESSAGE_READY,
                                      TL_MESSAGE_PARTICIPANT_RESTART };
    if (size < 1 || (!identity && tl_dtls_identity_new(&identity)))
        return 0;
    struct tl_relay_config config = { .identity = identity,
                                      .participants_limit = 4,
                                      .output = { NULL, begin, send_nowhere, forget, NULL } };
    struct tl_control control = { .fingerprint = "" };
    if (tl_relay_new(&config, &control.relay))
        return 0;
    struct tl_channel_message message = { .type = types[data[0] % TL_COUNT_OF(types)],
                                          .request = 1,
                                          .json = tl_bytes(data + 1, size - 1) };
    for (tl_time_us now = 1; now < 4; now++) /* opened, opened again, and so on */
        tl_control_message(&control, now, &message);
    tl_relay_tick(control.relay, 100 * (tl_time_us)TL_SECOND_US);
    tl_relay_free(control.relay);
    return 0;
}
