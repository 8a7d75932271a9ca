/* predict - the model at some times, and the quantiles of what may come. Own thread.
 */
#include "plugins/forecast/prophet/design.h"
#include "plugins/forecast/prophet/history.h"
#include "plugins/forecast/prophet/interval.h"
#include "plugins/forecast/prophet/logistic.h"
#include "plugins/forecast/prophet/trend.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>

struct row {
    double t, cap, floor; /* cap scaled, floor in the unit of y */
    double exponent;      /* the trend's, scaled */
    double trend;         /* scaled */
    double additive, factor;
};

/* Behind the history: Prophet takes the rows as one regular grid. */
struct ahead {
    double rate, jump; /* of each step */
    size_t steps;      /* to the row in hand */
};

static bool check_frame(const struct prophet *model, const struct prophet_frame *frame,
                        struct prophet_error *err)
{
    if (!model->fitted)
        return prophet_fail(err, "the model is not fitted");
    for (size_t i = 1; i < frame->count; i++)
        if (frame->times[i] < frame->times[i - 1])
            return prophet_fail(err, "the rows to predict are not in order of time");
    for (size_t c = 0; c < model->settings->column_count; c++)
        for (size_t i = 0; i < frame->count; i++)
            if (!isfinite(frame->columns[c][i]))
                return prophet_fail(err, "column \"%s\" has a value that is not finite",
                                    model->settings->columns[c]);
    return true;
}

static struct ahead ahead_of(const struct prophet *model, const struct prophet_frame *frame)
{
    size_t first = 0;
    while (first < frame->count && scale_time(&model->scale, frame->times[first]) <= 1)
        first++;
    size_t count = frame->count - first;
    double step = model->spacing, size = 0;
    if (count > 1)
        step = (scale_time(&model->scale, frame->times[frame->count - 1])
                - scale_time(&model->scale, frame->times[first])) / (double)(count - 1);
    for (size_t i = 0; i < model->change_count; i++)
        size += fabs(model->delta[i]);
    double changes = (double)model->change_count;
    return (struct ahead){ .rate = changes * step, .jump = (size / changes + 1e-8) * step };
}

static size_t mirrored(const double *levels, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (fabs(levels[i] + levels[at] - 1) < 1e-12)
            return i;
    return at;
}

/* Quantiles of one row around its trend (sigma 0, factor 1) or its yhat. before: those of the row before. */
static void add_quantiles(const struct prophet *model, const struct ahead *ahead, const struct row *row,
                          double sigma,
                          double factor, const struct prophet_forecast *out, double *deviations)
{
    bool flat = model->settings->growth == PROPHET_FLAT,
        logistic = model->settings->growth == PROPHET_LOGISTIC;
    size_t steps = flat || row->t <= 1 ? 0 : ahead->steps - (logistic ? 1 : 0);
    struct deviation d = { .rate = ahead->rate, .jump = ahead->jump, .steps = steps, .sigma = sigma };
    struct mixture mixture;
    if (logistic)
        logistic_mixture(&mixture, &d, row->exponent, row->cap);
    d.jump *= fabs(factor);
    if (d.jump == 0)
        d.steps = 0;
    for (size_t i = 0; i < out->level_count; i++) {
        size_t mirror = mirrored(out->levels, i);
        if (logistic)
            deviations[i] = logistic_quantile(&mixture, factor, sigma, out->levels[i]);
        else if (mirror < i)
            deviations[i] = -deviations[mirror];
        else
            deviations[i] = interval_quantile(&d, out->levels[i], fabs(deviations[i]));
        if (i && deviations[i] < deviations[i - 1])
            deviations[i] = deviations[i - 1];
    }
}

struct work {
    const struct prophet *model;
    const struct prophet_frame *frame;
    struct prophet_forecast *out;
    struct ahead  ahead;
    struct trend  trend;
    struct bounds bounds;
    struct block  block;
    size_t        segment;
    double       *deviations, *trend_deviations;
};

static bool predict_row(struct work *w, size_t at, double additive, double factor)
{
    const struct scale *scale = &w->model->scale;
    struct prophet_forecast *out = w->out;
    struct row row = { .t = scale_time(scale, w->frame->times[at]), .cap = 1,
                       .floor = bounds_floor(&w->bounds, at),
                       .additive = additive, .factor = factor };
    if (w->trend.growth == PROPHET_LOGISTIC)
        row.cap = (bounds_cap(&w->bounds, at) - row.floor) / scale->y_scale;
    w->segment = trend_segment(&w->trend, row.t, w->segment);
    row.exponent = w->trend.lines[w->segment].slope * row.t + w->trend.lines[w->segment].offset;
    row.trend = trend_at(&w->trend, w->segment, row.t, row.cap);
    if (row.t > 1)
        w->ahead.steps++;
    double trend = row.trend * scale->y_scale + row.floor;
    double yhat = trend * factor + additive * scale->y_scale;
    if (out->yhat)
        out->yhat[at] = yhat;
    if (out->trend)
        out->trend[at] = trend;
    bool finite = isfinite(yhat);
    if (out->quantiles)
        add_quantiles(w->model, &w->ahead, &row, w->model->sigma, factor, out, w->deviations);
    if (out->trend_quantiles)
        add_quantiles(w->model, &w->ahead, &row, 0, 1, out, w->trend_deviations);
    for (size_t i = 0; i < out->level_count; i++) {
        double deviation = scale->y_scale * w->deviations[i];
        finite = finite && isfinite(yhat + deviation);
        if (out->quantiles)
            out->quantiles[i * w->frame->count + at] = yhat + deviation;
        if (out->trend_quantiles)
            out->trend_quantiles[i * w->frame->count + at] = trend + scale->y_scale * w->trend_deviations[i];
    }
    return finite;
}

static bool predict_rows(struct work *w)
{
    double additive[DESIGN_ROWS], factor[DESIGN_ROWS];
    const struct prophet_frame *frame = w->frame;
    for (size_t at = 0; at < frame->count; at += DESIGN_ROWS) {
        size_t count = frame->count - at < DESIGN_ROWS ? frame->count - at : DESIGN_ROWS;
        struct design_rows rows = { frame->times, frame->columns, at, count };
        design_fill(&w->model->design, kernels_of_cpu(), &rows, &w->block, 0);
        design_sum(&w->model->design, &w->block, 0, w->model->beta, additive, factor);
        for (size_t i = 0; i < count; i++)
            if (!predict_row(w, at + i, additive[i], factor[i]))
                return false;
    }
    return true;
}

bool prophet_predict(const struct prophet *model, const struct prophet_frame *future,
                     struct prophet_forecast *out,
                     struct prophet_error *err)
{
    if (!check_frame(model, future, err))
        return false;
    struct work w = {
        .model = model,
        .frame = future,
        .out = out,
        .ahead = ahead_of(model, future),
        .trend = { .growth = model->settings->growth, .changes = model->changes,
                   .count = model->change_count },
        .bounds = bounds_of(model, future->columns),
        .deviations = memory_zero((2 * out->level_count + 1) * sizeof(double)),
    };
    w.trend_deviations = w.deviations + out->level_count;
    w.trend.lines = memory_zero((w.trend.count + 1) * sizeof(struct line));
    trend_init(&w.trend, model->k, model->m, model->delta);
    block_init(&w.block, model->design.width, DESIGN_ROWS);
    bool finite = predict_rows(&w);
    block_release(&w.block);
    free(w.trend.lines);
    free(w.deviations);
    return finite || prophet_fail(err, "the forecast is not finite so far ahead");
}
