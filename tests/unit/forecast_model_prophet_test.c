/* Tests of prophet_model, Prophet behind the interface of all models, and of components, which looks into
 * it. */
#include "forecast_kit.h"

#include "core/plugin.h"
#include "plugins/forecast/components.h"
#include "plugins/forecast/prophet/prophet_model.h"

enum { ROWS = 120, STEPS = 20 };

/* A line, a wave of half a minute and a little noise. */
static struct kit *waves(void)
{
    static const struct prophet_seasonality wave = { .name = "wave", .period = 30.0 / 86400,
                                                    .fourier_order = 2 };
    struct kit *kit = kit_new();
    uint64_t seed = 7;
    kit->settings.prophet.yearly = kit->settings.prophet.weekly = kit->settings.prophet.daily = PROPHET_OFF;
    kit->settings.prophet.seasonalities = &wave;
    kit->settings.prophet.seasonality_count = 1;
    for (size_t i = 0; i < ROWS; i++)
        kit_add(kit, 50 + (double)i / 10 + 3 * sin((double)i * 2 * M_PI / 30) + 0.2 * kit_normal(&seed));
    return kit;
}

static void test_model__predicts_what_prophet_predicts(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_true(kit_fit(kit, &prophet_model, model, ROWS));
    assert_true(kit_predict(kit, &prophet_model, model, ROWS - 1, STEPS));
    int64_t times[STEPS];
    double yhat[STEPS], quantiles[KIT_LEVELS * STEPS];
    for (size_t i = 0; i < STEPS; i++)
        times[i] = kit->times[ROWS - 1] + (int64_t)(i + 1) * KIT_SECOND;
    struct prophet_frame future = { .count = STEPS, .times = times };
    struct prophet_forecast forecast = { .yhat = yhat, .levels = kit_levels, .level_count = KIT_LEVELS,
                                         .quantiles = quantiles };
    struct prophet_error err;
    assert_true(prophet_predict(prophet_model_of(model), &future, &forecast, &err));
    assert_memory_equal(kit->mean, yhat, sizeof yhat);
    assert_memory_equal(kit->quantiles, quantiles, sizeof quantiles);
    prophet_model.free(model);
    free(kit);
}

static void test_model__follows_the_series(void **state)
{
    (void)state;
    struct kit *kit = waves();
    assert_true(kit_run(kit, "prophet", STEPS));
    kit_check_sound(kit, STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        double at = (double)(ROWS + i);
        kit_check_near(kit->mean[i], 50 + at / 10 + 3 * sin(at * 2 * M_PI / 30), 0.5);
    }
    free(kit);
}

/* A state that has what another one saved. */
static void *reloaded(const struct kit *kit, const void *from)
{
    void *model = prophet_model.new(&kit->settings);
    struct vane_text saved = { 0 };
    prophet_model.save(from, &saved);
    assert_true(prophet_model.load(model, saved.data, saved.length));
    vane_text_release(&saved);
    return model;
}

static void test_model__loaded_predicts_the_same_bits(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_true(kit_fit(kit, &prophet_model, model, ROWS));
    void *other = reloaded(kit, model);
    double mean[STEPS];
    assert_true(kit_predict(kit, &prophet_model, model, ROWS - 1, STEPS));
    memcpy(mean, kit->mean, sizeof mean);
    assert_true(kit_predict(kit, &prophet_model, other, ROWS - 1, STEPS));
    assert_memory_equal(kit->mean, mean, sizeof mean);
    prophet_model.free(other);
    prophet_model.free(model);
    free(kit);
}

static void test_model__loaded_fits_warm(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_true(kit_fit(kit, &prophet_model, model, ROWS));
    void *other = reloaded(kit, model);
    size_t cold = prophet_parameters(prophet_model_of(model)).rounds;
    assert_true(kit_fit(kit, &prophet_model, other, ROWS));
    assert_true(prophet_parameters(prophet_model_of(other)).rounds < cold);
    prophet_model.free(other);
    prophet_model.free(model);
    free(kit);
}

static void test_model__bytes_of_nothing_are_a_model_not_fitted(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_true(kit_fit(kit, &prophet_model, model, kit->count));
    assert_true(prophet_model.load(model, "", 0));
    assert_false(prophet_fitted(prophet_model_of(model)));
    prophet_model.free(model);
    free(kit);
}

static void test_notes__say_why_there_is_no_fit(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_false(kit_fit(kit, &prophet_model, model, 1));
    assert_string_equal(kit->note, "no_fit");
    assert_false(kit_predict(kit, &prophet_model, model, 0, STEPS));
    assert_string_equal(kit->note, "no_forecast");
    prophet_model.free(model);
    free(kit);
}

