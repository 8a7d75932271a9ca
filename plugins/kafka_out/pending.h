/* pending - one write of the host on its way: as messages, then as reports, until every metric is settled.
 *
 *     pending_begin(out, write)      in write(): makes messages and puts them in the line of those that wait
 *     pending_send(out)              gives them to librdkafka as long as it has room
 *     pending_report(out, message)   what became of one
 *     pending_settle(out)            after a round of reports: settles what was gathered
 *     pending_release(out)           in close(): the host has what is not settled
 *
 * A write is given back to the host (vane_again) when all its messages are reported and one could not be
 * delivered for now: before that, what is on the way might arrive twice. Own thread.
 */
#pragma once
#include "plugins/kafka_out/kafka_out.h"

void pending_begin(struct kafka_out *out, struct vane_write *write);
void pending_send(struct kafka_out *out);
void pending_report(struct kafka_out *out, const rd_kafka_message_t *message);
void pending_settle(struct kafka_out *out);
void pending_release(struct kafka_out *out);
