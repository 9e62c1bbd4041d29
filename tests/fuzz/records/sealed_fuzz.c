/* An answer of the database of any shape, with real sealed texts where the input says so: it is opened
 * whole or refused, and no mark is left in what is opened. */
#include <stdlib.h>
#include <string.h>

#include "seal/sealed.h"

static const uint8_t key[TL_SEAL_KEY_SIZE] = { 1 };

static enum tl_error find(void *context, uint32_t id, uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    (void)context;
    memcpy(ret_key, key, sizeof key);
    return id == 1 ? TL_OK : TL_ERROR_AUTH;
}

/* The bytes 1 to 5 of the input stand for these. */
static const struct {
    const char *place, *bound, *plain;
} marks[] = {
    { "a.b", "a.b", "t\"\n" },           { "a.c/", "a.c", "{\"x\":1,\"y\":null}" },
    { "a.c/x", "a.c", "{\"x\":\"z\"}" }, { "a.c/x,y", "a.c", "{\"x\":\"z\"}" },
    { "a.c/y", "a.c", "{\"x\":\"z\"}" },
};

static size_t put(char *out, const char *text)
{
    size_t size = strlen(text);
    memcpy(out, text, size);
    return size;
}

static size_t put_mark(char *out, size_t i)
{
    static char *made[sizeof marks / sizeof marks[0]];
    char *column = NULL;
    if (!made[i]) {
        if (tl_sealed_write(1, key, marks[i].bound, "1", tl_text(marks[i].plain), &column) ||
            tl_sealed_write_answer(tl_text(column), marks[i].place, "1", &made[i]))
            abort();
        free(column);
    }
    return put(out, made[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 256, MARK = 256 };
    static char answer[MOST * MARK];
    size_t used = 0;
    if (!size)
        return 0;
    for (size_t i = 1; i < size && i < MOST; i++) {
        if (data[i] >= 1 && data[i] <= sizeof marks / sizeof marks[0])
            used += put_mark(answer + used, data[i] - 1u);
        else if (data[i] == 6)
            used += put(answer + used, TL_SEALED_BEGIN);
        else if (data[i] == 7)
            used += put(answer + used, TL_SEALED_END);
        else if (data[i])
            answer[used++] = (char)data[i];
    }
    char *opened = NULL;
    size_t opened_size = 0;
    struct tl_text text = { answer, used };
    if (tl_sealed_open(text, data[0] & 1, find, NULL, &opened, &opened_size) == TL_OK &&
        opened && (strlen(opened) != opened_size || tl_sealed_is_in(tl_text(opened))))
        abort();
    free(opened);
    return 0;
}
