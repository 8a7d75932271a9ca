/* modify - filters, names and tags of one instance, in Telegraf's order.
 *
 *     input:      select on what came in ─ name_* ─ its tags, global tags ─ include/exclude
 *     processor:  select; what is not selected passes by ─ include/exclude
 *     output:     select ─ include/exclude ─ name_*
 *
 * Select sees names and tags as they came: a tag that is added here, or a name that is given here, selects
 * nothing. A tag of the metric beats one of the instance, that one a global one. include/exclude of an input
 * see the added tags too; always_include_local_tags and always_include_global_tags put those back that were
 * excluded. A metric left without a field is dropped. A metric on which metricpass fails (a key is missing)
 * is selected.
 *
 * What name and tags alone decide is decided once for each series of a batch; a metric that nothing applies
 * to is not touched. Made once from the options. Own thread.
 */
#pragma once
#include "config/common.h"
#include "core/batch.h"
#include "core/filter.h"

struct modify;

/* Do the patterns and the condition of the options make sense? All that is wrong is reported with its key. */
bool modify_check(const struct node_options *options, filter_report *report, void *context);

/* NULL when the options, which modify_check found fine, ask for nothing. global_tags may be NULL. Texts of
 * options and tags must outlive it. */
struct modify *modify_new(const struct node_options *options, enum vane_role role,
                          const struct vane_pairs *global_tags, bool keep_local_tags, bool keep_global_tags);
void modify_free(struct modify *modify); /* NULL is fine */

/* Called at most once a batch: on so many metrics metricpass failed, on one of them for this reason. */
typedef void modify_failed(void *context, const char *why, size_t metrics);
void modify_on_failure(struct modify *modify, modify_failed *failed, void *context);

/* Changes a batch that the caller owns, which has no empty places; metrics that are filtered out leave.
 * Answers how many. On processors nothing is selected here, see below. */
size_t modify_apply(struct modify *modify, struct batch *batch);

/* For processors: which metrics of the batch are for the plugin? One flag for each; answers how many. The
 * others pass by; modify_apply is for what is selected. now() is the arrival of the metric. */
size_t modify_select(struct modify *modify, const struct batch *batch, bool *selected);
