/* Prophet's own tests (python/prophet/tests) of features: custom and conditional seasonalities, holidays,
 * regressors, their priors and modes; with their figures. */
#include "plugins/forecast/prophet/design.h"
#include "plugins/forecast/prophet/holidays.h"
#include "tests/unit/prophet_kit.h"

enum { ROWS = 510, HALF = 255 }; /* of data.csv */

/* ---- What a fitted model has ---- */

static const struct term *term_of(const struct prophet *model, const char *name)
{
    for (size_t i = 0; i < model->design.count; i++)
        if (strcmp(model->design.terms[i].name, name) == 0)
            return &model->design.terms[i];
    fail_msg("there is no term %s", name);
    return NULL;
}

static size_t component_of(const struct prophet *model, const char *name)
{
    for (size_t i = 0; i < prophet_component_count(model); i++)
        if (strcmp(prophet_component_name(model, i), name) == 0)
            return i;
    fail_msg("there is no component %s", name);
    return 0;
}

static size_t columns_of(const struct prophet *model, const char *name)
{
    size_t component = component_of(model, name), count = 0;
    for (size_t c = 0; c < model->design.width; c++)
        count += prophet_component_has(model, component, c);
    return count;
}

static double part(const struct prophet *model, const char *name, const struct prophet_frame *row)
{
    double value;
    struct prophet_error err;
    assert_true(prophet_component(model, component_of(model, name), row, &value, &err));
    return value;
}

/* The columns of that model at these rows: design.width of `stride` doubles. */
static struct block features(const struct prophet *model, const struct prophet_frame *frame)
{
    struct block chunk, all = { .stride = frame->count };
    size_t width = model->design.width;
    all.data = calloc(width * frame->count, sizeof(double));
    block_init(&chunk, width, DESIGN_ROWS);
    for (size_t at = 0; at < frame->count; at += DESIGN_ROWS) {
        size_t count = frame->count - at < DESIGN_ROWS ? frame->count - at : DESIGN_ROWS;
        struct design_rows rows = { frame->times, frame->columns, at, count };
        design_fill(&model->design, kernels_of_cpu(), &rows, &chunk, 0);
        for (size_t c = 0; c < width; c++)
            memcpy(all.data + c * all.stride + at, chunk.data + c * chunk.stride, count * sizeof(double));
    }
    block_release(&chunk);
    return all;
}

static double sum_of(const struct block *columns, size_t column)
{
    double sum = 0;
    for (size_t i = 0; i < columns->stride; i++)
        sum += columns->data[column * columns->stride + i];
    return sum;
}

/* Priors of all columns are as listed. */
static void check_priors(const struct prophet *model, const double *expected, size_t count)
{
    size_t column = 0;
    for (size_t i = 0; i < model->design.count; i++)
        for (size_t c = 0; c < model->design.terms[i].count; c++)
            assert_true(column < count && model->design.terms[i].prior_scale == expected[column++]);
    assert_int_equal(column, count);
}

/* ---- Custom seasonalities ---- */

static struct prophet *fit_monthly(const struct kit_series *series)
{
    static const struct prophet_holiday holiday = { .name = "special_day", .day = 17168, .prior_scale = 4 };
    static const struct prophet_seasonality monthly = { "monthly", 30, 5, 2, PROPHET_ADDITIVE, NULL };
    static struct prophet_settings settings;
    settings = prophet_settings_default();
    settings.yearly = PROPHET_OFF;
    settings.seasonality_mode = PROPHET_MULTIPLICATIVE;
    settings.holidays = &holiday;
    settings.seasonalities = &monthly;
    settings.holiday_count = settings.seasonality_count = 1;
    return kit_fit(&settings, series);
}

static void test_seasonality__a_custom_one_has_its_own_prior_and_mode(void **state)
{
    (void)state;
    static const double priors[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 10, 10, 10, 10, 10, 10, 4 };
    struct kit_series series = kit_read("data.csv", ROWS);
    struct prophet *model = fit_monthly(&series);
    check_priors(model, priors, 17);
    assert_false(term_of(model, "monthly")->multiplicative);
    assert_true(term_of(model, "weekly")->multiplicative);
    prophet_free(model);
    kit_free(&series);
}

