/* kafka_out - what one instance is: its options, and what it holds between open and close.
 *
 *     write() ─▶ pending: metrics ─▶ messages ─▶ waiting ─▶ producer ─▶ reports ─▶ settled
 *
 * kafka_out.c has the options and the callbacks; pending.c carries one write through all its messages;
 * producer.c is one client of librdkafka and its topics; target.c makes the names of topics.
 *
 * A write becomes one message per metric, or with `batch` one for all metrics of a topic and key. A message
 * that librdkafka has no room for waits here. A broker refuses whole requests, so that what it refuses for
 * the sake of one message is sent again by a second producer whose requests have one message each: only
 * there is a refusal the message's own.
 */
#pragma once
#include "plugins/kafka_out/producer.h"
#include "plugins/kafka_out/target.h"
#include "plugins/shared/kafka.h"

struct message;
struct pending;

enum kafka_out_time { TIME_METRIC, TIME_NOW };

/* Metrics that were delivered one after the other, to be settled in one call. */
struct delivered_run {
    struct pending *pending;
    size_t          first, count;
};

struct kafka_out {
    struct kafka_connection connection; /* first: its options are found at its place */

    const char       *topic, *key_tag, *routing_key;
    bool              batch, idempotent;
    int               compression, producer_timestamp;
    int64_t           linger, required_acks, message_timeout;
    uint64_t          max_message_bytes;
    struct vane_pairs headers;

    struct vane_self   *self;
    struct target       target;
    struct topics       topics;
    struct topic       *constant;     /* where all metrics go to one */
    struct producer     producers[PRODUCER_COUNT];
    bool                needs_alone;  /* the second of them */
    int                 event_fd;
    struct kafka_link   link;
    struct pending     *pendings;     /* not wholly reported */
    struct message     *waiting, **waiting_end; /* for librdkafka to have room */
    struct delivered_run run;
    struct vane_text    text, name;   /* used within one function */
    uint64_t            sent, sent_bytes; /* not counted yet */
};
