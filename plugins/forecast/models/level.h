/* level - simple exponential smoothing: l = l + alpha e, e = y - l. What ses and theta share. */
#pragma once
#include "plugins/forecast/models/regular.h"

/* The alpha in (0, 1] with the least sum of squared one-step errors when the level starts at y[0]; or the
 * given one. */
double level_alpha(const struct model_settings *settings, const double *y, size_t count);
