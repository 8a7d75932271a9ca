/* kafka_in - what one instance is: its options, and what it holds between open and close.
 *
 *     control queue    rebalances, commits, errors         served at every turn, also while the flow is full
 *     messages queue   messages of all partitions          read only while the flow has room
 *
 * kafka_in.c has the options, the callbacks and the loop; assignment.c answers rebalances; start.c finds
 * where to read on; reader.c makes batches of messages; commit.c says what is delivered; partition.c knows
 * partitions; offset.c reads the option of that name; text.c tells text from bytes.
 *
 * librdkafka's queue of a consumer has both kinds in one row. Here the partitions' queues are forwarded into
 * one of our own, so that a flow that is full leaves messages where they are, while the group still gets its
 * answers: no partition is ever paused, which would throw away what was fetched. Messages are taken one by
 * one: the batch functions of librdkafka 2.0.2 lose some when a rebalance comes between.
 */
#pragma once
#include "plugins/kafka_in/offset.h"
#include "plugins/kafka_in/partition.h"
#include "plugins/shared/kafka.h"

enum kafka_in_time { TIME_METRIC, TIME_INNER, TIME_OUTER };

struct kafka_in {
    struct kafka_connection connection; /* first: its options are found at its place */

    struct vane_strings topics, topic_regexps;
    const char         *consumer_group, *group_instance_id, *offset;
    int64_t             rewind, drain_timeout, session_timeout, max_poll_interval;
    const char         *topic_tag, *partition_tag, *key_tag, *msg_header_as_metric_name;
    struct vane_strings msg_headers_as_tags;
    int                 timestamp_source;
    uint64_t            max_message_len;

    struct vane_self   *self;
    struct offset       first;          /* what `offset` says */
    rd_kafka_t         *client;
    rd_kafka_queue_t   *control, *messages;
    int                 event_fd;
    struct kafka_link   link;
    struct partitions   partitions;
    int64_t             next_look;      /* monotonic: once a second */
    int64_t             next_commit;    /* not before, after one that failed */
    bool                commit_failed;
    bool                had_assignment; /* an event of one has come */
    bool                grouped;        /* it joined a group: not so under --test */
    bool                fatal;
    char                complaint[512]; /* the last one about a topic that was logged */
    int64_t             complained;     /* monotonic: when */

    struct partition  **open;           /* with a batch that is not emitted */
    size_t              open_count, open_room;
    size_t              gathered_bytes;
    struct vane_tag    *tags;           /* used within one function, as the next two */
    struct vane_text    seen, name;
    uint64_t            read, read_bytes; /* not counted yet */
    bool                nudges;         /* this librdkafka needs them: see start_nudge */
    bool                was_full;       /* its queue, so that it fetches no more */
};
