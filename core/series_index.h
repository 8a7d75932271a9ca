/* series_index - the series of one batch while it is built, found by hash.
 *
 * Open addressing, doubling; entries by the series' own hash (text NULL) or by the text a
 * decoder read the series from. Own thread.
 */
#pragma once
#include "core/plugin.h"

struct series_index;

struct series_index *series_index_new(void);
void series_index_free(struct series_index *index); /* NULL is fine */

/* text NULL: looks for a series equal to `like`; else for one remembered under the text. */
const struct vane_series *series_index_find(const struct series_index *index, uint64_t hash,
                                            const char *text, size_t length, const struct vane_series *like);
void series_index_add(struct series_index *index, uint64_t hash, const char *text, size_t length,
                      const struct vane_series *series);