static void test_seasonality__its_columns_are_those_of_its_component(void **state)
{
    (void)state;
    struct kit_series series = kit_read("data.csv", ROWS);
    struct prophet *model = fit_monthly(&series);
    assert_int_equal(columns_of(model, "monthly"), 10);
    assert_int_equal(columns_of(model, "special_day"), 1);
    assert_int_equal(columns_of(model, "weekly"), 6);
    assert_int_equal(columns_of(model, "additive_terms"), 10);
    assert_int_equal(columns_of(model, "multiplicative_terms"), 7);
    prophet_free(model);
    kit_free(&series);
}

static void test_seasonality__a_custom_weekly_takes_the_place_of_the_automatic_one(void **state)
{
    (void)state;
    static const struct prophet_seasonality weekly = { "weekly", 30, 5, 0, 0, NULL };
    struct kit_series series = kit_read("data.csv", ROWS);
    struct prophet_settings settings = prophet_settings_default();
    settings.seasonalities = &weekly;
    settings.seasonality_count = 1;
    struct prophet *model = kit_fit(&settings, &series);
    assert_true(term_of(model, "weekly")->period == 30);
    assert_int_equal(columns_of(model, "weekly"), 10);
    prophet_free(model);
    kit_free(&series);
}

static void test_seasonality__outside_of_its_condition_is_zero(void **state)
{
    (void)state;
    static const struct prophet_seasonality both[] = { { "conditional_weekly", 7, 3, 2, 0, "in_week" },
                                                       { "normal_monthly", 30.5, 5, 2, 0, NULL } };
    static const char *const names[] = { "in_week" };
    struct kit_series series = kit_read("data.csv", ROWS);
    double on[ROWS];
    const double *columns[] = { on };
    for (size_t i = 0; i < ROWS; i++)
        on[i] = i >= HALF;
    struct prophet_settings settings = kit_bare();
    settings.seasonalities = both;
    settings.seasonality_count = 2;
    settings.columns = names;
    settings.column_count = 1;
    struct prophet_frame frame = kit_frame(&series);
    frame.columns = columns;
    struct prophet *model = kit_fit_frame(&settings, &frame);
    struct block x = features(model, &frame);
    assert_true(term_of(model, "normal_monthly")->column == NO_COLUMN);
    for (size_t i = 0; i < ROWS; i++) {
        double size = 0;
        for (size_t c = 0; c < 6; c++)
            size += fabs(x.data[c * x.stride + i]);
        assert_int_equal(size != 0, on[i] != 0);
    }
    free(x.data);
    on[3] = 2;
    struct prophet_error err;
    assert_false(prophet_fit(model, &frame, NULL, &err));
    assert_string_equal(err.text, "the condition \"in_week\" is 2: neither 0 nor 1");
    prophet_free(model);
    kit_free(&series);
}

/* ---- Holidays ---- */

static double number(size_t i)
{
    return (double)(i * i % 7);
}

static struct prophet *fit_holidays(const struct prophet_holiday *holidays, size_t count, double scale)
{
    static struct prophet_settings settings;
    settings = kit_bare();
    settings.holidays = holidays;
    settings.holiday_count = count;
    settings.holidays_prior_scale = scale;
    struct kit_series series = kit_days(40, number);
    struct prophet *model = kit_fit(&settings, &series);
    kit_free(&series);
    return model;
}

/* From 2016-12-20 to 2016-12-31: how often each offset of xmas occurs. */
static void check_window(int32_t upper, size_t width)
{
    const struct prophet_holiday xmas = { "xmas", holidays_day_of(2016, 12, 25), -1, upper, 0 };
    struct prophet *model = fit_holidays(&xmas, 1, 10);
    int64_t times[12];
    for (int i = 0; i < 12; i++)
        times[i] = (holidays_day_of(2016, 12, 20) + i) * kit_day;
    struct prophet_frame days = { .count = 12, .times = times };
    struct block x = features(model, &days);
    assert_int_equal(model->design.width, width);
    assert_int_equal(columns_of(model, "xmas"), width);
    for (size_t c = 0; c < width; c++) {
        assert_true(model->design.terms[c].prior_scale == 10);
        assert_true(sum_of(&x, c) == (model->design.terms[c].offset <= 6));
    }
    free(x.data);
    prophet_free(model);
}

