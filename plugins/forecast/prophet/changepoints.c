/* changepoints - a grid over the first rows (by their number, not their time, as in Prophet), or given
 * times. Own thread.
 */
#include "plugins/forecast/prophet/changepoints.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void resize(struct prophet *model, size_t count)
{
    model->no_changepoints = count == 0;
    model->change_count = count ? count : 1;
    free(model->changes);
    free(model->delta);
    model->changes = memory_zero(model->change_count * sizeof(double));
    model->delta = memory_zero(model->change_count * sizeof(double));
}

static bool take_given(struct prophet *model, const struct rows *rows, struct prophet_error *err)
{
    const struct prophet_settings *settings = model->settings;
    resize(model, settings->changepoints_length);
    for (size_t i = 0; i < settings->changepoints_length; i++) {
        int64_t time = settings->changepoints[i];
        if (time < rows->times[0] || time > rows->times[rows->count - 1])
            return prophet_fail(err, "a changepoint lies outside of the history");
        model->changes[i] = scale_time(&model->scale, time);
    }
    qsort(model->changes, model->change_count, sizeof(double), compare_doubles);
    return true;
}

bool changepoints_init(struct prophet *model, const struct rows *rows, bool *fewer, struct prophet_error *err)
{
    const struct prophet_settings *settings = model->settings;
    *fewer = false;
    if (settings->changepoints_given)
        return take_given(model, rows, err);
    size_t size = (size_t)floor((double)rows->count * settings->changepoint_range);
    size_t count = settings->changepoint_count;
    if (count + 1 > size) {
        *fewer = count > 0;
        count = size ? size - 1 : 0;
    }
    resize(model, count);
    for (size_t i = 0; i < count; i++) {
        double at = (double)(i + 1) * ((double)(size - 1) / (double)count); /* numpy.linspace */
        size_t row = i + 1 == count ? size - 1 : (size_t)rint(at);          /* half to even, as numpy.round */
        model->changes[i] = scale_time(&model->scale, rows->times[row]);
    }
    return true;
}