static void test_notes__say_that_a_regressor_is_missing(void **state)
{
    (void)state;
    static const char *const names[] = { "load" };
    struct kit *kit = waves();
    kit->settings.prophet.columns = names;
    kit->settings.prophet.column_count = 1;
    void *model = prophet_model.new(&kit->settings);
    assert_false(kit_fit(kit, &prophet_model, model, ROWS));
    assert_string_equal(kit->note, "missing_regressor");
    prophet_model.free(model);
    free(kit);
}

static void test_notes__a_constant_is_said_and_fitted(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    for (size_t i = 0; i < ROWS; i++)
        kit->values[i] = 5;
    assert_true(kit_fit(kit, &prophet_model, model, ROWS));
    assert_string_equal(kit->note, "constant");
    prophet_model.free(model);
    free(kit);
}

static void test_predict__beyond_the_year_2262_is_refused(void **state)
{
    (void)state;
    struct kit *kit = waves();
    void *model = prophet_model.new(&kit->settings);
    assert_true(kit_fit(kit, &prophet_model, model, ROWS));
    kit->times[0] = INT64_MAX - 5 * KIT_SECOND;
    assert_false(kit_predict(kit, &prophet_model, model, 0, STEPS));
    assert_string_equal(kit->note, "no_forecast");
    prophet_model.free(model);
    free(kit);
}

/* ---- Components ---- */

static const double *component(const struct components *components, const char *name)
{
    for (size_t i = 0; i < components->count; i++)
        if (strcmp(components->names[i], name) == 0)
            return components->values + i * STEPS;
    fail_msg("there is no component %s", name);
    return NULL;
}

/* Trend and terms are yhat without the anchor: `out` gets what is left of the forecast in the kit. */
static void subtract_components(struct kit *kit, const struct model *model, double *out)
{
    struct plan plan = { .steps = STEPS };
    struct components components = { 0 };
    const struct horizon horizon = { .origin = kit->times[ROWS - 1], .step = KIT_SECOND, .count = STEPS };
    void *state = model->new(&kit->settings);
    assert_false(components_make(&components, &plan, model, state, &horizon));
    assert_true(kit_fit(kit, model, state, ROWS));
    assert_true(kit_predict(kit, model, state, ROWS - 1, STEPS));
    assert_true(components_make(&components, &plan, model, state, &horizon));
    const double *trend = component(&components, "trend"), *terms = component(&components, "additive_terms");
    for (size_t i = 0; i < STEPS; i++)
        out[i] = kit->mean[i] - trend[i] - terms[i];
    components_release(&components);
    model->free(state);
}

static void test_components__add_up_to_the_forecast(void **state)
{
    (void)state;
    struct kit *kit = waves();
    double left[STEPS];
    subtract_components(kit, &prophet_model, left);
    for (size_t i = 0; i < STEPS; i++)
        kit_check_near(left[i], 0, 1e-9);
    free(kit);
}

static void test_components__leave_what_an_anchor_adds(void **state)
{
    (void)state;
    struct kit *kit = waves();
    double left[STEPS], level = 0;
    for (size_t i = 1; i < ROWS; i++) /* noise that stays a while, so that its end is worth an anchor */
        kit->values[i] += level = 0.8 * level + (i % 17 == 0 || i == ROWS - 2);
    kit->settings.anchor = MODEL_ANCHOR_AR1;
    subtract_components(kit, models_find("prophet", &kit->settings), left);
    assert_true(fabs(left[0]) > 1e-3);
    for (size_t i = 2; i < STEPS; i++)
        kit_check_near(left[i] / left[i - 1], left[1] / left[0], 1e-6);
    free(kit);
}

static void test_components__of_other_models_there_are_none(void **state)
{
    (void)state;
    struct kit *kit = waves();
    struct plan plan = { .steps = STEPS };
    struct components components = { 0 };
    const struct horizon horizon = { .origin = kit->times[ROWS - 1], .step = KIT_SECOND, .count = STEPS };
    const struct model *naive = models_find("naive", &kit->settings);
    void *model = naive->new(&kit->settings);
    assert_true(kit_fit(kit, naive, model, ROWS));
    assert_false(components_make(&components, &plan, naive, model, &horizon));
    components_release(&components);
    naive->free(model);
    free(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model__predicts_what_prophet_predicts),
        cmocka_unit_test(test_model__follows_the_series),
        cmocka_unit_test(test_model__loaded_predicts_the_same_bits),
        cmocka_unit_test(test_model__loaded_fits_warm),
        cmocka_unit_test(test_model__bytes_of_nothing_are_a_model_not_fitted),
        cmocka_unit_test(test_notes__say_why_there_is_no_fit),
        cmocka_unit_test(test_notes__say_that_a_regressor_is_missing),
        cmocka_unit_test(test_notes__a_constant_is_said_and_fitted),
        cmocka_unit_test(test_predict__beyond_the_year_2262_is_refused),
        cmocka_unit_test(test_components__add_up_to_the_forecast),
        cmocka_unit_test(test_components__leave_what_an_anchor_adds),
        cmocka_unit_test(test_components__of_other_models_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
