#include "tests/unit/forecast_doubles.h"

#include "plugins/forecast/series.h"

static const struct vane_series of = { .name = "m", .name_length = 1, .hash = 12345 };

struct test {
    struct forecast_options options;
    struct plan             plan;
    struct panel_work       work;
    struct series          *series;
    struct tally            tally;
    struct answer           answer;
    char                    notes[256];
};

static void note(void *context, const char *name, const char *sentence)
{
    struct test *test = context;
    size_t at = strlen(test->notes);
    (void)sentence;
    snprintf(test->notes + at, sizeof test->notes - at, "%s ", name);
}

static void begin(struct test *test)
{
    struct plan_error err;
    if (!plan_make(&test->plan, &test->options, &err))
        fail_msg("%s", err.text);
    panel_work_init(&test->work, &test->plan);
    test->series = series_new(&test->plan, &of, "v", 1);
}

static void finish(struct test *test)
{
    series_free(test->series);
    panel_work_release(&test->work);
    plan_release(&test->plan);
}

/* Takes a point at that second and does what is due. Answers whether there was a forecast. */
static bool take(struct test *test, double second, double value)
{
    const double columns[4] = { 0 };
    const struct point point = { (int64_t)(second * 1e9), value, columns };
    int due = series_take(test->series, &point, point.time, &test->tally);
    test->answer.prediction = NULL;
    if (due & SERIES_FORECAST)
        series_forecast(test->series, &test->work, &(struct model_notes){ note, test }, &test->answer, &test->tally);
    if (due)
        series_advance(test->series, due);
    return test->answer.prediction != NULL;
}

static void test_series__forecasts_when_time_passes_a_multiple(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    int forecasts = 0;
    for (int second = 1003; second < 1050; second++)
        if (take(&test, second, 1)) {
            assert_int_equal(test.answer.origin, second * SECOND);
            assert_int_equal(second % 10, 0);
            forecasts++;
        }
    assert_int_equal(forecasts, 4);
    finish(&test);
}

static void test_series__one_forecast_however_long_the_gap(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    take(&test, 1001, 1);
    take(&test, 1002, 1);
    assert_true(take(&test, 1057.5, 1));
    assert_int_equal(test.answer.origin, 1057500 * (SECOND / 1000));
    assert_false(take(&test, 1058, 1));
    assert_true(take(&test, 1060, 1));
    finish(&test);
}

static void test_series__phases_are_spread_and_always_the_same(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.spread = true;
    begin(&test);
    int64_t phase = test.series->phase;
    assert_in_range(phase, 1, 10 * SECOND - 1);
    struct series *other = series_new(&test.plan, &of, "w", 1), *same = series_new(&test.plan, &of, "v", 1);
    assert_true(other->phase != phase);
    assert_int_equal(same->phase, phase);
    for (int i = 0; i < 400; i++)
        if (take(&test, 1000 + i / 10.0, 1)) {
            int64_t behind = test.answer.origin % (10 * SECOND) - phase;
            assert_in_range(behind, 0, SECOND / 10);
        }
    series_free(other);
    series_free(same);
    finish(&test);
}

static void test_series__too_few_points_are_noted_and_no_forecast(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.min_points = 4;
    begin(&test);
    take(&test, 1001, 1);
    take(&test, 1009, 1);
    assert_false(take(&test, 1010, 1));
    assert_string_equal(test.notes, "too_few_points ");
    take(&test, 1015, 1);
    assert_true(take(&test, 1020, 1));
    finish(&test);
}

static void test_series__a_late_point_is_learnt_from_and_makes_nothing_due(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    take(&test, 1001, 1);
    take(&test, 1009, 1);
    assert_false(take(&test, 1005, 1));
    assert_int_equal(test.tally.counts[TALLY_LATE], 1);
    assert_true(take(&test, 1011, 1));
    assert_true(test.answer.prediction->mean[0] == 4);
    finish(&test);
}

/* ---- Clocks ---- */

static void test_series__one_point_far_ahead_is_left_out(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    for (int second = 1001; second < 1006; second++)
        take(&test, second, 1);
    assert_false(take(&test, 99999, 1));
    take(&test, 1006, 1);
    assert_int_equal(test.tally.counts[TALLY_AHEAD], 1);
    assert_int_equal(test.series->history.count, 6);
    assert_true(take(&test, 1010, 1));
    finish(&test);
}

