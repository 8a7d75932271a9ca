/* regular - see regular.h. The saved state is the head below and the recursion's bytes as they are in
 * memory. */
#include "plugins/forecast/models/regular.h"

#include "core/plugin.h"
#include "plugins/forecast/models/gaussian.h"
#include "plugins/forecast/models/grid.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>

struct head {
    char        name[16];
    uint64_t    size; /* of the recursion's state */
    struct grid grid;
    double      centre, scale;
    bool        fitted;
    bool        constant; /* the history was, and so was all that came since */
};

struct regular {
    const struct recursion      *recursion;
    const struct model_settings *settings;
    struct head                  head;
    void                        *state, *copy; /* head.size bytes each */
    double                      *spread;       /* of predict: `room` values */
    size_t                       room;
};

void note_say(const struct model_notes *notes, const char *name, const char *sentence)
{
    if (notes && notes->note)
        notes->note(notes->context, name, sentence);
}

void *regular_new(const struct model_settings *settings, const struct recursion *recursion)
{
    struct regular *self = memory_zero(sizeof *self);
    self->recursion = recursion;
    self->settings = settings;
    memcpy(self->head.name, recursion->name, strlen(recursion->name));
    self->head.size = recursion->size(settings);
    self->state = memory_zero(self->head.size);
    self->copy = memory_zero(self->head.size);
    return self;
}

void regular_free(void *state)
{
    struct regular *self = state;
    if (!self)
        return;
    free(self->state);
    free(self->copy);
    free(self->spread);
    free(self);
}

/* Zero: all are equal. Infinite: their distance is no number. */
static double find_scale(const double *values, size_t count, double centre)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i] - centre));
    if (most == 0 || isinf(most))
        return most;
    int exponent;
    frexp(most, &exponent);
    return ldexp(1, exponent < 1000 ? exponent > -1000 ? exponent : -1000 : 1000);
}

/* Farther than this a square would leave the numbers. */
static double scaled(const struct head *head, double value)
{
    return fmax(fmin((value - head->centre) / head->scale, 1e100), -1e100);
}

static bool fit_values(struct regular *self, double *values, size_t count, const struct model_notes *notes)
{
    struct head *head = &self->head;
    double scale = find_scale(values, count, values[count - 1]);
    if (isinf(scale)) {
        note_say(notes, "overflow", "the values are too far apart for a number");
        return false;
    }
    head->centre = values[count - 1];
    head->scale = scale;
    head->constant = head->scale == 0;
    if (head->constant) {
        head->scale = head->centre != 0 ? fabs(head->centre) : 1;
        if (count > 1)
            note_say(notes, "constant", "all values are the same; the forecast is that value");
    }
    for (size_t i = 0; i < count; i++)
        values[i] = scaled(head, values[i]);
    if (!self->recursion->learn(self->state, self->settings, values, count, notes))
        return false;
    for (size_t i = 0; i + 1 < count; i++)
        self->recursion->push(self->state, values[i]);
    return true;
}

bool regular_fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    struct regular *self = state;
    size_t count = grid_count(history, self->settings->step);
    self->head.fitted = false;
    if (count < self->recursion->least) {
        note_say(notes, "too_few_points", "the history is shorter than this model needs");
        return false;
    }
    double *values = memory_resize(NULL, count, sizeof *values);
    grid_fill(history, self->settings->step, values, count);
    self->head.fitted = fit_values(self, values, count, notes);
    free(values);
    size_t last = history->count - 1;
    grid_start(&self->head.grid, self->settings->step, history->times[last], history->values[last]);
    return self->head.fitted;
}

void regular_update(void *state, int64_t time, double value)
{
    struct regular *self = state;
    if (!self->head.fitted || !isfinite(value))
        return;
    double complete;
    const struct model_settings *settings = self->settings;
    size_t count = grid_take(&self->head.grid, settings->step, settings->season, time, value, &complete);
    if (value != self->head.centre)
        self->head.constant = false;
    if (count == 0)
        return;
    complete = scaled(&self->head, complete);
    for (size_t i = 0; i < count; i++)
        self->recursion->push(self->state, complete);
}

static bool all_finite(const double *values, size_t count)
{
    double sum = 0; /* of zeros; NaN where one is not finite */
    for (size_t i = 0; i < count; i++)
        sum += values[i] * 0;
    return sum == 0;
}

/* Variances of the recursion become deviations of the series. */
static void scale_back(const struct head *head, size_t count, double *mean, double *spread)
{
    for (size_t i = 0; i < count; i++) {
        mean[i] = head->constant ? head->centre : head->centre + mean[i] * head->scale;
        spread[i] = head->constant ? 0 : sqrt(spread[i]) * head->scale;
    }
}

bool regular_predict(void *state, const struct horizon *horizon, struct prediction *out,
                     const struct model_notes *notes)
{
    struct regular *self = state;
    if (!self->head.fitted)
        return false;
    if (horizon->count > self->room) {
        self->spread = memory_resize(self->spread, horizon->count, sizeof *self->spread);
        self->room = horizon->count;
    }
    memcpy(self->copy, self->state, self->head.size);
    self->recursion->push(self->copy, scaled(&self->head, self->head.grid.value));
    self->recursion->ahead(self->copy, horizon->count, out->mean, self->spread);
    scale_back(&self->head, horizon->count, out->mean, self->spread);
    gaussian_fill(horizon, self->spread, out);
    if (all_finite(out->mean, horizon->count) &&
        all_finite(out->quantiles, horizon->count * horizon->level_count))
        return true;
    note_say(notes, "overflow", "the forecast leaves the range of numbers");
    return false;
}

void regular_save(const void *state, struct vane_text *out)
{
    const struct regular *self = state;
    vane_text_add(out, &self->head, sizeof self->head);
    vane_text_add(out, self->state, self->head.size);
}

static bool head_is_sound(const struct head *head, const struct regular *self)
{
    return memcmp(head->name, self->head.name, sizeof head->name) == 0 && head->size == self->head.size
        && flag_is_sound(&head->fitted) && flag_is_sound(&head->constant)
        && numbers_are_sound(&head->grid.value, 1, -DBL_MAX, DBL_MAX) && head->grid.newest >= head->grid.time
        && numbers_are_sound(&head->centre, 1, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(&head->scale, 1, head->fitted ? DBL_TRUE_MIN : 0, DBL_MAX);
}

bool regular_load(void *state, const void *bytes, size_t length)
{
    struct regular *self = state;
    struct head head;
    if (length != sizeof head + self->head.size)
        return false;
    memcpy(&head, bytes, sizeof head);
    memcpy(self->copy, (const char *)bytes + sizeof head, self->head.size);
    if (!head_is_sound(&head, self) || !self->recursion->sound(self->copy, self->settings, head.fitted))
        return false;
    self->head = head;
    memcpy(self->state, self->copy, self->head.size);
    return true;
}
