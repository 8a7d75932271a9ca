/* regular - what all models on a regular grid share: the grid, scaling, Gaussian quantiles, saved state. A
 * model then is a `struct recursion`: how its state learns, takes one more point, and looks ahead.
 *
 * What a recursion sees is (value - centre) / scale, centre the newest value of the history, scale a power
 * of two not below the largest distance from it; so its numbers are near 1 whatever the unit. Of a constant
 * history all models say that constant, with intervals of no width.
 *
 * After fit all points but the newest have been pushed. predict pushes the newest value into a copy and
 * looks ahead from there, so that the newest observation, on the grid or not, counts as the point at the
 * origin.
 */
#pragma once
#include "plugins/forecast/model.h"
#include "plugins/forecast/models/model_settings.h"

#include <float.h>
#include <math.h>

struct recursion {
    const char *name;
    size_t least; /* points on the grid to fit; fewer: "too_few_points" */
    /* Bytes of a state: flat, without pointers, zeroed when new. */
    size_t (*size)(const struct model_settings *settings);
    /* Estimates parameters and stands in front of y[0]. A state that was fit before starts from what it
     * found. False: it has told notes why. */
    bool (*learn)(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes);
    void (*push)(void *state, double y);
    /* Fills mean and variance of 1 … count steps ahead. */
    void (*ahead)(const void *state, size_t count, double *mean, double *variance);
    /* Of bytes from a file: may they be a state that goes on from here? fitted: it has learnt and is to look ahead. */
    bool (*sound)(const void *state, const struct model_settings *settings, bool fitted);
};

void *regular_new(const struct model_settings *settings, const struct recursion *recursion);
void regular_free(void *state);
bool regular_fit(void *state, const struct observations *history, const struct model_notes *notes);
void regular_update(void *state, int64_t time, double value);
bool regular_predict(void *state, const struct horizon *horizon, struct prediction *out,
                     const struct model_notes *notes);
void regular_save(const void *state, struct vane_text *out);
bool regular_load(void *state, const void *bytes, size_t length);

#define REGULAR_CALLBACKS                                                                               \
    .free = regular_free, .fit = regular_fit, .update = regular_update, .predict = regular_predict,       \
    .save = regular_save, .load = regular_load

/* ---- Small things that recursions share ---- */

/* The mean square of one-step errors. The first `lost` of them (degrees of freedom) do not count in the
 * mean. */
struct errors {
    double sum, count, lost;
};

static inline void errors_add(struct errors *errors, double error)
{
    errors->sum += error * error;
    errors->count++;
}

static inline double errors_variance(const struct errors *errors)
{
    return errors->count > errors->lost ? errors->sum / (errors->count - errors->lost) : 0;
}

/* What `sound` is made of. */
static inline bool numbers_are_sound(const double *numbers, size_t count, double least, double most)
{
    for (size_t i = 0; i < count; i++)
        if (!(numbers[i] >= least && numbers[i] <= most))
            return false;
    return true;
}

static inline bool flag_is_sound(const bool *flag)
{
    return *(const unsigned char *)flag <= 1;
}

static inline bool errors_are_sound(const struct errors *errors)
{
    return numbers_are_sound(&errors->sum, 1, 0, DBL_MAX) && numbers_are_sound(&errors->count, 1, 0, DBL_MAX)
        && numbers_are_sound(&errors->lost, 1, 0, DBL_MAX);
}

/* A parameter that is estimated within these bounds, or given. */
static inline void parameter_bounds(double given, double least, double most, double *low, double *high)
{
    *low = given > 0 ? fmin(given, 1) : least;
    *high = given > 0 ? fmin(given, 1) : most;
}

/* What parameters are estimated on: the newest points. */
static inline const double *fit_points(const struct model_settings *settings, const double *y, size_t *count)
{
    size_t limit = settings->fit_points ? settings->fit_points : 1000;
    size_t skipped = *count > limit ? *count - limit : 0;
    *count -= skipped;
    return y + skipped;
}

enum { FIT_EVALUATIONS_COLD = 160, FIT_EVALUATIONS_WARM = 50 };

/* notes NULL: nobody hears it. */
void note_say(const struct model_notes *notes, const char *name, const char *sentence);
