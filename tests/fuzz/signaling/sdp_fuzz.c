/* Any text as an offer: read, planned with every source named, answered. What was read must lie
 * inside the text, and an answer must have as many m-lines as its offer. */
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static bool inside(struct tl_text part, const uint8_t *data, size_t size)
{
    return !part.size || ((const uint8_t *)part.data >= data &&
                          (const uint8_t *)part.data + part.size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool audio[] = { true, false, false, false, true };
    struct tl_sdp_problem problem = { { 0 } };
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    tl_autofree char *answer = malloc(TL_SDP_ANSWER_LIMIT);
    struct tl_text mids[5] = { { NULL, 0 } };
    if (!offer || !answer)
        return 0;
    if (tl_sdp_offer_read((struct tl_text){ (const char *)data, size }, offer, &problem)) {
        must(problem.where[0] != 0);
        return 0;
    }
    must(offer->media_count > 0 && offer->media_count <= TL_SDP_MEDIA_LIMIT);
    must(inside(offer->ufrag, data, size) && inside(offer->pwd, data, size));
    for (unsigned i = 0, n = 0; i < offer->media_count; i++) {
        must(inside(offer->media[i].mid, data, size));
        if (n < 5 && (offer->media[i].kind == TL_SDP_AUDIO) == audio[n])
            mids[n++] = offer->media[i].mid;
    }
    if (tl_sdp_plan(offer, mids, audio, 5, &problem))
        return 0;
    struct tl_sdp_local local = { .session = 1, .ufrag = TL_TEXT("u"), .pwd = TL_TEXT("p") };
    for (unsigned i = 0; i < offer->media_count; i++)
        local.receives[i].ssrc = local.receives[i].rtx_ssrc = i + 1;
    struct tl_writer writer = tl_writer(answer, TL_SDP_ANSWER_LIMIT);
    if (tl_sdp_answer_write(offer, &local, &writer))
        return 0;
    unsigned lines = 0;
    for (size_t i = 1; i + 1 < writer.used; i++)
        lines += answer[i - 1] == '\n' && answer[i] == 'm' && answer[i + 1] == '=';
    must(lines == offer->media_count);
    return 0;
}
