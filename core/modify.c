/* modify - see modify.h. Within a batch equal series mostly are one pointer, so the answer for a series is
 * found by it: whether it is selected, and the series it becomes. The table is not cleared between
 * batches; each entry says for which batch it holds. */
#include "core/modify.h"

#include "core/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is to be done with the metrics of a series. */
struct decision {
    const struct vane_series *from;
    const struct vane_series *to; /* the series they get; NULL: not made yet */
    uint64_t                  batch;
    bool                      selected;
};

struct decisions {
    struct decision *slots; /* open addressing; a slot of another batch is free */
    size_t           slot_count, used;
    uint64_t         batch; /* number of this one, from 1 on */
    struct decision *last;  /* NULL: none yet in this batch */
};

struct tag_list {
    struct vane_tag *tags;
    size_t           count, room;
};

struct modify {
    enum vane_role      role;
    struct filter       filter;
    const char         *name_override, *name_prefix, *name_suffix; /* NULL: none */
    struct tag_list     local, global, added; /* added: local, and the global ones that they do not replace */
    bool                keep_local, keep_global;
    modify_failed      *failed;
    void               *failed_context;

    /* Of the batch. */
    struct decisions    decisions;
    bool                selecting; /* else only changing: a processor's metrics were selected before */
    const struct arena *owned;     /* the arena that this batch alone holds; NULL: it is to be asked */
    int64_t             now;
    size_t              failures;  /* of metricpass */
    struct error        failure;

    /* Of the series that is made. */
    struct tag_list     draft;
    struct vane_text    name;
};

/* ---- Tags ---- */

/* Keys in the order of a series' tags. */
static int compare_tags(const void *a, const void *b)
{
    return strcmp(((const struct vane_tag *)a)->key, ((const struct vane_tag *)b)->key);
}

static void push_tag(struct tag_list *list, const struct vane_tag *tag)
{
    if (list->count == list->room) {
        list->room = alloc_grow(list->room, list->count + 1);
        list->tags = alloc_resize(list->tags, list->room, sizeof *list->tags);
    }
    list->tags[list->count++] = *tag;
}

static size_t count_missing(const struct tag_list *list, const struct tag_list *more)
{
    size_t missing = more->count;
    for (size_t i = 0, k = 0; i < list->count && k < more->count;) {
        int order = compare_tags(&list->tags[i], &more->tags[k]);
        missing -= order == 0;
        i += order <= 0;
        k += order >= 0;
    }
    return missing;
}

/* Adds the tags whose key the list does not have; both are sorted. Answers whether there were any. */
static bool add_tags(struct tag_list *list, const struct tag_list *more)
{
    size_t i = list->count, k = more->count, at = i + count_missing(list, more);
    if (at == i)
        return false;
    if (at > list->room) {
        list->room = alloc_grow(list->room, at);
        list->tags = alloc_resize(list->tags, list->room, sizeof *list->tags);
    }
    list->count = at;
    while (k > 0) { /* from the end, so that nothing is overwritten that is still to move */
        int order = i ? compare_tags(&list->tags[i - 1], &more->tags[k - 1]) : -1;
        if (order >= 0)
            list->tags[--at] = list->tags[--i];
        else
            list->tags[--at] = more->tags[k - 1];
        k -= order <= 0;
    }
    return true;
}

static struct tag_list tags_of_pairs(const struct vane_pairs *pairs)
{
    struct tag_list list = { 0 };
    for (size_t i = 0; pairs && i < pairs->count; i++) {
        struct vane_tag tag = vane_tag(pairs->items[i].key, pairs->items[i].value);
        push_tag(&list, &tag);
    }
    if (list.count)
        qsort(list.tags, list.count, sizeof *list.tags, compare_tags);
    return list;
}

/* ---- Life ---- */

bool modify_check(const struct node_options *options, filter_report *report, void *context)
{
    struct filter filter;
    bool fine = filter_init(&filter, options, report, context);
    filter_release(&filter);
    return fine;
}

static void report_nothing(void *context, const char *key, const char *why)
{
    (void)context;
    (void)key;
    (void)why;
}

static const char *unless_empty(const char *text)
{
    return text && *text ? text : NULL;
}

static bool changes_names(const struct modify *modify)
{
    return modify->name_override || modify->name_prefix || modify->name_suffix;
}

static bool changes_series(const struct modify *modify)
{
    return changes_names(modify) || modify->added.count > 0 || filter_has_tags(&modify->filter);
}

