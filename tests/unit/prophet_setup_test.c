/* Prophet's own tests (python/prophet/tests) of scales, growth, changepoints, names and automatic
 * seasonalities, with their figures. */
#include "plugins/forecast/prophet/history.h"
#include "plugins/forecast/prophet/trend.h"
#include "tests/unit/prophet_kit.h"

enum { HALF = 255 }; /* rows of data.csv */

static void assert_about(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
}

static double largest(const struct kit_series *series)
{
    double most = series->values[0];
    for (size_t i = 1; i < series->count; i++)
        most = fmax(most, series->values[i]);
    return most;
}

/* ---- Scales ---- */

static void test_scale__the_history_is_0_to_1(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", HALF);
    struct prophet_settings settings = kit_bare();
    struct prophet *model = kit_fit(&settings, &series);
    assert_true(scale_time(&model->scale, series.times[0]) == 0);
    assert_true(scale_time(&model->scale, series.times[HALF - 1]) == 1);
    assert_true(largest(&series) / model->scale.y_scale == 1);
    prophet_free(model);
    kit_free(&series);
}

static struct prophet_settings between(double floor, double cap, enum prophet_scaling scaling)
{
    struct prophet_settings settings = prophet_settings_default();
    settings.growth = PROPHET_LOGISTIC;
    settings.scaling = scaling;
    settings.floor = floor;
    settings.has_floor = true;
    settings.cap = cap;
    return settings;
}

/* Of the first half of data.csv, `up` higher: the first value as the fit sees it, and the second half's
 * forecast. */
static double fit_between(double up, enum prophet_scaling scaling, double *yhat)
{
    struct kit_series series = kit_read("data.csv", 2 * HALF), head = series;
    struct prophet_settings settings = between(10 + up, 80 + up, scaling);
    head.count = HALF;
    for (size_t i = 0; i < HALF; i++)
        head.values[i] += up;
    struct prophet *model = kit_fit(&settings, &head);
    double first = (head.values[0] - settings.floor) / model->scale.y_scale;
    kit_yhat(model, series.times + HALF, HALF, yhat);
    if (scaling == PROPHET_ABSMAX) /* what Prophet's own Newton reaches */
        assert_true(prophet_parameters(model).log_posterior >= 418.08);
    prophet_free(model);
    kit_free(&series);
    return first;
}

static void check_floor(enum prophet_scaling scaling, double first)
{
    double yhat[HALF], higher[HALF];
    assert_about(fit_between(0, scaling, yhat), first, 1e-12);
    assert_about(fit_between(10, scaling, higher), first, 1e-12);
    for (size_t i = 0; i < HALF; i++)
        assert_about(higher[i], yhat[i] + 10, 1e-3); /* the maximum is flat */
}

static void test_logistic_floor__is_where_values_are_measured_from(void **state)
{
    (void)state;
    check_floor(PROPHET_ABSMAX, 1); /* the first value is the largest */
    check_floor(PROPHET_MINMAX, 28.23 / 70);
}

/* Root of the mean square between 30 forecast days and the last 30 values, by position, as Prophet tests. */
static double error_of_large_numbers(enum prophet_scaling scaling)
{
    enum { ROWS = 70, DAYS = 30 };
    struct kit_series series = kit_read("data3.csv", ROWS), head = series;
    struct prophet_settings settings = prophet_settings_default();
    int64_t days[DAYS];
    double yhat[DAYS], squares = 0;
    settings.scaling = scaling;
    head.count = ROWS - DAYS;
    struct prophet *model = kit_fit(&settings, &head);
    for (int i = 0; i < DAYS; i++)
        days[i] = head.times[head.count - 1] + (i + 1) * kit_day;
    kit_yhat(model, days, DAYS, yhat);
    for (size_t i = 0; i < DAYS; i++)
        squares += pow(yhat[i] - series.values[head.count + i], 2);
    prophet_free(model);
    kit_free(&series);
    return sqrt(squares / DAYS);
}

