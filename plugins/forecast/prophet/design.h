/* design - which columns the terms have (see state.h), and the filling of them for some rows.
 *
 * Order: seasonalities of the settings; yearly, weekly, daily where on; holidays by the name of their column;
 * regressors. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/qr.h"
#include "plugins/forecast/prophet/state.h"

/* Orders of the built-in seasonalities that a span of history switches on: 0 is off. */
struct built_in { int yearly, weekly, daily; };
struct built_in design_built_in(const struct prophet_settings *settings, const struct span *span);

enum { DESIGN_WIDTH_MOST = 2000 };

/* The terms of a model with this span. Regressors are not scaled yet (scale_regressors). False: there are
 * more than DESIGN_WIDTH_MOST columns. */
bool design_init(struct design *design, const struct prophet *model, const struct span *span,
                 struct prophet_error *err);
void design_release(struct design *design);

enum { DESIGN_ROWS = 96 }; /* at a time: what fits the first-level cache with the columns of a usual model */

/* Rows of data that columns are made of, DESIGN_ROWS at most. */
struct design_rows {
    const int64_t       *times;
    const double *const *columns; /* of the frame */
    size_t               first, count; /* the rows first .. first + count - 1 */
};

/* Fills design->width columns of the block, from its column `at` on; rows behind count are zeros.
 * The block's stride is DESIGN_ROWS at most. */
void design_fill(const struct design *design, const struct kernels *kernels, const struct design_rows *rows,
                 const struct block *block, size_t at);

/* X beta of the additive terms, and 1 + X beta of the multiplicative ones, of a block filled from column
 * `at` on: DESIGN_ROWS values each. */
void design_sum(const struct design *design, const struct block *block, size_t at, const double *beta,
                double *additive, double *factor);
