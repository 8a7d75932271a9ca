/* anchor - prophet that starts from its last residual. Prophet's fit leaves residuals that follow each
 * other, and ignores the last of them; here they are an AR(1):
 *     yhat = prophet + rho^h r_n,  rho = sum r_i r_(i-1) / sum r_(i-1)^2 over the newest residuals on the
 *     grid, in [0, 0.9999].
 * Its noise then has the variance sigma^2 (1 - rho^(2h)) in place of sigma^2 (Box and Jenkins 1976, 5.4.1);
 * prophet's uncertainty of the trend is kept. Quantiles are prophet's, pulled to yhat by the ratio of
 * deviations. sigma^2 is read off prophet's own quantiles at the origin, where the trend is known.
 */
#include "core/plugin.h"
#include "plugins/forecast/models/gaussian.h"
#include "plugins/forecast/models/grid.h"
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/regular.h"
#include "plugins/forecast/prophet/prophet_model.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>

enum { RESIDUALS = 500 }; /* newest, that rho is estimated on */

struct head {
    double   rho;
    double   value; /* the newest */
    uint64_t columns; /* 0 while it is not fitted */
    bool     fitted;
};

struct state {
    const struct model_settings *settings;
    struct head                  head;
    double                      *last; /* of each column, its newest value: head.columns of them */
    void                        *prophet;
};

static void *new_state(const struct model_settings *settings)
{
    struct state *self = memory_zero(sizeof *self);
    self->settings = settings;
    self->prophet = prophet_model.new(settings);
    return self;
}

static void free_state(void *state)
{
    struct state *self = state;
    if (!self)
        return;
    prophet_model.free(self->prophet);
    free(self->last);
    free(self);
}

/* Columns of a horizon: pointers and their values in one piece, freed as one. */
static double **columns_new(size_t columns, size_t count)
{
    double **table = memory_resize(NULL, 1, columns * (sizeof(double *) + count * sizeof(double)) + 1);
    for (size_t c = 0; c < columns; c++)
        table[c] = (double *)(void *)(table + columns) + c * count;
    return table;
}

static double correlation(const double *values, const double *fitted, size_t count)
{
    double product = 0, square = 0;
    for (size_t i = 1; i < count; i++) {
        double before = values[i - 1] - fitted[i - 1];
        product += before * (values[i] - fitted[i]);
        square += before * before;
    }
    double rho = square > 0 ? product / square : 0;
    return isfinite(rho) ? fmin(fmax(rho, 0), 0.9999) : 0;
}

/* Prophet at the newest `count` grid points of its own history, against what was there. */
static bool learn_rho(struct state *self, const struct observations *history, size_t count,
                      const struct model_notes *notes)
{
    int64_t step = self->settings->step, newest = history->times[history->count - 1];
    double *values = memory_resize(NULL, 2 * count, sizeof *values);
    double **columns = columns_new(history->column_count, count);
    grid_fill(history, step, values, count);
    struct observations column = *history;
    for (size_t c = 0; c < history->column_count; c++) {
        column.values = history->columns[c];
        grid_fill(&column, step, columns[c], count);
    }
    struct horizon past = { .origin = newest - (int64_t)count * step, .step = step, .count = count,
                            .columns = (const double *const *)columns };
    struct prediction fitted = { .mean = values + count };
    bool predicted = prophet_model.predict(self->prophet, &past, &fitted, notes);
    if (predicted)
        self->head.rho = correlation(values, fitted.mean, count);
    free(columns);
    free(values);
    return predicted;
}

static bool fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    struct state *self = state;
    self->head.fitted = false;
    self->head.columns = 0;
    if (!prophet_model.fit(self->prophet, history, notes))
        return false;
    size_t count = grid_count(history, self->settings->step), newest = history->count - 1;
    if (!learn_rho(self, history, count < RESIDUALS ? count : RESIDUALS, notes))
        return false;
    self->last = memory_resize(self->last, history->column_count + 1, sizeof *self->last);
    self->head.columns = history->column_count;
    for (size_t c = 0; c < history->column_count; c++)
        self->last[c] = history->columns[c][newest];
    self->head.value = history->values[newest];
    self->head.fitted = true;
    return true;
}

static void update(void *state, int64_t time, double value)
{
    (void)time;
    struct state *self = state;
    self->head.value = value;
}

