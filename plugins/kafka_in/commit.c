/* commit - see commit.h. */
#include "plugins/kafka_in/commit.h"

enum { SECOND = 1000000000 };

static void add(struct kafka_in *in, rd_kafka_topic_partition_list_t *list, struct partition *partition)
{
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(list, partition->topic->name, partition->number);
    struct vane_text text = { 0 };
    vane_text_addf(&text, "vane:%s:%llu", vane_agent(in->self),
                   (unsigned long long)vane_checkpoint(in->self));
    one->offset = partition->delivered;
    one->metadata = text.data; /* malloc'd, as librdkafka's own */
    one->metadata_size = text.length;
    partition->uncommitted = false;
}

/* NULL: there is nothing to commit. */
static rd_kafka_topic_partition_list_t *gather(struct kafka_in *in)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (size_t i = 0; i < in->partitions.count; i++) {
        struct partition *partition = in->partitions.all[i];
        if (!partition->uncommitted || partition->state == PARTITION_AWAY || partition->delivered < 0)
            continue;
        if (!list)
            list = rd_kafka_topic_partition_list_new((int)in->partitions.count);
        add(in, list, partition);
    }
    return list;
}

/* Was there anything? */
static bool send_to(struct kafka_in *in, rd_kafka_queue_t *queue)
{
    rd_kafka_topic_partition_list_t *list = in->grouped ? gather(in) : NULL;
    if (!list)
        return false;
    rd_kafka_commit_queue(in->client, list, queue, NULL, NULL);
    rd_kafka_topic_partition_list_destroy(list);
    return true;
}

void commit_send(struct kafka_in *in)
{
    if (vane_monotonic() >= in->next_commit && !kafka_is_joining(in->client))
        send_to(in, in->control);
}

/* A group that is changing refuses commits; that passes. */
static bool is_change(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS || code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
           || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
}

static void note_failure(struct kafka_in *in, rd_kafka_resp_err_t code)
{
    vane_count(in->self, "commits_failed", 1);
    in->next_commit = vane_monotonic() + (is_change(code) ? SECOND / 10 : SECOND);
    if (is_change(code))
        return;
    if (!in->commit_failed)
        vane_log(in->self, VANE_WARN, "commit: %s; committing again until it succeeds",
                 rd_kafka_err2str(code));
    in->commit_failed = true;
}

void commit_answered(struct kafka_in *in, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    rd_kafka_resp_err_t code = rd_kafka_event_error(event), failed = code;
    for (int i = 0; list && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        struct partition *partition = partitions_find(&in->partitions, one->topic, one->partition);
        bool good = code == RD_KAFKA_RESP_ERR_NO_ERROR && one->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (partition && !good && partition->state != PARTITION_AWAY)
            partition->uncommitted = true;
        if (!good && failed == RD_KAFKA_RESP_ERR_NO_ERROR)
            failed = one->err;
    }
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_failure(in, failed);
        return;
    }
    if (in->commit_failed)
        vane_log(in->self, VANE_INFO, "commit: succeeded");
    in->commit_failed = false;
}

bool commit_wait(struct kafka_in *in, int ms)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(in->client);
    bool sent = send_to(in, queue);
    rd_kafka_event_t *event = sent ? rd_kafka_queue_poll(queue, ms) : NULL;
    if (event) {
        commit_answered(in, event);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return event || !sent;
}
