/* The journal on a real folder: what is told durable is there afterwards, whatever happens to the
 * file's end, and nothing that was changed is taken. */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "journal/journal.h"

static const uint8_t key[TL_SEAL_KEY_SIZE] = { 1, 2, 3 };

struct folder {
    char path[64], file[128];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    strcpy(folder->path, "/tmp/teleloire-journal-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/api-3.journal", folder->path);
    *state = folder;
    return 0;
}

static int drop_folder(void **state)
{
    struct folder *folder = *state;
    unlink(folder->file);
    rmdir(folder->path);
    free(folder);
    return 0;
}

static struct tl_journal *open_journal(const struct folder *folder, size_t limit)
{
    struct tl_journal *journal = NULL;
    assert_int_equal(tl_journal_open(folder->path, "journal", 3, key, limit, &journal), TL_OK);
    return journal;
}

static enum tl_error append(struct tl_journal *journal, const char *text)
{
    return tl_journal_append(journal, tl_bytes(text, strlen(text)));
}

/* Joins the records, "a|b|"; fails after `after` of them when that is not 0. */
struct taken {
    char text[4096];
    unsigned count, after;
};

static enum tl_error take(void *context, struct tl_bytes plain)
{
    struct taken *taken = context;
    if (taken->after && taken->count == taken->after)
        return TL_ERROR_AWAY;
    taken->count++;
    strncat(taken->text, (const char *)plain.data, plain.size);
    strcat(taken->text, "|");
    return TL_OK;
}

