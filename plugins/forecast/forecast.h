/* forecast - what one instance is.
 *
 *     forecast.c   the descriptor and the callbacks: metrics to points, what is due, notes to the log
 *     options      what a user may set; plan: what that compiles to
 *     groups       all series; series: one of them, its points and when it is due; history: its points
 *     panel        its models and their judge (models/, prophet/, judge/)
 *     saved_model  Prophet's models as files; countries: the holidays that are installed
 *     emit         forecasts and scores as metrics
 *     state        save and load; state_key: the keys of records
 *     tally        what is counted
 */
#pragma once
#include "plugins/forecast/groups.h"
#include "plugins/forecast/state.h"

struct forecast {
    struct forecast_options options; /* first: their table counts on it */

    struct plan       plan;
    struct panel_work work;
    struct groups     groups;
    struct state      state;
    struct tally      tally;
    double           *columns;  /* regressors of the metric that is being taken */
    struct vane_text  label;    /* of the series that is being forecast */
    struct vane_text  first[TALLY_COUNT]; /* that a guard met in this batch: its label */
    struct vane_text  seen;     /* fields that came, a few of them, as long as there is no series */
    const char       *missing;  /* regressor that a point did not have */
    bool              opened;
    bool              stopping; /* an emit was refused */
    bool              in_vain;  /* the series that is being forecast ends without a forecast */
    uint64_t          forgotten; /* series; what pointed into groups is void when it changes */
};
