/* modify - filters, names and tags of one instance, in Telegraf's order.
 *
 *     input:      select on what came in ─ name_* ─ its tags, global tags ─ include/exclude
 *     processor:  select; what is not selected passes by
 *     output:     select ─ include/exclude ─ name_*
 *
 * A metric left without a field is dropped. Made once from the options, read-only after; own thread.
 */
#pragma once
#include "config/common.h"
#include "core/batch.h"
#include "core/error.h"

struct modify;

/* NULL when the options ask for nothing. The options (and global tags) must outlive it. */
struct modify *modify_new(const struct node_options *options, enum vane_role role,
                          const struct vane_pairs *global_tags, bool keep_local_tags, bool keep_global_tags);
void modify_free(struct modify *modify);

/* Changes a batch that the caller owns; metrics that are filtered out leave. Answers how many. */
size_t modify_apply(struct modify *modify, struct batch *batch);

/* For processors: is this metric for the plugin? */
bool modify_selects(const struct modify *modify, const struct vane_metric *metric);

/* Do globs and expressions of the options make sense? All that is wrong is reported with its key. */
bool modify_check(const struct node_options *options, void (*report)(void *, const char *key, const char *why),
                  void *context);