static void test_holidays__each_day_of_the_window_is_a_column(void **state)
{
    (void)state;
    check_window(0, 2);
    check_window(10, 12); /* though the dates end after 8 of them */
}

static void test_holidays__each_name_has_its_prior(void **state)
{
    (void)state;
    struct prophet_holiday days[] = { { "xmas", 17160, -1, 0, 5 }, { "xmas", 17525, -1, 0, 5 },
                                      { "birthday", 15497, 0, 1, 8 }, { "birthday", 15862, 0, 1, 8 } };
    static const double given[] = { 8, 8, 5, 5 }, usual[] = { 4, 4, 5, 5 };
    struct prophet *model = fit_holidays(days, 4, 10);
    check_priors(model, given, 4);
    prophet_free(model);
    days[2].prior_scale = days[3].prior_scale = 0;
    model = fit_holidays(days, 4, 4);
    check_priors(model, usual, 4);
    prophet_free(model);
}

static void test_holidays__all_rows_of_the_day_are_special(void **state)
{
    (void)state;
    static const struct prophet_holiday holiday = { .name = "special_day", .day = 17168 }; /* 2017-01-02 */
    struct kit_series series = kit_read("data2.csv", 863);
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_frame frame = kit_frame(&series);
    struct prophet_error err;
    double values[863];
    settings.holidays = &holiday;
    settings.holiday_count = 1;
    struct prophet *model = kit_fit(&settings, &series);
    assert_true(prophet_component(model, component_of(model, "special_day"), &frame, values, &err));
    size_t ordinary = 0;
    for (size_t i = 0; i < 863; i++)
        ordinary += values[i] == 0;
    assert_int_equal(ordinary, 575);
    prophet_free(model);
    kit_free(&series);
}

/* ---- Regressors ---- */

static const char *const regressor_names[] = { "binary", "numeric", "numeric2", "binary2" };

static const struct prophet_regressor regressors[] = {
    { .name = "binary", .prior_scale = 0.2 },
    { .name = "numeric", .prior_scale = 0.5 },
    { .name = "numeric2", .prior_scale = 0.5, .mode = PROPHET_MULTIPLICATIVE },
    { .name = "binary2", .standardize = PROPHET_STANDARDIZE_ALWAYS },
};

struct regressed {
    struct kit_series       series;
    struct prophet_settings settings;
    double                  binary[ROWS], numeric[ROWS], binary2[ROWS];
    const double           *columns[4];
    struct prophet_frame    frame;
    struct prophet         *model;
};

static struct regressed *regressed_new(void)
{
    struct regressed *it = calloc(1, sizeof *it);
    it->series = kit_read("data.csv", ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        it->binary[i] = i >= HALF;
        it->numeric[i] = (double)i;
        it->binary2[i] = i < 100;
    }
    const double *columns[] = { it->binary, it->numeric, it->numeric, it->binary2 };
    memcpy(it->columns, columns, sizeof columns);
    it->frame = kit_frame(&it->series);
    it->frame.columns = it->columns;
    it->settings = prophet_settings_default();
    it->settings.regressors = regressors;
    it->settings.columns = regressor_names;
    it->settings.regressor_count = it->settings.column_count = 4;
    it->model = kit_fit_frame(&it->settings, &it->frame);
    return it;
}

static void regressed_free(struct regressed *it)
{
    prophet_free(it->model);
    kit_free(&it->series);
    free(it);
}

static void check_scaling(const struct prophet *model, const char *name, double mean, double deviation)
{
    const struct term *term = term_of(model, name);
    assert_true(fabs(term->mean - mean) < 5e-8 && fabs(term->deviation - deviation) < 5e-6);
}

