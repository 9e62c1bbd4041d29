/* Chains and checkpoints as an attacker would leave them: each way of touching them is found, and
 * the link is named. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "audit/verify.h"
#include "base/memory.h"

enum { LINKS = 40 };

static const uint8_t seed[TL_CHECKPOINT_KEY_SIZE] = { 7, 7, 7 };

struct world {
    struct tl_audit_link links[LINKS + 2];
    int count;
    char *lines[4];
    size_t line_sizes[4];
    int line_count;
    struct tl_audit_head head;
    bool with_head;
    struct tl_audit_finding found[64];
    char writers[64][TL_AUDIT_WRITER_SIZE];
    int found_count;
    struct tl_audit_summary summary;
};

static void chain_from(struct world *w, int first)
{
    for (int i = first; i < w->count; i++) {
        if (i)
            memcpy(w->links[i].previous, w->links[i - 1].hash, TL_AUDIT_HASH_SIZE);
        tl_audit_link_hash(&w->links[i], w->links[i].number, w->links[i].hash);
    }
}

static void set_head(struct world *w)
{
    w->with_head = true;
    strcpy(w->head.writer, "api-0");
    w->head.number = w->links[w->count - 1].number;
    memcpy(w->head.hash, w->links[w->count - 1].hash, TL_AUDIT_HASH_SIZE);
}

/* Checkpoints over the first 10, 20, 30 links. */
static struct world *make(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    for (int i = 0; i < LINKS; i++)
        w->links[i] = (struct tl_audit_link){ .writer = "api-0",
                                              .number = i + 1,
                                              .at = (i + 1) * (tl_time_us)TL_SECOND_US,
                                              .actor_kind = "person",
                                              .actor = "a",
                                              .action = i % 2 ? "act.read" : "act.close",
                                              .patient = "p" };
    w->count = LINKS;
    chain_from(w, 0);
    set_head(w);
    struct tl_checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
    for (int i = 0; i < 3; i++) {
        checkpoint->number = (uint64_t)i + 1;
        checkpoint->at = (10 * (i + 1)) * (tl_time_us)TL_SECOND_US;
        checkpoint->head_count = 1;
        strcpy(checkpoint->heads[0].writer, "api-0");
        checkpoint->heads[0].number = 10 * (i + 1);
        memcpy(checkpoint->heads[0].hash, w->links[10 * (i + 1) - 1].hash, TL_AUDIT_HASH_SIZE);
        assert_int_equal(tl_checkpoint_write(checkpoint, seed, &w->lines[i], &w->line_sizes[i]),
                         TL_OK);
        tl_checkpoint_digest((struct tl_text){ w->lines[i], w->line_sizes[i] - 1 },
                             checkpoint->previous);
    }
    free(checkpoint);
    w->line_count = 3;
    return w;
}

static void drop(struct world *w)
{
    for (int i = 0; i < 4; i++)
        free(w->lines[i]);
    free(w);
}

static void keep(void *context, const struct tl_audit_finding *finding)
{
    struct world *w = context;
    assert_in_range(w->found_count, 0, 63);
    w->found[w->found_count] = *finding;
    snprintf(w->writers[w->found_count], TL_AUDIT_WRITER_SIZE, "%s",
             finding->writer ? finding->writer : "");
    w->found_count++;
}

static void verify(struct world *w)
{
    uint8_t public_key[TL_CHECKPOINT_KEY_SIZE];
    assert_int_equal(tl_checkpoint_public_key(seed, public_key), TL_OK);
    struct tl_audit_verifier *v = tl_audit_verifier_new(keep, w);
    assert_non_null(v);
    for (int i = 0; i < w->line_count; i++)
        assert_int_equal(
            tl_audit_verifier_checkpoint(
                v, (struct tl_text){ w->lines[i], w->line_sizes[i] - 1 }, public_key),
            TL_OK);
    if (w->with_head)
        assert_int_equal(tl_audit_verifier_head(v, &w->head), TL_OK);
    for (int i = 0; i < w->count; i++)
        assert_int_equal(tl_audit_verifier_link(v, &w->links[i]), TL_OK);
    tl_audit_verifier_end(v, &w->summary);
    tl_audit_verifier_free(v);
}

static void only(struct world *w, enum tl_audit_fault fault, int64_t first, int64_t last)
{
    verify(w);
    assert_int_equal(w->found_count, 1);
    assert_int_equal(w->found[0].fault, fault);
    assert_int_equal(w->found[0].first, first);
    assert_int_equal(w->found[0].last, last);
    assert_int_equal(w->summary.findings, 1);
    drop(w);
}

static void remove_at(struct world *w, int index, int many)
{
    memmove(&w->links[index], &w->links[index + many],
            (size_t)(w->count - index - many) * sizeof w->links[0]);
    w->count -= many;
}

