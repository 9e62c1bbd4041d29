#include "testing.h"

#include "media/feedback.h"
#include "media/rtcp.h"

static void a_compound_reads_back_packet_by_packet(void **state)
{
    (void)state;
    uint8_t buffer[600];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    struct tl_rtcp_sender_info info = { 0x1122334455667788u, 90000, 10, 2000 };
    struct tl_rtcp_report report = { 5, 128, -3, 70000, 12, 0xaabbccdd, 65536 };
    uint16_t lost[] = { 10, 11, 26, 27, 65535 };
    tl_rtcp_write_sender_report(&w, 1, &info, &report, 1);
    tl_rtcp_write_receiver_report(&w, 2, &report, 1);
    tl_rtcp_write_sdes(&w, 2, TL_TEXT("name"));
    tl_rtcp_write_nack(&w, 2, 3, lost, 5);
    tl_rtcp_write_pli(&w, 2, 3);
    tl_rtcp_write_fir(&w, 2, 3, 9);
    tl_rtcp_write_remb(&w, 2, 1500000, (uint32_t[]){ 3, 4 }, 2);
    tl_rtcp_write_bye(&w, 2);
    assert_false(w.failed);

    struct tl_bytes rest = tl_writer_bytes(&w);
    struct tl_rtcp_packet p;
    struct tl_rtcp_sender_info info_back;
    struct tl_rtcp_report back;
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_SENDER_REPORT);
    assert_int_equal(tl_rtcp_sender_info(&p, &info_back), TL_OK);
    assert_true(info_back.ntp == info.ntp && info_back.octets == info.octets);
    assert_true(info_back.rtp_timestamp == info.rtp_timestamp && info_back.packets == 10);
    assert_int_equal(tl_rtcp_report(&p, 0, &back), TL_OK);
    assert_int_equal(back.lost, -3);
    assert_int_equal(back.fraction_lost, 128);
    assert_int_equal(tl_rtcp_report(&p, 1, &back), TL_ERROR_MISSING);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_RECEIVER_REPORT);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_SDES);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_NACK);
    uint16_t sequences[40];
    assert_int_equal(tl_rtcp_nack_sequences(&p, sequences, 40), 5);
    assert_memory_equal(sequences, lost, sizeof lost);
    assert_int_equal(tl_rtcp_nack_sequences(&p, sequences, 2), 2);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_PLI);
    assert_int_equal(p.media_ssrc, 3);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    uint32_t ssrc;
    uint8_t number;
    assert_int_equal(tl_rtcp_fir_entry(&p, 0, &ssrc, &number), TL_OK);
    assert_true(ssrc == 3 && number == 9);
    assert_int_equal(tl_rtcp_fir_entry(&p, 1, &ssrc, &number), TL_ERROR_MISSING);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    uint64_t bits;
    assert_int_equal(tl_rtcp_remb_read(&p, &bits), TL_OK);
    assert_true(bits > 1499000 && bits <= 1500000);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_OK);
    assert_int_equal(p.kind, TL_RTCP_BYE);
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_ERROR_CLOSED);
}

static void every_truncated_compound_stays_inside(void **state)
{
    (void)state;
    uint8_t buffer[300];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    struct tl_rtcp_report report = { .ssrc = 1 };
    tl_rtcp_write_receiver_report(&w, 2, &report, 1);
    tl_rtcp_write_nack(&w, 2, 3, (uint16_t[]){ 1 }, 1);
    for (size_t size = 0; size < w.used; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, buffer, size);
        struct tl_bytes rest = tl_bytes(copy, size);
        struct tl_rtcp_packet p;
        enum tl_error error;
        while ((error = tl_rtcp_next(&rest, &p)) == TL_OK)
            ;
        assert_int_equal(error, size == 0 || size == 32 ? TL_ERROR_CLOSED : TL_ERROR_FORMAT);
        free(copy);
    }
}

