/* The sharing of a way down between pictures. */
#include "media/simulcast.h"
#include "testing.h"

/* Three layers of two temporal layers each. */
static struct tl_allocation_picture layered(uint32_t rank, size_t most, int current)
{
    return (struct tl_allocation_picture){
        .steps = { { 0, 0, 90 },
                   { 0, 1, 150 },
                   { 1, 0, 300 },
                   { 1, 1, 500 },
                   { 2, 0, 1000 },
                   { 2, 1, 1700 } },
        .count = 6,
        .most = most,
        .current = current,
        .rank = rank,
    };
}

static void everybody_gets_a_small_picture_before_anybody_a_large_one(void **state)
{
    (void)state;
    struct tl_allocation_picture pictures[4];
    for (uint32_t i = 0; i < 4; i++)
        pictures[i] = layered(i, 5, -1);
    (void)tl_allocate(pictures, 4, 500);
    for (size_t i = 0; i < 4; i++)
        assert_true(pictures[i].ret_step >= 0);
    assert_int_equal(pictures[0].ret_step, 1);
}

static void the_lowest_rank_comes_first_whatever_its_place(void **state)
{
    (void)state;
    struct tl_allocation_picture pictures[] = { layered(7, 5, -1), layered(1, 5, -1),
                                                layered(3, 5, -1) };
    uint32_t used = tl_allocate(pictures, 3, 2100);
    assert_int_equal(pictures[1].ret_step, 5);
    assert_int_equal(pictures[2].ret_step, 1);
    assert_int_equal(pictures[0].ret_step, 1);
    assert_int_equal(used, 1700 + 150 + 150);
    (void)tl_allocate(pictures, 3, 120); /* room for one */
    assert_int_equal(pictures[1].ret_step, 0);
    assert_int_equal(pictures[0].ret_step, -1);
    assert_int_equal(pictures[2].ret_step, -1);
}

static void nobody_gets_more_than_what_is_of_use(void **state)
{
    (void)state;
    struct tl_allocation_picture picture = layered(0, 3, -1);
    assert_int_equal(tl_allocate(&picture, 1, 10000), 500);
    assert_int_equal(picture.ret_step, 3);
    assert_int_equal(tl_allocation_wanted(&picture, 1), 550);
}

static void going_up_needs_a_tenth_more_room_than_staying(void **state)
{
    (void)state;
    struct tl_allocation_picture picture = layered(0, 5, 2);
    (void)tl_allocate(&picture, 1, 520);
    assert_int_equal(picture.ret_step, 2);
    picture.current = 3;
    (void)tl_allocate(&picture, 1, 520);
    assert_int_equal(picture.ret_step, 3);
    (void)tl_allocate(&picture, 1, 499);
    assert_int_equal(picture.ret_step, 2);
}

static void the_first_picture_passes_down_to_half_of_its_cost_if_it_has_one_step(void **state)
{
    (void)state;
    struct tl_allocation_picture picture = { .steps = { { 0, 0, 1000 } },
                                             .count = 1,
                                             .current = -1 };
    (void)tl_allocate(&picture, 1, 500);
    assert_int_equal(picture.ret_step, 0);
    (void)tl_allocate(&picture, 1, 499);
    assert_int_equal(picture.ret_step, -1);
}

/* Each at half its cost, they would fill a line of 3,000 with 4,000 for as long as they last. */
static void several_pictures_of_one_step_do_not_overfill_the_line(void **state)
{
    (void)state;
    struct tl_allocation_picture pictures[4];
    for (uint32_t i = 0; i < 4; i++)
        pictures[i] = (struct tl_allocation_picture){
            .steps = { { 0, 0, 1000 } }, .count = 1, .current = -1, .rank = i
        };
    assert_int_equal(tl_allocate(pictures, 4, 3000), 2000);
    assert_int_equal(pictures[1].ret_step, 0);
    assert_int_equal(pictures[2].ret_step, -1);
    assert_int_equal(tl_allocate(pictures, 4, 3100), 3000); /* to begin takes a tenth more */
    for (size_t i = 0; i < 4; i++)
        pictures[i].current = pictures[i].ret_step;
    assert_int_equal(tl_allocate(pictures, 4, 3000), 3000);
    assert_int_equal(tl_allocate(pictures, 4, 600), 1000);
}

static void nothing_fits_into_nothing(void **state)
{
    (void)state;
    struct tl_allocation_picture pictures[TL_ALLOCATION_PICTURES_LIMIT] = { 0 };
    assert_int_equal(tl_allocate(pictures, TL_ALLOCATION_PICTURES_LIMIT, 1000), 0);
    assert_int_equal(tl_allocate(NULL, 0, 1000), 0);
    for (size_t i = 0; i < TL_ALLOCATION_PICTURES_LIMIT; i++) {
        assert_int_equal(pictures[i].ret_step, -1);
        pictures[i] = layered(0, 5, -1);
    }
    (void)tl_allocate(pictures, TL_ALLOCATION_PICTURES_LIMIT, 0);
    for (size_t i = 0; i < TL_ALLOCATION_PICTURES_LIMIT; i++)
        assert_int_equal(pictures[i].ret_step, -1);
}

/* Whatever the layered pictures: never over the budget. */
static void the_budget_is_kept_whatever_the_pictures(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        struct tl_allocation_picture pictures[6];
        uint32_t cost = 0, budget;
        for (size_t i = 0; i < 6; i++) {
            random = random * 1664525u + 1013904223u;
            pictures[i] =
                layered(random >> 29, 1 + (random >> 20) % 5, (int)(random >> 10) % 6 - 1);
        }
        budget = (random >> 4) % 4000;
        uint32_t used = tl_allocate(pictures, 6, budget);
        for (size_t i = 0; i < 6; i++)
            if (pictures[i].ret_step >= 0) {
                assert_true((size_t)pictures[i].ret_step <= pictures[i].most);
                cost += pictures[i].steps[pictures[i].ret_step].kbps;
            }
        assert_int_equal(cost, used);
        assert_true(used <= budget);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_gets_a_small_picture_before_anybody_a_large_one),
        cmocka_unit_test(the_lowest_rank_comes_first_whatever_its_place),
        cmocka_unit_test(nobody_gets_more_than_what_is_of_use),
        cmocka_unit_test(going_up_needs_a_tenth_more_room_than_staying),
        cmocka_unit_test(the_first_picture_passes_down_to_half_of_its_cost_if_it_has_one_step),
        cmocka_unit_test(several_pictures_of_one_step_do_not_overfill_the_line),
        cmocka_unit_test(nothing_fits_into_nothing),
        cmocka_unit_test(the_budget_is_kept_whatever_the_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
