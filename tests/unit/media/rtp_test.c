#include "testing.h"

#include "base/memory.h"
#include "media/rtp.h"

static const uint8_t one_byte_packet[] = {
    0xb0, 0xe0, 0x12, 0x34, 0x00, 0x00, 0x10, 0x00, 0xde, 0xad, 0xbe, 0xef, /* P X, PT 96, M */
    0xbe, 0xde, 0x00, 0x02, 0x10, 0x85, 0x00, 0x31, 0x00, 0x07, 0x00, 0x00, /* 1: 85; 3: 0007 */
    'a',  'b',  'c',  0x00, 0x02,
};

static void a_header_with_one_byte_extensions_and_padding_is_read(void **state)
{
    (void)state;
    struct tl_rtp_packet packet;
    struct tl_bytes value;
    assert_int_equal(tl_rtp_read(tl_bytes(one_byte_packet, sizeof one_byte_packet), &packet),
                     TL_OK);
    assert_int_equal(packet.payload_type, 96);
    assert_true(packet.marker);
    assert_int_equal(packet.sequence, 0x1234);
    assert_int_equal(packet.ssrc, 0xdeadbeef);
    assert_int_equal(packet.payload.size, 3);
    assert_int_equal(packet.padding, 2);
    assert_true(tl_rtp_extension(&packet, 1, &value) && value.size == 1 &&
                value.data[0] == 0x85);
    assert_true(tl_rtp_extension(&packet, 3, &value) && value.size == 2 && value.data[1] == 7);
    assert_false(tl_rtp_extension(&packet, 2, &value));
    assert_false(tl_rtp_extension(&packet, 0, &value));
}

static void two_byte_extensions_are_read(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x90, 0x60, 0,   1,    0,    0,    0,  0,    0,
                                     0,    0,    1,   0x10, 0x00, 0,    2,  0x20, 0x03,
                                     'x',  'y',  'z', 0x00, 0x07, 0x00, 'p' };
    struct tl_rtp_packet packet;
    struct tl_bytes value;
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, sizeof bytes), &packet), TL_OK);
    assert_true(tl_rtp_extension(&packet, 0x20, &value));
    assert_memory_equal(value.data, "xyz", 3);
    assert_true(tl_rtp_extension(&packet, 7, &value));
    assert_int_equal(value.size, 0);
}

static void every_truncated_packet_is_refused_or_stays_inside(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof one_byte_packet; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, one_byte_packet, size);
        struct tl_rtp_packet packet;
        struct tl_bytes value;
        if (tl_rtp_read(tl_bytes(copy, size), &packet) == TL_OK) {
            assert_true(packet.header_size + packet.payload.size + packet.padding == size);
            (void)tl_rtp_extension(&packet, 3, &value);
        } else {
            assert_true(size < 24 + 1 || copy[size - 1] == 0 || copy[size - 1] > size - 24);
        }
        free(copy);
    }
}

static void padding_longer_than_the_payload_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[] = { 0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'a', 3 };
    struct tl_rtp_packet packet;
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, sizeof bytes), &packet), TL_ERROR_FORMAT);
    bytes[13] = 2;
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, sizeof bytes), &packet), TL_OK);
    bytes[13] = 0;
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, sizeof bytes), &packet), TL_ERROR_FORMAT);
}

static void headers_written_read_back_in_both_forms(void **state)
{
    (void)state;
    for (uint8_t id = 3; id < 40; id = (uint8_t)(id + 12)) { /* 3: one byte; 15, 27, 39: two */
        struct tl_rtp_packet out = {
            .payload_type = 111, .sequence = 9, .timestamp = 8, .ssrc = 7
        };
        struct tl_rtp_extension_value values[] = { { id, 2, { 1, 2 } },
                                                   { 0 },
                                                   { 1, 1, { 0x7f } } };
        uint8_t buffer[64];
        size_t offsets[3], size;
        assert_int_equal(
            tl_rtp_write_header(&out, values, 3, buffer, sizeof buffer, offsets, &size), TL_OK);
        struct tl_rtp_packet in;
        struct tl_bytes value;
        assert_int_equal(tl_rtp_read(tl_bytes(buffer, size), &in), TL_OK);
        assert_int_equal(in.header_size, size);
        assert_int_equal(in.header_size % 4, 0);
        assert_true(tl_rtp_extension(&in, id, &value) && value.size == 2 && value.data[1] == 2);
        assert_ptr_equal(value.data, buffer + offsets[0]);
        assert_true(tl_rtp_extension(&in, 1, &value) && value.data[0] == 0x7f);
        for (size_t room = 0; room < size; room++) {
            size_t unused;
            assert_int_equal(
                tl_rtp_write_header(&out, values, 3, buffer, room, offsets, &unused),
                TL_ERROR_LIMIT);
        }
    }
}

