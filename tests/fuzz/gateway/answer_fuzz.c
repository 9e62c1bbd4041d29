/* HTTP framing between door and api: any bytes as api's answer, and as what a browser sent. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "door/framing.h"
#include "door/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_answer(struct tl_bytes bytes)
{
    struct tl_answer answer;
    if (tl_answer_read(bytes, &answer) != TL_OK)
        return;
    for (size_t i = 0; i < answer.header_count; i++)
        if (memchr(answer.headers[i].value.data, '\n', answer.headers[i].value.size) ||
            memchr(answer.headers[i].value.data, '\r', answer.headers[i].value.size))
            abort(); /* an answer could be split */
    tl_answer_release(&answer);
}

static void as_request(struct tl_text text)
{
    char buffer[4096];
    struct tl_route route;
    for (int method = 0; method < TL_METHOD_COUNT; method++)
        (void)tl_route_find(method, text, &route);
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_query_write(&writer, text);
    struct tl_request_head head = {
        .method = "GET", .path = text, .query = { buffer, writer.used }, .peer = "::1"
    };
    for (size_t i = 0; i < tl_request_header_count; i++)
        head.headers[i] = text;
    char *json;
    size_t size;
    if (tl_request_head_write(&head, &json, &size) == TL_OK)
        free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_answer(tl_bytes(data, size));
    as_request((struct tl_text){ (const char *)data, size });
    return 0;
}
