/* fill - results for aligned windows without a metric, between two with some. Own thread.
 *
 * They are emitted when the window behind them closes. In each `count` is 0 and there is no histogram; `null`
 * has nothing else but `sum` 0, since a field is there or not. More than fill_limit in a row are not filled.
 */
#pragma once
#include "plugins/window/result.h"

/* Emits what lies between the last window and this one, and keeps its values for the next call. Neither does
 * anything for a window that is older than the last one. */
void fill_before(struct window *window, const struct result *result, int64_t number);
void fill_remember(struct window *window, const struct result *result, int64_t number);

size_t fill_size(const struct window *window, const struct shape *shape); /* of a struct previous */
void fill_forget(struct window *window, struct group *group);
