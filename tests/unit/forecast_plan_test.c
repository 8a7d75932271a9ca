#include "tests/unit/forecast_doubles.h"

#include "plugins/forecast/plan.h"

static void assert_wrong(const struct forecast_options *options, const char *expected)
{
    struct plan plan;
    struct plan_error err;
    assert_false(plan_make(&plan, options, &err));
    assert_string_equal(err.text, expected);
    plan_release(&plan);
}

static void assert_right(struct plan *plan, const struct forecast_options *options)
{
    struct plan_error err;
    if (!plan_make(plan, options, &err))
        fail_msg("%s", err.text);
}

static void test_plan__levels_are_sorted_and_each_stands_once(void **state)
{
    (void)state;
    static const double quantiles[] = { 0.9, 0.5, 0.025, 0.1 };
    struct forecast_options options = usual_options();
    struct plan plan;
    options.quantiles = (struct vane_floats){ quantiles, 4 };
    assert_right(&plan, &options);
    assert_int_equal(plan.level_count, 4);
    assert_int_equal(plan.quantile_count, 6);
    static const char *const keys[] = { "yhat_lower", "yhat_upper", "yhat_q90", "yhat_q50", "yhat_q2_5", "yhat_q10" };
    static const double levels[] = { 0.1, 0.9, 0.9, 0.5, 0.025, 0.1 };
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(plan.quantiles[i].key, keys[i]);
        assert_true(fabs(plan.levels[plan.quantiles[i].level] - levels[i]) < 1e-12);
    }
    for (size_t i = 1; i < 4; i++)
        assert_true(plan.levels[i] > plan.levels[i - 1]);
    plan_release(&plan);
}

