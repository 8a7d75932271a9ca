/* plan - see plan.h. */
#include "plugins/window/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

/* ---- From the options ---- */

static size_t family_at(struct plan *plan, const struct family *family)
{
    for (size_t i = 0; i < plan->family_count; i++)
        if (plan->families[i].family == family)
            return plan->families[i].offset;
    size_t offset = plan->cell_size;
    plan->families[plan->family_count++] = (struct part_of_cell){ family, offset };
    plan->cell_size += family->size(&plan->rules);
    plan->grows = plan->grows || family->release;
    plan->weighs = plan->weighs || family == &weighted_family;
    return offset;
}

/* Asked for twice is asked for once. */
static void add_output(struct plan *plan, const struct aggregate *aggregate, double parameter,
                       const char *suffix)
{
    for (size_t i = 0; i < plan->output_count; i++)
        if (strcmp(plan->outputs[i].suffix, suffix) == 0)
            return;
    plan->outputs = memory_resize(plan->outputs, plan->output_count + 1, sizeof *plan->outputs);
    struct output *output = &plan->outputs[plan->output_count++];
    *output = (struct output){ .aggregate = aggregate, .parameter = parameter };
    snprintf(output->suffix, sizeof output->suffix, "%s", suffix);
    if (aggregate->family)
        output->offset = family_at(plan, aggregate->family);
}

/* 0.5 is 050 and 0.99 is 099, as in Telegraf; 0.999 is 0999, where Telegraf has 099 again. */
static void name_quantile(char *suffix, size_t size, double quantile)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%.10f", quantile);
    size_t length = strlen(digits);
    while (length > 4 && digits[length - 1] == '0')
        length--;
    snprintf(suffix, size, "%c%.*s", digits[0], (int)(length - 2), digits + 2);
}

static bool add_quantiles(struct plan *plan, const struct plan_options *options, struct faults *faults)
{
    static const double presets[] = { 0.25, 0.5, 0.75 };
    const double *items = options->quantiles.count ? options->quantiles.items : presets;
    size_t count = options->quantiles.count ? options->quantiles.count : sizeof presets / sizeof presets[0];
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (!(items[i] >= 0 && items[i] <= 1)) {
            good = faults_add(faults, "a quantile lies between 0 and 1, not at %g", items[i]);
            continue;
        }
        char suffix[32];
        name_quantile(suffix, sizeof suffix, items[i]);
        add_output(plan, options->exact_quantiles ? &aggregate_quantile_exact : &aggregate_quantile_sketch,
                   items[i], suffix);
    }
    return good;
}

static bool add_histogram(struct plan *plan, const struct plan_options *options, struct faults *faults)
{
    if (options->buckets.count == 0)
        return faults_add(faults, "aggregates has \"histogram\": it needs buckets");
    for (size_t i = 0; i < options->buckets.count; i++)
        if (!isfinite(options->buckets.items[i])
            || (i && options->buckets.items[i] <= options->buckets.items[i - 1]))
            return faults_add(faults, "buckets are finite and rise");
    plan->buckets_at = family_at(plan, &buckets_family);
    return true;
}

static void refuse_name(struct faults *faults, const char *name, bool first)
{
    const char *names[AGGREGATE_NAMES];
    aggregate_names(names);
    const char *nearest = vane_nearest(name, names);
    if (first)
        faults_add(faults, "aggregates: there is no \"%.40s\"", name);
    else
        faults_extend(faults, ", no \"%.40s\"", name);
    if (nearest)
        faults_extend(faults, " (did you mean '%s'?)", nearest);
}

static void list_names(struct faults *faults)
{
    const char *names[AGGREGATE_NAMES];
    aggregate_names(names);
    faults_extend(faults, "; there are");
    for (size_t i = 0; names[i]; i++)
        faults_extend(faults, "%s %s", i ? "," : "", names[i]);
}

static bool is_known(const char *name)
{
    const char *names[AGGREGATE_NAMES];
    aggregate_names(names);
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return aggregate_find(name, NULL) != NULL; /* by its second name */
}

/* All unknown names in one fault. */
static bool check_names(const struct vane_strings *aggregates, struct faults *faults)
{
    size_t unknown = 0;
    for (size_t i = 0; i < aggregates->count; i++)
        if (!is_known(aggregates->items[i]))
            refuse_name(faults, aggregates->items[i], unknown++ == 0);
    if (unknown)
        list_names(faults);
    return unknown == 0;
}

