/* Tests of plugins/forecast/models: what holds for every model, on every kind of series. */
#include "forecast_kit.h"

#include "core/plugin.h"

static void each_model(struct kit *kit, void (*check)(struct kit *kit, const struct model *model))
{
    for (size_t i = 0; models_at(i); i++) {
        kit->settings.anchor = MODEL_ANCHOR_NONE;
        check(kit, models_at(i));
    }
    kit->settings.anchor = MODEL_ANCHOR_AR1;
    check(kit, models_find("prophet", &kit->settings));
}

/* A model may refuse, with a note; what it answers is sound. */
static void check_sound(struct kit *kit, const struct model *model)
{
    void *state = model->new(&kit->settings);
    kit->note[0] = '\0';
    bool done = kit_fit(kit, model, state, kit->count) && kit_predict(kit, model, state, kit->count - 1, 20);
    if (done)
        kit_check_sound(kit, 20);
    else
        assert_string_not_equal(kit->note, "");
    model->free(state);
}

static void check_constant(struct kit *kit, const struct model *model)
{
    void *state = model->new(&kit->settings);
    assert_true(kit_fit(kit, model, state, kit->count));
    assert_true(kit_predict(kit, model, state, kit->count - 1, 20));
    for (size_t i = 0; i < 20; i++)
        kit_check_near(kit->mean[i], kit->values[0], 1e-9 * fabs(kit->values[0]));
    kit_check_sound(kit, 20);
    model->free(state);
}

static void test_models__are_found_by_name(void **state)
{
    (void)state;
    struct model_settings settings = { .step = 1, .season = 4 };
    const struct model *candidates[MODELS_LIMIT];
    for (size_t i = 0; models_at(i); i++)
        assert_ptr_equal(models_find(models_at(i)->name, &settings), models_at(i));
    assert_null(models_find("crystal_ball", &settings));
    assert_int_equal(models_candidates(&settings, candidates), 8);
    settings.season = 0;
    assert_int_equal(models_candidates(&settings, candidates), 7);
    assert_string_equal(candidates[0]->name, "naive");
}

static void test_models__say_a_constant_of_a_constant(void **state)
{
    (void)state;
    const double constants[] = { 0, 42.5, -1e300, 1e-300 };
    for (size_t c = 0; c < sizeof constants / sizeof constants[0]; c++) {
        struct kit *kit = kit_new();
        kit->settings.season = 4;
        for (int i = 0; i < 60; i++)
            kit_add(kit, constants[c]);
        each_model(kit, check_constant);
        free(kit);
    }
}

static void test_models__take_two_points(void **state)
{
    (void)state;
    for (size_t count = 1; count < 8; count++) {
        struct kit *kit = kit_new();
        kit->settings.season = 2;
        for (size_t i = 0; i < count; i++)
            kit_add(kit, (double)(i * i % 5));
        each_model(kit, check_sound);
        assert_true(kit_run(kit, "naive", 5));
        assert_true(kit->mean[4] == kit->values[count - 1]);
        free(kit);
    }
}

static void test_models__stay_finite_on_huge_values(void **state)
{
    (void)state;
    const double units[] = { 1e300, 1e-300, 1.7e308, 5e-324, 1e154 };
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        struct kit *kit = kit_new();
        kit->settings.season = 4;
        for (int i = 0; i < 100; i++)
            kit_add(kit, units[u] * (i % 2 ? 1 : -1));
        each_model(kit, check_sound);
        free(kit);
    }
}

static void test_models__take_gaps_and_repeated_times(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    uint64_t seed = 7;
    int64_t time = -50 * KIT_SECOND;
    for (int i = 0; i < 300; i++) {
        kit_add(kit, 100 + kit_normal(&seed));
        time += i % 7 == 0 ? 0 : i % 41 == 0 ? 90 * KIT_SECOND : (int64_t)(2e9 * kit_uniform(&seed));
        kit->times[i] = time;
    }
    kit->settings.season = 4;
    each_model(kit, check_sound);
    kit->settings.step = 1; /* far finer than the data */
    each_model(kit, check_sound);
    kit->settings.step = INT64_MAX / 1000; /* far coarser */
    each_model(kit, check_sound);
    free(kit);
}

static void test_models__take_times_from_end_to_end(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    for (int i = 0; i < 20; i++)
        kit_add(kit, i % 3);
    kit->times[0] = INT64_MIN + 1;
    assert_true(kit_run(kit, "naive", 5));
    assert_true(kit_run(kit, "ses", 5));
    kit_check_sound(kit, 5);
    free(kit);
}