static void a_whole_audit_is_whole_and_says_what_is_not_signed_yet(void **state)
{
    (void)state;
    struct world *w = make();
    verify(w);
    assert_int_equal(w->found_count, 0);
    assert_int_equal(w->summary.links, LINKS);
    assert_int_equal(w->summary.chains, 1);
    assert_int_equal(w->summary.checkpoints, 3);
    assert_int_equal(w->summary.uncovered, 10);
    assert_int_equal(w->summary.uncovered_since, 31 * (tl_time_us)TL_SECOND_US);
    drop(w);
}

static void a_changed_link_is_named(void **state)
{
    (void)state;
    struct world *w = make();
    w->links[14].actor = "b";
    only(w, TL_AUDIT_CHANGED, 15, 15);
}

static void a_changed_link_whose_hash_was_made_anew_is_named(void **state)
{
    (void)state;
    struct world *w = make();
    w->links[14].actor = "b";
    tl_audit_link_hash(&w->links[14], 15, w->links[14].hash);
    only(w, TL_AUDIT_CHANGED, 15, 15);
}

static void every_field_of_a_link_counts(void **state)
{
    (void)state;
    for (int field = 0; field < 8; field++) {
        struct world *w = make();
        struct tl_audit_link *link = &w->links[21];
        switch (field) {
        case 0: link->at++; break;
        case 1: link->actor_kind = "door"; break;
        case 2: link->actor = NULL; break;
        case 3: link->action = "act.reads"; break;
        case 4: link->act = "x"; break;
        case 5: link->patient = NULL; break;
        case 6: link->object = "x"; break;
        default: link->previous[31] ^= 1; break;
        }
        only(w, TL_AUDIT_CHANGED, 22, 22);
    }
}

static void links_taken_out_are_named_with_and_without_a_hole(void **state)
{
    (void)state;
    struct world *w = make();
    remove_at(w, 14, 2);
    only(w, TL_AUDIT_REMOVED, 15, 16);
    w = make();
    remove_at(w, 14, 1);
    for (int i = 14; i < w->count; i++)
        w->links[i].number--; /* the hole closed */
    w->with_head = false;
    only(w, TL_AUDIT_REMOVED, 15, 15);
    w = make();
    remove_at(w, 0, 3);
    only(w, TL_AUDIT_REMOVED, 1, 3);
}

static void a_link_put_in_is_named_whatever_hash_it_was_given(void **state)
{
    (void)state;
    for (int good_hash = 0; good_hash < 2; good_hash++) {
        struct world *w = make();
        memmove(&w->links[15], &w->links[14], (size_t)(w->count - 14) * sizeof w->links[0]);
        w->count++;
        for (int i = 15; i < w->count; i++)
            w->links[i].number++;
        w->links[14].actor = "nobody";
        w->links[14].number = 15;
        memcpy(w->links[14].previous, w->links[13].hash, TL_AUDIT_HASH_SIZE);
        if (good_hash)
            tl_audit_link_hash(&w->links[14], 15, w->links[14].hash);
        w->with_head = false;
        only(w, TL_AUDIT_INSERTED, 15, 15);
    }
}

static void two_links_in_each_others_place_are_named(void **state)
{
    (void)state;
    struct world *w = make();
    struct tl_audit_link link = w->links[14];
    w->links[14] = w->links[15];
    w->links[15] = link;
    w->links[14].number = 15;
    w->links[15].number = 16;
    only(w, TL_AUDIT_REORDERED, 15, 16);
}

static void a_chain_rewritten_as_a_whole_is_found_between_two_checkpoints(void **state)
{
    (void)state;
    struct world *w = make();
    w->links[14].actor = "b";
    chain_from(w, 14);
    set_head(w);
    verify(w);
    assert_int_equal(w->found_count, 1); /* once, not once for every later checkpoint */
    assert_int_equal(w->found[0].fault, TL_AUDIT_REWRITTEN);
    assert_int_equal(w->found[0].first, 11);
    assert_int_equal(w->found[0].last, 20);
    assert_int_equal(w->found[0].checkpoint, 2);
    drop(w);
}

static void a_cut_end_is_named_by_the_checkpoint_or_the_head(void **state)
{
    (void)state;
    struct world *w = make();
    w->count = 25;
    w->with_head = false;
    only(w, TL_AUDIT_REMOVED, 26, 30);
    w = make();
    w->count = 35;
    only(w, TL_AUDIT_REMOVED, 36, 40);
    w = make();
    w->count = 0; /* a whole chain */
    only(w, TL_AUDIT_REMOVED, 1, 30);
}

static void links_after_a_cut_end_are_found_though_the_head_was_set(void **state)
{
    (void)state;
    struct world *w = make();
    w->count = 25;
    w->links[25] = w->links[24];
    w->links[25].number = 26;
    w->links[25].actor = "new";
    w->count = 26;
    chain_from(w, 25);
    set_head(w);
    verify(w);
    assert_int_equal(w->found_count, 1);
    assert_int_equal(w->found[0].fault, TL_AUDIT_REMOVED);
    assert_int_equal(w->found[0].last, 30);
    drop(w);
}

