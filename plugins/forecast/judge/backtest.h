/* backtest - forecasts that would have been made from earlier places in a history, for a judge that has seen none yet:
 * so that a single forecast has evidence to be chosen and calibrated by.
 *
 * Origins lie evenly in the last half of the history (by time), each at the newest point there; the last of them so
 * far before its end that it is met at all horizons, but at those longer than a quarter of the history, which only
 * the earlier ones meet. From each, every candidate is fitted anew to the points up to it, and nothing behind; regressors
 * stay as they are there, unless the forecast that is to be made knows them ahead (known_ahead): then so does each of
 * these, from the history. What is not met yet waits in the judge as any other forecast does.
 *
 * Cost: `origins` fits of each candidate to at most the whole history. Own thread; the same history gives the same bits.
 */
#pragma once
#include "plugins/forecast/judge/judge.h"

enum { BACKTEST_LEAST = 10 }; /* origins; where there is no room for so many, none is played */

struct model_settings;

struct backtest {
    const struct model *const   *models; /* the judge's candidates; NULL: one takes no part */
    size_t                       model_count;
    const struct model_settings *settings;
    struct horizon               horizon;      /* step, count and levels; with known_ahead also the columns */
    bool                         known_ahead;  /* regressors of each step, as those of the forecast to be made are */
    size_t                       origins;      /* at most */
    size_t                       least_points; /* up to an origin */
    struct prediction           *predictions;  /* memory, one for each candidate */

    /* What the models learn from may be another scale than the judge's: a value of the history as the judge sees it, and
     * a prediction, in place (false: it has none). NULL: it is the same. */
    double (*value)(const void *context, double learnt);
    bool   (*restore)(const void *context, struct prediction *prediction);
    const void *context;
};

/* The judge is new; it observes the whole history. Answers how many origins there were. */
size_t backtest_run(struct judge *judge, const struct backtest *backtest, const struct observations *history);