static void a_report_count_beyond_the_packet_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[] = {
        0x81, 201, 0, 1, 0, 0, 0, 1
    }; /* one report block, and no room for it */
    struct tl_bytes rest = tl_bytes(bytes, sizeof bytes);
    struct tl_rtcp_packet p;
    assert_int_equal(tl_rtcp_next(&rest, &p), TL_ERROR_FORMAT);
}

static void ntp_time_converts_both_ways(void **state)
{
    (void)state;
    tl_time_us wall = 1700000000123456;
    tl_time_us back = tl_ntp_to_us(tl_ntp_from_us(wall));
    assert_true(back - wall >= -1 && back - wall <= 1);
}

/* ---- transport-wide ---- */

struct seen {
    bool received[70000];
    int64_t at[70000];
};

static size_t read_feedback(struct tl_bytes compound, struct seen *seen)
{
    struct tl_rtcp_packet p;
    struct tl_rtcp_transport_cc feedback;
    struct tl_rtcp_transport_status status;
    size_t count = 0;
    while (tl_rtcp_next(&compound, &p) == TL_OK) {
        assert_int_equal(p.kind, TL_RTCP_TRANSPORT_CC);
        assert_int_equal(tl_rtcp_transport_cc_read(&p, &feedback), TL_OK);
        enum tl_error error;
        while ((error = tl_rtcp_transport_cc_next(&feedback, &status)) == TL_OK) {
            seen->received[status.sequence] |= status.received;
            if (status.received)
                seen->at[status.sequence] = status.arrival_us;
            count++;
        }
        assert_int_equal(error, TL_ERROR_CLOSED);
    }
    return count;
}

static void feedback_acknowledges_every_packet_with_its_time(void **state)
{
    (void)state;
    static struct tl_arrivals arrivals;
    static struct seen seen;
    memset(&seen, 0, sizeof seen);
    tl_arrivals_init(&arrivals);
    /* across the wrap, with holes, bursts and a gap longer than a small delta can say */
    tl_time_us now = 123456789;
    unsigned holes = 0, sent = 0;
    for (unsigned i = 0; i < 600; i++) {
        uint16_t sequence = (uint16_t)(65300 + i);
        now += i % 7 == 0 ? 9000 : i == 300 ? 2000000 : 250;
        if (i % 13 == 5) {
            holes++;
            continue;
        }
        tl_arrivals_add(&arrivals, now, sequence);
        sent++;
        if (i % 100 == 99) {
            uint8_t buffer[1200];
            struct tl_writer w = tl_writer(buffer, sizeof buffer);
            while (tl_arrivals_write(&arrivals, &w, 1, 2))
                ;
            read_feedback(tl_writer_bytes(&w), &seen);
        }
    }
    uint8_t buffer[1200];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    while (tl_arrivals_write(&arrivals, &w, 1, 2))
        ;
    read_feedback(tl_writer_bytes(&w), &seen);
    unsigned received = 0;
    for (unsigned i = 0; i < 600; i++)
        received += seen.received[(uint16_t)(65300 + i)];
    assert_int_equal(received, sent);
    assert_int_equal(holes + sent, 600);
    /* differences of arrival times survive to a quarter of a millisecond */
    int64_t difference = seen.at[(uint16_t)(65300 + 8)] - seen.at[(uint16_t)(65300 + 6)];
    assert_true(difference > 9250 - 500 && difference < 9250 + 500);
}

/* All that is pending, each packet in a compound of its own: it may be padded, and only the last
 * of a compound may be. */
static unsigned write_all(struct tl_arrivals *arrivals, struct seen *seen, size_t *ret_statuses)
{
    for (unsigned packets = 0;; packets++) {
        uint8_t buffer[1200];
        struct tl_writer w = tl_writer(buffer, sizeof buffer);
        if (!tl_arrivals_write(arrivals, &w, 1, 2))
            return packets;
        *ret_statuses += read_feedback(tl_writer_bytes(&w), seen);
    }
}