static void test_regressor__is_standardized_as_prophet_does(void **state)
{
    (void)state;
    struct regressed *it = regressed_new();
    check_scaling(it->model, "binary", 0, 1);
    check_scaling(it->model, "numeric", 254.5, 147.368585);
    check_scaling(it->model, "binary2", .1960784, .3974183);
    struct block x = features(it->model, &it->frame);
    assert_true(x.data[term_of(it->model, "binary")->first * x.stride] == 0);
    kit_near(x.data[term_of(it->model, "numeric")->first * x.stride], -1.726962, 5e-7);
    kit_near(x.data[term_of(it->model, "binary2")->first * x.stride], 2.022859, 5e-7);
    free(x.data);
    regressed_free(it);
}

static void test_regressor__is_a_column_with_its_prior(void **state)
{
    (void)state;
    static const double priors[] = { 0.2, 0.5, 0.5, 10 };
    struct regressed *it = regressed_new();
    assert_int_equal(it->model->design.width, 30);
    assert_int_equal(prophet_component_count(it->model), 10); /* 37 columns of Prophet's forecast */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(columns_of(it->model, regressor_names[i]), 1);
        assert_true(term_of(it->model, regressor_names[i])->prior_scale == priors[i]);
    }
    assert_true(term_of(it->model, "numeric2")->multiplicative);
    regressed_free(it);
}

static void test_regressor__the_parts_of_a_forecast_add_up(void **state)
{
    (void)state;
    struct regressed *it = regressed_new();
    const double zero = 0, ten = 10, *columns[] = { &zero, &ten, &ten, &zero };
    const int64_t time = (int64_t)holidays_day_of(2014, 6, 1) * kit_day;
    struct prophet_frame row = { .count = 1, .times = &time, .columns = columns };
    double yhat, trend;
    struct prophet_error err;
    const struct prophet *model = it->model;
    struct prophet_forecast forecast = { .yhat = &yhat, .trend = &trend };
    assert_true(prophet_predict(model, &row, &forecast, &err));
    double regressed = part(model, "extra_regressors_additive", &row);
    double additive = part(model, "additive_terms", &row);
    double factor = part(model, "multiplicative_terms", &row);
    assert_true(part(model, "binary", &row) == 0);
    kit_near(regressed, part(model, "numeric", &row) + part(model, "binary2", &row), 1e-12);
    kit_near(part(model, "extra_regressors_multiplicative", &row), part(model, "numeric2", &row), 1e-12);
    kit_near(additive, part(model, "yearly", &row) + part(model, "weekly", &row) + regressed, 1e-9);
    kit_near(factor, part(model, "numeric2", &row), 1e-12);
    kit_near(yhat, trend * (1 + factor) + additive, 1e-12);
    regressed_free(it);
}

static void test_regressor__without_a_column_is_refused(void **state)
{
    (void)state;
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_error err;
    settings.regressors = regressors;
    settings.regressor_count = 4;
    settings.columns = regressor_names;
    settings.column_count = 3;
    assert_false(prophet_settings_check(&settings, &err));
    assert_string_equal(err.text, "there is no column for the regressor \"binary2\"");
}

static void test_regressor__a_constant_one_is_not_divided(void **state)
{
    (void)state;
    static const struct prophet_regressor constant = { .name = "constant" };
    static const char *const names[] = { "constant" };
    static const double zeros[ROWS], *const columns[] = { zeros };
    struct kit_series series = kit_read("data.csv", ROWS);
    struct prophet_settings settings = prophet_settings_default();
    struct prophet_frame frame = kit_frame(&series);
    settings.regressors = &constant;
    settings.columns = names;
    settings.regressor_count = settings.column_count = 1;
    frame.columns = columns;
    struct prophet *model = kit_fit_frame(&settings, &frame);
    assert_true(term_of(model, "constant")->deviation == 1);
    prophet_free(model);
    kit_free(&series);
}

