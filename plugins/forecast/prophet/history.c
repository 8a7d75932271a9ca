/* history - a frame that is in order and complete is used as it is; else sorted copies are made. Own thread.
 */
#include "plugins/forecast/prophet/history.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place {
    int64_t time;
    size_t  row;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static bool in_order(const struct prophet_frame *frame)
{
    for (size_t i = 0; i < frame->count; i++)
        if (isnan(frame->values[i]) || (i && frame->times[i] < frame->times[i - 1]))
            return false;
    return true;
}

/* One piece of memory: times, values, the columns' pointers, the columns. */
static void sort_rows(struct rows *rows, size_t column_count, const struct prophet_frame *frame)
{
    size_t count = 0, room = frame->count ? frame->count : 1;
    struct place *places = memory_zero(room * sizeof *places);
    for (size_t i = 0; i < frame->count; i++)
        if (!isnan(frame->values[i]))
            places[count++] = (struct place){ frame->times[i], i };
    qsort(places, count, sizeof *places, compare_places);
    int64_t *times = memory_zero(room * (sizeof *times + sizeof(double) * (1 + column_count))
                                 + column_count * sizeof(double *));
    double *values = (double *)(times + room);
    double **columns = (double **)(values + room);
    double *data = (double *)(columns + column_count);
    for (size_t i = 0; i < count; i++) {
        times[i] = places[i].time;
        values[i] = frame->values[places[i].row];
        for (size_t c = 0; c < column_count; c++)
            data[c * room + i] = frame->columns[c][places[i].row];
    }
    for (size_t c = 0; c < column_count; c++)
        columns[c] = data + c * room;
    free(places);
    *rows = (struct rows){ .count = count, .times = times, .values = values,
                           .columns = (const double *const *)columns, .memory = times };
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* As Prophet has it: a condition is true or false. */
static bool conditions_check(const struct rows *rows, const struct prophet_settings *settings,
                             struct prophet_error *err)
{
    for (size_t i = 0; i < settings->seasonality_count; i++) {
        size_t column = prophet_column(settings, settings->seasonalities[i].condition);
        for (size_t row = 0; column != NO_COLUMN && row < rows->count; row++)
            if (rows->columns[column][row] != 0 && rows->columns[column][row] != 1)
                return prophet_fail(err, "the condition \"%s\" is %g: neither 0 nor 1", settings->seasonalities[i].condition,
                                    rows->columns[column][row]);
    }
    return true;
}

static bool rows_check(const struct rows *rows, const struct prophet_settings *settings,
                       struct prophet_error *err)
{
    if (rows->count < 2)
        return prophet_fail(err, "a fit needs 2 rows, there are %zu", rows->count);
    if (rows->times[0] == rows->times[rows->count - 1])
        return prophet_fail(err, "all rows are at one time");
    int64_t length;
    if (__builtin_sub_overflow(rows->times[rows->count - 1], rows->times[0], &length))
        return prophet_fail(err, "the rows span more than 292 years");
    if (!all_finite(rows->values, rows->count))
        return prophet_fail(err, "a value is infinite");
    for (size_t c = 0; c < settings->column_count; c++)
        if (!all_finite(rows->columns[c], rows->count))
            return prophet_fail(err, "column \"%s\" has a value that is not finite", settings->columns[c]);
    return conditions_check(rows, settings, err);
}

bool rows_init(struct rows *rows, const struct prophet_settings *settings, const struct prophet_frame *frame,
               struct prophet_error *err)
{
    if (in_order(frame))
        *rows = (struct rows){ .count = frame->count, .times = frame->times, .values = frame->values,
                               .columns = frame->columns };
    else
        sort_rows(rows, settings->column_count, frame);
    if (rows_check(rows, settings, err))
        return true;
    rows_release(rows);
    return false;
}

void rows_release(struct rows *rows)
{
    free(rows->memory);
    *rows = (struct rows){ 0 };
}

bool rows_constant(const struct rows *rows)
{
    for (size_t i = 1; i < rows->count; i++)
        if (rows->values[i] != rows->values[0])
            return false;
    return true;
}

struct span rows_span(const struct rows *rows)
{
    struct span span = { .first = rows->times[0], .last = rows->times[rows->count - 1] };
    for (size_t i = 1; i < rows->count; i++) {
        int64_t spacing = rows->times[i] - rows->times[i - 1];
        if (spacing && (!span.spacing || spacing < span.spacing))
            span.spacing = spacing;
    }
    return span;
}

struct bounds bounds_of(const struct prophet *model, const double *const *columns)
{
    const struct prophet_settings *settings = model->settings;
    struct bounds bounds = { .floor = 0, .cap = settings->cap };
    size_t floors = prophet_column(settings, "floor"), caps = prophet_column(settings, "cap");
    if (caps != NO_COLUMN)
        bounds.caps = columns[caps];
    if (!model->scale.floor_given)
        bounds.floor = settings->scaling == PROPHET_MINMAX ? model->scale.y_min : 0;
    else if (floors != NO_COLUMN)
        bounds.floors = columns[floors];
    else
        bounds.floor = settings->floor;
    return bounds;
}

double scale_time(const struct scale *scale, int64_t time)
{
    int64_t since;
    if (__builtin_sub_overflow(time, scale->start, &since))
        return ((double)time - (double)scale->start) / (double)scale->length;
    return (double)since / (double)scale->length;
}

struct extremes {
    double least, most, largest, floor_least, cap_most;
};

static struct extremes extremes_of(const struct rows *rows, const struct bounds *bounds)
{
    struct extremes e = { HUGE_VAL, -HUGE_VAL, 0, HUGE_VAL, -HUGE_VAL };
    for (size_t i = 0; i < rows->count; i++) {
        double floor = bounds_floor(bounds, i), size = fabs(rows->values[i] - floor);
        e.least = fmin(e.least, rows->values[i]);
        e.most = fmax(e.most, rows->values[i]);
        e.largest = fmax(e.largest, size);
        e.floor_least = fmin(e.floor_least, floor);
        e.cap_most = fmax(e.cap_most, bounds_cap(bounds, i));
    }
    return e;
}

bool scale_init(struct scale *scale, const struct prophet_settings *settings, const struct rows *rows,
                struct prophet_error *err)
{
    bool logistic = settings->growth == PROPHET_LOGISTIC;
    *scale = (struct scale){ .start = rows->times[0],
                             .length = rows->times[rows->count - 1] - rows->times[0] };
    scale->floor_given = logistic && (settings->has_floor || prophet_column(settings, "floor") != NO_COLUMN);
    struct prophet model = { .settings = settings, .scale = *scale };
    struct bounds bounds = bounds_of(&model, rows->columns);
    struct extremes e = extremes_of(rows, &bounds);
    if (settings->scaling == PROPHET_ABSMAX) {
        scale->y_scale = e.largest;
    } else {
        scale->y_min = scale->floor_given ? e.floor_least : e.least;
        scale->y_scale = (scale->floor_given ? e.cap_most : e.most) - scale->y_min;
    }
    if (scale->y_scale == 0)
        scale->y_scale = 1;
    if (!isfinite(scale->y_scale) || !isfinite(1 / scale->y_scale))
        return prophet_fail(err, "the range of the values is too large or too small to scale");
    if (!logistic)
        return true;
    model.scale = *scale;
    bounds = bounds_of(&model, rows->columns);
    for (size_t i = 0; i < rows->count; i++)
        if (!(bounds_cap(&bounds, i) > bounds_floor(&bounds, i)))
            return prophet_fail(err, "the cap of logistic growth is not greater than the floor");
    return true;
}

void rows_initial_trend(const struct rows *rows, const struct prophet *model, double *k, double *m)
{
    struct bounds bounds = bounds_of(model, rows->columns);
    size_t last = rows->count - 1;
    while (rows->times[last - 1] == rows->times[last])
        last--;
    double scale = model->scale.y_scale;
    double y0 = (rows->values[0] - bounds_floor(&bounds, 0)) / scale;
    double y1 = (rows->values[last] - bounds_floor(&bounds, last)) / scale;
    *k = y1 - y0;
    *m = y0;
    if (model->settings->growth == PROPHET_FLAT) {
        double sum = 0;
        for (size_t i = 0; i < rows->count; i++)
            sum += (rows->values[i] - bounds_floor(&bounds, i)) / scale;
        *k = 0;
        *m = sum / (double)rows->count;
    } else if (model->settings->growth == PROPHET_LOGISTIC) {
        double c0 = (bounds_cap(&bounds, 0) - bounds_floor(&bounds, 0)) / scale;
        double c1 = (bounds_cap(&bounds, last) - bounds_floor(&bounds, last)) / scale;
        double r0 = c0 / fmax(0.01 * c0, fmin(0.99 * c0, y0)), r1 = c1 / fmax(0.01 * c1, fmin(0.99 * c1, y1));
        if (fabs(r0 - r1) <= 0.01)
            r0 *= 1.05;
        double l0 = log(r0 - 1), l1 = log(r1 - 1);
        *m = l0 / (l0 - l1);
        *k = l0 - l1;
    }
}

/* Is it worth standardizing? Not when constant, and of itself not when it is 0 and 1. */
static bool standardizes(enum prophet_standardize how, const double *values, size_t count)
{
    bool constant = true, binary = true;
    for (size_t i = 0; i < count; i++) {
        constant = constant && values[i] == values[0];
        binary = binary && (values[i] == 0 || values[i] == 1);
    }
    return how != PROPHET_STANDARDIZE_NEVER && !constant && (how == PROPHET_STANDARDIZE_ALWAYS || !binary);
}

void scale_regressors(struct design *design, const struct prophet_settings *settings, const struct rows *rows)
{
    size_t regressor = 0;
    for (size_t i = 0; i < design->count; i++) {
        struct term *term = &design->terms[i];
        if (term->kind != TERM_REGRESSOR)
            continue;
        const double *values = rows->columns[term->column];
        term->mean = 0;
        term->deviation = 1;
        if (!standardizes(settings->regressors[regressor++].standardize, values, rows->count))
            continue;
        double sum = 0, squares = 0;
        for (size_t row = 0; row < rows->count; row++)
            sum += values[row];
        double mean = sum / (double)rows->count;
        for (size_t row = 0; row < rows->count; row++)
            squares += (values[row] - mean) * (values[row] - mean);
        double deviation = sqrt(squares / (double)(rows->count - 1));
        if (!isfinite(mean) || !isfinite(deviation) || deviation == 0)
            continue;
        term->mean = mean;
        term->deviation = deviation;
    }
}
