/* model - what a forecast model is. A new one is one file with one `const struct model` and a row in models.c.
 *
 * A model learns from the observations of one series and predicts a regular grid of times behind them, with quantiles
 * of its own predictive distribution. It never sees the wall clock and draws no random numbers: the same
 * observations and calls give the same bits. What it answers is finite, always: what it cannot do is a named
 * warning and false, and the caller falls back (models.c says how).
 *
 * Threads: a model is used by one thread at a time.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vane_text;

/* Oldest first. */
struct observations {
    size_t               count;
    const int64_t       *times;   /* ns UTC; never decreasing, equal times are observations of their own */
    const double        *values;  /* finite */
    const double *const *columns; /* regressors: `column_count` of them, `count` values each; finite */
    size_t               column_count;
};

/* Where to predict: origin + step, origin + 2 step, … origin + count step. */
struct horizon {
    int64_t              origin; /* time of the newest observation */
    int64_t              step;   /* ns, > 0 */
    size_t               count;
    const double        *levels; /* of quantiles, ascending, in (0, 1) */
    size_t               level_count;
    const double *const *columns; /* regressors at those times */
};

/* Filled by predict; the caller's memory. */
struct prediction {
    double *mean;      /* count values: yhat */
    double *quantiles; /* level_count rows of count values; never crossing, row by row ascending */
};

/* Named reasons, told by the plugin once in a while and counted: "constant", "too_few_points",
 * "seasonality_too_long", "ill_conditioned", … */
struct model_notes {
    void (*note)(void *context, const char *name, const char *sentence);
    void *context;
};

struct model_settings; /* options of all models, in model_settings.h */

struct model {
    const char *name; /* as in the option `model`, and in the tag `model` of scores */
    const char *help; /* one sentence */

    /* The state of one series. settings outlive it. */
    void *(*new)(const struct model_settings *settings);
    void  (*free)(void *state);

    /* Learns from all of the history. May start from what the last fit found (a warm fit), which save() then
     * carries. False: no fit, the reason is in notes; predict is not to be called. */
    bool (*fit)(void *state, const struct observations *history, const struct model_notes *notes);

    /* One observation behind the last one, between fits, in constant time. NULL: the model only learns in fit. */
    void (*update)(void *state, int64_t time, double value);

    /* False: as for fit. */
    bool (*predict)(void *state, const struct horizon *horizon, struct prediction *out, const struct model_notes *notes);

    /* What the next fit or prediction starts from, as bytes that the same build reads; NULL: nothing. */
    void (*save)(const void *state, struct vane_text *out);
    bool (*load)(void *state, const void *bytes, size_t length);
};