static void test_large_numbers__have_the_error_of_the_exact_maximum(void **state)
{
    (void)state;
    assert_about(error_of_large_numbers(PROPHET_ABSMAX), 80.09, 0.005);
    double minmax = error_of_large_numbers(PROPHET_MINMAX);
    assert_about(minmax, 95.737, 0.0005);
    kit_near(minmax, 93.45, 0.03); /* of Prophet's Newton, whose posterior is lower */
}

/* ---- Growth ---- */

struct start { double k, m; };

static struct start initial(enum prophet_growth growth, enum prophet_scaling scaling)
{
    struct kit_series series = kit_read("data.csv", 468);
    struct prophet_frame frame = kit_frame(&series);
    struct prophet_settings settings = kit_bare();
    settings.growth = growth;
    settings.scaling = scaling;
    settings.cap = largest(&series);
    struct prophet model = { .settings = &settings };
    struct prophet_error err;
    struct rows rows;
    struct start start;
    assert_true(rows_init(&rows, &settings, &frame, &err));
    assert_true(scale_init(&model.scale, &settings, &rows, &err));
    rows_initial_trend(&rows, &model, &start.k, &start.m);
    rows_release(&rows);
    kit_free(&series);
    return start;
}

static void check_start(enum prophet_growth growth, enum prophet_scaling scaling, struct start expected)
{
    struct start start = initial(growth, scaling);
    kit_near(start.k, expected.k, 2e-6);
    kit_near(start.m, expected.m, 2e-6);
}

static void test_growth__starts_where_prophets_does(void **state)
{
    (void)state;
    check_start(PROPHET_LINEAR, PROPHET_ABSMAX, (struct start){ .3055671, .5307511 });
    check_start(PROPHET_LOGISTIC, PROPHET_ABSMAX, (struct start){ 1.507925, -.08167497 });
    check_start(PROPHET_FLAT, PROPHET_ABSMAX, (struct start){ 0, .49335657 });
}

static void test_growth__starts_where_prophets_does_scaled_by_minmax(void **state)
{
    (void)state;
    check_start(PROPHET_LINEAR, PROPHET_MINMAX, (struct start){ .4053406, .3775322 });
    check_start(PROPHET_LOGISTIC, PROPHET_MINMAX, (struct start){ 1.782523, .280521 });
    check_start(PROPHET_FLAT, PROPHET_MINMAX, (struct start){ 0, .32792770 });
}

/* Eight waves in eight weeks around 30. */
static double waves(size_t i)
{
    return 30 + sin(8 * 2 * 3.14159265358979323846 * (double)i / 55);
}

static void check_flat(enum prophet_scaling scaling)
{
    enum { ROWS = 56, AHEAD = 10 };
    struct kit_series series = kit_days(ROWS + AHEAD, waves), head = series;
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_frame all = kit_frame(&series);
    struct prophet_error err;
    double trend[ROWS + AHEAD];
    settings.growth = PROPHET_FLAT;
    settings.scaling = scaling;
    head.count = ROWS;
    struct prophet *model = kit_fit(&settings, &head);
    assert_true(prophet_predict(model, &all, &(struct prophet_forecast){ .trend = trend }, &err));
    assert_true(model->k == 0);
    assert_true(round(trend[0]) == 30);
    for (size_t i = 0; i < ROWS + AHEAD; i++)
        assert_about(trend[i], model->m * model->scale.y_scale + model->scale.y_min, 1e-12);
    prophet_free(model);
    kit_free(&series);
}

static void test_flat_growth__has_the_same_trend_everywhere(void **state)
{
    (void)state;
    check_flat(PROPHET_ABSMAX);
    check_flat(PROPHET_MINMAX);
}

