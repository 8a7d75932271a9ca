/* Prophet's own tests (python/prophet/tests), with its figures, as far as they speak of the model and not
 * of tables. */
#include "plugins/forecast/prophet/holidays.h"
#include "plugins/forecast/prophet/kernel.h"
#include "plugins/forecast/prophet/trend.h"
#include "tests/unit/prophet_kit.h"

static double constant_value;

static double constant(size_t i)
{
    (void)i;
    return constant_value;
}

static double wave(size_t i)
{
    return 30 + sin((double)i * 0.7) + 0.1 * (double)(i % 5);
}

static double line(size_t i)
{
    return (double)i;
}

static bool has_component(const struct prophet *model, const char *name)
{
    for (size_t i = 0; i < prophet_component_count(model); i++)
        if (strcmp(prophet_component_name(model, i), name) == 0)
            return true;
    return false;
}

/* ---- Trend ---- */

static void test_trend__piecewise_linear(void **state)
{
    (void)state;
    static const double expected[] = { 0, 1, 2, 3, 4, 5, 6.5, 8, 9.5, 11, 12.5 }, change = 5, delta = 0.5;
    struct line lines[2];
    struct trend trend = { .growth = PROPHET_LINEAR, .changes = &change, .count = 1, .lines = lines };
    trend_init(&trend, 1, 0, &delta);
    for (size_t t = 0; t <= 10; t++)
        kit_near(trend_at(&trend, trend_segment(&trend, (double)t, 0), (double)t, 1), expected[t], 1e-15);
}

static void test_trend__piecewise_logistic(void **state)
{
    (void)state;
    static const double expected[] = { 5, 7.310586, 8.807971, 9.525741, 9.820138, 9.933071, 9.984988,
                                       9.996646,
                                       9.999252, 9.999833, 9.999963 }, change = 5, delta = 0.5;
    struct line lines[2];
    struct trend trend = { .growth = PROPHET_LOGISTIC, .changes = &change, .count = 1, .lines = lines };
    trend_init(&trend, 1, 0, &delta);
    for (size_t t = 0; t <= 10; t++)
        kit_near(trend_at(&trend, trend_segment(&trend, (double)t, 0), (double)t, 10), expected[t], 1e-7);
}

/* ---- Features ---- */

static void test_features__fourier_series_of_a_week_and_a_year(void **state)
{
    (void)state;
    static const double week[] = { .7818315, .6234898, .9749279, -.2225209, .4338837, -.9009689 };
    static const double year[] = { .7006152, -.7135393, -.9998330, .01827656, .7262249, .6874572 };
    double days[4] = { 15478, 15478, 15478, 15478 }, columns[6 * 4]; /* 2012-05-18 */
    const struct kernels *kernels[] = { kernels_plain(), kernels_of_cpu() };
    for (int k = 0; k < 2; k++) {
        kernels[k]->harmonics(days, 7, 3, 4, columns, 4);
        for (int i = 0; i < 6; i++)
            assert_true(fabs(columns[4 * i] - week[i]) < 1e-6);
        kernels[k]->harmonics(days, 365.25, 3, 4, columns, 4);
        for (int i = 0; i < 6; i++)
            assert_true(fabs(columns[4 * i] - year[i]) < 1e-6);
    }
}

static void check_auto(const char *file, size_t first, size_t rows, const char *name, bool on)
{
    struct kit_series series = kit_read(file, first + rows);
    struct prophet_frame frame = { .count = rows, .times = series.times + first,
                                   .values = series.values + first };
    struct prophet_settings settings = prophet_settings_default();
    struct prophet *model = kit_fit_frame(&settings, &frame);
    assert_int_equal(has_component(model, name), on);
    prophet_free(model);
    kit_free(&series);
}

static void test_seasonality__auto_follows_the_length_of_the_history(void **state)
{
    (void)state;
    check_auto("data.csv", 0, 15, "weekly", true);
    check_auto("data.csv", 0, 9, "weekly", false);
    check_auto("data.csv", 0, 510, "yearly", true);
    check_auto("data.csv", 0, 240, "yearly", false);
    check_auto("data2.csv", 0, 863, "daily", true);
    check_auto("data2.csv", 0, 430, "daily", false);
}

/* ---- Changepoints ---- */

static void test_changepoints__are_25_in_the_first_four_fifths(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", 468);
    struct prophet_settings settings = kit_bare();
    struct prophet *model = kit_fit(&settings, &series);
    struct prophet_parameters p = prophet_parameters(model);
    double last =
        (double)(series.times[375] - series.times[0]) / (double)(series.times[467] - series.times[0]);
    assert_int_equal(p.delta_count, 25);
    assert_true(p.changepoints[0] > 0 && p.changepoints[24] <= last);
    prophet_free(model);
    kit_free(&series);
}

