/* judge - keeps the forecasts of one series until their actuals arrive, scores them, calibrates intervals
 * by what it saw, and says which candidate to believe.
 *
 *     judge_observe ──▶ ledger ──▶ score      (per candidate and horizon: MAE, ratio to naive, coverage, …)
 *                          ▲  └──▶ conformal  (per candidate, horizon and level: a shift of the quantile)
 *     judge_issue ─────────┘  └──▶ choose     (per candidate and horizon: evidence against "no change")
 *
 * All is on event time, deterministic, in memory of a fixed size that judge_new takes at once (about 4 kB a
 * candidate and 2 levels, and what stands in the ledger: judge_memory). A point costs a comparison until a
 * forecast is due.
 *
 * Order of the calls, which alone decides the result. For each forecast:
 *     judge_observe   every observation up to the origin, oldest first
 *     judge_choose    which candidate answers (with one candidate: that)
 *     judge_issue     what all candidates predicted, with their own quantiles
 *     judge_calibrate the prediction that is sent out, in place
 * Who fits on another thread makes all of these calls there, the observations since the last forecast
 * first: then it does not matter how long the fit took.
 *
 * The actual of time t is the newest observation at or before t, known once one at or behind t has come; if
 * it is older than t by more than `tolerance`, that forecast is given up and counted as expired.
 *
 * Threads: one judge, one thread at a time.
 */
#pragma once
#include "plugins/forecast/model.h"

enum {
    JUDGE_HORIZONS = 16,   /* horizons that are kept and scored */
    JUDGE_CANDIDATES = 12, /* at most */
    JUDGE_LEVELS = 32,     /* at most */
};

/* The same for all series of a plugin; outlives the judges. */
struct judge_settings {
    const char *const *candidates; /* names; of several the first is what is fallen back to: naive */
    size_t             candidate_count;
    int64_t            step;  /* ns, > 0 */
    size_t             count; /* steps of a forecast, > 0 */
    int64_t            every; /* ns between two forecasts as far as known; 0: unknown. Sizes the ledger */
    const double      *levels; /* of quantiles, ascending, in (0, 1) */
    size_t             level_count;
    bool               calibrate;
    size_t             window;    /* forecasts that a score remembers, as an exponential mean; 0: 200 */
    int64_t            tolerance; /* ns; 0: 60 steps */
};

struct judge *judge_new(const struct judge_settings *settings);
void judge_free(struct judge *judge); /* NULL is fine */
size_t judge_memory(const struct judge *judge); /* bytes */

/* Times never decrease: an older one is ignored. A value that is not finite is ignored. */
void judge_observe(struct judge *judge, int64_t time, double value);

/* Who answers, and why: "naive: no candidate has proved better in 57 forecasts", "theta: 4.1 % less error
 * than naive (at least 1.3 % with 99 % confidence) in 212 forecasts". made[i] NULL: candidate i could not
 * predict. */
struct judge_choice {
    size_t candidate; /* candidate_count: nobody predicted */
    char   why[192];
};
void judge_choose(const struct judge *judge, const struct prediction *const *made,
                  struct judge_choice *choice);

/* The forecasts so far were played within the history (backtest.h), and reasons say so from now on:
 * "...; backtest over 20 origins", and once others were made "...; begun by a backtest over 20 origins". */
void judge_backtested(struct judge *judge);

/* ns: forecasts that far apart are all kept, at every horizon up to this one (ns). */
int64_t judge_spacing(const struct judge *judge, int64_t longest);

/* Takes note of what the candidates predicted from `origin`, the time of the newest observation; `answered`
 * is the candidate that was chosen. Rows are those of model.h: `count` steps, level_count x count
 * quantiles. */
void judge_issue(struct judge *judge, int64_t origin, const struct prediction *const *made, size_t answered);

/* Replaces the quantiles of this candidate's prediction by calibrated ones: finite, never crossing, yhat
 * inside. False, and nothing is changed: .calibrate is not set, or fewer than 10 of its forecasts have met
 * their actuals. */
bool judge_calibrate(const struct judge *judge, size_t candidate, struct prediction *prediction);

/* What is known of one model at one horizon. With more than one candidate there is also model "auto": what
 * was answered. Errors are forecast - actual; all are averages over the last forecasts (settings.window). */
struct judge_score {
    const char *model;
    size_t      horizon; /* steps; the row stands for all behind the one before it, up to this */
    uint64_t    scored;  /* forecasts in all */
    double      mae, rmse, bias;
    double      mape;  /* a fraction; over actuals that are not 0 */
    double      mase;  /* mae / mean absolute change from one observation to the next */
    double      ratio; /* mae / mae of "no change" on the same forecasts; 1: where both are 0 */
    bool        has_interval; /* there are two levels or more; else what follows is 0 */
    double      pinball;  /* mean over the levels */
    double      crps;     /* 2 x integral of the pinball loss over the levels, yhat standing for the median */
    double      coverage, width, winkler; /* of the outermost two levels */
};
void judge_scores(const struct judge *judge, void (*visit)(void *context, const struct judge_score *score),
                  void *context); /* only rows with scored > 0 */

struct judge_counts {
    uint64_t issued;  /* forecasts (of all candidates at once) */
    uint64_t scored;  /* horizons of them that met their actual */
    uint64_t expired; /* horizons given up: no observation within the tolerance */
    uint64_t thinned; /* horizons not kept, as enough of that length were under way */
};
struct judge_counts judge_counts(const struct judge *judge);

/* ---- State: a small core, and of each kept horizon what is known there ----
 *
 * As bytes, which the same build with the same settings reads. The core changes with each observation, a horizon only when
 * a forecast of that length is issued or settled: so a save costs what has happened since the last one. */
struct vane_text;
struct judge_writer {
    void (*write)(void *context, uint64_t horizon, const void *bytes, size_t length);
    void *context;
};
void   judge_save_core(const struct judge *judge, struct vane_text *out);
void   judge_save_horizons(struct judge *judge, bool full, const struct judge_writer *writer); /* full: all of them */
size_t judge_horizon_count(const struct judge *judge);

/* Into a new judge. False: these are no such bytes, and the judge is to be thrown away; so it is if it is not whole when
 * all were loaded. The bytes may be anything. */
bool judge_load_core(struct judge *judge, const void *bytes, size_t length);
bool judge_load_horizon(struct judge *judge, uint64_t horizon, const void *bytes, size_t length);
bool judge_is_whole(const struct judge *judge);
