/* series - copies of series that live as long as the state, and their text for records. Own thread.
 */
#pragma once
#include "plugins/window/budget.h"
#include "core/plugin.h"

struct vane_series *series_copy_of(const struct vane_series *series, struct budget *budget);
void series_release(struct vane_series *series, struct budget *budget);

/* The series with only these tags: over the texts of the old one, tags in `room`. The hash is of its own. */
struct vane_series series_with_tags(const struct vane_series *series, struct vane_strings keys,
                                    struct vane_tag *room);

/* Name and tags, whatever the hashes say. */
bool series_equal(const struct vane_series *a, const struct vane_series *b);

/* "4:name,3:key=5:value": lengths tell where each part ends, whatever it holds. */
void series_write(struct vane_text *text, const struct vane_series *series);

/* The series of such a text, its texts not NUL-terminated and inside that text, its tags in memory to free().
 * False: it is none. Answers what follows in `rest`. */
bool series_read(const char *text, struct vane_series *series, const char **rest);
