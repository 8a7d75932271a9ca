/* countries - the holidays of countries, files XX.csv of `ds,holiday` that are installed with the plugin.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/prophet.h"

/* Reads those of a country, by Prophet's name of it ("US"). False: err says why; for a country that is not there it
 * lists those that are. Free `out` with prophet_calendar_free. */
bool countries_read(const char *country, struct prophet_calendar *out, struct prophet_error *err);
