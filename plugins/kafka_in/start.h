/* start - where to read on.
 *
 *     committed by this agent    where the flow has it, where the newest checkpoint says, else as committed
 *     committed by another       as committed, or `rewind` earlier; what was kept of the lane is dropped
 *     not committed              the option `offset`; the same
 *
 * What is asked of brokers is asked again until they answer; meanwhile the host is served. False: the agent
 * is stopping, or the assignment is lost. Own thread, in run().
 */
#pragma once
#include "plugins/kafka_in/kafka_in.h"

/* Sets next, delivered and state of partitions that were assigned just now. */
bool start_find(struct kafka_in *in, struct partition **partitions, size_t count);

/* The same without a group: by `offset` alone. */
bool start_find_alone(struct kafka_in *in, struct partition **partitions, size_t count);

/* Sets their ends as they are now. */
bool start_find_ends(struct kafka_in *in, struct partition **partitions, size_t count);

/* Moves partitions in state SEEK. */
void start_seek(struct kafka_in *in);

/* A question that wakes up librdkafka's fetchers: see there. */
void start_nudge(struct kafka_in *in);