/* Elements of one byte each, numbered from 1 to 14 and again; the last one is number 14 of two. */
static size_t write_elements(uint8_t *packet, unsigned elements)
{
    size_t size = 16;
    memset(packet, 0, 16);
    packet[0] = 0x90;
    packet[12] = 0xbe;
    packet[13] = 0xde;
    for (unsigned i = 0; i < elements; i++) {
        bool last = i + 1 == elements;
        packet[size++] = (uint8_t)((last ? 14 : i % 13 + 1) << 4);
        packet[size++] = (uint8_t)i;
    }
    while (size % 4)
        packet[size++] = 0;
    packet[15] = (uint8_t)((size - 16) / 4);
    return size;
}

static void the_sixteenth_extension_element_is_found_and_the_seventeenth_is_not(void **state)
{
    (void)state;
    uint8_t bytes[80];
    struct tl_rtp_packet packet;
    struct tl_bytes value;
    size_t size = write_elements(bytes, 16);
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_OK);
    assert_true(tl_rtp_extension(&packet, 14, &value));
    assert_int_equal(value.data[0], 15);
    size = write_elements(bytes, 17);
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_OK);
    assert_false(tl_rtp_extension(&packet, 14, &value));
    assert_true(tl_rtp_extension(&packet, 13, &value));
}

static void
an_extension_block_as_long_as_the_packet_is_read_and_a_word_longer_is_not(void **state)
{
    (void)state;
    uint8_t bytes[80];
    struct tl_rtp_packet packet;
    struct tl_bytes value;
    size_t size = write_elements(bytes, 6);
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_OK);
    assert_int_equal(packet.extensions.size, size - 16);
    assert_int_equal(packet.payload.size, 0);
    bytes[15]++;
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_ERROR_FORMAT);
    bytes[14] = 0xff; /* 65,000 words */
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_ERROR_FORMAT);
    /* an element that says it is longer than the block */
    size = write_elements(bytes, 6);
    bytes[26] |= 1; /* the last: its second byte would be the packet's end */
    assert_int_equal(tl_rtp_read(tl_bytes(bytes, size), &packet), TL_OK);
    assert_false(tl_rtp_extension(&packet, 14, &value));
}

static void datagrams_are_told_apart_by_rfc_7983(void **state)
{
    (void)state;
    static const struct {
        uint8_t first, second;
        enum tl_packet_kind kind;
    } cases[] = {
        { 0, 1, TL_PACKET_STUN },      { 3, 0, TL_PACKET_STUN },
        { 4, 0, TL_PACKET_UNKNOWN },   { 19, 0, TL_PACKET_UNKNOWN },
        { 20, 0, TL_PACKET_DTLS },     { 63, 0, TL_PACKET_DTLS },
        { 64, 0, TL_PACKET_UNKNOWN },  { 127, 0, TL_PACKET_UNKNOWN },
        { 128, 96, TL_PACKET_RTP },    { 128, 191, TL_PACKET_RTP },
        { 128, 192, TL_PACKET_RTCP },  { 191, 223, TL_PACKET_RTCP },
        { 128, 224, TL_PACKET_RTP },   { 192, 0, TL_PACKET_UNKNOWN },
        { 255, 0, TL_PACKET_UNKNOWN },
    };
    for (size_t i = 0; i < TL_COUNT_OF(cases); i++) {
        uint8_t bytes[2] = { cases[i].first, cases[i].second };
        assert_int_equal(tl_packet_classify(tl_bytes(bytes, 2)), cases[i].kind);
    }
    assert_int_equal(tl_packet_classify(tl_bytes("", 0)), TL_PACKET_UNKNOWN);
}

static void rtx_shorter_than_two_bytes_is_refused(void **state)
{
    (void)state;
    struct tl_bytes payload;
    uint16_t sequence;
    assert_int_equal(tl_rtx_read(tl_bytes("", 0), &sequence, &payload), TL_ERROR_FORMAT);
    assert_int_equal(tl_rtx_read(tl_bytes("\x01", 1), &sequence, &payload), TL_ERROR_FORMAT);
    assert_int_equal(tl_rtx_read(tl_bytes("\x01\x02", 2), &sequence, &payload), TL_OK);
    assert_int_equal(sequence, 0x0102);
    assert_int_equal(payload.size, 0);
}