static void test_series__goes_on_behind_a_long_silence(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    for (int second = 1001; second < 1006; second++)
        take(&test, second, 1);
    assert_false(take(&test, 5001, 1));
    assert_true(take(&test, 5002, 1));
    assert_int_equal(test.series->history.count, 2);
    assert_int_equal(test.tally.counts[TALLY_AHEAD], 0);
    assert_int_equal(test.tally.counts[TALLY_POINTS], 7);
    finish(&test);
}

static void test_series__points_older_than_the_history_are_passed_over(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    take(&test, 1001, 1);
    take(&test, 1002, 1);
    for (int i = 1; i < SERIES_CLOCK_BACK; i++)
        take(&test, i, 1);
    take(&test, 1003, 1); /* the row is broken */
    for (int i = 1; i < SERIES_CLOCK_BACK; i++)
        take(&test, i, 1);
    assert_int_equal(test.tally.counts[TALLY_TOO_OLD], 2 * (SERIES_CLOCK_BACK - 1));
    assert_int_equal(test.series->history.count, 3);
    finish(&test);
}

static void test_series__begins_anew_when_the_clock_was_set_back(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    for (int second = 90001; second < 90011; second++)
        take(&test, second, 1);
    for (int i = 0; i < SERIES_CLOCK_BACK; i++)
        take(&test, 1001 + i, 1);
    assert_int_equal(test.tally.counts[TALLY_CLOCK_BACK], 1);
    assert_int_equal(test.series->history.count, 1);
    take(&test, 1109, 1);
    assert_true(take(&test, 1110, 1));
    assert_true(test.answer.prediction->mean[0] == 3);
    finish(&test);
}

static void test_series__a_point_ahead_of_its_arrival_is_left_out(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.max_future = 5 * SECOND;
    begin(&test);
    assert_int_equal(series_take(test.series, &(struct point){ 1006 * SECOND, 1, NULL }, 1000 * SECOND, &test.tally), 0);
    assert_int_equal(test.tally.counts[TALLY_AHEAD], 1);
    assert_int_equal(test.series->history.count, 0);
    finish(&test);
}

/* ---- Answers ---- */

static void test_series__naive_answers_where_the_model_cannot(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    take(&test, 1001, 1);
    assert_true(take(&test, 1010, -7));
    assert_string_equal(test.answer.model->name, "naive");
    assert_string_equal(test.answer.why, "naive: echo could not answer");
    assert_true(test.answer.prediction->mean[2] == -7);
    assert_string_equal(test.notes, "negative ");
    assert_int_equal(test.tally.counts[TALLY_FALLBACKS], 1);
    finish(&test);
}

static void test_series__what_is_not_finite_is_never_answered(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    begin(&test);
    take(&test, 1001, 1);
    assert_true(take(&test, 1010, 666));
    assert_string_equal(test.answer.model->name, "naive");
    assert_string_equal(test.notes, "not_finite ");
    finish(&test);
}

static void test_series__auto_asks_the_judge(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.model = "auto";
    begin(&test);
    take(&test, 1001, 1);
    assert_true(take(&test, 1010, 5));
    assert_string_equal(test.answer.model->name, "echo");
    assert_true(take(&test, 1020, -5)); /* one of the candidates still can */
    assert_string_equal(test.answer.model->name, "naive");
    assert_string_equal(test.answer.why, "the last that predicted");
    assert_int_equal(test.tally.counts[TALLY_FALLBACKS], 0);
    finish(&test);
}

static void test_series__bounds_hold_after_calibration_too(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.calibrate = true;
    test.options.clip_min = 1.5;
    test.options.clip_max = 50;
    begin(&test);
    take(&test, 1001, 1);
    assert_true(take(&test, 1010, 5));
    const struct prediction *made = test.answer.prediction;
    assert_true(made->mean[0] == 2 && made->quantiles[0] == 50 && made->quantiles[3] == 50);
    finish(&test);
}

static void test_series__logarithms_are_learnt_and_values_answered(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.transform = TRANSFORM_LOG;
    test.options.model = "naive";
    begin(&test);
    take(&test, 1001, 8);
    take(&test, 1002, 0);
    take(&test, 1003, -1);
    assert_int_equal(test.tally.counts[TALLY_NOT_POSITIVE], 2);
    assert_true(take(&test, 1010, 100));
    assert_true(fabs(test.answer.prediction->mean[0] - 100) < 1e-9);
    assert_true(fabs(test.answer.prediction->quantiles[0] - 100 * exp(-4)) < 1e-9);
    finish(&test);
}