struct modify *modify_new(const struct node_options *options, enum vane_role role,
                          const struct vane_pairs *global_tags, bool keep_local_tags, bool keep_global_tags)
{
    struct modify *modify = alloc_zero(sizeof *modify);
    *modify = (struct modify){
        .role = role,
        .name_override = unless_empty(options->name_override),
        .name_prefix = unless_empty(options->name_prefix),
        .name_suffix = unless_empty(options->name_suffix),
        .keep_local = keep_local_tags,
        .keep_global = keep_global_tags,
    };
    if (role == VANE_INPUT) {
        modify->local = tags_of_pairs(&options->tags);
        modify->global = tags_of_pairs(global_tags);
    }
    add_tags(&modify->added, &modify->local);
    add_tags(&modify->added, &modify->global);
    bool checked = filter_init(&modify->filter, options, report_nothing, NULL);
    assert(checked);
    if (filter_is_selective(&modify->filter) || filter_has_fields(&modify->filter) || changes_series(modify))
        return modify;
    modify_free(modify);
    return NULL;
}

void modify_free(struct modify *modify)
{
    if (!modify)
        return;
    filter_release(&modify->filter);
    free(modify->local.tags);
    free(modify->global.tags);
    free(modify->added.tags);
    free(modify->draft.tags);
    free(modify->decisions.slots);
    vane_text_release(&modify->name);
    free(modify);
}

void modify_on_failure(struct modify *modify, modify_failed *failed, void *context)
{
    modify->failed = failed;
    modify->failed_context = context;
}

/* ---- The condition ---- */

static bool meets_condition(struct modify *modify, const struct vane_metric *metric)
{
    struct error err;
    int64_t now = modify->role == VANE_PROCESSOR ? metric->arrival : modify->now;
    enum expression_answer answer = expression_eval(modify->filter.metricpass, metric, now, &err);
    if (answer == EXPRESSION_ERROR && modify->failures++ == 0)
        modify->failure = err;
    return answer != EXPRESSION_FALSE;
}

/* Is the condition the same for all metrics of a series? */
static bool has_series_condition(const struct modify *modify)
{
    return modify->filter.metricpass && expression_of_series(modify->filter.metricpass);
}

static bool has_metric_condition(const struct modify *modify)
{
    return modify->filter.metricpass && !expression_of_series(modify->filter.metricpass);
}

static bool selects_series(struct modify *modify, const struct vane_metric *metric)
{
    return filter_selects_series(&modify->filter, metric->series)
        && (!has_series_condition(modify) || meets_condition(modify, metric));
}

/* ---- Decisions ---- */

static size_t place_of(const struct decisions *decisions, const struct vane_series *series)
{
    size_t at = (size_t)(((uintptr_t)series >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32)
              & (decisions->slot_count - 1);
    while (decisions->slots[at].batch == decisions->batch && decisions->slots[at].from != series)
        at = (at + 1) & (decisions->slot_count - 1);
    return at;
}

static void grow(struct decisions *decisions)
{
    enum { FIRST_SLOTS = 16 };
    struct decision *old = decisions->slots;
    size_t old_count = decisions->slot_count;
    decisions->slot_count = old_count ? size_mul(old_count, 2) : FIRST_SLOTS;
    decisions->slots = alloc_array(decisions->slot_count, sizeof *decisions->slots);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].batch == decisions->batch)
            decisions->slots[place_of(decisions, old[i].from)] = old[i];
    free(old);
}

/* What is decided of the metric's series; the pointer holds until the next call. */
static struct decision *decide(struct modify *modify, const struct vane_metric *metric)
{
    struct decisions *decisions = &modify->decisions;
    if (decisions->last && decisions->last->from == metric->series)
        return decisions->last;
    if ((decisions->used + 1) * 2 > decisions->slot_count)
        grow(decisions);
    struct decision *decision = &decisions->slots[place_of(decisions, metric->series)];
    if (decision->batch != decisions->batch) {
        *decision = (struct decision){ .from = metric->series, .batch = decisions->batch,
                                       .selected = !modify->selecting || selects_series(modify, metric) };
        decisions->used++;
    }
    decisions->last = decision;
    return decision;
}

static void begin(struct modify *modify, bool selecting)
{
    modify->selecting = selecting;
    modify->decisions.batch++;
    modify->decisions.used = 0;
    modify->decisions.last = NULL;
    modify->failures = 0;
    if (modify->role != VANE_PROCESSOR && has_metric_condition(modify))
        modify->now = vane_now();
}

static void end(struct modify *modify)
{
    if (modify->failures && modify->failed)
        modify->failed(modify->failed_context, modify->failure.text, modify->failures);
}

static bool is_selected(struct modify *modify, const struct decision *decision,
                        const struct vane_metric *metric)
{
    bool asked = modify->selecting && has_metric_condition(modify);
    return decision->selected && (!asked || meets_condition(modify, metric));
}