static void the_block_before_the_primary_of_red_is_found_and_lies_inside(void **state)
{
    (void)state;
    /* two redundant blocks, 1,920 and 960 units old, of 1 and 2 bytes, then the primary */
    static const uint8_t red[] = { 0xef, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00,
                                   0x02, 0x6f, 'o',  'r',  'r',  'p',  'p' };
    static const uint8_t alone[] = { 0x6f, 'p', 'p' };
    static const uint8_t empty[] = { 0xef, 0x0f, 0x00, 0x00, 0x6f, 'p', 'p' };
    uint8_t type = 1;
    uint16_t older = 1;
    struct tl_bytes block = { 0 };
    assert_int_equal(tl_red_previous(tl_bytes(red, sizeof red), &type, &older, &block), TL_OK);
    assert_int_equal(type, 111);
    assert_int_equal(older, 960);
    assert_int_equal(block.size, 2);
    assert_memory_equal(block.data, "rr", 2);
    for (size_t size = 0; size < 12; size++)
        assert_int_equal(tl_red_previous(tl_bytes(red, size), &type, &older, &block),
                         TL_ERROR_FORMAT);
    assert_int_equal(tl_red_previous(tl_bytes(alone, sizeof alone), &type, &older, &block),
                     TL_ERROR_MISSING);
    assert_int_equal(tl_red_previous(tl_bytes(empty, sizeof empty), &type, &older, &block),
                     TL_ERROR_MISSING);
}

/* blocks of one byte each, the last of them the primary */
static size_t write_red(uint8_t *red, unsigned blocks)
{
    size_t size = 0;
    for (unsigned i = 1; i < blocks; i++) {
        memcpy(red + size, (uint8_t[]){ 0xef, 0x0f, 0, 1 }, 4);
        size += 4;
    }
    red[size++] = 0x6f;
    for (unsigned i = 0; i < blocks; i++)
        red[size++] = (uint8_t)('0' + i);
    return size;
}

static void red_of_eight_blocks_is_read_and_of_nine_is_not(void **state)
{
    (void)state;
    uint8_t type, red[64];
    uint16_t older;
    struct tl_bytes block;
    size_t size = write_red(red, TL_RTP_RED_BLOCKS_LIMIT);
    assert_int_equal(tl_red_primary(tl_bytes(red, size), &type, &block), TL_OK);
    assert_int_equal(block.data[0], '7');
    assert_int_equal(tl_red_previous(tl_bytes(red, size), &type, &older, &block), TL_OK);
    assert_int_equal(block.data[0], '6');
    assert_true(tl_red_is_of(tl_bytes(red, size), 111));
    size = write_red(red, TL_RTP_RED_BLOCKS_LIMIT + 1);
    assert_int_equal(tl_red_primary(tl_bytes(red, size), &type, &block), TL_ERROR_FORMAT);
    assert_int_equal(tl_red_previous(tl_bytes(red, size), &type, &older, &block),
                     TL_ERROR_FORMAT);
    assert_false(tl_red_is_of(tl_bytes(red, size), 111));
}

static void red_is_given_other_numbers_inside_and_nothing_else_is_changed(void **state)
{
    (void)state;
    uint8_t red[64], before[64];
    size_t size = write_red(red, 3);
    memcpy(before, red, sizeof red);
    assert_false(tl_red_is_of(tl_bytes(red, size), 110));
    assert_true(tl_red_is_of(tl_bytes(red, size), 111));
    for (size_t cut = 0; cut < size - 1; cut++) /* the primary may be empty */
        assert_false(tl_red_is_of(tl_bytes(red, cut), 111));
    tl_red_retype(red, 45);
    for (size_t i = 0; i < sizeof red; i++)
        assert_int_equal(red[i], i == 0 || i == 4 ? 0x80 | 45 : i == 8 ? 45 : before[i]);
}

static void the_primary_block_of_red_is_found_and_lies_inside(void **state)
{
    (void)state;
    /* one redundant block of 2 bytes, then the primary, type 111 */
    static const uint8_t red[] = { 0xef, 0x00, 0x00, 0x02, 0x6f, 'r', 'r', 'p', 'p', 'p' };
    struct tl_bytes primary;
    uint8_t type;
    assert_int_equal(tl_red_primary(tl_bytes(red, sizeof red), &type, &primary), TL_OK);
    assert_int_equal(type, 111);
    assert_int_equal(primary.size, 3);
    for (size_t size = 0; size < 7; size++)
        assert_int_equal(tl_red_primary(tl_bytes(red, size), &type, &primary), TL_ERROR_FORMAT);
}