static void test_series__refits_only_so_often_and_updates_in_between(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    test.options.refit_every = 25 * SECOND;
    begin(&test);
    double means[6];
    int count = 0;
    for (int second = 1001; second <= 1060; second++)
        if (take(&test, second, 1))
            means[count++] = test.answer.prediction->mean[0];
    assert_int_equal(count, 6);
    for (int i = 0; i < 6; i++) /* learnt from all points either way: fitted at 1010 and 1040 */
        assert_true(means[i] == 10 * (i + 1));
    finish(&test);
}

static void test_series__steps_of_regressors_carry_the_last_value(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    const struct regressor_options regressor = { .field = "r" };
    test.options.model = "prophet";
    test.options.prophet.regressors = (struct vane_tables){ &regressor, 1 };
    begin(&test);
    for (int i = 0; i < 2; i++) {
        const double value = 1000 * (i + 1);
        const struct point point = { (1001 + i) * SECOND, 1, &value };
        series_take(test.series, &point, point.time, &test.tally);
    }
    series_forecast(test.series, &test.work, &(struct model_notes){ note, &test }, &test.answer, &test.tally);
    assert_true(test.answer.prediction->mean[0] == 2002);
    assert_true(history_column(&test.series->history, 1)[0] == 1000);
    finish(&test);
}

/* The rows that echo is given for the future show in what it adds to its forecast; here, only those of step one. */
static void test_series__regressors_known_ahead_are_used(void **state)
{
    (void)state;
    struct test test = { .options = usual_options() };
    const struct regressor_options regressor = { .field = "r" };
    const double now = 1000, soon = 7000, later = 9000;
    test.options.model = "prophet";
    test.options.prophet.regressors = (struct vane_tables){ &regressor, 1 };
    begin(&test);
    series_take_future(test.series, 900 * SECOND, &soon); /* before there is a point */
    series_take(test.series, &(struct point){ 1001 * SECOND, 1, &now }, 0, &test.tally);
    series_take(test.series, &(struct point){ 1002 * SECOND, 1, &now }, 0, &test.tally);
    series_take_future(test.series, 1001 * SECOND, &soon); /* that time has passed */
    series_take_future(test.series, 1003 * SECOND + SECOND / 2, &soon);
    series_take_future(test.series, 1005 * SECOND, &later);
    struct model_notes notes = { note, &test };
    series_forecast(test.series, &test.work, &notes, &test.answer, &test.tally);
    assert_true(test.answer.prediction->mean[0] == 1002);
    for (int i = 0; i < 3; i++)
        assert_true(test.work.columns[0][i] == (i == 0 ? now : i == 1 ? soon : later));
    series_take(test.series, &(struct point){ 1004 * SECOND, 1, &now }, 0, &test.tally);
    assert_int_equal(test.series->future.count, 1);
    finish(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series__forecasts_when_time_passes_a_multiple),
        cmocka_unit_test(test_series__one_forecast_however_long_the_gap),
        cmocka_unit_test(test_series__phases_are_spread_and_always_the_same),
        cmocka_unit_test(test_series__too_few_points_are_noted_and_no_forecast),
        cmocka_unit_test(test_series__a_late_point_is_learnt_from_and_makes_nothing_due),
        cmocka_unit_test(test_series__one_point_far_ahead_is_left_out),
        cmocka_unit_test(test_series__goes_on_behind_a_long_silence),
        cmocka_unit_test(test_series__points_older_than_the_history_are_passed_over),
        cmocka_unit_test(test_series__begins_anew_when_the_clock_was_set_back),
        cmocka_unit_test(test_series__a_point_ahead_of_its_arrival_is_left_out),
        cmocka_unit_test(test_series__naive_answers_where_the_model_cannot),
        cmocka_unit_test(test_series__what_is_not_finite_is_never_answered),
        cmocka_unit_test(test_series__auto_asks_the_judge),
        cmocka_unit_test(test_series__bounds_hold_after_calibration_too),
        cmocka_unit_test(test_series__logarithms_are_learnt_and_values_answered),
        cmocka_unit_test(test_series__refits_only_so_often_and_updates_in_between),
        cmocka_unit_test(test_series__steps_of_regressors_carry_the_last_value),
        cmocka_unit_test(test_series__regressors_known_ahead_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
