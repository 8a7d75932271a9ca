/* series - measurement and sorted tags with one hash, living in an arena.
 *
 * The hash covers the name and every tag with their lengths, so it does not depend on how the
 * tags were ordered when they came. Own thread.
 */
#pragma once
#include "core/arena.h"
#include "core/plugin.h"

/* Fills `series` over the caller's texts: drops tags without key or value, sorts, keeps the last of
 * equal keys, adds `extra` tags whose key is not named. `sorted` has room for count + extra_count. */
void series_prepare(struct vane_series *series, struct vane_tag *sorted, const char *name, size_t name_length,
                    const struct vane_tag *tags, size_t count, const struct vane_tag *extra,
                    size_t extra_count);

/* Fills `series` with what `from` is with that tag, or without it where its value is empty: over the texts of both,
 * in `sorted`, which has room for one tag more. Answers where the tag stands; the number of tags if it does not. */
uint32_t series_change(struct vane_series *series, struct vane_tag *sorted, const struct vane_series *from,
                       const struct vane_tag *tag);

/* That series in an arena, where all its texts live as long as the arena is needed, but for those of tag `fresh`. */
const struct vane_series *series_keep(struct arena *arena, const struct vane_series *draft, uint32_t fresh);

/* The same series, texts and all, in an arena. */
const struct vane_series *series_copy(struct arena *arena, const struct vane_series *series);