/* utilities.regressor_coefficients */
static void test_regressor__its_coefficient_is_of_one_unit(void **state)
{
    (void)state;
    struct regressed *it = regressed_new();
    for (size_t i = 0; i < 4; i++) {
        const struct term *term = term_of(it->model, regressor_names[i]);
        double scale = term->multiplicative ? 1 : it->model->scale.y_scale, coefficient, center;
        assert_true(prophet_regressor_coefficient(it->model, i, &coefficient, &center));
        assert_true(coefficient == it->model->beta[term->first] * scale / term->deviation);
        assert_true(center == term->mean);
    }
    double none, center;
    assert_false(prophet_regressor_coefficient(it->model, 4, &none, &center));
    regressed_free(it);
}

/* ---- Modes ---- */

static void check_parts(const struct prophet *model, const char *const *names, size_t count, bool multiplied)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(prophet_component_multiplicative(model, component_of(model, names[i])), multiplied);
}

/* Holidays, seasonalities and regressors, multiplicative where they do not say otherwise: how many columns
 * each mode has. */
static void check_modes(enum prophet_mode holidays_mode, size_t additive, size_t multiplicative)
{
    static const char *const add[] = { "monthly", "binary", "additive_terms", "extra_regressors_additive" };
    static const char *const multiply[] = { "weekly", "yearly", "numeric", "multiplicative_terms",
                                            "extra_regressors_multiplicative" };
    static const char *const special[] = { "xmas", "holidays" };
    static const struct prophet_holiday xmas = { "xmas", 17160, -1, 0, 0 };
    static const struct prophet_seasonality monthly = { "monthly", 30, 3, 0, PROPHET_ADDITIVE, NULL };
    static const struct prophet_regressor both[] = { { .name = "binary", .mode = PROPHET_ADDITIVE },
                                                     { .name = "numeric" } };
    struct regressed *it = regressed_new();
    it->settings.seasonality_mode = PROPHET_MULTIPLICATIVE;
    it->settings.holidays_mode = holidays_mode;
    it->settings.holidays = &xmas;
    it->settings.seasonalities = &monthly;
    it->settings.regressors = both;
    it->settings.holiday_count = it->settings.seasonality_count = 1;
    it->settings.regressor_count = 2;
    struct prophet *model = kit_fit_frame(&it->settings, &it->frame);
    assert_int_equal(columns_of(model, "additive_terms"), additive);
    assert_int_equal(columns_of(model, "multiplicative_terms"), multiplicative);
    check_parts(model, add, 4, false);
    check_parts(model, multiply, 5, true);
    check_parts(model, special, 2, holidays_mode != PROPHET_ADDITIVE);
    assert_int_equal(prophet_component_count(model), 11);
    prophet_free(model);
    regressed_free(it);
}

static void test_modes__each_part_has_its_own_or_the_models(void **state)
{
    (void)state;
    check_modes(PROPHET_MODE_DEFAULT, 7, 29);
}

static void test_modes__holidays_may_have_another(void **state)
{
    (void)state;
    check_modes(PROPHET_ADDITIVE, 9, 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seasonality__a_custom_one_has_its_own_prior_and_mode),
        cmocka_unit_test(test_seasonality__its_columns_are_those_of_its_component),
        cmocka_unit_test(test_seasonality__a_custom_weekly_takes_the_place_of_the_automatic_one),
        cmocka_unit_test(test_seasonality__outside_of_its_condition_is_zero),
        cmocka_unit_test(test_holidays__each_day_of_the_window_is_a_column),
        cmocka_unit_test(test_holidays__each_name_has_its_prior),
        cmocka_unit_test(test_holidays__all_rows_of_the_day_are_special),
        cmocka_unit_test(test_regressor__is_standardized_as_prophet_does),
        cmocka_unit_test(test_regressor__is_a_column_with_its_prior),
        cmocka_unit_test(test_regressor__the_parts_of_a_forecast_add_up),
        cmocka_unit_test(test_regressor__without_a_column_is_refused),
        cmocka_unit_test(test_regressor__a_constant_one_is_not_divided),
        cmocka_unit_test(test_regressor__its_coefficient_is_of_one_unit),
        cmocka_unit_test(test_modes__each_part_has_its_own_or_the_models),
        cmocka_unit_test(test_modes__holidays_may_have_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
