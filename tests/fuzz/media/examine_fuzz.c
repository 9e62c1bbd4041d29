/* Datagrams for the examiner: the first bytes of the input say how long each is. A real test is
 * under way, so that what gets through the header reaches the decoders. */
#include <stdint.h>

#include "examine/examine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_examiner *examiner = tl_examiner_new();
    if (!examiner || tl_examiner_begin(examiner, 0, 7, true, true, 5))
        return 0;
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    tl_time_us now = 0;
    while (r.left && now < TL_SECOND_US) {
        size_t length = tl_read_u16(&r) % 1600;
        struct tl_bytes datagram = tl_read_bytes(&r, length < r.left ? length : r.left);
        tl_examiner_datagram(examiner, now, datagram);
        now += 20 * TL_MILLISECOND_US;
    }
    struct tl_examine_event event;
    now += 10 * TL_SECOND_US;
    while (tl_examiner_next_event(examiner, now, &event))
        ;
    tl_examiner_free(examiner);
    return 0;
}
