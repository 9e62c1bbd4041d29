/* The examiner's core: the tests under way, each with its decoders and judges. Messages and
 * datagrams with a time come in; progress and verdicts go out. No socket, no clock, no log.
 *
 * A test begins with TEST_BEGIN, gathers from its first datagram for so many seconds, and ends with
 * one verdict: after these seconds, at TEST_END, or when nothing came for a while. */
#ifndef TL_EXAMINE_EXAMINE_H
#define TL_EXAMINE_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "examine/judge.h"

enum {
    TL_EXAMINE_TESTS_LIMIT = 64,
    TL_EXAMINE_SECONDS_LIMIT = 5,
    TL_EXAMINE_WIDTH_LIMIT = 1920,
    TL_EXAMINE_HEIGHT_LIMIT = 1080,
    /* In 5 s: 20 ms packets of sound, and pictures at 60 a second of 32 packets each. */
    TL_EXAMINE_SOUND_PACKETS_LIMIT = 600,
    TL_EXAMINE_PICTURE_PACKETS_LIMIT = 9600,
    TL_EXAMINE_PICTURES_LIMIT = 330,
    TL_EXAMINE_PROGRESS_EVERY_US = 250 * TL_MILLISECOND_US,
    TL_EXAMINE_PATIENCE_US = 2 * TL_SECOND_US, /* for the first datagram; the door waits 3 s */
    /* After TEST_END: what the relay sent before it may still be on its way. */
    TL_EXAMINE_LAST_US = 100 * TL_MILLISECOND_US
};

/* ---- the datagram of the relay (docs/channels.md, TEST_COPY) ----
 *
 *     | version 1 | kind | 0, 0 | test (32) | arrival in us (64) | RTP packet |
 */
enum tl_examine_kind { TL_EXAMINE_OPUS = 1, TL_EXAMINE_VP8 = 2 };
enum { TL_EXAMINE_HEADER_SIZE = 16 };

struct tl_examine_datagram {
    enum tl_examine_kind kind;
    uint32_t test;
    tl_time_us arrival_us;
    struct tl_bytes packet;
};
/* TL_ERROR_FORMAT: too short, another version, an unknown kind, reserved bits set. */
enum tl_error tl_examine_datagram_read(struct tl_bytes datagram,
                                       struct tl_examine_datagram *ret_datagram);

/* ---- one test ---- */

struct tl_examine_test;

struct tl_examine_report {
    struct tl_sound_report sound;
    struct tl_picture_report picture;
};

/* NULL when out of memory or the decoders refuse. */
struct tl_examine_test *tl_examine_test_new(bool opus, bool vp8);
struct tl_examine_test *tl_examine_test_free(struct tl_examine_test *test);
/* One RTP packet without header extensions. TL_ERROR_FORMAT: not RTP, not VP8, or does not decode;
 * TL_ERROR_LIMIT: more than 5 s can hold, or a picture larger than allowed; TL_ERROR_MISSING: a
 * kind this test has not. The test goes on in each case. */
enum tl_error tl_examine_test_input(struct tl_examine_test *test,
                                    const struct tl_examine_datagram *datagram);
/* now: on the clock of arrival_us. */
void tl_examine_test_report(struct tl_examine_test *test, tl_time_us now,
                            struct tl_examine_report *ret_report);
double tl_examine_test_level_dbfs(const struct tl_examine_test *test);
double tl_examine_test_brightness(const struct tl_examine_test *test);

/* ---- all of them ---- */

struct tl_examiner;

enum tl_examine_event_kind { TL_EXAMINE_PROGRESS, TL_EXAMINE_VERDICT };
struct tl_examine_event {
    enum tl_examine_event_kind kind;
    uint32_t test;
    double level_dbfs, brightness;   /* progress */
    struct tl_examine_report report; /* verdict */
};

struct tl_examine_counters {
    uint64_t begun, ended, refused;    /* tests */
    uint64_t datagrams, bad_datagrams; /* bad: unread, of no test, or not decoded */
};

struct tl_examiner *tl_examiner_new(void);
struct tl_examiner *tl_examiner_free(struct tl_examiner *examiner);
/* TL_ERROR_LIMIT: 64 are under way, or seconds is not 1 to 5. TL_ERROR_EXISTS: that number is. */
enum tl_error tl_examiner_begin(struct tl_examiner *examiner, tl_time_us now, uint32_t test,
                                bool opus, bool vp8, unsigned seconds);
/* The verdict follows TL_EXAMINE_LAST_US later. TL_ERROR_MISSING. */
enum tl_error tl_examiner_end(struct tl_examiner *examiner, tl_time_us now, uint32_t test);
void tl_examiner_datagram(struct tl_examiner *examiner, tl_time_us now,
                          struct tl_bytes datagram);
/* What is due at this time, one at a time, until false. */
bool tl_examiner_next_event(struct tl_examiner *examiner, tl_time_us now,
                            struct tl_examine_event *ret_event);
/* -1: nothing to wait for. */
tl_time_us tl_examiner_next_deadline(const struct tl_examiner *examiner);
size_t tl_examiner_count(const struct tl_examiner *examiner);
/* The door is gone: nobody waits for these verdicts. */
void tl_examiner_drop_all(struct tl_examiner *examiner);
const struct tl_examine_counters *tl_examiner_counters(const struct tl_examiner *examiner);

#endif
