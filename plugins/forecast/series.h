/* series - one series of forecasts: a field of one input series, its history, its models, and when it is due.
 *
 * Only the times of points count. A forecast is due when the newest time reaches the next multiple of `every`, moved by
 * a phase of the series' own (from its hash) with `spread`; it is made right then, from all points so far.
 *
 * Points are taken as they are, but for clocks that are wrong:
 *
 *     a point beyond the whole history ahead     waits for a second one there: alone, it would have pushed out the
 *                                                history and stopped forecasts until the clock comes to it
 *     a point older than the whole history       is passed over; after SERIES_CLOCK_BACK of them in a row the clock
 *                                                was set back, and the history begins anew there
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/panel.h"
#include "plugins/forecast/tally.h"

enum { SERIES_CLOCK_BACK = 100 };

struct point {
    int64_t       time;
    double        value;   /* finite; as it came */
    const double *columns; /* regressors, finite */
};

struct loaded;

struct series {
    const struct plan        *plan;
    const struct vane_series *of;    /* name and tags of the input; outlives it */
    char                     *field;
    size_t                    field_length;
    struct history            history;
    struct history            future;  /* regressors known ahead: of metrics that have them without the field */
    struct panel              panel;

    double *columns;      /* the newest regressors; what follows them is those of `ahead` */
    bool    columns_known;
    int64_t phase;        /* 0 .. every - 1 */
    int64_t due, score_due;
    int64_t forecast_from; /* the origin of the last forecast; INT64_MIN: none yet */
    bool    has_ahead;
    struct point ahead;    /* waits for a second one */
    uint64_t     too_old;  /* points in a row */

    const char    *lane;       /* that brought the last point; as vane_lane_text */
    const char    *saved_lane; /* under which its records are; NULL: there are none */
    bool           changed, models_changed; /* since they were saved */
    size_t         saved_horizons; /* of the judge, from the first on, have records */
    struct loaded *loaded;     /* state.c: records that are not looked at yet */
};

struct series *series_new(const struct plan *plan, const struct vane_series *of, const char *field, size_t length);
void series_free(struct series *series);

/* Takes a point; arrival as in struct vane_metric. Answers what is due now. */
enum series_due { SERIES_NOTHING, SERIES_FORECAST = 1, SERIES_SCORES = 2 };
int series_take(struct series *series, const struct point *point, int64_t arrival, struct tally *tally);

/* Regressors of a time to come; of a time that has passed nothing is taken. */
void series_take_future(struct series *series, int64_t time, const double *columns);

/* What was due is done: the next times. */
void series_advance(struct series *series, int due);

/* After loading: times that these options cannot have led to, as they were others or the bytes are damaged, become what they
 * would be now. */
void series_check_times(struct series *series);

/* The forecast of now; .prediction NULL: there is none, which is counted. */
void series_forecast(struct series *series, struct panel_work *work, const struct model_notes *notes,
                     struct answer *answer, struct tally *tally);

/* Is there a point that no forecast has begun at? */
bool series_is_ahead_of_forecast(const struct series *series);
