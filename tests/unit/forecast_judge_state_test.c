/* The judge as bytes: in parts, only what has changed, and nothing is believed. */
#include "forecast_judge_kit.h"

enum { PARTS = 17, STEPS = 30 };

/* What was written last: a core, and a text for each horizon. */
struct saved {
    struct vane_text core, horizons[PARTS];
    size_t           written, bytes; /* horizons, by the last save */
};

static void keep(void *context, uint64_t horizon, const void *bytes, size_t length)
{
    struct saved *saved = context;
    assert_true(horizon < PARTS);
    vane_text_clear(&saved->horizons[horizon]);
    vane_text_add(&saved->horizons[horizon], bytes, length);
    saved->written++;
    saved->bytes += length;
}

static void save(struct court *court, bool full, struct saved *saved)
{
    vane_text_clear(&saved->core);
    judge_save_core(court->judge, &saved->core);
    saved->written = saved->bytes = 0;
    judge_save_horizons(court->judge, full, &(struct judge_writer){ keep, saved });
}

static void release(struct saved *saved)
{
    vane_text_release(&saved->core);
    for (size_t i = 0; i < PARTS; i++)
        vane_text_release(&saved->horizons[i]);
}

static bool load(struct court *court, const struct saved *saved)
{
    if (!judge_load_core(court->judge, saved->core.data, saved->core.length))
        return false;
    for (size_t i = 0; i < judge_horizon_count(court->judge); i++)
        if (!judge_load_horizon(court->judge, i, saved->horizons[i].data, saved->horizons[i].length))
            return false;
    return judge_is_whole(court->judge);
}

static struct court *new_court(void)
{
    struct court *court = court_new(STEPS, true);
    court_open(court);
    return court;
}

/* A walk of the seed's, with forecasts each second; goes on from where it was. */
struct course {
    uint64_t seed;
    double   level;
    int64_t  second;
};

static void run_on(struct court *court, struct course *course, int64_t until)
{
    for (; course->second < until; course->second++) {
        course->level += kit_normal(&course->seed);
        court_observe(court, course->second, course->level);
        court_say(court, 0, course->level, 1);
        court_say(court, 1, course->level + 0.5, 2);
        court_issue(court, course->second);
    }
}

static void assert_same(const struct saved *a, const struct saved *b)
{
    assert_int_equal(a->core.length, b->core.length);
    assert_memory_equal(a->core.data, b->core.data, a->core.length);
    for (size_t i = 0; i < PARTS; i++) {
        assert_int_equal(a->horizons[i].length, b->horizons[i].length);
        if (a->horizons[i].length)
            assert_memory_equal(a->horizons[i].data, b->horizons[i].data, a->horizons[i].length);
    }
}

static void test_judge_state__survives_a_restart(void **state)
{
    (void)state;
    struct court *court = new_court(), *again = new_court();
    struct course course = { .seed = 37 };
    struct saved before = { 0 }, first = { 0 }, second = { 0 };
    run_on(court, &course, 200);
    save(court, false, &before);
    assert_true(load(again, &before));
    struct course same = course;
    run_on(court, &course, 400);
    run_on(again, &same, 400);
    save(court, true, &first);
    save(again, true, &second);
    assert_same(&first, &second);
    release(&before);
    release(&first);
    release(&second);
    court_free(court);
    court_free(again);
}

static void test_judge_state__writes_what_has_changed_and_that_is_enough(void **state)
{
    (void)state;
    struct court *court = new_court();
    struct course course = { .seed = 5 };
    struct saved parts = { 0 }, whole = { 0 };
    run_on(court, &course, 100);
    save(court, false, &parts);
    assert_int_equal(parts.written, judge_horizon_count(court->judge));
    save(court, false, &parts);
    assert_int_equal(parts.written, 0);
    court_observe(court, 100, 1); /* meets a forecast of each length */
    save(court, false, &parts);
    assert_int_equal(parts.written, judge_horizon_count(court->judge));
    court_observe(court, 100, 2);
    save(court, false, &parts);
    assert_int_equal(parts.written, 0);
    court_issue(court, 200); /* the short ones of before are not met yet, as nothing has come */
    save(court, false, &parts);
    assert_true(parts.written > 0);
    for (int64_t second = 201; second < 204; second++) {
        court_observe(court, second, 3);
        save(court, false, &parts);
    }
    save(court, true, &whole);
    assert_same(&parts, &whole);
    release(&parts);
    release(&whole);
    court_free(court);
}

static void test_judge_state__one_horizon_that_is_met_is_one_that_is_written(void **state)
{
    (void)state;
    struct court *court = new_court();
    struct saved parts = { 0 };
    court_observe(court, 0, 1);
    court_say(court, 0, 1, 1);
    court_say(court, 1, 1, 1);
    court_issue(court, 0);
    save(court, false, &parts);
    court_observe(court, 1, 1);
    save(court, false, &parts);
    assert_int_equal(parts.written, 1);
    release(&parts);
    court_free(court);
}

