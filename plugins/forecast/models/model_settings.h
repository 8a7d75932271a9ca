/* model_settings - the options of all models; shared by the states of all series, which it outlives.
 *
 * Zero is the default everywhere but in `prophet` (prophet_settings_default): of a smoothing parameter it
 * says "estimate it from the history".
 */
#pragma once
#include "plugins/forecast/prophet/prophet.h"

#include <stddef.h>
#include <stdint.h>

enum model_anchor {
    MODEL_ANCHOR_NONE,
    MODEL_ANCHOR_AR1, /* prophet starts from its last residual, which decays as an AR(1) */
};

struct model_settings {
    int64_t step; /* ns, > 0: the grid of all models but prophet; that of every horizon */

    double alpha; /* of the level, in (0, 1] */
    double beta;  /* of the trend, in (0, 1]: beta* of the textbooks, the share of the level's change */
    double gamma; /* of the season, in (0, 1] */
    double phi;   /* damping of the trend, in (0, 1]; 1: a straight trend */
    double theta; /* of the theta lines, >= 1; 0: 2, the standard method */

    size_t season; /* steps of a season, for holt_winters; 0: none, and holt_winters is no candidate */
    size_t order;  /* of ar, 1 … 32; 0: the best up to 10 by Akaike's criterion */

    size_t fit_points; /* parameters are estimated on so many newest grid points; 0: 1000 */

    int anchor; /* enum model_anchor */

    struct prophet_settings prophet;
    const struct prophet   *model; /* of prophet: predict from this one, and fit none; NULL: fit */
};