/* Updates between fits, with a jump and a gap of years. */
static void check_updates(struct kit *kit, const struct model *model)
{
    if (!model->update)
        return;
    void *state = model->new(&kit->settings);
    assert_true(kit_fit(kit, model, state, 100));
    for (size_t i = 100; i < kit->count; i++)
        model->update(state, kit->times[i], kit->values[i]);
    model->update(state, kit->times[0], 1e9); /* late: ignored */
    assert_true(kit_predict(kit, model, state, kit->count - 1, 20));
    kit_check_sound(kit, 20);
    model->free(state);
}

static void test_models__go_on_between_fits(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    kit->settings.season = 7;
    uint64_t seed = 3;
    for (int i = 0; i < 200; i++) {
        kit_add(kit, i > 150 ? 1e12 : i % 7 + kit_normal(&seed));
        kit->times[i] += i > 180 ? INT64_C(100000000) * KIT_SECOND : 0;
    }
    each_model(kit, check_updates);
    free(kit);
}

/* A model that goes on is the model that was fit with the same parameters: for those without estimates,
 * exactly. */
static void test_models__go_on_as_if_they_had_been_fit(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    uint64_t seed = 5;
    for (int i = 0; i < 200; i++)
        kit_add(kit, 50 + kit_normal(&seed));
    kit->settings.alpha = 0.3;
    const char *const names[] = { "naive", "drift", "ses" };
    for (size_t n = 0; n < 3; n++) {
        const struct model *model = models_find(names[n], &kit->settings);
        void *on = model->new(&kit->settings);
        assert_true(kit_fit(kit, model, on, 120));
        for (size_t i = 120; i < 200; i++)
            model->update(on, kit->times[i], kit->values[i]);
        assert_true(kit_predict(kit, model, on, 199, 10));
        double mean = kit->mean[9], high = kit->quantiles[2 * 10 + 9];
        assert_true(kit_run(kit, names[n], 10));
        kit_check_near(mean, kit->mean[9], 1e-9);
        kit_check_near(high, kit->quantiles[2 * 10 + 9], 1e-9);
        model->free(on);
    }
    free(kit);
}

/* Saved and loaded, it says the same bits, now and after its next fit. */
static void check_saved(struct kit *kit, const struct model *model)
{
    void *first = model->new(&kit->settings), *second = model->new(&kit->settings);
    struct vane_text bytes = { 0 };
    assert_true(kit_fit(kit, model, first, 150));
    model->save(first, &bytes);
    assert_true(model->load(second, bytes.data, bytes.length));
    assert_false(model->load(second, bytes.data, bytes.length / 3));
    assert_true(model->load(second, bytes.data, bytes.length));
    double means[10];
    for (size_t count = 150; count <= 200; count += 50) {
        if (count > 150)
            assert_true(kit_fit(kit, model, first, count) && kit_fit(kit, model, second, count));
        assert_true(kit_predict(kit, model, first, count - 1, 10));
        memcpy(means, kit->mean, sizeof means);
        assert_true(kit_predict(kit, model, second, count - 1, 10));
        assert_memory_equal(means, kit->mean, sizeof means);
    }
    vane_text_release(&bytes);
    model->free(first);
    model->free(second);
}

/* What it saved is taken, and the model that took it predicts, or does not, as the first one: the same bits. */
static void check_saves(struct kit *kit, const struct model *model, void *first, size_t newest)
{
    void *second = model->new(&kit->settings);
    struct vane_text bytes = { 0 };
    double means[10];
    model->save(first, &bytes);
    assert_true(model->load(second, bytes.data ? bytes.data : "", bytes.length));
    bool predicted = kit_predict(kit, model, first, newest, 10);
    memcpy(means, kit->mean, sizeof means);
    assert_int_equal(kit_predict(kit, model, second, newest, 10), predicted);
    if (predicted)
        assert_memory_equal(means, kit->mean, sizeof means);
    vane_text_release(&bytes);
    model->free(second);
}

