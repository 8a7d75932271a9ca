/* emit - forecasts and scores as metrics.
 *
 * A forecast is one metric a step, of the series' tags and the field's name as a tag, in batches of at most EMIT_PIECE
 * metrics; so a long horizon never stands in memory whole.
 */
#pragma once
#include "plugins/forecast/series.h"

enum { EMIT_PIECE = 1000 };

/* False: the agent is stopping. */
bool emit_forecast(struct vane_self *self, const struct series *series, const struct answer *answer);
bool emit_scores(struct vane_self *self, const struct series *series);

/* "prices,coin=BTC value", for the log. */
void emit_label(const struct vane_series *of, const char *field, struct vane_text *out);
