/* archive - the files that a file leaves behind when it is rotated.
 *
 *     metrics.lp ─▶ metrics.lp.20261122-174814-204399    (UTC, microseconds)
 *
 * Names sort by age. Any thread.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/shared/file_facts.h"

/* Appends the name of the archive that is made at `now` (ns since 1970). */
void archive_name(struct vane_text *name, const char *path, int64_t now);

/* Is `name`, without its folder, that of an archive of `base`, without its folder? */
bool archive_is_of(const char *name, const char *base);

/* The archives of a path, oldest first, with their folder. */
struct archives {
    char **items;
    size_t count, room;
};
void archives_list(struct archives *archives, const char *path);
void archives_release(struct archives *archives);