/* ---- The series that a series becomes ---- */

static bool make_name(struct modify *modify, const struct vane_series *series)
{
    if (!changes_names(modify))
        return false;
    vane_text_clear(&modify->name);
    if (modify->name_prefix)
        vane_text_add(&modify->name, modify->name_prefix, strlen(modify->name_prefix));
    if (modify->name_override)
        vane_text_add(&modify->name, modify->name_override, strlen(modify->name_override));
    else
        vane_text_add(&modify->name, series->name, series->name_length);
    if (modify->name_suffix)
        vane_text_add(&modify->name, modify->name_suffix, strlen(modify->name_suffix));
    return true;
}

static bool exclude_tags(struct modify *modify)
{
    struct tag_list *draft = &modify->draft;
    size_t kept = 0, before = draft->count;
    if (!filter_has_tags(&modify->filter))
        return false;
    for (size_t i = 0; i < draft->count; i++)
        if (filter_keeps_tag(&modify->filter, &draft->tags[i]))
            draft->tags[kept++] = draft->tags[i];
    draft->count = kept;
    return kept < before;
}

static bool make_tags(struct modify *modify, const struct vane_series *series)
{
    modify->draft.count = 0;
    for (uint32_t i = 0; i < series->tag_count; i++)
        push_tag(&modify->draft, &series->tags[i]);
    bool changed = add_tags(&modify->draft, &modify->added);
    changed = exclude_tags(modify) || changed;
    if (modify->keep_local)
        changed = add_tags(&modify->draft, &modify->local) || changed;
    if (modify->keep_global)
        changed = add_tags(&modify->draft, &modify->global) || changed;
    return changed;
}

static const struct vane_series *make_series(struct modify *modify, struct batch *batch,
                                             const struct vane_series *series)
{
    bool renamed = make_name(modify, series);
    if (!make_tags(modify, series) && !renamed)
        return series;
    return batch_series(batch, renamed ? modify->name.data : series->name,
                        renamed ? modify->name.length : series->name_length, modify->draft.tags,
                        modify->draft.count);
}

/* ---- Metrics ---- */

/* As vane_edit, but for what was just built here it costs nothing to find out that nobody else holds it. */
static struct vane_metric *edit(struct modify *modify, struct batch *batch, size_t i)
{
    const struct vane_metric *metric = batch->metrics[i];
    return metric->arena == modify->owned ? (struct vane_metric *)metric : vane_edit(&batch->view, i);
}

static bool exclude_fields(struct modify *modify, struct batch *batch, size_t i)
{
    const struct vane_metric *metric = batch->metrics[i];
    uint32_t kept = 0;
    while (kept < metric->field_count && filter_keeps_field(&modify->filter, &metric->fields[kept]))
        kept++;
    if (kept == metric->field_count)
        return kept > 0;
    struct vane_metric *edited = edit(modify, batch, i);
    struct vane_field *fields = (struct vane_field *)edited->fields;
    for (uint32_t j = kept + 1; j < edited->field_count; j++)
        if (filter_keeps_field(&modify->filter, &fields[j]))
            fields[kept++] = fields[j];
    edited->field_count = kept;
    return kept > 0;
}

/* False: it is filtered out. */
static bool apply_to(struct modify *modify, struct batch *batch, size_t i)
{
    const struct vane_metric *metric = batch->metrics[i];
    struct decision *decision = decide(modify, metric);
    if (!is_selected(modify, decision, metric))
        return false;
    if (!decision->to)
        decision->to = changes_series(modify) ? make_series(modify, batch, metric->series) : metric->series;
    if (decision->to != metric->series)
        edit(modify, batch, i)->series = decision->to;
    return !filter_has_fields(&modify->filter) || exclude_fields(modify, batch, i);
}

size_t modify_apply(struct modify *modify, struct batch *batch)
{
    size_t kept = 0, count = batch->view.count;
    begin(modify, modify->role != VANE_PROCESSOR);
    modify->owned = batch->own && !arena_shared(batch->own) ? batch->own : NULL;
    for (size_t i = 0; i < count; i++)
        if (apply_to(modify, batch, i))
            batch->metrics[kept++] = batch->metrics[i];
    batch->view.count = kept;
    end(modify);
    return count - kept;
}

size_t modify_select(struct modify *modify, const struct batch *batch, bool *selected)
{
    size_t count = 0;
    begin(modify, true);
    for (size_t i = 0; i < batch->view.count; i++) {
        selected[i] = is_selected(modify, decide(modify, batch->metrics[i]), batch->metrics[i]);
        count += selected[i];
    }
    end(modify);
    return count;
}
