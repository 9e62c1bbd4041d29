/* Datagrams in a stream: whole whatever pieces it came in. */
#include "testing.h"

#include <string.h>

#include "media/deframer.h"

static const char *const sent[] = { "a", "", "bc", "a longer one, with a length of its own",
                                    "z" };
enum { SENT = sizeof sent / sizeof sent[0] };

static size_t write_all(uint8_t *stream, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < SENT; i++) {
        size_t size;
        assert_int_equal(tl_frame_write(tl_bytes(sent[i], strlen(sent[i])), stream + used,
                                        room - used, &size),
                         TL_OK);
        used += size;
    }
    return used;
}

/* Gives a piece of exactly its size, so that a sanitizer sees a read beyond it. */
static enum tl_error feed(struct tl_deframer *deframer, const uint8_t *bytes, size_t size,
                          size_t *next)
{
    uint8_t *piece = malloc(size ? size : 1), *at = piece, *frame;
    size_t left = size, length;
    memcpy(piece, bytes, size);
    enum tl_error error;
    while ((error = tl_deframer_next(deframer, &at, &left, &frame, &length)) == TL_OK) {
        while (*sent[*next] == 0)
            ++*next; /* a null packet is passed over */
        assert_int_equal(length, strlen(sent[*next]));
        assert_memory_equal(frame, sent[*next], length);
        ++*next;
    }
    free(piece);
    return error;
}

static void a_stream_cut_anywhere_gives_the_same_datagrams(void **state)
{
    (void)state;
    uint8_t stream[256];
    size_t size = write_all(stream, sizeof stream);
    for (size_t first = 0; first <= size; first++)
        for (size_t second = first; second <= size; second++) {
            static struct tl_deframer deframer;
            size_t next = 0;
            deframer.used = 0;
            assert_int_equal(feed(&deframer, stream, first, &next), TL_ERROR_AGAIN);
            assert_int_equal(feed(&deframer, stream + first, second - first, &next),
                             TL_ERROR_AGAIN);
            assert_int_equal(feed(&deframer, stream + second, size - second, &next),
                             TL_ERROR_AGAIN);
            assert_int_equal(next, SENT);
            assert_int_equal(deframer.used, 0);
        }
}

static void a_datagram_of_the_limit_passes_and_one_more_byte_ends_the_stream(void **state)
{
    (void)state;
    static struct tl_deframer deframer;
    static uint8_t bytes[2 + TL_FRAME_LIMIT + 1];
    for (size_t cut = 0; cut < 4; cut++) {
        for (size_t over = 0; over <= 1; over++) {
            size_t size = TL_FRAME_LIMIT + over;
            bytes[0] = (uint8_t)(size >> 8);
            bytes[1] = (uint8_t)size;
            deframer.used = 0;
            uint8_t *at = bytes, *frame;
            size_t left = cut, length = 0;
            enum tl_error error = tl_deframer_next(&deframer, &at, &left, &frame, &length);
            if (error == TL_ERROR_AGAIN) {
                left = 2 + size - cut;
                error = tl_deframer_next(&deframer, &at, &left, &frame, &length);
            }
            assert_int_equal(error, over ? TL_ERROR_FORMAT : TL_OK);
            if (!over)
                assert_int_equal(length, TL_FRAME_LIMIT);
        }
    }
}

static void a_datagram_too_long_for_a_frame_or_its_buffer_is_not_written(void **state)
{
    (void)state;
    static uint8_t datagram[TL_FRAME_LIMIT + 1], buffer[2 + TL_FRAME_LIMIT];
    size_t size;
    assert_int_equal(
        tl_frame_write(tl_bytes(datagram, TL_FRAME_LIMIT), buffer, sizeof buffer, &size),
        TL_OK);
    assert_int_equal(size, sizeof buffer);
    assert_int_equal(
        tl_frame_write(tl_bytes(datagram, TL_FRAME_LIMIT), buffer, sizeof buffer - 1, &size),
        TL_ERROR_LIMIT);
    assert_int_equal(
        tl_frame_write(tl_bytes(datagram, sizeof datagram), buffer, sizeof buffer, &size),
        TL_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_cut_anywhere_gives_the_same_datagrams),
        cmocka_unit_test(a_datagram_of_the_limit_passes_and_one_more_byte_ends_the_stream),
        cmocka_unit_test(a_datagram_too_long_for_a_frame_or_its_buffer_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