static void a_head_that_is_not_the_chains_is_found(void **state)
{
    (void)state;
    struct world *w = make();
    w->head.hash[0] ^= 1;
    only(w, TL_AUDIT_REWRITTEN, 31, 40);
}

static void a_link_dated_before_the_last_checkpoint_and_not_in_it_is_found(void **state)
{
    (void)state;
    struct world *w = make();
    struct tl_audit_link *link = &w->links[w->count++]; /* a chain made of whole cloth */
    *link = (struct tl_audit_link){ .writer = "api-9",
                                    .number = 1,
                                    .at = -120 * (tl_time_us)TL_SECOND_US,
                                    .actor_kind = "person",
                                    .action = "act.read" };
    tl_audit_link_hash(link, 1, link->hash);
    verify(w);
    assert_int_equal(w->found_count, 1);
    assert_int_equal(w->found[0].fault, TL_AUDIT_INSERTED);
    assert_string_equal(w->writers[0], "api-9");
    drop(w);
}

static void a_checkpoint_of_another_key_or_out_of_its_chain_is_found(void **state)
{
    (void)state;
    struct world *w = make();
    w->lines[1][5] ^= 1;
    verify(w);
    assert_int_equal(w->found[0].fault, TL_AUDIT_UNSIGNED);
    assert_int_equal(w->found[0].first, 2);
    assert_int_equal(w->found[1].fault, TL_AUDIT_UNCHAINED);
    assert_int_equal(w->found_count, 2);
    drop(w);
    w = make(); /* a line taken out */
    free(w->lines[1]);
    w->lines[1] = w->lines[2];
    w->line_sizes[1] = w->line_sizes[2];
    w->lines[2] = NULL;
    w->line_count = 2;
    only(w, TL_AUDIT_UNCHAINED, 2, 2);
}

static void a_checkpoint_is_read_as_it_was_written_and_every_truncation_refused(void **state)
{
    (void)state;
    struct world *w = make();
    uint8_t public_key[TL_CHECKPOINT_KEY_SIZE];
    struct tl_checkpoint *read = calloc(1, sizeof *read);
    tl_checkpoint_public_key(seed, public_key);
    struct tl_text line = { w->lines[1], w->line_sizes[1] - 1 };
    assert_int_equal(tl_checkpoint_read(line, public_key, read), TL_OK);
    assert_int_equal(read->number, 2);
    assert_int_equal(read->at, 20 * (tl_time_us)TL_SECOND_US);
    assert_int_equal(read->head_count, 1);
    assert_int_equal(read->heads[0].number, 20);
    assert_memory_equal(read->heads[0].hash, w->links[19].hash, TL_AUDIT_HASH_SIZE);
    while (line.size--)
        assert_int_not_equal(tl_checkpoint_read(line, public_key, read), TL_OK);
    free(read);
    drop(w);
}

static void links_out_of_order_are_no_audit(void **state)
{
    (void)state;
    struct world *w = make();
    struct tl_audit_verifier *v = tl_audit_verifier_new(keep, w);
    assert_int_equal(tl_audit_verifier_link(v, &w->links[1]), TL_OK);
    assert_int_equal(tl_audit_verifier_link(v, &w->links[0]), TL_ERROR_STATE);
    tl_audit_verifier_free(v);
    drop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_audit_is_whole_and_says_what_is_not_signed_yet),
        cmocka_unit_test(a_changed_link_is_named),
        cmocka_unit_test(a_changed_link_whose_hash_was_made_anew_is_named),
        cmocka_unit_test(every_field_of_a_link_counts),
        cmocka_unit_test(links_taken_out_are_named_with_and_without_a_hole),
        cmocka_unit_test(a_link_put_in_is_named_whatever_hash_it_was_given),
        cmocka_unit_test(two_links_in_each_others_place_are_named),
        cmocka_unit_test(a_chain_rewritten_as_a_whole_is_found_between_two_checkpoints),
        cmocka_unit_test(a_cut_end_is_named_by_the_checkpoint_or_the_head),
        cmocka_unit_test(links_after_a_cut_end_are_found_though_the_head_was_set),
        cmocka_unit_test(a_head_that_is_not_the_chains_is_found),
        cmocka_unit_test(a_link_dated_before_the_last_checkpoint_and_not_in_it_is_found),
        cmocka_unit_test(a_checkpoint_of_another_key_or_out_of_its_chain_is_found),
        cmocka_unit_test(a_checkpoint_is_read_as_it_was_written_and_every_truncation_refused),
        cmocka_unit_test(links_out_of_order_are_no_audit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