static void a_vp8_key_frame_with_every_optional_byte_is_read(void **state)
{
    (void)state;
    static const uint8_t payload[] = { 0x90, 0xf0, 0x92, 0x34, 0x56, 0x60, /* X S, ILTK */
                                       0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a,
                                       0x80, 0x02, 0xe0, 0x01 };
    struct tl_vp8_descriptor d;
    assert_int_equal(tl_vp8_read(tl_bytes(payload, sizeof payload), &d), TL_OK);
    assert_true(d.key_frame && d.frame_start && d.long_picture_id && d.has_tl0 &&
                d.has_temporal);
    assert_int_equal(d.picture_id, 0x1234);
    assert_int_equal(d.tl0, 0x56);
    assert_int_equal(d.temporal_layer, 1);
    assert_true(d.layer_sync);
    assert_int_equal(d.width, 640);
    assert_int_equal(d.height, 480);
    for (size_t size = 0; size < sizeof payload; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, payload, size);
        enum tl_error error = tl_vp8_read(tl_bytes(copy, size), &d);
        assert_int_equal(error, size <= 6 ? TL_ERROR_FORMAT : TL_OK);
        free(copy);
    }
}

static void delta_frames_and_later_partitions_are_no_key_frames(void **state)
{
    (void)state;
    struct tl_vp8_descriptor d;
    assert_int_equal(tl_vp8_read(tl_bytes("\x10\x01", 2), &d), TL_OK);
    assert_false(d.key_frame); /* P bit set */
    assert_int_equal(tl_vp8_read(tl_bytes("\x00\x00", 2), &d), TL_OK);
    assert_false(d.key_frame); /* not the start */
    assert_int_equal(tl_vp8_read(tl_bytes("\x11\x00", 2), &d), TL_OK);
    assert_false(d.key_frame); /* second partition */
    assert_int_equal(tl_vp8_read(tl_bytes("\x10\x00", 2), &d), TL_OK);
    assert_true(d.key_frame);
}

static void picture_ids_are_rewritten_in_the_width_they_have(void **state)
{
    (void)state;
    uint8_t with_long[] = { 0x90, 0xc0, 0x80, 0x01, 0x09, 0xaa };
    uint8_t with_short[] = { 0x90, 0xc0, 0x01, 0x09, 0xaa };
    struct tl_vp8_descriptor d;
    assert_int_equal(tl_vp8_read(tl_bytes(with_long, sizeof with_long), &d), TL_OK);
    tl_vp8_rewrite(with_long, &d, 0x7fff, 0xee);
    assert_memory_equal(with_long, "\x90\xc0\xff\xff\xee\xaa", 6);
    assert_int_equal(tl_vp8_read(tl_bytes(with_short, sizeof with_short), &d), TL_OK);
    tl_vp8_rewrite(with_short, &d, 0x1ff, 0xee);
    assert_memory_equal(with_short, "\x90\xc0\x7f\xee\xaa", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_with_one_byte_extensions_and_padding_is_read),
        cmocka_unit_test(two_byte_extensions_are_read),
        cmocka_unit_test(every_truncated_packet_is_refused_or_stays_inside),
        cmocka_unit_test(padding_longer_than_the_payload_is_refused),
        cmocka_unit_test(headers_written_read_back_in_both_forms),
        cmocka_unit_test(the_sixteenth_extension_element_is_found_and_the_seventeenth_is_not),
        cmocka_unit_test(
            an_extension_block_as_long_as_the_packet_is_read_and_a_word_longer_is_not),
        cmocka_unit_test(datagrams_are_told_apart_by_rfc_7983),
        cmocka_unit_test(rtx_shorter_than_two_bytes_is_refused),
        cmocka_unit_test(the_block_before_the_primary_of_red_is_found_and_lies_inside),
        cmocka_unit_test(red_of_eight_blocks_is_read_and_of_nine_is_not),
        cmocka_unit_test(red_is_given_other_numbers_inside_and_nothing_else_is_changed),
        cmocka_unit_test(the_primary_block_of_red_is_found_and_lies_inside),
        cmocka_unit_test(a_vp8_key_frame_with_every_optional_byte_is_read),
        cmocka_unit_test(delta_frames_and_later_partitions_are_no_key_frames),
        cmocka_unit_test(picture_ids_are_rewritten_in_the_width_they_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