static void test_trend__flat_is_its_level(void **state)
{
    (void)state;
    static const double change = 5, delta = 0.5;
    struct line lines[2];
    struct trend trend = { .growth = PROPHET_FLAT, .changes = &change, .count = 1, .lines = lines };
    trend_init(&trend, 1, 0.5, &delta);
    for (double t = 0; t <= 10; t++)
        assert_true(trend_at(&trend, trend_segment(&trend, t, 0), t, 1) == 0.5);
}

/* ---- Changepoints ---- */

static void check_changepoints(double range, double last_row)
{
    struct kit_series series = kit_read("data.csv", HALF);
    struct prophet_settings settings = kit_bare();
    settings.changepoint_range = range;
    struct prophet *model = kit_fit(&settings, &series);
    assert_int_equal(model->change_count, 25);
    assert_true(model->changes[0] > 0);
    assert_true(model->changes[24] <= scale_time(&model->scale, series.times[(size_t)last_row]));
    prophet_free(model);
    kit_free(&series);
}

static void test_changepoints__lie_in_their_range(void **state)
{
    (void)state;
    check_changepoints(0.8, ceil(0.8 * HALF));
    check_changepoints(0.4, ceil(0.4 * HALF));
}

static void test_changepoints__a_range_beyond_the_history_is_refused(void **state)
{
    (void)state;
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_error err;
    settings.changepoint_range = -0.1;
    assert_false(prophet_settings_check(&settings, &err));
    settings.changepoint_range = 2;
    assert_false(prophet_settings_check(&settings, &err));
}

/* Finite on all of data.csv. */
static void check_forecast(const struct prophet *model)
{
    struct kit_series series = kit_read("data.csv", 2 * HALF);
    double yhat[2 * HALF];
    kit_yhat(model, series.times, series.count, yhat);
    for (size_t i = 0; i < series.count; i++)
        assert_true(isfinite(yhat[i]));
    kit_free(&series);
}

static void test_changepoints__none_is_one_at_0(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", HALF);
    struct prophet_settings settings = prophet_settings_default();
    settings.changepoint_count = 0;
    struct prophet *model = kit_fit(&settings, &series);
    assert_int_equal(model->change_count, 1);
    assert_true(model->changes[0] == 0);
    check_forecast(model);
    prophet_free(model);
    kit_free(&series);
}

/* data.csv without the year 2013. */
static struct kit_series without_a_year(void)
{
    static const int64_t from = 15706 * 86400000000000, to = 16071 * 86400000000000;
    struct kit_series series = kit_read("data.csv", 2 * HALF);
    size_t kept = 0;
    for (size_t i = 0; i < series.count; i++) {
        if (series.times[i] >= from && series.times[i] <= to)
            continue;
        series.times[kept] = series.times[i];
        series.values[kept++] = series.values[i];
    }
    series.count = kept;
    return series;
}

static void test_changepoints__may_be_given_where_there_are_no_rows(void **state)
{
    (void)state;
    struct kit_series series = without_a_year();
    const int64_t given[] = { 15862 * kit_day, 15500 * kit_day }; /* 2013-06-06 */
    struct prophet_settings settings = prophet_settings_default();
    settings.changepoints_given = true;
    settings.changepoints = given;
    settings.changepoints_length = 2;
    struct prophet *model = kit_fit(&settings, &series);
    assert_int_equal(model->change_count, 2);
    assert_true(model->changes[0] == scale_time(&model->scale, given[1]));
    assert_true(model->changes[1] == scale_time(&model->scale, given[0]));
    check_forecast(model);
    prophet_free(model);
    kit_free(&series);
}

static void test_changepoints__outside_of_the_history_are_refused(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", HALF);
    struct prophet_frame frame = kit_frame(&series);
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_error err;
    const int64_t given[] = { series.times[0] - 1, series.times[HALF - 1] + 1 };
    settings.changepoints_given = true;
    settings.changepoints_length = 1;
    for (int i = 0; i < 2; i++) {
        settings.changepoints = &given[i];
        struct prophet *model = prophet_new(&settings);
        assert_false(prophet_fit(model, &frame, NULL, &err));
        assert_string_equal(err.text, "a changepoint lies outside of the history");
        prophet_free(model);
    }
    kit_free(&series);
}

