/* commit - tells the group how far everything is delivered, as "vane:AGENT:CHECKPOINT".
 *
 * A commit that fails is made again with what is delivered by then. Own thread.
 */
#pragma once
#include "plugins/kafka_in/kafka_in.h"

/* Commits what is delivered and not committed, if anything; the answer comes as an event. */
void commit_send(struct kafka_in *in);
void commit_answered(struct kafka_in *in, rd_kafka_event_t *event);

/* The same, and waits up to `ms` for the answer. False: none came. */
bool commit_wait(struct kafka_in *in, int ms);
