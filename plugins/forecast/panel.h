/* panel - the models that forecast one series, and the judge that knows how good each has been.
 *
 * Models learn and predict in the scale of option `transform`; the judge, what comes in and what goes out are in the
 * scale of the values. An answer is finite, within clip_min and clip_max, and calibrated as far as there is evidence.
 * A model that cannot answer has said why and takes no part; if none can, naive answers.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/components.h"
#include "plugins/forecast/plan.h"

/* Memory in which answers are made, one for all series of an instance. */
struct panel_work {
    const struct plan *plan;
    struct prediction  predictions[MODELS_LIMIT + 1]; /* of the candidates, and the fallback's */
    double           **columns;                       /* regressors of the future, */
    bool               known_ahead;                   /* of which rows have said some */
    struct components  components;
    double            *memory;
};

struct panel {
    const struct plan *plan;
    void              *states[MODELS_LIMIT]; /* of the candidates; NULL: has not learnt yet */
    bool               fitted[MODELS_LIMIT];
    bool               learnt;               /* something was; */
    int64_t            learnt_at;            /* with the newest point at that time */
    struct judge      *judge;
};

struct answer {
    const struct prediction *prediction; /* in the work; NULL: there is none */
    const struct model      *model;
    const void              *state;      /* of that model */
    const struct components *components; /* in the work; NULL: there are none, or nobody asked */
    int64_t                  origin;
    char                     why[192];
};

void panel_work_init(struct panel_work *work, const struct plan *plan);
void panel_work_release(struct panel_work *work); /* zeroed is fine */

void panel_init(struct panel *panel, const struct plan *plan);
void panel_release(struct panel *panel);

/* A value by the transform; false: it has none (the logarithm of what is not above 0). */
bool panel_transform(const struct plan *plan, double value, double *transformed);

/* A new newest point, or one more at its time. */
void panel_observe(struct panel *panel, int64_t time, double value, double transformed);

/* The forecast from all of the history, of at least one point. `future` has the rows of regressors at each step, or
 * is NULL without any. The answer is good until the next call with this work. */
void panel_answer(struct panel *panel, struct panel_work *work, const struct history *history,
                  const double *const *future, const struct model_notes *notes, struct answer *answer);

/* The prophet that was fitted to a history that ends at this time, and what it was fitted to; NULL: there is none.
 * `columns` has room for the plan's column_count. */
const struct prophet *panel_fitted_prophet(const struct panel *panel, const struct history *history,
                                           const double **columns, struct prophet_frame *fitted_to);

/* ---- State: in parts, as the models change only when they learn, and a horizon of the judge when it is met ---- */

void panel_save_models(const struct panel *panel, struct vane_text *out);
void panel_save_judge(const struct panel *panel, struct vane_text *out); /* its core; horizons: judge_save_horizons */

/* False: not such bytes, or of other options; the panel is as new in that part. A model that is not sound is as new
 * alone: it learns before the next answer, whatever refit_every says. */
bool panel_load_models(struct panel *panel, const void *bytes, size_t length);
bool panel_load_judge(struct panel *panel, const void *bytes, size_t length);

/* When all horizons were loaded (judge_load_horizon), too: false, and the judge is as new, if one did not fit
 * (`fits`: as far as they were) or is missing. */
bool panel_settle_judge(struct panel *panel, bool fits);
