/* Nine fits whose exact maximum is known to 17 digits. */
#include "tests/unit/prophet_kit.h"

struct golden {
    cJSON                     *all;
    const cJSON               *figures;
    struct prophet_seasonality seasonalities[8];
    struct prophet_settings    settings;
    struct kit_series          series;
    struct prophet            *model;
};

static void read_settings(struct golden *golden)
{
    golden->settings = kit_bare();
    const char *scaling = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(golden->figures, "scaling"));
    golden->settings.scaling = strcmp(scaling, "minmax") == 0 ? PROPHET_MINMAX : PROPHET_ABSMAX;
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(golden->figures, "seasonalities"))
        golden->seasonalities[golden->settings.seasonality_count++] = (struct prophet_seasonality){
            .name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name")),
            .period = kit_number(item, "period"),
            .fourier_order = (int)kit_number(item, "fourier_order"),
        };
    golden->settings.seasonalities = golden->seasonalities;
}

static void set_up(struct golden *golden, const char *name)
{
    *golden = (struct golden){ 0 };
    char *text = kit_file("golden.json");
    golden->all = cJSON_Parse(text);
    free(text);
    const cJSON *item;
    cJSON_ArrayForEach(item, golden->all)
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name")), name) == 0)
            golden->figures = item;
    read_settings(golden);
    const char *source = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(golden->figures, "source"));
    golden->series = kit_read(source, (size_t)kit_number(golden->figures, "rows"));
    golden->model = kit_fit(&golden->settings, &golden->series);
}

static void tear_down(struct golden *golden)
{
    prophet_free(golden->model);
    kit_free(&golden->series);
    cJSON_Delete(golden->all);
}

static void compare(const struct golden *golden, const char *where, const char *values, double tolerance)
{
    const cJSON *places = cJSON_GetObjectItemCaseSensitive(golden->figures, where), *place;
    const cJSON *expected = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(golden->figures, values), 0);
    cJSON_ArrayForEach(place, places) {
        bool is_index = strcmp(where, "index") == 0;
        int64_t time = is_index ? golden->series.times[place->valueint]
            : (int64_t)place->valuedouble * kit_second;
        double yhat;
        kit_yhat(golden->model, &time, 1, &yhat);
        kit_near(yhat, expected->valuedouble, tolerance);
        expected = expected->next;
    }
}

static void check(const char *name, double tolerance)
{
    struct golden golden;
    set_up(&golden, name);
    struct prophet_frame history = kit_frame(&golden.series);
    double reached = prophet_parameters(golden.model).log_posterior;
    double best = kit_number(golden.figures, "log_posterior"), stan = kit_number(golden.figures, "prophet");
    assert_true(reached >= best - 1e-6 * fabs(best));
    assert_true(isnan(stan) || reached >= stan - 1e-6 * fabs(stan));
    kit_near(prophet_log_posterior(golden.model, &history), reached, 1e-8);
    compare(&golden, "index", "in_sample", tolerance);
    compare(&golden, "epoch", "future", tolerance);
    tear_down(&golden);
}

#define GOLDEN(name, tolerance)                                                                              \
    static void test_prophet__reaches_the_maximum_of_##name(void **state)                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        check(#name, tolerance);                                                                             \
    }

GOLDEN(peyton, 1e-9)
GOLDEN(air_additive, 1e-9)
GOLDEN(btc_syn_auto, 1e-9)
GOLDEN(btc_syn_daily, 1e-6)
GOLDEN(btc_syn_all, 1e-6)
GOLDEN(tests_data3_40_absmax, 1e-9)
GOLDEN(tests_data3_40_minmax, 1e-9)
GOLDEN(tests_data_480_absmax, 1e-5) /* condition 4e12: dates without any data */
GOLDEN(tests_data_480_minmax, 1e-5)

/* Root of the mean square between 30 forecast days and the last 30 values, by position: Prophet's own
 * test. */
static void check_newton_figure(enum prophet_scaling scaling, double expected)
{
    struct kit_series series = kit_read("data.csv", 510);
    struct kit_series head = series;
    head.count = 480;
    struct prophet_settings settings = prophet_settings_default();
    settings.scaling = scaling;
    struct prophet *model = kit_fit(&settings, &head);
    int64_t times[30];
    double yhat[30], sum = 0;
    for (int i = 0; i < 30; i++)
        times[i] = head.times[479] + (i + 1) * kit_day;
    kit_yhat(model, times, 30, yhat);
    for (int i = 0; i < 30; i++)
        sum += pow(yhat[i] - series.values[480 + i], 2);
    kit_near(sqrt(sum / 30), expected, 1e-3);
    prophet_free(model);
    kit_free(&series);
}

static void test_prophet__gives_the_figures_of_prophets_newton_test(void **state)
{
    (void)state;
    check_newton_figure(PROPHET_ABSMAX, 23.4437);
    check_newton_figure(PROPHET_MINMAX, 11.2934);
}

static void test_prophet__refits_warm_to_the_same_forecast_in_fewer_rounds(void **state)
{
    (void)state;
    struct golden golden;
    set_up(&golden, "peyton");
    struct prophet_error err;
    struct prophet_frame history = kit_frame(&golden.series);
    size_t cold = prophet_parameters(golden.model).rounds;
    assert_true(prophet_fit(golden.model, &history, NULL, &err));
    assert_true(prophet_parameters(golden.model).rounds < cold);
    compare(&golden, "epoch", "future", 1e-9);
    tear_down(&golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_peyton),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_air_additive),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_btc_syn_auto),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_btc_syn_daily),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_btc_syn_all),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_tests_data3_40_absmax),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_tests_data3_40_minmax),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_tests_data_480_absmax),
        cmocka_unit_test(test_prophet__reaches_the_maximum_of_tests_data_480_minmax),
        cmocka_unit_test(test_prophet__gives_the_figures_of_prophets_newton_test),
        cmocka_unit_test(test_prophet__refits_warm_to_the_same_forecast_in_fewer_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