static void test_judge_state__empty_rings_cost_nothing(void **state)
{
    (void)state;
    struct court *court = new_court();
    struct saved parts = { 0 };
    save(court, true, &parts);
    assert_in_range(parts.bytes, 1, judge_memory(court->judge) / 2);
    release(&parts);
    court_free(court);
}

static void test_judge_state__is_of_one_set_of_settings(void **state)
{
    (void)state;
    struct court *court = new_court(), *other = court_new(STEPS, true);
    struct saved saved = { 0 };
    other->settings.step = 2 * KIT_SECOND;
    court_open(other);
    save(court, true, &saved);
    assert_false(judge_load_core(other->judge, saved.core.data, saved.core.length));
    assert_false(judge_load_horizon(other->judge, 0, saved.horizons[0].data, saved.horizons[0].length));
    release(&saved);
    court_free(court);
    court_free(other);
}

static void test_judge_state__is_whole_only_with_all_of_its_parts(void **state)
{
    (void)state;
    struct court *court = new_court();
    struct saved saved = { 0 };
    struct course course = { .seed = 5 };
    run_on(court, &course, 50);
    save(court, true, &saved);
    for (size_t left_out = 0; left_out <= judge_horizon_count(court->judge); left_out++) {
        struct court *again = new_court();
        if (left_out > 0)
            assert_true(judge_load_core(again->judge, saved.core.data, saved.core.length));
        for (size_t i = 0; i < judge_horizon_count(court->judge); i++)
            if (i + 1 != left_out)
                assert_true(judge_load_horizon(again->judge, i, saved.horizons[i].data, saved.horizons[i].length));
        assert_false(judge_is_whole(again->judge));
        court_free(again);
    }
    assert_false(judge_load_horizon(court->judge, judge_horizon_count(court->judge), saved.horizons[0].data,
                                    saved.horizons[0].length));
    release(&saved);
    court_free(court);
}

static bool loads(const struct saved *saved)
{
    struct court *court = new_court();
    bool done = load(court, saved);
    if (done) { /* then it is as good as any other */
        struct course course = { .seed = 1, .second = 1000 };
        run_on(court, &course, 1040);
    }
    court_free(court);
    return done;
}

static void test_judge_state__bytes_of_another_length_are_refused(void **state)
{
    (void)state;
    struct court *court = new_court();
    struct course course = { .seed = 5 };
    struct saved saved = { 0 };
    run_on(court, &course, 100);
    save(court, true, &saved);
    assert_true(loads(&saved));
    struct vane_text *texts[] = { &saved.core, &saved.horizons[0], &saved.horizons[7] };
    for (size_t i = 0; i < 3; i++) {
        size_t length = texts[i]->length;
        static const size_t cuts[] = { 1, 8, 100 };
        for (size_t j = 0; j < 3; j++) {
            texts[i]->length = length > cuts[j] ? length - cuts[j] : 0;
            assert_false(loads(&saved));
        }
        texts[i]->length = length;
        vane_text_add(texts[i], "\0", 1);
        assert_false(loads(&saved));
        texts[i]->length = length;
    }
    release(&saved);
    court_free(court);
}

/* Every number in turn becomes one that no judge has. */
static void test_judge_state__numbers_out_of_range_are_refused_or_do_no_harm(void **state)
{
    (void)state;
    static const double wrong[] = { NAN, INFINITY, -INFINITY, -1, 1e200 };
    struct court *court = new_court();
    struct course course = { .seed = 5 };
    struct saved saved = { 0 };
    run_on(court, &course, 100);
    save(court, true, &saved);
    struct vane_text *text = &saved.horizons[9];
    for (size_t at = 8; at < text->length; at += 8)
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            double kept;
            memcpy(&kept, text->data + at, 8);
            memcpy(text->data + at, &wrong[i], 8);
            loads(&saved);
            memcpy(text->data + at, &kept, 8);
        }
    assert_true(loads(&saved));
    double nan = NAN;
    memcpy(text->data + 8, &nan, 8); /* the mean error of naive */
    assert_false(loads(&saved));
    release(&saved);
    court_free(court);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_state__survives_a_restart),
        cmocka_unit_test(test_judge_state__writes_what_has_changed_and_that_is_enough),
        cmocka_unit_test(test_judge_state__one_horizon_that_is_met_is_one_that_is_written),
        cmocka_unit_test(test_judge_state__empty_rings_cost_nothing),
        cmocka_unit_test(test_judge_state__is_of_one_set_of_settings),
        cmocka_unit_test(test_judge_state__is_whole_only_with_all_of_its_parts),
        cmocka_unit_test(test_judge_state__bytes_of_another_length_are_refused),
        cmocka_unit_test(test_judge_state__numbers_out_of_range_are_refused_or_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
