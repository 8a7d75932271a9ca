/* components - the parts of a forecast by name, and what regressors do. Own thread.
 */
#include "plugins/forecast/prophet/design.h"
#include "plugins/forecast/prophet/history.h"

#include <math.h>
#include <string.h>

/* Behind the single terms come the groups that there are. */
static const char *const groups[] = { "holidays", "extra_regressors_additive",
                                      "extra_regressors_multiplicative",
                                      "additive_terms", "multiplicative_terms" };
enum { GROUP_HOLIDAYS, GROUP_REGRESSORS_ADDITIVE, GROUP_REGRESSORS_MULTIPLICATIVE, GROUP_ADDITIVE,
       GROUP_MULTIPLICATIVE, GROUPS };

static bool in_group(const struct term *term, int group)
{
    switch (group) {
    case GROUP_HOLIDAYS:                  return term->kind == TERM_HOLIDAY;
    case GROUP_REGRESSORS_ADDITIVE:       return term->kind == TERM_REGRESSOR && !term->multiplicative;
    case GROUP_REGRESSORS_MULTIPLICATIVE: return term->kind == TERM_REGRESSOR && term->multiplicative;
    case GROUP_ADDITIVE:                  return !term->multiplicative;
    default:                              return term->multiplicative;
    }
}

static bool has_group(const struct design *design, int group)
{
    bool found = group >= GROUP_ADDITIVE;
    for (size_t i = 0; i < design->count; i++)
        found = found || in_group(&design->terms[i], group);
    return found;
}

/* Columns of one holiday with several offsets lie side by side only by chance of their names: the first
 * one counts. */
static bool is_first(const struct design *design, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(design->terms[i].name, design->terms[at].name) == 0)
            return false;
    return true;
}

struct component {
    const char *name;  /* of the terms; NULL: a group */
    int         group;
};

/* The component of that number; false: there are fewer. */
static bool find_component(const struct design *design, size_t number, struct component *out)
{
    for (size_t i = 0; i < design->count; i++) {
        if (!is_first(design, i) || number-- > 0)
            continue;
        *out = (struct component){ .name = design->terms[i].name };
        return true;
    }
    for (int group = 0; group < GROUPS; group++) {
        if (!has_group(design, group) || number-- > 0)
            continue;
        *out = (struct component){ .group = group };
        return true;
    }
    return false;
}

static bool belongs(const struct term *term, const struct component *component)
{
    return component->name ? strcmp(term->name, component->name) == 0 : in_group(term, component->group);
}

size_t prophet_component_count(const struct prophet *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->design.count; i++)
        count += is_first(&model->design, i);
    for (int group = 0; group < GROUPS; group++)
        count += has_group(&model->design, group);
    return count;
}

const char *prophet_component_name(const struct prophet *model, size_t component)
{
    struct component found;
    if (!find_component(&model->design, component, &found))
        return NULL;
    return found.name ? found.name : groups[found.group];
}

bool prophet_component_multiplicative(const struct prophet *model, size_t component)
{
    struct component found;
    if (!find_component(&model->design, component, &found))
        return false;
    for (size_t i = 0; i < model->design.count; i++)
        if (belongs(&model->design.terms[i], &found))
            return model->design.terms[i].multiplicative;
    return !found.name && found.group == GROUP_MULTIPLICATIVE;
}

bool prophet_component_has(const struct prophet *model, size_t component, size_t column)
{
    struct component found;
    if (!find_component(&model->design, component, &found))
        return false;
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (column >= term->first && column < term->first + term->count)
            return belongs(term, &found);
    }
    return false;
}

static void add_rows(const struct prophet *model, const struct component *component,
                     const struct design_rows *rows,
                     const struct block *block, double *out)
{
    design_fill(&model->design, kernels_of_cpu(), rows, block, 0);
    for (size_t i = 0; i < rows->count; i++)
        out[i] = 0;
    for (size_t k = 0; k < model->design.count; k++) {
        const struct term *term = &model->design.terms[k];
        double scale = term->multiplicative ? 1 : model->scale.y_scale;
        for (size_t c = term->first; belongs(term, component) && c < term->first + term->count; c++)
            for (size_t i = 0; i < rows->count; i++)
                out[i] += scale * model->beta[c] * block->data[c * block->stride + i];
    }
}

bool prophet_component(const struct prophet *model, size_t component, const struct prophet_frame *future,
                       double *out,
                       struct prophet_error *err)
{
    struct component found;
    if (!model->fitted || !find_component(&model->design, component, &found))
        return prophet_fail(err, "there is no component %zu", component);
    struct block block;
    block_init(&block, model->design.width, DESIGN_ROWS);
    bool finite = true;
    for (size_t at = 0; at < future->count; at += DESIGN_ROWS) {
        size_t count = future->count - at < DESIGN_ROWS ? future->count - at : DESIGN_ROWS;
        struct design_rows rows = { future->times, future->columns, at, count };
        add_rows(model, &found, &rows, &block, out + at);
        for (size_t i = at; i < at + count; i++)
            finite = finite && isfinite(out[i]);
    }
    block_release(&block);
    return finite || prophet_fail(err, "component \"%s\" is not finite",
                                  prophet_component_name(model, component));
}

bool prophet_regressor_coefficient(const struct prophet *model, size_t regressor, double *coefficient,
                                   double *center)
{
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (term->kind != TERM_REGRESSOR || regressor-- > 0)
            continue;
        double scale = term->multiplicative ? 1 : model->scale.y_scale;
        *coefficient = model->beta[term->first] * scale / term->deviation;
        *center = term->mean;
        return true;
    }
    return false;
}