static void test_fit__rows_at_equal_times_are_rows_of_their_own(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", HALF);
    int64_t times[2 * HALF];
    double values[2 * HALF], once[HALF], twice[HALF];
    for (size_t i = 0; i < HALF; i++) {
        times[i] = times[HALF + i] = series.times[i];
        values[i] = series.values[i];
        values[HALF + i] = series.values[i] + 10;
    }
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_frame doubled = { .count = 2 * HALF, .times = times, .values = values };
    struct prophet *model = kit_fit(&settings, &series), *both = kit_fit_frame(&settings, &doubled);
    kit_yhat(model, times, HALF, once);
    kit_yhat(both, times, HALF, twice);
    double mean = 0;
    for (size_t i = 0; i < HALF; i++)
        mean += (twice[i] - once[i]) / HALF;
    assert_about(mean, 5, 0.01);
    prophet_free(both);
    prophet_free(model);
    kit_free(&series);
}

/* ---- Names ---- */

static bool accepts(const struct prophet_seasonality *seasonalities, size_t count)
{
    static const struct prophet_holiday holiday = { .name = "special_day", .day = 17168 };
    struct prophet_error err;
    struct prophet_settings settings = prophet_settings_default();
    settings.holidays = &holiday;
    settings.holiday_count = 1;
    settings.seasonalities = seasonalities;
    settings.seasonality_count = count;
    return prophet_settings_check(&settings, &err);
}

static void test_names__that_are_taken_are_refused(void **state)
{
    (void)state;
    static const struct prophet_seasonality twice[] = { { "monthly", 30, 5, 0, 0, NULL },
                                                        { "monthly", 31, 5, 0, 0, NULL } };
    assert_true(accepts(twice, 1));
    assert_false(accepts(twice, 2));
    assert_false(accepts(&(struct prophet_seasonality){ "special_day", 30, 5, 0, 0, NULL }, 1));
    assert_false(accepts(&(struct prophet_seasonality){ "trend", 30, 5, 0, 0, NULL }, 1));
    assert_true(accepts(&(struct prophet_seasonality){ "weekly", 30, 5, 0, 0, NULL }, 1));
}

static void test_seasonality__an_order_below_1_is_refused(void **state)
{
    (void)state;
    assert_false(accepts(&(struct prophet_seasonality){ "weekly", 7, 0, 0, 0, NULL }, 1));
    assert_false(accepts(&(struct prophet_seasonality){ "weekly", 7, -1, 0, 0, NULL }, 1));
}

/* ---- Seasonalities that switch themselves ---- */

static const struct term *find_term(const struct prophet *model, const char *name)
{
    for (size_t i = 0; i < model->design.count; i++)
        if (strcmp(model->design.terms[i].name, name) == 0)
            return &model->design.terms[i];
    return NULL;
}

struct expected {
    const char *name;
    double      period, prior_scale;
    int         order; /* 0: it is off */
};

static void check_seasonality(const struct prophet_settings *settings, const char *file, size_t rows,
                              struct expected expected)
{
    struct kit_series series = kit_read(file, rows);
    struct prophet *model = kit_fit(settings, &series);
    const struct term *term = find_term(model, expected.name);
    assert_int_equal(term != NULL, expected.order > 0);
    if (term) {
        assert_int_equal(term->count, 2 * expected.order);
        assert_true(term->period == expected.period && term->prior_scale == expected.prior_scale);
        assert_true(!term->multiplicative && term->column == NO_COLUMN);
    }
    prophet_free(model);
    kit_free(&series);
}