/* An unknown name adds nothing. */
static bool add_named(struct plan *plan, const struct plan_options *options, const char *name, struct faults *faults)
{
    if (strcmp(name, "quantile") == 0)
        return add_quantiles(plan, options, faults);
    if (strcmp(name, "histogram") == 0)
        return add_histogram(plan, options, faults);
    if (strcmp(name, "median") == 0) {
        add_output(plan, options->exact_quantiles ? &aggregate_median_exact : &aggregate_median_sketch, 0.5,
                   "median");
        return true;
    }
    if (strcmp(name, "distinct") == 0) {
        add_output(plan,
                   options->exact_distinct ? &aggregate_distinct_exact : &aggregate_distinct_registers, 0,
                   "distinct");
        return true;
    }
    for (const struct aggregate *row = aggregate_find(name, NULL); row; row = aggregate_find(name, row + 1))
        add_output(plan, row, 0, row->suffix);
    return true;
}

bool plan_init(struct plan *plan, const struct plan_options *options, struct budget *budget,
               struct faults *faults)
{
    static const char *const presets[] = { "count", "min", "max", "mean", "s2", "stdev" };
    double error = options->quantile_error;
    *plan = (struct plan){ .cell_size = sizeof(uint64_t), .rules = {
        .buckets = options->buckets.items, .bucket_count = options->buckets.count, .sketch_error = error,
        .sketch_factor = 1 / (log1p(error) - log1p(-error)), .budget = budget } };
    bool preset = options->aggregates.count == 0;
    size_t count = preset ? sizeof presets / sizeof presets[0] : options->aggregates.count;
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= add_named(plan, options, preset ? presets[i] : options->aggregates.items[i], faults);
    return check_names(&options->aggregates, faults) && good;
}

void plan_release(struct plan *plan)
{
    free(plan->outputs);
    *plan = (struct plan){ 0 };
}

/* ---- Cells ---- */

static void set_count(char *cell, uint64_t count)
{
    memcpy(cell, &count, sizeof count);
}

void plan_add(const struct plan *plan, char *cell, const struct sample *sample)
{
    uint64_t count = plan_count(cell);
    for (size_t i = 0; i < plan->family_count; i++)
        plan->families[i].family->add(cell + plan->families[i].offset, count, sample, &plan->rules);
    set_count(cell, count + 1);
}

void plan_merge(const struct plan *plan, char *cell, const char *from)
{
    uint64_t count = plan_count(cell), more = plan_count(from);
    if (more == 0)
        return;
    for (size_t i = 0; i < plan->family_count; i++) {
        size_t offset = plan->families[i].offset;
        plan->families[i].family->merge(cell + offset, count, from + offset, more, &plan->rules);
    }
    set_count(cell, count + more);
}

void plan_release_cell(const struct plan *plan, char *cell)
{
    for (size_t i = 0; plan->grows && i < plan->family_count; i++)
        if (plan->families[i].family->release)
            plan->families[i].family->release(cell + plan->families[i].offset, &plan->rules);
    memset(cell, 0, plan->cell_size);
}

void plan_save_cell(const struct plan *plan, const char *cell, struct vane_text *out)
{
    bytes_add_uint(out, plan_count(cell));
    for (size_t i = 0; plan_count(cell) && i < plan->family_count; i++) {
        const struct family *family = plan->families[i].family;
        const char *at = cell + plan->families[i].offset;
        if (family->save)
            family->save(at, out);
        else
            vane_text_add(out, at, family->size(&plan->rules));
    }
}

bool plan_load_cell(const struct plan *plan, char *cell, struct bytes *in)
{
    set_count(cell, bytes_read_uint(in));
    for (size_t i = 0; plan_count(cell) && !in->bad && i < plan->family_count; i++) {
        const struct family *family = plan->families[i].family;
        char *at = cell + plan->families[i].offset;
        if (!family->load)
            bytes_read(in, at, family->size(&plan->rules));
        else if (!family->load(at, plan_count(cell), in, &plan->rules))
            in->bad = true;
    }
    return !in->bad;
}

bool plan_value(const struct plan *plan, const struct output *output, const char *cell, int64_t end,
                double *value)
{
    struct reading reading = { .cell = cell + output->offset, .count = plan_count(cell), .end = end,
                               .parameter = output->parameter, .rules = &plan->rules };
    return reading.count && output->aggregate->value(&reading, value) && isfinite(*value);
}
