/* partition - see partition.h. */
#include "plugins/kafka_in/partition.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

static struct topic *find_topic(const struct partitions *partitions, const char *name)
{
    for (size_t i = 0; i < partitions->topic_count; i++)
        if (strcmp(partitions->topics[i]->name, name) == 0)
            return partitions->topics[i];
    return NULL;
}

static struct topic *add_topic(struct partitions *partitions, struct vane_self *self, const char *name)
{
    struct topic *topic = memory_zero(sizeof *topic);
    size_t length = strlen(name);
    topic->name = memory_zero(length + 1);
    memcpy(topic->name, name, length);
    topic->decoder = vane_decoder_new(self, name, true);
    partitions->topics =
        memory_resize(partitions->topics, partitions->topic_count + 1, sizeof *partitions->topics);
    return partitions->topics[partitions->topic_count++] = topic;
}

static void make_room(struct topic *topic, size_t count)
{
    if (count <= topic->count)
        return;
    topic->partitions = memory_resize(topic->partitions, count, sizeof *topic->partitions);
    memset(topic->partitions + topic->count, 0, (count - topic->count) * sizeof *topic->partitions);
    topic->count = count;
}

struct partition *partitions_add(struct partitions *partitions, struct vane_self *self, const char *name,
                                 int32_t number)
{
    struct topic *topic = find_topic(partitions, name);
    if (!topic)
        topic = add_topic(partitions, self, name);
    make_room(topic, (size_t)number + 1);
    if (topic->partitions[number])
        return topic->partitions[number];
    struct partition *partition = memory_zero(sizeof *partition);
    *partition = (struct partition){ .topic = topic, .number = number, .end = -1, .emitted = -1,
                                     .delivered = -1 };
    snprintf(partition->number_text, sizeof partition->number_text, "%d", number);
    struct vane_text lane = { 0 };
    vane_text_addf(&lane, "%s/%d", name, number);
    partition->lane = vane_lane(self, lane.data);
    vane_text_release(&lane);
    topic->partitions[number] = partition;
    partitions->all = memory_resize(partitions->all, partitions->count + 1, sizeof *partitions->all);
    return partitions->all[partitions->count++] = partition;
}

static struct partition *of_topic(const struct topic *topic, int32_t number)
{
    return topic && number >= 0 && (size_t)number < topic->count ? topic->partitions[number] : NULL;
}

struct partition *partitions_find(struct partitions *partitions, const char *topic, int32_t number)
{
    return of_topic(find_topic(partitions, topic), number);
}

/* A handle belongs to one topic as long as librdkafka fetches from it, and that is as long as a partition of
 * it is assigned. */
static struct topic *topic_of(struct partitions *partitions, rd_kafka_topic_t *handle)
{
    for (size_t i = 0; i < partitions->topic_count; i++)
        if (partitions->topics[i]->handle == handle)
            return partitions->topics[i];
    struct topic *topic = find_topic(partitions, rd_kafka_topic_name(handle));
    if (topic)
        topic->handle = handle;
    return topic;
}

struct partition *partitions_of(struct partitions *partitions, const rd_kafka_message_t *message)
{
    struct partition *newest = partitions->newest;
    if (newest && newest->topic->handle == message->rkt && newest->number == message->partition)
        return newest;
    struct topic *topic = message->rkt ? topic_of(partitions, message->rkt) : NULL;
    struct partition *partition = of_topic(topic, message->partition);
    if (partition)
        partitions->newest = partition;
    return partition;
}

struct partition *partitions_of_lane(const struct partitions *partitions, const struct vane_lane *lane)
{
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->all[i]->lane == lane)
            return partitions->all[i];
    return NULL;
}

void partitions_forget_handles(struct partitions *partitions)
{
    for (size_t i = 0; i < partitions->topic_count; i++)
        partitions->topics[i]->handle = NULL;
    partitions->newest = NULL;
}

void partition_come(struct partition *partition, rd_kafka_t *client, rd_kafka_queue_t *messages)
{
    if (partition->queue)
        rd_kafka_queue_destroy(partition->queue);
    partition->queue = rd_kafka_queue_get_partition(client, partition->topic->name, partition->number);
    if (partition->queue)
        rd_kafka_queue_forward(partition->queue, messages);
}

void partition_forward(struct partition *partition, rd_kafka_queue_t *messages)
{
    if (partition->queue && partition->state != PARTITION_AWAY)
        rd_kafka_queue_forward(partition->queue, messages);
}

/* What librdkafka 2.0.2 leaves in the queue of a topic that was deleted would keep the client from ending. */
static void release_queue(struct partition *partition)
{
    rd_kafka_message_t *message;
    if (!partition->queue)
        return;
    while ((message = rd_kafka_consume_queue(partition->queue, 0)))
        rd_kafka_message_destroy(message);
    rd_kafka_queue_destroy(partition->queue);
}

void partition_drop_batch(struct partition *partition)
{
    if (partition->batch)
        vane_batch_free(partition->batch);
    partition->batch = NULL;
    partition->messages = 0;
}

void partition_leave(struct partitions *partitions, struct partition *partition)
{
    partition->state = PARTITION_AWAY;
    partitions_forget_handles(partitions);
    partition_drop_batch(partition);
    partition->uncommitted = false;
}

void partitions_release(struct partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++) {
        partition_leave(partitions, partitions->all[i]);
        release_queue(partitions->all[i]);
        vane_text_release(&partitions->all[i]->tags);
        free(partitions->all[i]);
    }
    for (size_t i = 0; i < partitions->topic_count; i++) {
        vane_decoder_free(partitions->topics[i]->decoder);
        free(partitions->topics[i]->partitions);
        free(partitions->topics[i]->name);
        free(partitions->topics[i]);
    }
    free(partitions->all);
    free(partitions->topics);
    *partitions = (struct partitions){ 0 };
}