static void test_seasonality__on_by_itself_has_prophets_order_and_prior(void **state)
{
    (void)state;
    struct prophet_settings usual = prophet_settings_default();
    check_seasonality(&usual, "data.csv", 15, (struct expected){ "weekly", 7, 10, 3 });
    check_seasonality(&usual, "data.csv", 510, (struct expected){ "yearly", 365.25, 10, 10 });
    check_seasonality(&usual, "data2.csv", 863, (struct expected){ "daily", 1, 10, 4 });
}

static void test_seasonality__too_short_a_history_leaves_it_off(void **state)
{
    (void)state;
    struct prophet_settings usual = prophet_settings_default();
    check_seasonality(&usual, "data.csv", 9, (struct expected){ .name = "weekly" });
    check_seasonality(&usual, "data.csv", 240, (struct expected){ .name = "yearly" });
    check_seasonality(&usual, "data2.csv", 430, (struct expected){ .name = "daily" });
    check_seasonality(&usual, "data.csv", 510, (struct expected){ .name = "daily" });
}

static void test_seasonality__true_or_an_order_is_obeyed(void **state)
{
    (void)state;
    struct prophet_settings on = prophet_settings_default();
    on.weekly = on.yearly = on.daily = PROPHET_ON;
    check_seasonality(&on, "data.csv", 9, (struct expected){ "weekly", 7, 10, 3 });
    check_seasonality(&on, "data.csv", 240, (struct expected){ "yearly", 365.25, 10, 10 });
    check_seasonality(&on, "data2.csv", 430, (struct expected){ "daily", 1, 10, 4 });
    on.weekly = 2;
    on.yearly = on.daily = 7;
    on.seasonality_prior_scale = 3;
    check_seasonality(&on, "data.csv", 510, (struct expected){ "weekly", 7, 3, 2 });
    check_seasonality(&on, "data.csv", 510, (struct expected){ "yearly", 365.25, 3, 7 });
    check_seasonality(&on, "data2.csv", 863, (struct expected){ "daily", 1, 3, 7 });
}

static void test_seasonality__weekly_is_off_for_weekly_rows(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", 510);
    struct prophet_settings settings = prophet_settings_default();
    size_t kept = 0;
    for (size_t i = 0; i < series.count; i += 7) {
        series.times[kept] = series.times[i];
        series.values[kept++] = series.values[i];
    }
    series.count = kept;
    struct prophet *model = kit_fit(&settings, &series);
    assert_null(find_term(model, "weekly"));
    prophet_free(model);
    kit_free(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale__the_history_is_0_to_1),
        cmocka_unit_test(test_logistic_floor__is_where_values_are_measured_from),
        cmocka_unit_test(test_large_numbers__have_the_error_of_the_exact_maximum),
        cmocka_unit_test(test_growth__starts_where_prophets_does),
        cmocka_unit_test(test_growth__starts_where_prophets_does_scaled_by_minmax),
        cmocka_unit_test(test_flat_growth__has_the_same_trend_everywhere),
        cmocka_unit_test(test_trend__flat_is_its_level),
        cmocka_unit_test(test_changepoints__lie_in_their_range),
        cmocka_unit_test(test_changepoints__a_range_beyond_the_history_is_refused),
        cmocka_unit_test(test_changepoints__none_is_one_at_0),
        cmocka_unit_test(test_changepoints__may_be_given_where_there_are_no_rows),
        cmocka_unit_test(test_changepoints__outside_of_the_history_are_refused),
        cmocka_unit_test(test_fit__rows_at_equal_times_are_rows_of_their_own),
        cmocka_unit_test(test_names__that_are_taken_are_refused),
        cmocka_unit_test(test_seasonality__an_order_below_1_is_refused),
        cmocka_unit_test(test_seasonality__on_by_itself_has_prophets_order_and_prior),
        cmocka_unit_test(test_seasonality__too_short_a_history_leaves_it_off),
        cmocka_unit_test(test_seasonality__true_or_an_order_is_obeyed),
        cmocka_unit_test(test_seasonality__weekly_is_off_for_weekly_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
