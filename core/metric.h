/* metric - fields of one metric: found, set, copied. The public functions on metrics (vane_get,
 * vane_set_*, …) are here too. Own thread.
 */
#pragma once
#include "core/arena.h"
#include "core/plugin.h"

/* A copy in an arena, texts of fields included; the series still points to the old one. */
struct vane_metric *metric_copy(struct arena *arena, const struct vane_metric *metric);

/* A copy that still points to the texts of the old one: for a batch that goes on holding them. */
struct vane_metric *metric_shallow_copy(struct arena *arena, const struct vane_metric *metric);

size_t metric_bytes(const struct vane_metric *metric); /* about what metric_copy takes, series included */