/* Prophet at the origin and all of the horizon: count + 1 rows. */
static bool predict_from_origin(struct state *self, const struct horizon *horizon, struct prediction *out,
                                const struct model_notes *notes)
{
    size_t rows = horizon->count + 1, count = (size_t)self->head.columns;
    double **columns = columns_new(count, rows);
    for (size_t c = 0; c < count; c++) {
        columns[c][0] = self->last[c];
        memcpy(columns[c] + 1, horizon->columns[c], horizon->count * sizeof(double));
    }
    struct horizon longer = *horizon;
    longer.origin -= horizon->step;
    longer.count = rows;
    longer.columns = (const double *const *)columns;
    bool predicted = prophet_model.predict(self->prophet, &longer, out, notes);
    free(columns);
    return predicted;
}

/* The variance at a row as its outermost quantile has it; z is that level's. */
static double variance_at(const struct prediction *from, size_t rows, size_t level, double z, size_t row)
{
    double deviation = (from->quantiles[level * rows + row] - from->mean[row]) / z;
    return deviation * deviation;
}

static size_t outermost(const struct horizon *horizon)
{
    size_t last = horizon->level_count - 1;
    return horizon->levels[last] - 0.5 > 0.5 - horizon->levels[0] ? last : 0;
}

static void anchor(const struct state *self, const struct horizon *horizon, const struct prediction *from,
                   struct prediction *out)
{
    size_t rows = horizon->count + 1, level = horizon->level_count ? outermost(horizon) : 0;
    double z = horizon->level_count ? gaussian_quantile(horizon->levels[level]) : 0;
    double noise = z != 0 ? variance_at(from, rows, level, z, 0) : 0;
    double residual = self->head.value - from->mean[0], power = 1;
    for (size_t i = 0; i < horizon->count; i++) {
        power *= self->head.rho;
        out->mean[i] = from->mean[i + 1] + power * residual;
        double total = z != 0 ? variance_at(from, rows, level, z, i + 1) : 0;
        double kept = fmax(total - noise, 0) + noise * (1 - power * power);
        double ratio = total > 0 ? fmin(sqrt(kept / total), 1) : 1;
        for (size_t l = 0; l < horizon->level_count; l++) {
            double offset = from->quantiles[l * rows + i + 1] - from->mean[i + 1];
            out->quantiles[l * horizon->count + i] = out->mean[i] + ratio * offset;
        }
    }
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static bool predict(void *state, const struct horizon *horizon, struct prediction *out,
                    const struct model_notes *notes)
{
    struct state *self = state;
    if (!self->head.fitted)
        return false;
    size_t rows = horizon->count + 1;
    double *values = memory_resize(NULL, rows * (1 + horizon->level_count), sizeof *values);
    struct prediction from = { .mean = values, .quantiles = values + rows };
    bool predicted = predict_from_origin(self, horizon, &from, notes);
    if (predicted)
        anchor(self, horizon, &from, out);
    free(values);
    if (!predicted)
        return false;
    if (all_finite(out->mean, horizon->count) &&
        all_finite(out->quantiles, horizon->count * horizon->level_count))
        return true;
    note_say(notes, "overflow", "the forecast leaves the range of numbers");
    return false;
}

static void save(const void *state, struct vane_text *out)
{
    const struct state *self = state;
    vane_text_add(out, &self->head, sizeof self->head);
    vane_text_add(out, self->last, self->head.columns * sizeof *self->last);
    prophet_model.save(self->prophet, out);
}

static bool head_is_sound(const struct head *head, const struct model_settings *settings)
{
    return flag_is_sound(&head->fitted) && numbers_are_sound(&head->rho, 1, 0, 1)
        && numbers_are_sound(&head->value, 1, -DBL_MAX, DBL_MAX)
        && head->columns == (head->fitted ? settings->prophet.column_count : 0);
}

static bool load(void *state, const void *bytes, size_t length)
{
    struct state *self = state;
    struct head head;
    const char *at = bytes;
    if (length < sizeof head)
        return false;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    length -= sizeof head;
    if (!head_is_sound(&head, self->settings) || head.columns > length / sizeof *self->last)
        return false;
    size_t columns = (size_t)head.columns * sizeof *self->last;
    if (head.fitted && length == columns)
        return false; /* to a prophet that is not */
    self->last = memory_resize(self->last, (size_t)head.columns + 1, sizeof *self->last);
    memcpy(self->last, at, columns);
    if (!all_finite(self->last, (size_t)head.columns)
        || !prophet_model.load(self->prophet, at + columns, length - columns))
        return false;
    self->head = head;
    return true;
}

const void *anchored_prophet(const void *state)
{
    const struct state *self = state;
    return self->prophet;
}

const struct model anchored_model = {
    .name = "prophet", .help = "Prophet, starting from its last residual (AR(1)).",
    .new = new_state, .free = free_state, .fit = fit, .update = update, .predict = predict,
    .save = save, .load = load,
};
