/* Tests of plugins/forecast/prophet/pages.h: what is kept from fit to fit saves work and changes no bit. */
#include "plugins/forecast/prophet/pages.h"
#include "tests/unit/prophet_kit.h"
#include "core/plugin.h"

enum { ROWS = 3000, MOVE = 300 };

struct world {
    struct prophet_settings settings;
    struct kit_series       series; /* ROWS + MOVE rows */
    struct prophet         *model;
};

static void set_up(struct world *world, enum prophet_growth growth)
{
    world->settings = kit_bare();
    world->settings.growth = growth;
    world->settings.daily = 3;
    world->series = kit_read("synthetic_1s.csv", ROWS + MOVE);
    assert_int_equal(world->series.count, ROWS + MOVE);
    struct prophet_frame frame = kit_frame(&world->series);
    frame.count = ROWS;
    world->model = kit_fit_frame(&world->settings, &frame);
}

static void tear_down(struct world *world)
{
    prophet_free(world->model);
    kit_free(&world->series);
}

/* The frame's rows are fitted by the model, and by one that came from a restart and has no pages. */
static void check_same_bits(struct world *world, const struct prophet_frame *frame)
{
    struct prophet_error err;
    struct vane_text saved = { 0 }, kept = { 0 }, made = { 0 };
    struct prophet *other = prophet_new(&world->settings);
    prophet_save(world->model, &saved);
    assert_true(prophet_load(other, saved.data, saved.length));
    assert_int_equal(other->pages->count, 0);
    assert_true(prophet_fit(world->model, frame, NULL, &err));
    assert_true(prophet_fit(other, frame, NULL, &err));
    prophet_save(world->model, &kept);
    prophet_save(other, &made);
    assert_int_equal(kept.length, made.length);
    assert_memory_equal(kept.data, made.data, kept.length);
    prophet_free(other);
    vane_text_release(&saved);
    vane_text_release(&kept);
    vane_text_release(&made);
}

static size_t kept_of(const struct prophet *model, double *const *triangles, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < model->pages->count; i++)
        for (size_t k = 0; k < count; k++)
            kept += model->pages->list[i].r == triangles[k];
    return kept;
}

static size_t triangles_of(const struct prophet *model, double **out)
{
    for (size_t i = 0; i < model->pages->count; i++)
        out[i] = model->pages->list[i].r;
    return model->pages->count;
}

static void test_pages__are_kept_while_the_history_moves_on(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_FLAT);
    double *triangles[ROWS];
    size_t before = triangles_of(world.model, triangles);
    assert_true(before > 50);
    struct prophet_frame frame = { ROWS, world.series.times + MOVE, world.series.values + MOVE, NULL };
    check_same_bits(&world, &frame);
    assert_true(kept_of(world.model, triangles, before) > before * 8 / 10);
    tear_down(&world);
}

static void test_pages__know_the_trend_of_any_segment(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_LINEAR);
    struct prophet_frame frame = { ROWS, world.series.times + MOVE, world.series.values + MOVE, NULL };
    check_same_bits(&world, &frame);
    tear_down(&world);
}

static void test_pages__a_late_value_makes_its_page_anew(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_FLAT);
    double *triangles[ROWS];
    size_t before = triangles_of(world.model, triangles);
    struct prophet_frame frame = kit_frame(&world.series);
    frame.count = ROWS;
    world.series.values[ROWS / 2] += 1;
    check_same_bits(&world, &frame);
    assert_int_equal(kept_of(world.model, triangles, before), before - 1);
    tear_down(&world);
}

static void test_pages__give_the_sum_of_squares_of_the_rows(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_LINEAR);
    assert_true(world.model->pages->count > 0);
    struct prophet_frame frame = kit_frame(&world.series);
    frame.count = ROWS;
    double row_by_row = prophet_log_posterior(world.model, &frame);
    kit_near(prophet_parameters(world.model).log_posterior, row_by_row, 1e-11);
    tear_down(&world);
}

static void test_pages__there_are_none_where_columns_are_more_than_times(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_FLAT);
    struct prophet_holiday holiday = { .name = "day", .day = (int32_t)(world.series.times[0] / kit_day) };
    world.settings.holidays = &holiday;
    world.settings.holiday_count = 1;
    struct prophet_frame frame = kit_frame(&world.series);
    struct prophet_error err;
    assert_true(prophet_fit(world.model, &frame, NULL, &err));
    assert_int_equal(world.model->pages->count, 0);
    tear_down(&world);
}

static void test_pages__values_of_any_size_are_fitted(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, PROPHET_FLAT);
    for (size_t i = 0; i < ROWS; i++)
        world.series.values[i] = i % 2 ? 1e308 : -1e308;
    struct prophet_frame frame = kit_frame(&world.series);
    frame.count = ROWS;
    check_same_bits(&world, &frame);
    assert_true(isfinite(prophet_parameters(world.model).m));
    for (size_t i = 0; i < ROWS; i++)
        world.series.values[i] = i % 2 ? 1e-300 : -1e-300;
    check_same_bits(&world, &frame);
    kit_near(prophet_parameters(world.model).sigma, 1, 0.1);
    tear_down(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages__are_kept_while_the_history_moves_on),
        cmocka_unit_test(test_pages__know_the_trend_of_any_segment),
        cmocka_unit_test(test_pages__a_late_value_makes_its_page_anew),
        cmocka_unit_test(test_pages__give_the_sum_of_squares_of_the_rows),
        cmocka_unit_test(test_pages__there_are_none_where_columns_are_more_than_times),
        cmocka_unit_test(test_pages__values_of_any_size_are_fitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