static void what_was_appended_is_replayed_in_order_after_a_restart(void **state)
{
    struct folder *folder = *state;
    struct tl_journal *journal = open_journal(folder, 0);
    assert_int_equal(append(journal, "one"), TL_OK);
    assert_int_equal(append(journal, "two"), TL_OK);
    assert_int_equal(append(journal, "three"), TL_OK);
    tl_journal_free(journal);
    journal = open_journal(folder, 0);
    assert_int_equal(tl_journal_count(journal), 3);
    struct taken taken = { .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_string_equal(taken.text, "one|two|three|");
    assert_int_equal(tl_journal_count(journal), 0);
    /* Once taken, they are gone; new ones follow. */
    assert_int_equal(append(journal, "four"), TL_OK);
    tl_journal_free(journal);
    journal = open_journal(folder, 0);
    taken = (struct taken){ .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_string_equal(taken.text, "four|");
    tl_journal_free(journal);
}

static void a_replay_that_stops_half_way_keeps_everything(void **state)
{
    struct folder *folder = *state;
    struct tl_journal *journal = open_journal(folder, 0);
    (void)append(journal, "one");
    (void)append(journal, "two");
    struct taken taken = { .after = 1 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_ERROR_AWAY);
    assert_int_equal(tl_journal_count(journal), 1);
    tl_journal_free(journal);
    journal = open_journal(folder, 0);
    assert_int_equal(tl_journal_count(journal), 2); /* after a restart all are given again */
    taken = (struct taken){ .after = 1 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_ERROR_AWAY);
    taken = (struct taken){ .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_string_equal(taken.text, "two|"); /* and without one, from where it stopped */
    assert_int_equal(tl_journal_count(journal), 0);
    tl_journal_free(journal);
}

static void a_torn_last_record_is_cut_off_at_every_length(void **state)
{
    struct folder *folder = *state;
    struct stat status;
    struct tl_journal *journal = open_journal(folder, 0);
    (void)append(journal, "one");
    assert_int_equal(stat(folder->file, &status), 0);
    off_t whole = status.st_size;
    (void)append(journal, "two");
    assert_int_equal(stat(folder->file, &status), 0);
    off_t both = status.st_size;
    tl_journal_free(journal);
    for (off_t size = both - 1; size > whole; size--) {
        assert_int_equal(truncate(folder->file, size), 0);
        journal = open_journal(folder, 0);
        assert_int_equal(tl_journal_count(journal), 1);
        assert_true(tl_journal_rotten(journal) > 0);
        /* The next record follows the good part and is read again. */
        assert_int_equal(append(journal, "two"), TL_OK);
        struct taken taken = { .count = 0 };
        tl_journal_free(journal);
        journal = open_journal(folder, 0);
        if (size == whole + 1) {
            assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
            assert_string_equal(taken.text, "one|two|");
        }
        assert_int_equal(tl_journal_count(journal), size == whole + 1 ? 0 : 2);
        tl_journal_free(journal);
    }
}

static void no_flipped_bit_gets_a_record_taken(void **state)
{
    struct folder *folder = *state;
    struct tl_journal *journal = open_journal(folder, 0);
    (void)append(journal, "one");
    (void)append(journal, "two");
    tl_journal_free(journal);
    int fd = open(folder->file, O_RDONLY);
    uint8_t good[512];
    ssize_t size = read(fd, good, sizeof good);
    close(fd);
    assert_true(size > 0);
    for (ssize_t at = 0; at < size; at++) {
        uint8_t bad[512];
        memcpy(bad, good, (size_t)size);
        bad[at] ^= (uint8_t)(1u << (at % 8));
        fd = open(folder->file, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, bad, (size_t)size), size);
        close(fd);
        journal = open_journal(folder, 0);
        struct taken taken = { .count = 0 };
        assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
        /* A good one before the bad one is taken; nothing else ever is. */
        assert_true(strcmp(taken.text, "") == 0 || strcmp(taken.text, "one|") == 0);
        tl_journal_free(journal);
    }
}

static void a_record_of_another_worker_or_place_is_not_taken(void **state)
{
    struct folder *folder = *state;
    char other[128];
    struct tl_journal *journal = open_journal(folder, 0);
    (void)append(journal, "one");
    tl_journal_free(journal);
    snprintf(other, sizeof other, "%s/api-4.journal", folder->path);
    assert_int_equal(rename(folder->file, other), 0);
    assert_int_equal(tl_journal_open(folder->path, "journal", 4, key, 0, &journal), TL_OK);
    struct taken taken = { .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_int_equal(taken.count, 0);
    assert_true(tl_journal_rotten(journal) > 0);
    tl_journal_free(journal);
    unlink(other);
}

static void a_full_journal_refuses_and_stays_whole(void **state)
{
    struct folder *folder = *state;
    size_t record = TL_JOURNAL_RECORD_HEADER_SIZE + TL_SEAL_SECRET_OVERHEAD + 3;
    struct tl_journal *journal = open_journal(folder, TL_JOURNAL_HEADER_SIZE + 2 * record);
    assert_int_equal(append(journal, "one"), TL_OK);
    assert_int_equal(append(journal, "two"), TL_OK); /* exactly at the limit */
    assert_int_equal(append(journal, "x"), TL_ERROR_LIMIT);
    struct taken taken = { .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_string_equal(taken.text, "one|two|");
    assert_int_equal(append(journal, "six"), TL_OK);
    tl_journal_free(journal);
}

static void a_record_over_its_limit_is_refused(void **state)
{
    struct folder *folder = *state;
    struct tl_journal *journal = open_journal(folder, 0);
    tl_autofree char *text = calloc(1, 65537);
    assert_non_null(text);
    assert_int_equal(tl_journal_append(journal, tl_bytes(text, 65536)), TL_OK);
    assert_int_equal(tl_journal_append(journal, tl_bytes(text, 65537)), TL_ERROR_LIMIT);
    tl_journal_free(journal);
}

/* The disk is full as far as this process goes: a file may not grow past RLIMIT_FSIZE. */
static void a_full_disk_refuses_and_leaves_no_half_record(void **state)
{
    struct folder *folder = *state;
    struct rlimit limit;
    struct stat status;
    struct tl_journal *journal = open_journal(folder, 0);
    assert_int_equal(append(journal, "one"), TL_OK);
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = { (rlim_t)status.st_size + 20, limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum tl_error error = append(journal, "two");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(error, TL_ERROR_IO);
    assert_int_equal(tl_journal_count(journal), 1);
    assert_int_equal(append(journal, "three"), TL_OK);
    tl_journal_free(journal);
    journal = open_journal(folder, 0);
    struct taken taken = { .count = 0 };
    assert_int_equal(tl_journal_replay(journal, take, &taken), TL_OK);
    assert_string_equal(taken.text, "one|three|");
    tl_journal_free(journal);
}

static void a_file_that_is_no_journal_is_set_aside(void **state)
{
    struct folder *folder = *state;
    int fd = open(folder->file, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "not a journal", 13), 13);
    close(fd);
    struct tl_journal *journal = open_journal(folder, 0);
    assert_int_equal(tl_journal_count(journal), 0);
    assert_int_equal(tl_journal_rotten(journal), 13);
    tl_journal_free(journal);
}

static void only_its_owner_may_read_the_file_and_it_holds_no_plain_text(void **state)
{
    struct folder *folder = *state;
    struct stat status;
    uint8_t data[256] = { 0 };
    struct tl_journal *journal = open_journal(folder, 0);
    assert_int_equal(append(journal, "Jeanne Moreau"), TL_OK);
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int fd = open(folder->file, O_RDONLY);
    ssize_t size = read(fd, data, sizeof data);
    close(fd);
    assert_null(memmem(data, (size_t)size, "Jeanne", 6));
    tl_journal_free(journal);
}

/* RFC 3720 appendix B.4. */
static void the_checksum_is_crc_32c(void **state)
{
    (void)state;
    uint8_t zeros[32] = { 0 }, ones[32];
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(tl_crc32c(tl_bytes(zeros, 32)), 0x8a9136aa);
    assert_int_equal(tl_crc32c(tl_bytes(ones, 32)), 0x62a8ab43);
    assert_int_equal(tl_crc32c(tl_bytes("123456789", 9)), 0xe3069283);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_was_appended_is_replayed_in_order_after_a_restart),
        ON_DISK(a_replay_that_stops_half_way_keeps_everything),
        ON_DISK(a_torn_last_record_is_cut_off_at_every_length),
        ON_DISK(no_flipped_bit_gets_a_record_taken),
        ON_DISK(a_record_of_another_worker_or_place_is_not_taken),
        ON_DISK(a_full_journal_refuses_and_stays_whole),
        ON_DISK(a_record_over_its_limit_is_refused),
        ON_DISK(a_full_disk_refuses_and_leaves_no_half_record),
        ON_DISK(a_file_that_is_no_journal_is_set_aside),
        ON_DISK(only_its_owner_may_read_the_file_and_it_holds_no_plain_text),
        cmocka_unit_test(the_checksum_is_crc_32c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