/* What does not fit one feedback packet follows in the next; what is older than the window when the
 * newest comes is not reported any more. */
static void a_feedback_holds_400_statuses_and_the_window_1024(void **state)
{
    (void)state;
    static const struct {
        unsigned arrived, packets, statuses;
        bool first;
    } cases[] = { { 400, 1, 400, true },
                  { 401, 2, 401, true },
                  { 1024, 3, 1024, true },
                  { 1025, 3, 1024, false } };
    static struct tl_arrivals arrivals;
    static struct seen seen;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t statuses = 0;
        memset(&seen, 0, sizeof seen);
        tl_arrivals_init(&arrivals);
        for (unsigned n = 0; n < cases[i].arrived; n++)
            tl_arrivals_add(&arrivals, 1000000 + n * 250, (uint16_t)n);
        assert_int_equal(write_all(&arrivals, &seen, &statuses), cases[i].packets);
        assert_int_equal(statuses, cases[i].statuses);
        assert_int_equal(seen.received[0], cases[i].first);
        assert_true(seen.received[1] && seen.received[cases[i].arrived - 1]);
    }
}

static void feedback_reaches_back_for_a_late_packet(void **state)
{
    (void)state;
    static struct tl_arrivals arrivals;
    static struct seen seen;
    memset(&seen, 0, sizeof seen);
    tl_arrivals_init(&arrivals);
    uint8_t buffer[1200];
    tl_arrivals_add(&arrivals, 1000000, 10);
    tl_arrivals_add(&arrivals, 1001000, 12);
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    assert_true(tl_arrivals_write(&arrivals, &w, 1, 2));
    assert_false(tl_arrivals_write(&arrivals, &w, 1, 2));
    read_feedback(tl_writer_bytes(&w), &seen);
    assert_false(seen.received[11]);
    tl_arrivals_add(&arrivals, 1002000, 11);
    w = tl_writer(buffer, sizeof buffer);
    assert_true(tl_arrivals_write(&arrivals, &w, 1, 2));
    read_feedback(tl_writer_bytes(&w), &seen);
    assert_true(seen.received[11]);
}

static void a_feedback_that_runs_out_early_is_refused(void **state)
{
    (void)state;
    static struct tl_arrivals arrivals;
    tl_arrivals_init(&arrivals);
    for (uint16_t i = 0; i < 40; i++)
        tl_arrivals_add(&arrivals, 1000000 + i * 1000, i);
    uint8_t buffer[300];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    assert_true(tl_arrivals_write(&arrivals, &w, 1, 2));
    struct tl_bytes rest = tl_writer_bytes(&w);
    struct tl_rtcp_packet whole;
    assert_int_equal(tl_rtcp_next(&rest, &whole), TL_OK);
    for (size_t size = 0; size < whole.body.size; size++) {
        struct tl_rtcp_packet cut = whole;
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, whole.body.data, size);
        cut.body = tl_bytes(copy, size);
        struct tl_rtcp_transport_cc feedback;
        struct tl_rtcp_transport_status status;
        enum tl_error error = tl_rtcp_transport_cc_read(&cut, &feedback);
        while (error == TL_OK)
            error = tl_rtcp_transport_cc_next(&feedback, &status);
        assert_int_equal(error, TL_ERROR_FORMAT);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compound_reads_back_packet_by_packet),
        cmocka_unit_test(every_truncated_compound_stays_inside),
        cmocka_unit_test(a_report_count_beyond_the_packet_is_refused),
        cmocka_unit_test(ntp_time_converts_both_ways),
        cmocka_unit_test(feedback_acknowledges_every_packet_with_its_time),
        cmocka_unit_test(a_feedback_holds_400_statuses_and_the_window_1024),
        cmocka_unit_test(feedback_reaches_back_for_a_late_packet),
        cmocka_unit_test(a_feedback_that_runs_out_early_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
