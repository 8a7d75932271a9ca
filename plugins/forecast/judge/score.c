/* score - see score.h. Sources: Gneiting and Raftery (2007), Strictly proper scoring rules (pinball, CRPS,
 * interval score, which is Winkler's); Hyndman and Koehler (2006), Another look at measures of forecast
 * accuracy (MASE). An error counts as at most 1e150, so that its square is a number. */
#include "plugins/forecast/judge/score.h"

#include "core/plugin.h"
#include "plugins/forecast/judge/bytes.h"

#include <math.h>

enum { WINDOW = 200 };

static const double LARGEST = 1e150;

static double bounded(double value)
{
    return fmin(fmax(value, -LARGEST), LARGEST);
}

static void blend(double *average, double value, double rate)
{
    *average += rate * (bounded(value) - *average);
}

static double rate_of(uint64_t count, size_t window)
{
    double least = 1 / (double)(window ? window : WINDOW);
    return fmax(1 / (double)count, least);
}

static double pinball(double level, double quantile, double actual)
{
    double above = actual - quantile;
    return above >= 0 ? level * above : (level - 1) * above;
}

/* Trapezia of the pinball loss over the levels, with the mean at 0.5 where no level is there. */
static double crps(const struct shape *shape, const struct score_case *one)
{
    const double *levels = shape->settings->levels;
    double sum = 0, before = 0, before_loss = 0;
    bool middle = false;
    for (size_t i = 0; i < shape->levels; i++) {
        if (!middle && levels[i] >= 0.5) {
            middle = true;
            if (levels[i] > 0.5) {
                double loss = pinball(0.5, one->mean, one->actual);
                sum += (0.5 - before) * (before_loss + loss);
                before = 0.5, before_loss = loss;
            }
        }
        double loss = pinball(levels[i], one->quantiles[i], one->actual);
        sum += (levels[i] - before) * (before_loss + loss);
        before = levels[i], before_loss = loss;
    }
    return sum + (1 - before) * before_loss;
}

static void add_interval(struct score *score, const struct shape *shape, const struct score_case *one,
                         double rate)
{
    const double *levels = shape->settings->levels;
    size_t last = shape->levels - 1;
    double low = one->quantiles[0], high = one->quantiles[last], loss = 0;
    for (size_t i = 0; i < shape->levels; i++)
        loss += pinball(levels[i], one->quantiles[i], one->actual);
    double under = fmax(low - one->actual, 0), over = fmax(one->actual - high, 0);
    double outside = under / levels[0] + over / (1 - levels[last]);
    blend(&score->pinball, loss / (double)shape->levels, rate);
    blend(&score->crps, crps(shape, one), rate);
    blend(&score->covered, one->actual >= low && one->actual <= high, rate);
    blend(&score->width, high - low, rate);
    blend(&score->winkler, high - low + outside, rate);
}

void score_add(struct score *score, const struct shape *shape, const struct score_case *one)
{
    double rate = rate_of(++score->count, shape->settings->window), error = bounded(one->mean - one->actual);
    blend(&score->absolute, fabs(error), rate);
    score->square += rate * (error * error - score->square);
    blend(&score->bias, error, rate);
    blend(&score->unchanged, fabs(one->base - one->actual), rate);
    if (one->actual != 0) {
        double nonzero_rate = rate_of(++score->nonzero, shape->settings->window);
        blend(&score->relative, fabs(error / one->actual), nonzero_rate);
    }
    if (shape->levels >= 2)
        add_interval(score, shape, one, rate);
}

static double compare(double value, double unit)
{
    double none = value > 0 ? 1e150 : 1; /* worse without measure; as good */
    return unit > 0 ? fmin(value / unit, 1e150) : none;
}

void score_report(const struct score *score, const struct shape *shape, double change,
                  struct judge_score *out)
{
    out->scored = score->count;
    out->mae = score->absolute;
    out->rmse = sqrt(score->square);
    out->bias = score->bias;
    out->mape = score->relative;
    out->mase = compare(score->absolute, change);
    out->ratio = compare(score->absolute, score->unchanged);
    out->has_interval = shape->levels >= 2;
    out->pinball = score->pinball;
    out->crps = score->crps;
    out->coverage = score->covered;
    out->width = score->width;
    out->winkler = score->winkler;
}

void score_save(const struct score *score, struct vane_text *out)
{
    vane_text_add(out, score, sizeof *score);
}

void score_load(struct score *score, struct bytes *bytes)
{
    score->count = bytes_take_count(bytes, BYTES_COUNT_MOST);
    score->nonzero = bytes_take_count(bytes, score->count);
    score->absolute = bytes_take_number(bytes, 0, LARGEST);
    score->square = bytes_take_number(bytes, 0, LARGEST * LARGEST);
    score->bias = bytes_take_number(bytes, -LARGEST, LARGEST);
    score->relative = bytes_take_number(bytes, 0, LARGEST);
    score->unchanged = bytes_take_number(bytes, 0, LARGEST);
    score->pinball = bytes_take_number(bytes, 0, LARGEST);
    score->crps = bytes_take_number(bytes, 0, LARGEST);
    score->covered = bytes_take_number(bytes, 0, 1);
    score->width = bytes_take_number(bytes, 0, LARGEST);
    score->winkler = bytes_take_number(bytes, 0, LARGEST);
}
