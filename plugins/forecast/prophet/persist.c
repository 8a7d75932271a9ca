/* persist - a fitted model as bytes: numbers of this build, in this machine's order; the columns come
 * again from the settings and the span of the history. Own thread.
 */
#include "plugins/forecast/prophet/design.h"

#include "core/plugin.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

struct head {
    uint64_t     version, change_count, width, term_count, no_changepoints;
    struct span  span;
    struct scale scale;
    double       spacing, k, m, sigma, log_posterior, condition;
};

void prophet_save(const struct prophet *model, struct vane_text *out)
{
    if (!model->fitted)
        return;
    struct head head;
    memset(&head, 0, sizeof head); /* padding too: the same model gives the same bytes */
    head.version = VERSION;
    head.change_count = model->change_count;
    head.width = model->design.width;
    head.term_count = model->design.count;
    head.no_changepoints = model->no_changepoints;
    head.span = model->span;
    head.scale.y_scale = model->scale.y_scale;
    head.scale.y_min = model->scale.y_min;
    head.scale.floor_given = model->scale.floor_given;
    head.scale.start = model->scale.start;
    head.scale.length = model->scale.length;
    head.spacing = model->spacing;
    head.k = model->k;
    head.m = model->m;
    head.sigma = model->sigma;
    head.log_posterior = model->log_posterior;
    head.condition = model->condition;
    vane_text_add(out, &head, sizeof head);
    vane_text_add(out, model->changes, model->change_count * sizeof(double));
    vane_text_add(out, model->delta, model->change_count * sizeof(double));
    vane_text_add(out, model->beta, model->design.width * sizeof(double));
    for (size_t i = 0; i < model->design.count; i++) {
        double scale[] = { model->design.terms[i].mean, model->design.terms[i].deviation };
        vane_text_add(out, scale, sizeof scale);
    }
}

static const unsigned char *take_doubles(double **out, const unsigned char *from, size_t count)
{
    *out = memory_zero(count * sizeof(double));
    memcpy(*out, from, count * sizeof(double));
    return from + count * sizeof(double);
}

static bool is_sound(const struct head *head)
{
    const struct scale *scale = &head->scale;
    const struct span *span = &head->span;
    int64_t length;
    bool floor_known = *(const unsigned char *)&scale->floor_given <= 1;
    return head->version == VERSION && floor_known && scale->length > 0 && scale->start == span->first
        && !__builtin_sub_overflow(span->last, span->first, &length) && length == scale->length && span->spacing >= 0
        && isfinite(scale->y_scale) && scale->y_scale > 0 && isfinite(scale->y_min) && isfinite(head->k)
        && isfinite(head->m) && head->sigma > 0 && isfinite(head->sigma) && head->change_count > 0
        && isfinite(head->spacing) && head->spacing > 0 && head->no_changepoints <= 1;
}

/* What follows the head: changepoints that never decrease, and finite coefficients. */
static bool numbers_are_sound(const struct head *head, const unsigned char *at, size_t count)
{
    double before = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        double number;
        memcpy(&number, at + i * sizeof number, sizeof number);
        if (!isfinite(number) || (i < head->change_count && number < before))
            return false;
        before = number;
    }
    return true;
}

/* Regressors are divided by theirs. */
static bool take_scales(struct design *design, const unsigned char *at)
{
    for (size_t i = 0; i < design->count; i++, at += 2 * sizeof(double)) {
        struct term *term = &design->terms[i];
        memcpy(&term->mean, at, sizeof(double));
        memcpy(&term->deviation, at + sizeof(double), sizeof(double));
        if (term->kind == TERM_REGRESSOR && term->deviation == 0)
            return false;
    }
    return true;
}

bool prophet_load(struct prophet *model, const void *bytes, size_t length)
{
    struct head head;
    if (length < sizeof head)
        return false;
    memcpy(&head, bytes, sizeof head);
    size_t most = length / sizeof(double);
    if (!is_sound(&head) || head.change_count > most || head.width > most || head.term_count > most)
        return false;
    size_t numbers = 2 * head.change_count + head.width + 2 * head.term_count;
    if (length != sizeof head + numbers * sizeof(double)
        || !numbers_are_sound(&head, (const unsigned char *)bytes + sizeof head, numbers))
        return false;
    struct design design;
    struct prophet_error err;
    if (!design_init(&design, model, &head.span, &err))
        return false;
    const unsigned char *scales = (const unsigned char *)bytes + length - 2 * head.term_count * sizeof(double);
    if (design.width != head.width || design.count != head.term_count || !take_scales(&design, scales)) {
        design_release(&design);
        return false;
    }
    design_release(&model->design);
    free(model->changes);
    free(model->delta);
    free(model->beta);
    model->design = design;
    const unsigned char *at = (const unsigned char *)bytes + sizeof head;
    at = take_doubles(&model->changes, at, head.change_count);
    at = take_doubles(&model->delta, at, head.change_count);
    take_doubles(&model->beta, at, head.width);
    model->span = head.span;
    model->scale = head.scale;
    model->spacing = head.spacing;
    model->k = head.k;
    model->m = head.m;
    model->sigma = head.sigma;
    model->log_posterior = head.log_posterior;
    model->condition = head.condition;
    model->change_count = head.change_count;
    model->no_changepoints = head.no_changepoints;
    return model->fitted = true;
}