static void test_changepoints__zero_of_them_leave_no_delta(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", 468);
    struct prophet_settings settings = kit_bare();
    settings.changepoint_count = 0;
    struct prophet *model = kit_fit(&settings, &series);
    struct prophet_parameters p = prophet_parameters(model);
    assert_int_equal(p.delta_count, 1);
    assert_true(p.changepoints[0] == 0 && p.delta[0] == 0);
    prophet_free(model);
    kit_free(&series);
}

static void test_changepoints__a_short_history_has_fewer(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", 20);
    struct prophet_settings settings = kit_bare();
    struct prophet *model = kit_fit(&settings, &series);
    assert_int_equal(prophet_parameters(model).delta_count, 15);
    prophet_free(model);
    kit_free(&series);
}

/* ---- Constant, flat, scaled ---- */

static void test_fit__a_constant_history_is_forecast_exactly(void **state)
{
    (void)state;
    static const double values[] = { 0, 20, -3.7 };
    for (int i = 0; i < 6; i++) {
        constant_value = values[i / 2];
        struct kit_series series = kit_days(50, constant);
        struct prophet_settings settings = prophet_settings_default();
        settings.scaling = i % 2 ? PROPHET_MINMAX : PROPHET_ABSMAX;
        struct prophet *model = kit_fit(&settings, &series);
        int64_t time = series.times[49] + 100 * kit_day;
        double yhat;
        kit_yhat(model, &time, 1, &yhat);
        assert_true(yhat == constant_value);
        prophet_free(model);
        kit_free(&series);
    }
}

static void test_fit__flat_growth_has_a_level_and_no_slope(void **state)
{
    (void)state;
    struct kit_series series = kit_days(60, wave);
    struct prophet_settings settings = kit_bare();
    settings.growth = PROPHET_FLAT;
    struct prophet *model = kit_fit(&settings, &series);
    struct prophet_parameters p = prophet_parameters(model);
    assert_true(p.k == 0);
    assert_true(round(p.m * p.y_scale) == 30);
    prophet_free(model);
    kit_free(&series);
}

static void test_fit__rows_in_any_order_and_missing_values_change_nothing(void **state)
{
    (void)state;
    struct kit_series series = kit_days(60, wave);
    struct prophet_settings settings = prophet_settings_default();
    struct prophet *model = kit_fit(&settings, &series);
    int64_t times[61];
    double values[61], one, other;
    for (size_t i = 0; i < 60; i++) {
        times[i] = series.times[59 - i];
        values[i] = series.values[59 - i];
    }
    times[60] = series.times[20];
    values[60] = NAN;
    struct prophet_frame mixed = { .count = 61, .times = times, .values = values };
    struct prophet *again = kit_fit_frame(&settings, &mixed);
    int64_t ahead = series.times[59] + 5 * kit_day;
    kit_yhat(model, &ahead, 1, &one);
    kit_yhat(again, &ahead, 1, &other);
    assert_true(one == other);
    prophet_free(again);
    prophet_free(model);
    kit_free(&series);
}

/* ---- Holidays and regressors ---- */

static size_t holiday_columns(int32_t lower, int32_t upper)
{
    struct kit_series series = kit_days(60, wave);
    struct prophet_holiday holiday = { "xmas", 18300, lower, upper, 0 };
    struct prophet_settings settings = kit_bare();
    settings.holidays = &holiday;
    settings.holiday_count = 1;
    struct prophet *model = kit_fit(&settings, &series);
    size_t width = prophet_parameters(model).beta_count;
    prophet_free(model);
    kit_free(&series);
    return width;
}

static void test_holidays__have_a_column_for_each_day_of_the_window(void **state)
{
    (void)state;
    assert_int_equal(holiday_columns(0, 0), 1);
    assert_int_equal(holiday_columns(-1, 0), 2);
    assert_int_equal(holiday_columns(-1, 10), 12);
}

static void test_holidays__know_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(holidays_day_of(1970, 1, 1), 0);
    assert_int_equal(holidays_day_of(2020, 2, 29), 18321);
    assert_int_equal(holidays_year(18321), 2020);
    assert_int_equal(holidays_year(-1), 1969);
    assert_int_equal(holidays_day(-1), -1);
    int year, month, day;
    holidays_date(18321, &year, &month, &day);
    assert_true(year == 2020 && month == 2 && day == 29);
}

static void test_holidays__country_files_are_read(void **state)
{
    (void)state;
    struct prophet_calendar calendar;
    struct prophet_error err;
    if (!prophet_calendar_read("config/holidays/US.csv", &calendar, &err))
        fail_msg("%s", err.text);
    assert_true(calendar.count > 500);
    assert_string_equal(calendar.rows[0].name, "New Year's Day");
    assert_int_equal(calendar.rows[0].day, holidays_day_of(1995, 1, 1));
    prophet_calendar_free(&calendar);
    assert_false(prophet_calendar_read("config/holidays/none.csv", &calendar, &err));
}

