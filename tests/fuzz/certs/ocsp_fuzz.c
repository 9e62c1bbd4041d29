/* Any bytes as a question about certificates: always answered, and the answer can be read. */
#include <openssl/ocsp.h>
#include <stdlib.h>

#include "certs/issued.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tl_pair *authority, *responder;
    static struct tl_index index;
    const tl_time_us now = 1800000000LL * TL_SECOND_US;
    if (!authority && (tl_authority_make("Fuzz", now, &authority) ||
                       tl_authority_issue_responder(authority, 30, now, &responder)))
        abort();
    uint8_t *answer;
    size_t answer_size;
    if (tl_index_answer(&index, authority, responder, tl_bytes(data, size), 24, now, &answer,
                        &answer_size) != TL_OK)
        abort();
    const unsigned char *at = answer;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer_size);
    if (!response)
        abort();
    OCSP_RESPONSE_free(response);
    free(answer);
    return 0;
}
