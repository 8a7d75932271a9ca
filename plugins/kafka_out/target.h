/* target - where a metric goes: the topic, whose name may hold tags of the metric.
 *
 *     struct target target = { 0 };
 *     target_compile(&target, "prices_{symbol}", &reason);
 *     target_expand(&target, metric->series, &name, &reason);        "prices_BTCUSDT"
 *     target_release(&target);
 *
 * Own thread.
 */
#pragma once
#include "core/plugin.h"

struct target_part;

struct target {
    struct target_part *parts;
    size_t              count;
};

struct target_reason {
    char text[320];
};

/* False, and the reason: an open brace, a tag without a name, a character that no topic can have. */
bool target_compile(struct target *target, const char *text, struct target_reason *reason);
void target_release(struct target *target);

/* Do all metrics go to one topic? */
bool target_is_constant(const struct target *target);

/* Puts the topic's name into the text. False, and the reason: a tag that the series lacks, or a name that
 * Kafka does not allow. */
bool target_expand(const struct target *target, const struct vane_series *series, struct vane_text *name,
                   struct target_reason *reason);

/* 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor ".." (Kafka's Topic.validate). */
bool target_is_topic(const char *name, size_t length);
