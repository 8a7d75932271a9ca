/* history - the rows a fit works on: sorted by time, without missing values, scaled as Prophet scales. Own
 * thread.
 */
#pragma once
#include "plugins/forecast/prophet/state.h"

struct rows {
    size_t               count;
    const int64_t       *times;
    const double        *values;
    const double *const *columns;
    void                *memory; /* of sorted copies; NULL: the frame's own */
};

/* The rows of a frame in ascending time (equal times keep their order), those without a value left out.
 * False: there are fewer than two, or all at one time, or something is not finite. */
bool rows_init(struct rows *rows, const struct prophet_settings *settings, const struct prophet_frame *frame,
               struct prophet_error *err);
void rows_release(struct rows *rows);

bool rows_constant(const struct rows *rows);

struct span rows_span(const struct rows *rows);

/* The scales; and of the regressors in the design, mean and deviation. */
bool scale_init(struct scale *scale, const struct prophet_settings *settings, const struct rows *rows,
                struct prophet_error *err);
void scale_regressors(struct design *design, const struct prophet_settings *settings,
                      const struct rows *rows);

/* Of one row; cap in scaled units. */
double scale_time(const struct scale *scale, int64_t time);

/* Where the floors and caps of rows come from: a column, or a constant. */
struct bounds {
    const double *floors, *caps;
    double        floor, cap;
};
struct bounds bounds_of(const struct prophet *model, const double *const *columns);
static inline double bounds_floor(const struct bounds *bounds, size_t row)
{
    return bounds->floors ? bounds->floors[row] : bounds->floor;
}
static inline double bounds_cap(const struct bounds *bounds, size_t row)
{
    return bounds->caps ? bounds->caps[row] : bounds->cap;
}

/* Where the fit of the trend starts, Prophet's *_growth_init: the line (logistic growth: the curve) from
 * the first row to the last; flat growth: the mean. settings and scale of the model are set. */
void rows_initial_trend(const struct rows *rows, const struct prophet *model, double *k, double *m);
