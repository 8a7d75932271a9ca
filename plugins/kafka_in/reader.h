/* reader - makes batches of messages: one per partition, of what is there.
 *
 *     while (vane_wait(self, 0)) {
 *         if (reader_emit(in))      what is gathered; false: the flow is full
 *             reader_gather(in);    up to 1,000 messages a partition, 1 MB or 1 ms
 *     }
 *
 * Own thread, in run().
 */
#pragma once
#include "plugins/kafka_in/kafka_in.h"

/* Answers how many messages it took. */
size_t reader_gather(struct kafka_in *in);

/* True: nothing is gathered any more. False: the flow is full; the rest waits. */
bool reader_emit(struct kafka_in *in);

/* Of this partition nothing is to be emitted, whatever was gathered. */
void reader_forget(struct kafka_in *in, const struct partition *partition);

void reader_release(struct kafka_in *in);
