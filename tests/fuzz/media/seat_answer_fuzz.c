/* The native participant's reader of answers. */
#include <stdint.h>

#include "client/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tl_seat_offer offer = { .audio_slots = 1, .video_slots = 1 };
    struct tl_seat_answer answer;
    (void)tl_seat_answer_read((struct tl_text){ (const char *)data, size }, &offer, &answer);
    return 0;
}
