/* partition - what is known of each partition that this input reads or has read.
 *
 *     struct partition *partition = partitions_add(&partitions, self, "prices", 3);   at an assignment
 *     partition = partitions_of(&partitions, message);                                per message
 *
 * A partition stays known when it is taken away, since it may come back: `emitted` then says how far the flow
 * has its messages. Positions are offsets of Kafka, -1: none. Own thread.
 */
#pragma once
#include "plugins/shared/kafka.h"

enum partition_state {
    PARTITION_AWAY,    /* not assigned: its messages are ignored */
    PARTITION_READING,
    PARTITION_REWIND,  /* the first message says from when it is to be read */
    PARTITION_SEEK,    /* to be moved to another position: messages until then are ignored */
};

struct topic {
    char                   *name;
    const rd_kafka_topic_t *handle; /* of its messages; NULL: none came since the last assignment */
    struct vane_decoder    *decoder;
    struct partition      **partitions; /* by number; NULL: unknown */
    size_t                  count;
};

struct partition {
    struct topic           *topic;
    int32_t                 number;
    char                    number_text[12];
    const struct vane_lane *lane;
    rd_kafka_queue_t       *queue;     /* of librdkafka, forwarded to ours; NULL: it was never assigned */
    enum partition_state    state;
    bool                    ended;     /* --once, --test: all that it had is read */
    bool                    uncommitted; /* `delivered` is to be committed */
    bool                    out_of_range; /* SEEK: why */
    int64_t                 next;      /* to be read; what lies before it is ignored */
    int64_t                 end;       /* --once, --test: where it ended when it was assigned */
    int64_t                 emitted;   /* the flow has all before it, of this process */
    int64_t                 delivered; /* and this is safe */
    int64_t                 rewind_to; /* ms, in SEEK after REWIND */
    struct vane_batch      *batch;     /* gathered, not emitted; NULL: none */
    size_t                  messages;  /* in it */
    struct vane_text        tags;      /* what its newest message had: key and headers, each with a NUL */
};

struct partitions {
    struct topic     **topics;
    size_t             topic_count;
    struct partition **all;
    size_t             count;
    struct partition  *newest; /* messages come in runs of one partition */
};

struct partition *partitions_add(struct partitions *partitions, struct vane_self *self, const char *topic,
                                 int32_t number);
void partitions_release(struct partitions *partitions); /* and their batches */

/* NULL: it is none of ours. */
struct partition *partitions_find(struct partitions *partitions, const char *topic, int32_t number);
struct partition *partitions_of(struct partitions *partitions, const rd_kafka_message_t *message);
struct partition *partitions_of_lane(const struct partitions *partitions, const struct vane_lane *lane);

/* Before an assignment: librdkafka may give a handle's address to another topic later. */
void partitions_forget_handles(struct partitions *partitions);

/* Before it is assigned: its messages are to come to that queue, and none elsewhere. */
void partition_come(struct partition *partition, rd_kafka_t *client, rd_kafka_queue_t *messages);

/* The same again, now and then, while it is assigned: the end of an earlier assignment may undo it late. */
void partition_forward(struct partition *partition, rd_kafka_queue_t *messages);

/* Throws away what was gathered, to be read again. */
void partition_drop_batch(struct partition *partition);

/* It was taken away; so is what was gathered. */
void partition_leave(struct partitions *partitions, struct partition *partition);
