/* Prophet's JSON, and the model as bytes. */
#include "tests/unit/prophet_kit.h"

#include "core/plugin.h"

static double wave(size_t i)
{
    return 10 + 0.05 * (double)i + sin((double)i * 0.9);
}

static double predict_day(const struct prophet *model, int day)
{
    int64_t time = (18262 + day) * kit_day;
    double yhat;
    kit_yhat(model, &time, 1, &yhat);
    return yhat;
}

static void check_serialized(const char *name, double expected)
{
    char *text = kit_file(name);
    struct prophet_error err;
    struct prophet *model = prophet_json_read(text, strlen(text), NULL, &err);
    if (!model)
        fail_msg("%s", err.text);
    assert_true(fabs(predict_day(model, 29) - expected) < 1e-10);
    prophet_free(model);
    free(text);
}

static void test_json__models_of_three_versions_predict_to_1e_10(void **state)
{
    (void)state;
    check_serialized("tests_serialized_model_v0.6.1.dev0.json", 29.3669923968994);
    check_serialized("tests_serialized_model_v0.7.1.json", 29.282810844704414);
    check_serialized("tests_serialized_model_v1.0.1.json", 29.282810844704414);
}

static void test_json__what_is_written_reads_back_with_the_same_forecast(void **state)
{
    (void)state;
    struct kit_series series = kit_days(60, wave);
    struct prophet_holiday holidays[] = { { "sale", 18290, -1, 1, 0 }, { "sale", 18330, -1, 1, 0 } };
    struct prophet_settings settings = prophet_settings_default();
    settings.holidays = holidays;
    settings.holiday_count = 2;
    struct prophet *model = kit_fit(&settings, &series);
    struct prophet_frame history = kit_frame(&series);
    struct prophet_error err;
    struct vane_text text = { 0 };
    prophet_json_write(model, &history, &text);
    struct prophet *again = prophet_json_read(text.data, text.length, NULL, &err);
    if (!again)
        fail_msg("%s", err.text);
    for (int day = 0; day < 90; day++)
        kit_near(predict_day(again, day), predict_day(model, day), 1e-12);
    vane_text_release(&text);
    prophet_free(again);
    prophet_free(model);
    kit_free(&series);
}

static void assert_refused(const char *text)
{
    struct prophet_error err;
    assert_null(prophet_json_read(text, strlen(text), NULL, &err));
    assert_true(strlen(err.text) > 0);
}

static void test_json__what_is_no_model_is_refused_with_a_reason(void **state)
{
    (void)state;
    assert_refused("");
    assert_refused("{}");
    assert_refused("[]");
    assert_refused("\"{}\"");
    assert_refused("{\"growth\": \"linear\"}");
    assert_refused("{\"growth\": \"linear\", \"seasonalities\": [[\"a\"], {}], "
                   "\"extra_regressors\": [[], {}]}");
}

static void test_save__a_loaded_model_predicts_the_same_bits(void **state)
{
    (void)state;
    struct kit_series series = kit_days(60, wave);
    struct prophet_settings settings = prophet_settings_default();
    struct prophet *model = kit_fit(&settings, &series), *again = prophet_new(&settings);
    struct vane_text bytes = { 0 };
    prophet_save(model, &bytes);
    assert_true(prophet_load(again, bytes.data, bytes.length));
    for (int day = 0; day < 90; day++)
        assert_true(predict_day(again, day) == predict_day(model, day));
    vane_text_release(&bytes);
    prophet_free(again);
    prophet_free(model);
    kit_free(&series);
}

static void test_load__bytes_that_are_cut_or_of_other_settings_are_refused(void **state)
{
    (void)state;
    struct kit_series series = kit_days(60, wave);
    struct prophet_settings settings = prophet_settings_default(), bare = kit_bare();
    struct prophet *model = kit_fit(&settings, &series), *other = prophet_new(&bare),
        *same = prophet_new(&settings);
    struct vane_text bytes = { 0 };
    prophet_save(model, &bytes);
    assert_false(prophet_load(other, bytes.data, bytes.length));
    for (size_t length = 0; length < bytes.length; length++)
        assert_false(prophet_load(same, bytes.data, length));
    assert_false(prophet_fitted(same));
    vane_text_release(&bytes);
    prophet_free(same);
    prophet_free(other);
    prophet_free(model);
    kit_free(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__models_of_three_versions_predict_to_1e_10),
        cmocka_unit_test(test_json__what_is_written_reads_back_with_the_same_forecast),
        cmocka_unit_test(test_json__what_is_no_model_is_refused_with_a_reason),
        cmocka_unit_test(test_save__a_loaded_model_predicts_the_same_bits),
        cmocka_unit_test(test_load__bytes_that_are_cut_or_of_other_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
