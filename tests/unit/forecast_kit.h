/* forecast_kit - what the tests of models and judge share: series made by a formula, and a fitted model's
 * forecast. */
#pragma once
#include "plugins/forecast/judge/judge.h"
#include "plugins/forecast/models/models.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { KIT_ROOM = 4000, KIT_STEPS = 300, KIT_LEVELS = 3 };
#define KIT_SECOND INT64_C(1000000000)

/* A series, a setting, and where a forecast is put. */
struct kit {
    int64_t               times[KIT_ROOM];
    double                values[KIT_ROOM];
    size_t                count;
    struct model_settings settings;
    double                mean[KIT_STEPS], quantiles[KIT_LEVELS * KIT_STEPS];
    char                  note[64]; /* the last one */
};

static const double kit_levels[KIT_LEVELS] = { 0.1, 0.5, 0.9 };

static inline struct kit *kit_new(void)
{
    struct kit *kit = calloc(1, sizeof *kit);
    kit->settings.step = KIT_SECOND;
    kit->settings.prophet = prophet_settings_default();
    return kit;
}

/* Every second from 1000 s on, unless told otherwise. */
static inline void kit_add(struct kit *kit, double value)
{
    kit->times[kit->count] = (1000 + (int64_t)kit->count) * KIT_SECOND;
    kit->values[kit->count++] = value;
}

static inline double kit_uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(*seed >> 11) + 0.5) / 9007199254740992.0;
}

static inline double kit_normal(uint64_t *seed)
{
    double radius = sqrt(-2 * log(kit_uniform(seed)));
    return radius * cos(2 * M_PI * kit_uniform(seed));
}

static inline void kit_note(void *context, const char *name, const char *sentence)
{
    (void)sentence;
    struct kit *kit = context;
    snprintf(kit->note, sizeof kit->note, "%s", name);
}

static inline struct model_notes kit_notes(struct kit *kit)
{
    return (struct model_notes){ .note = kit_note, .context = kit };
}

static inline bool kit_fit(struct kit *kit, const struct model *model, void *state, size_t count)
{
    struct model_notes notes = kit_notes(kit);
    struct observations history = { .count = count, .times = kit->times, .values = kit->values };
    return model->fit(state, &history, &notes);
}

/* From the observation `newest` on. */
static inline bool kit_predict(struct kit *kit, const struct model *model, void *state, size_t newest,
                               size_t steps)
{
    struct model_notes notes = kit_notes(kit);
    struct horizon horizon = { .origin = kit->times[newest], .step = kit->settings.step, .count = steps,
                               .levels = kit_levels, .level_count = KIT_LEVELS };
    struct prediction out = { .mean = kit->mean, .quantiles = kit->quantiles };
    return model->predict(state, &horizon, &out, &notes);
}

/* Fits on all of the series and predicts. */
static inline bool kit_run(struct kit *kit, const char *name, size_t steps)
{
    const struct model *model = models_find(name, &kit->settings);
    void *state = model->new(&kit->settings);
    bool done = kit_fit(kit, model, state, kit->count) &&
                kit_predict(kit, model, state, kit->count - 1, steps);
    model->free(state);
    return done;
}

/* Of the forecast in the kit. */
static inline void kit_check_sound(const struct kit *kit, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        assert_true(isfinite(kit->mean[i]));
        for (size_t level = 0; level < KIT_LEVELS; level++)
            assert_true(isfinite(kit->quantiles[level * steps + i]));
        for (size_t level = 1; level < KIT_LEVELS; level++)
            assert_true(kit->quantiles[(level - 1) * steps + i] <= kit->quantiles[level * steps + i]);
    }
}

static inline void kit_check_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", a, tolerance, b);
}
