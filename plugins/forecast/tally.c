/* tally - see tally.h. */
#include "plugins/forecast/tally.h"

const char *const tally_names[TALLY_COUNT] = {
    [TALLY_POINTS] = "points",
    [TALLY_LATE] = "points_late",
    [TALLY_TOO_OLD] = "points_too_old",
    [TALLY_AHEAD] = "points_ahead",
    [TALLY_NOT_NUMERIC] = "values_not_numeric",
    [TALLY_NOT_FINITE] = "values_not_finite",
    [TALLY_NOT_POSITIVE] = "values_not_positive",
    [TALLY_NO_REGRESSOR] = "regressors_missing",
    [TALLY_REFUSED] = "points_refused",
    [TALLY_FORGOTTEN] = "series_forgotten",
    [TALLY_CLOCK_BACK] = "clock_back",
    [TALLY_FORECASTS] = "forecasts",
    [TALLY_FALLBACKS] = "fallbacks",
    [TALLY_NO_FORECAST] = "forecasts_missing",
};

void tally_report(struct tally *tally, struct vane_self *self)
{
    for (size_t i = 0; i < TALLY_COUNT; i++)
        if (tally->counts[i])
            vane_count(self, tally_names[i], tally->counts[i]);
    *tally = (struct tally){ 0 };
}