static void test_regressor__is_standardized_and_its_coefficient_found(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    struct kit_series series = kit_days(ROWS, wave);
    double heat[ROWS], open[ROWS], coefficient, center;
    const double *columns[] = { heat, open };
    static const char *const names[] = { "heat", "open" };
    struct prophet_regressor regressors[] = { { .name = "heat" }, { .name = "open" } };
    for (size_t i = 0; i < ROWS; i++) {
        heat[i] = 50 + 10 * cos((double)i * 1.3);
        open[i] = i % 3 == 0;
        series.values[i] += 0.25 * heat[i] + 4 * open[i];
    }
    struct prophet_settings settings = prophet_settings_default();
    settings.columns = names;
    settings.column_count = settings.regressor_count = 2;
    settings.regressors = regressors;
    struct prophet_frame frame = kit_frame(&series);
    frame.columns = columns;
    struct prophet *model = kit_fit_frame(&settings, &frame);
    assert_true(prophet_regressor_coefficient(model, 0, &coefficient, &center));
    assert_true(fabs(coefficient - 0.25) < 0.02 && fabs(center - 50) < 1);
    assert_true(prophet_regressor_coefficient(model, 1, &coefficient, &center));
    assert_true(fabs(coefficient - 4) < 0.3 && center == 0);
    prophet_free(model);
    kit_free(&series);
}

/* ---- What is refused, what is noted ---- */

static void assert_refused(const struct prophet_settings *settings)
{
    struct prophet_error err;
    assert_false(prophet_settings_check(settings, &err));
}

static void test_settings__what_prophet_refuses_is_refused(void **state)
{
    (void)state;
    struct prophet_seasonality bad[] = { { "trend", 7, 3, 0, 0, NULL }, { "mine", 0, 3, 0, 0, NULL },
                                         { "mine", 7, 0, 0, 0, NULL }, { "mine", 7, 3, -1, 0, NULL },
                                         { "mine", 7, 3, 0, 0, "nowhere" },
                                             { "a_delim_b", 7, 3, 0, 0, NULL } };
    struct prophet_settings settings = prophet_settings_default();
    settings.seasonality_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        settings.seasonalities = &bad[i];
        assert_refused(&settings);
    }
    settings = prophet_settings_default();
    settings.changepoint_range = 2;
    assert_refused(&settings);
    settings = prophet_settings_default();
    settings.growth = PROPHET_LOGISTIC;
    assert_refused(&settings);
    struct prophet_holiday twice[] = { { "x", 1, 0, 0, 1 }, { "x", 2, 0, 0, 2 } };
    settings = prophet_settings_default();
    settings.holidays = twice;
    settings.holiday_count = 2;
    assert_refused(&settings);
}

static void keep_note(void *context, const char *name, const char *sentence)
{
    (void)sentence;
    strncat(context, name, 100);
    strncat(context, " ", 2);
}

static void check_notes(const struct prophet_settings *settings, struct kit_series series,
                        const char *expected)
{
    char told[1024] = "";
    struct prophet_error err;
    struct prophet_notes notes = { keep_note, told };
    struct prophet *model = prophet_new(settings);
    struct prophet_frame frame = kit_frame(&series);
    prophet_fit(model, &frame, &notes, &err);
    assert_non_null(strstr(told, expected));
    prophet_free(model);
    kit_free(&series);
}

static void test_notes__name_what_a_history_cannot_tell(void **state)
{
    (void)state;
    struct prophet_settings settings = prophet_settings_default(), yearly = kit_bare(), bare = kit_bare();
    yearly.yearly = PROPHET_ON;
    constant_value = 5;
    check_notes(&settings, kit_days(50, constant), "constant");
    check_notes(&settings, kit_days(1, wave), "too_few_points");
    check_notes(&yearly, kit_days(60, wave), "seasonality_too_long");
    check_notes(&settings, kit_days(12, wave), "few_changepoints");
    check_notes(&bare, kit_days(60, line), "perfect_fit");
    check_notes(&settings, kit_read("data.csv", 480), "ill_conditioned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trend__piecewise_linear),
        cmocka_unit_test(test_trend__piecewise_logistic),
        cmocka_unit_test(test_features__fourier_series_of_a_week_and_a_year),
        cmocka_unit_test(test_seasonality__auto_follows_the_length_of_the_history),
        cmocka_unit_test(test_changepoints__are_25_in_the_first_four_fifths),
        cmocka_unit_test(test_changepoints__zero_of_them_leave_no_delta),
        cmocka_unit_test(test_changepoints__a_short_history_has_fewer),
        cmocka_unit_test(test_fit__a_constant_history_is_forecast_exactly),
        cmocka_unit_test(test_fit__flat_growth_has_a_level_and_no_slope),
        cmocka_unit_test(test_fit__rows_in_any_order_and_missing_values_change_nothing),
        cmocka_unit_test(test_holidays__have_a_column_for_each_day_of_the_window),
        cmocka_unit_test(test_holidays__know_the_calendar),
        cmocka_unit_test(test_holidays__country_files_are_read),
        cmocka_unit_test(test_regressor__is_standardized_and_its_coefficient_found),
        cmocka_unit_test(test_settings__what_prophet_refuses_is_refused),
        cmocka_unit_test(test_notes__name_what_a_history_cannot_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
