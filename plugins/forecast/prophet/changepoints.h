/* changepoints - where the trend may bend. Own thread. */
#pragma once
#include "plugins/forecast/prophet/history.h"

/* Sets model->changes (scaled times, ascending), delta (zeros) and no_changepoints, from the settings and
 * the scale, which is set. False: given ones lie outside of the history. fewer: the history was too short
 * for all. */
bool changepoints_init(struct prophet *model, const struct rows *rows, bool *fewer,
                       struct prophet_error *err);
