/* filter - see filter.h. */
#include "core/filter.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

struct filter_tag {
    const char       *key; /* of the options */
    size_t            key_length;
    struct glob_list *values; /* NULL: none, it never matches */
};

/* ---- From the options ---- */

struct reporter {
    filter_report *report;
    void          *context;
    bool           fine;
};

static void complain(struct reporter *reporter, const char *key, const struct error *err)
{
    reporter->report(reporter->context, key, err->text);
    reporter->fine = false;
}

static struct glob_list *compile(struct reporter *reporter, const char *key,
                                 const struct vane_strings *patterns, const char *separators)
{
    if (patterns->count == 0)
        return NULL;
    struct error err;
    struct glob_list *list = glob_list_new(patterns, separators, &err);
    if (!list)
        complain(reporter, key, &err);
    return list;
}

static struct filter_tags compile_tags(struct reporter *reporter, const char *key,
                                       const struct options_lists *lists)
{
    struct filter_tags tags = { .items = alloc_array(lists->count, sizeof *tags.items),
                                .count = lists->count };
    for (size_t i = 0; i < lists->count; i++) {
        const struct options_list *list = &lists->items[i];
        struct vane_text full = { 0 };
        vane_text_addf(&full, "%s.%s", key, list->key);
        tags.items[i] = (struct filter_tag){ .key = list->key, .key_length = strlen(list->key),
                                             .values = compile(reporter, full.data, &list->values, NULL) };
        vane_text_release(&full);
    }
    return tags;
}

static struct expression *compile_condition(struct reporter *reporter, const char *text)
{
    if (!text || !*text)
        return NULL;
    struct error err;
    struct expression *expression = expression_new(text, &err);
    if (!expression)
        complain(reporter, "metricpass", &err);
    return expression;
}

bool filter_init(struct filter *filter, const struct node_options *options, filter_report *report,
                 void *context)
{
    struct reporter reporter = { .report = report, .context = context, .fine = true };
    *filter = (struct filter){ 0 };
    filter->namepass = compile(&reporter, "namepass", &options->namepass, options->namepass_separator);
    filter->namedrop = compile(&reporter, "namedrop", &options->namedrop, options->namedrop_separator);
    filter->tagpass = compile_tags(&reporter, "tagpass", &options->tagpass);
    filter->tagdrop = compile_tags(&reporter, "tagdrop", &options->tagdrop);
    filter->metricpass = compile_condition(&reporter, options->metricpass);
    filter->fieldinclude = compile(&reporter, "fieldinclude", &options->fieldinclude, NULL);
    filter->fieldexclude = compile(&reporter, "fieldexclude", &options->fieldexclude, NULL);
    filter->taginclude = compile(&reporter, "taginclude", &options->taginclude, NULL);
    filter->tagexclude = compile(&reporter, "tagexclude", &options->tagexclude, NULL);
    return reporter.fine;
}

static void release_tags(struct filter_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        glob_list_free(tags->items[i].values);
    free(tags->items);
}

void filter_release(struct filter *filter)
{
    glob_list_free(filter->namepass);
    glob_list_free(filter->namedrop);
    glob_list_free(filter->fieldinclude);
    glob_list_free(filter->fieldexclude);
    glob_list_free(filter->taginclude);
    glob_list_free(filter->tagexclude);
    release_tags(&filter->tagpass);
    release_tags(&filter->tagdrop);
    expression_free(filter->metricpass);
}

bool filter_is_selective(const struct filter *filter)
{
    return filter->namepass || filter->namedrop || filter->tagpass.count || filter->tagdrop.count
        || filter->metricpass;
}

bool filter_has_fields(const struct filter *filter)
{
    return filter->fieldinclude || filter->fieldexclude;
}

bool filter_has_tags(const struct filter *filter)
{
    return filter->taginclude || filter->tagexclude;
}

/* ---- Deciding ---- */

static bool passes(const struct glob_list *include, const struct glob_list *exclude, const char *text,
                   size_t length)
{
    return (!include || glob_list_match(include, text, length))
        && !(exclude && glob_list_match(exclude, text, length));
}

static bool matches_tag(const struct filter_tag *filter, const struct vane_tag *tag)
{
    return filter->values && tag->key_length == filter->key_length
        && memcmp(tag->key, filter->key, filter->key_length) == 0
        && glob_list_match(filter->values, tag->value, tag->value_length);
}

static bool matches_any(const struct filter_tags *filters, const struct vane_series *series)
{
    for (size_t i = 0; i < filters->count; i++)
        for (uint32_t j = 0; j < series->tag_count; j++)
            if (matches_tag(&filters->items[i], &series->tags[j]))
                return true;
    return false;
}

bool filter_selects_series(const struct filter *filter, const struct vane_series *series)
{
    return passes(filter->namepass, filter->namedrop, series->name, series->name_length)
        && (filter->tagpass.count == 0 || matches_any(&filter->tagpass, series))
        && !matches_any(&filter->tagdrop, series);
}

bool filter_keeps_field(const struct filter *filter, const struct vane_field *field)
{
    return passes(filter->fieldinclude, filter->fieldexclude, field->key, field->key_length);
}

bool filter_keeps_tag(const struct filter *filter, const struct vane_tag *tag)
{
    return passes(filter->taginclude, filter->tagexclude, tag->key, tag->key_length);
}
