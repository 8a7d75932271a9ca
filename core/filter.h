/* filter - which metrics an instance takes, and which of their tags and fields stay: Telegraf's filters.
 *
 *     select   namepass && !namedrop, then tagpass && !tagdrop, then metricpass
 *     keep     include && !exclude, of fields and of tags
 *
 * tagpass and tagdrop match where one tag has a value that fits one of its patterns: "or" over all keys and
 * values. A list without entries is as if it were not there. Made once from the options, then read-only,
 * but for the memory of metricpass: own thread.
 */
#pragma once
#include "config/common.h"
#include "core/expression/expression.h"
#include "core/match/glob.h"

struct filter_tag; /* a key, and the patterns of its values */

struct filter_tags {
    struct filter_tag *items;
    size_t             count;
};

struct filter {
    struct glob_list  *namepass, *namedrop; /* NULL: not there */
    struct glob_list  *fieldinclude, *fieldexclude, *taginclude, *tagexclude;
    struct filter_tags tagpass, tagdrop;
    struct expression *metricpass;
};

typedef void filter_report(void *context, const char *key, const char *why);

/* False: something of the options makes no sense; all that does not is reported, and left out of the filter,
 * which is to be released all the same. */
bool filter_init(struct filter *filter, const struct node_options *options, filter_report *report,
                 void *context);
void filter_release(struct filter *filter);

bool filter_is_selective(const struct filter *filter); /* is anything left out as a whole? */
bool filter_has_fields(const struct filter *filter);   /* are fields left out? */
bool filter_has_tags(const struct filter *filter);

/* All of select but metricpass, which is the caller's to ask: it may need more than the series. */
bool filter_selects_series(const struct filter *filter, const struct vane_series *series);
bool filter_keeps_field(const struct filter *filter, const struct vane_field *field);
bool filter_keeps_tag(const struct filter *filter, const struct vane_tag *tag);