/* 150 good points; what comes behind them some models cannot be fitted to. */
static void check_saved_unfitted(struct kit *kit, const struct model *model)
{
    const struct observations bad = { .count = 4, .times = kit->times + 150, .values = kit->values + 150 },
                              few = { .count = 1, .times = kit->times, .values = kit->values };
    void *state = model->new(&kit->settings);
    check_saves(kit, model, state, 149);
    model->fit(state, &few, NULL);
    check_saves(kit, model, state, 149);
    model->fit(state, &bad, NULL);
    check_saves(kit, model, state, 149);
    assert_true(kit_fit(kit, model, state, 150));
    check_saves(kit, model, state, 149);
    model->fit(state, &bad, NULL);
    check_saves(kit, model, state, 149);
    assert_true(kit_fit(kit, model, state, 150));
    model->fit(state, &few, NULL);
    check_saves(kit, model, state, 149);
    model->free(state);
}

static void test_models__take_what_they_saved_after_a_failed_fit(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    kit->settings.season = 7;
    uint64_t seed = 13;
    for (int i = 0; i < 150; i++)
        kit_add(kit, kit_normal(&seed) + i % 7);
    for (int i = 0; i < 8; i++)
        kit_add(kit, i % 2 ? 1.5e308 : -1.5e308);
    each_model(kit, check_saved_unfitted);
    free(kit);
}

/* An anchor has the newest of each column only while it is fitted. */
static void test_anchor__forgets_its_columns_when_a_fit_fails(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    for (int i = 0; i < 150; i++)
        kit_add(kit, i % 7);
    const char *const names[] = { "r" };
    kit->settings.prophet.columns = names;
    kit->settings.prophet.column_count = 1;
    kit->settings.anchor = MODEL_ANCHOR_AR1;
    const struct model *model = models_find("prophet", &kit->settings);
    const double *columns[] = { kit->values + 1 };
    struct observations history = { .count = 149, .times = kit->times, .values = kit->values, .columns = columns,
                                    .column_count = 1 };
    void *first = model->new(&kit->settings), *second = model->new(&kit->settings);
    struct vane_text bytes = { 0 };
    assert_true(model->fit(first, &history, NULL));
    history.count = 1;
    assert_false(model->fit(first, &history, NULL));
    model->save(first, &bytes);
    assert_true(model->load(second, bytes.data, bytes.length));
    vane_text_release(&bytes);
    model->free(first);
    model->free(second);
    free(kit);
}

/* Any eight bytes of what was saved become NaN: refused, or the model goes on and says only what is finite. */
static void check_damaged(struct kit *kit, const struct model *model)
{
    void *first = model->new(&kit->settings);
    struct vane_text bytes = { 0 };
    const double nan = NAN;
    size_t refused = 0;
    assert_true(kit_fit(kit, model, first, 150));
    model->save(first, &bytes);
    for (size_t at = 0; at + 8 <= bytes.length; at += 8) {
        void *second = model->new(&kit->settings);
        double kept;
        memcpy(&kept, bytes.data + at, 8);
        memcpy(bytes.data + at, &nan, 8);
        if (!model->load(second, bytes.data, bytes.length))
            refused++;
        else if (kit_predict(kit, model, second, 149, 10))
            kit_check_sound(kit, 10);
        memcpy(bytes.data + at, &kept, 8);
        model->free(second);
    }
    assert_true(refused >= bytes.length / 8 / 2); /* times may be anything */
    vane_text_release(&bytes);
    model->free(first);
}

static void test_models__believe_no_bytes(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    kit->settings.season = 7;
    uint64_t seed = 11;
    for (int i = 0; i < 200; i++)
        kit_add(kit, kit_normal(&seed) + i % 7);
    each_model(kit, check_damaged);
    free(kit);
}

static void test_models__survive_a_restart(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    kit->settings.season = 7;
    uint64_t seed = 11;
    double level = 100;
    for (int i = 0; i < 200; i++)
        kit_add(kit, (level += kit_normal(&seed)) + i % 7);
    each_model(kit, check_saved);
    free(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__are_found_by_name),
        cmocka_unit_test(test_models__say_a_constant_of_a_constant),
        cmocka_unit_test(test_models__take_two_points),
        cmocka_unit_test(test_models__stay_finite_on_huge_values),
        cmocka_unit_test(test_models__take_gaps_and_repeated_times),
        cmocka_unit_test(test_models__take_times_from_end_to_end),
        cmocka_unit_test(test_models__go_on_between_fits),
        cmocka_unit_test(test_models__go_on_as_if_they_had_been_fit),
        cmocka_unit_test(test_models__survive_a_restart),
        cmocka_unit_test(test_models__take_what_they_saved_after_a_failed_fit),
        cmocka_unit_test(test_anchor__forgets_its_columns_when_a_fit_fails),
        cmocka_unit_test(test_models__believe_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
