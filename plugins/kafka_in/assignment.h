/* assignment - which partitions this input reads: the group's answers, or all of the topics without a group.
 *
 * Own thread, in run(); assignment_close in close().
 */
#pragma once
#include "plugins/kafka_in/kafka_in.h"

/* Joins the group. */
enum vane_result assignment_join(struct kafka_in *in);

/* Without a group, for --test: all partitions of the topics. */
enum vane_result assignment_take_all(struct kafka_in *in);

/* A REBALANCE event. */
void assignment_change(struct kafka_in *in, rd_kafka_event_t *event);

/* Leaves the group, committing what is delivered. */
void assignment_close(struct kafka_in *in);

/* Is this an expression that a name of a topic must match, rather than a name? */
bool assignment_is_pattern(const char *topic);

/* An option of topic_regexps as librdkafka takes it: one that may match anywhere. */
void assignment_add_pattern(struct vane_text *pattern, const char *expression);