static void test_plan__fields_are_globs(void **state)
{
    (void)state;
    static const char *const patterns[] = { "value", "p*e", "a?c*", "*_total" };
    static const char *const yes[] = { "value", "pe", "price", "abc", "abcd", "x_total", "_total_total" };
    static const char *const no[] = { "", "values", "prices", "ac", "xabc", "total" };
    struct forecast_options options = usual_options();
    struct plan plan;
    options.fields = (struct vane_strings){ patterns, 4 };
    assert_right(&plan, &options);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(plan_wants_field(&plan, yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(plan_wants_field(&plan, no[i]));
    plan_release(&plan);
}

static void test_plan__candidates_begin_with_naive(void **state)
{
    (void)state;
    static const char *const names[] = { "echo", "naive", "echo" };
    struct forecast_options options = usual_options();
    struct plan plan;
    options.model = "auto";
    options.candidates = (struct vane_strings){ names, 3 };
    assert_right(&plan, &options);
    assert_int_equal(plan.candidate_count, 2);
    assert_string_equal(plan.names[0], "naive");
    assert_string_equal(plan.names[1], "echo");
    plan_release(&plan);
}

static void test_plan__what_does_not_agree_is_named(void **state)
{
    (void)state;
    static const char *const two[] = { "a", "b" }, *const glob[] = { "v*" }, *const wrong[] = { "thetta" };
    struct forecast_options options = usual_options();
    options.model = "propeth";
    assert_wrong(&options, "model: there is no model \"propeth\"; there are auto, naive, echo, prophet");
    options.candidates = (struct vane_strings){ two, 2 };
    assert_wrong(&options, "model: there is no model \"propeth\"; there are auto, naive, echo, prophet");
    options = usual_options();
    options.candidates = (struct vane_strings){ two, 2 };
    assert_wrong(&options, "candidates: counts with model = \"auto\" only");
    options.model = "auto";
    options.candidates = (struct vane_strings){ wrong, 1 };
    assert_wrong(&options, "candidates: there is no model \"thetta\"; there are naive, echo, prophet");
    options = usual_options();
    options.field_tag = "";
    options.fields = (struct vane_strings){ two, 2 };
    assert_wrong(&options, "field_tag: is needed where fields may name more than one");
    options.fields = (struct vane_strings){ glob, 1 };
    assert_wrong(&options, "field_tag: is needed where fields may name more than one");
    options = usual_options();
    options.step = 4 * SECOND;
    assert_wrong(&options, "horizon: 3s is shorter than step, 4s");
    options.step = 1;
    assert_wrong(&options, "step: gives more than 1000000 steps to the horizon");
    options = usual_options();
    options.min_points = 1001;
    assert_wrong(&options, "min_points: is more than history_points");
    options = usual_options();
    options.clip_min = 2;
    options.clip_max = 1;
    assert_wrong(&options, "clip_min: is above clip_max");
}

/* ---- Prophet ---- */

static void test_plan__seasonalities_of_prophet_are_words_or_orders(void **state)
{
    (void)state;
    static const struct { const char *text; int order; } cases[] = {
        { "auto", PROPHET_AUTO }, { "true", PROPHET_ON }, { "false", PROPHET_OFF }, { "12", 12 },
    };
    struct forecast_options options = usual_options();
    options.model = "prophet";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan plan;
        options.prophet.weekly_seasonality = cases[i].text;
        assert_right(&plan, &options);
        assert_int_equal(plan.settings.prophet.weekly, cases[i].order);
        plan_release(&plan);
    }
    options.prophet.weekly_seasonality = "yes";
    assert_wrong(&options, "prophet.weekly_seasonality: \"yes\" is neither \"auto\", true, false nor a Fourier "
                           "order");
}

static void test_plan__dates_of_holidays_are_days_since_1970(void **state)
{
    (void)state;
    static const char *const dates[] = { "1970-01-01", "2000-02-29", "2024-03-01", "1969-12-31", "2262-04-11" };
    static const int32_t days[] = { 0, 11016, 19783, -1, 106751 };
    static const char *const bad[] = { "2023-02-29", "2024-13-01", "2024-00-10", "2024-1-01", "2024-01-01T00", "",
                                       "2024-01-0x" };
    struct holiday_options holiday = { .name = "h", .dates = { dates, 5 }, .lower_window = -1, .upper_window = 2 };
    struct forecast_options options = usual_options();
    struct plan plan;
    options.model = "prophet";
    options.prophet.holidays = (struct vane_tables){ &holiday, 1 };
    assert_right(&plan, &options);
    assert_int_equal(plan.settings.prophet.holiday_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(plan.settings.prophet.holidays[i].day, days[i]);
        assert_int_equal(plan.settings.prophet.holidays[i].lower_window, -1);
    }
    plan_release(&plan);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plan_error err;
        holiday.dates = (struct vane_strings){ &bad[i], 1 };
        assert_false(plan_make(&plan, &options, &err));
        assert_non_null(strstr(err.text, "is no date; it is written YYYY-MM-DD"));
        plan_release(&plan);
    }
}

static void test_plan__columns_are_regressors_conditions_and_bounds(void **state)
{
    (void)state;
    const struct regressor_options regressors[] = { { .field = "temperature" }, { .field = "open" } };
    const struct seasonality_options season = { .name = "s", .period = 86400 * SECOND, .fourier_order = 3,
                                                .condition = "open" };
    static const char *const columns[] = { "open", "temperature", "cap" };
    static const char *const fields[] = { "open", "temperature", "limit" };
    struct forecast_options options = usual_options();
    struct plan plan;
    options.model = "prophet";
    options.prophet.regressors = (struct vane_tables){ regressors, 2 };
    options.prophet.seasonalities = (struct vane_tables){ &season, 1 };
    options.prophet.cap_field = "limit";
    assert_right(&plan, &options);
    assert_int_equal(plan.limits.columns, 4);
    assert_int_equal(plan.settings.prophet.column_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(plan.settings.prophet.columns[i], columns[i]);
        assert_string_equal(plan.column_fields[i], fields[i]);
    }
    assert_true(plan.settings.prophet.seasonalities[0].period == 1);
    plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan__levels_are_sorted_and_each_stands_once),
        cmocka_unit_test(test_plan__fields_are_globs),
        cmocka_unit_test(test_plan__candidates_begin_with_naive),
        cmocka_unit_test(test_plan__what_does_not_agree_is_named),
        cmocka_unit_test(test_plan__seasonalities_of_prophet_are_words_or_orders),
        cmocka_unit_test(test_plan__dates_of_holidays_are_days_since_1970),
        cmocka_unit_test(test_plan__columns_are_regressors_conditions_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
