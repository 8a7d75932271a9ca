/* pending - see pending.h.
 *
 * A message covers a chain of metrics: link[i] is the next one after i, 0 the end (metric 0 is never next).
 * What is refused is cut until the refusal is one metric's own: by size into halves, by a broker into single
 * metrics, since it refuses requests. There are never more messages than metrics, so that they have room in
 * one array. vane_delivered and its like may free the write with its last metric: finish() comes last.
 */
#include "plugins/kafka_out/pending.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/kafka_out/group.h"
#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000 };

struct message {
    struct pending *pending;
    struct message *next; /* of those that wait */
    struct topic   *topic;
    struct group_key key;
    size_t          first; /* metric */
    bool            alone; /* to be sent in a request of its own */
};

struct pending {
    struct pending    *next;
    struct vane_write *write;
    struct message    *messages;
    size_t            *link;
    size_t             made, left; /* messages; those that are not done with */
    bool               failed;
    char               reason[512];
};

/* ---- Life ---- */

static struct pending *pending_new(struct kafka_out *out, struct vane_write *write)
{
    struct pending *pending = memory_zero(sizeof *pending);
    pending->write = write;
    pending->messages = memory_zero(write->count * sizeof *pending->messages);
    pending->link = memory_zero(write->count * sizeof *pending->link);
    pending->next = out->pendings;
    out->pendings = pending;
    return pending;
}

static void pending_free(struct kafka_out *out, struct pending *pending)
{
    struct pending **at = &out->pendings;
    while (*at != pending)
        at = &(*at)->next;
    *at = pending->next;
    free(pending->messages);
    free(pending->link);
    free(pending);
}

void pending_release(struct kafka_out *out)
{
    while (out->pendings)
        pending_free(out, out->pendings);
    out->waiting = NULL;
    out->waiting_end = &out->waiting;
    out->run = (struct delivered_run){ 0 };
}

/* ---- Settling ---- */

void pending_settle(struct kafka_out *out)
{
    struct delivered_run run = out->run;
    out->run = (struct delivered_run){ 0 };
    if (run.count)
        vane_delivered(out->self, run.pending->write, run.first, run.count);
}

static void deliver(struct kafka_out *out, struct pending *pending, size_t metric)
{
    struct delivered_run *run = &out->run;
    if (run->pending != pending || run->first + run->count != metric) {
        pending_settle(out);
        *run = (struct delivered_run){ pending, metric, 0 };
    }
    run->count++;
}

/* One message is done with; the last one ends the write. */
static void finish(struct kafka_out *out, struct pending *pending)
{
    if (--pending->left > 0)
        return;
    pending_settle(out);
    if (pending->failed)
        vane_again(out->self, pending->write, "%s", pending->reason);
    pending_free(out, pending);
}

/* Not delivered, and not the message's fault. */
static void fail(struct kafka_out *out, struct message *message, const char *why)
{
    struct pending *pending = message->pending;
    if (!pending->failed)
        snprintf(pending->reason, sizeof pending->reason, "topic %s: %s", message->topic->name, why);
    pending->failed = true;
    finish(out, pending);
}

static void reject(struct kafka_out *out, struct message *message, const char *why)
{
    vane_reject(out->self, message->pending->write, message->first, 1, "topic %s: %s", message->topic->name,
                why);
    finish(out, message->pending);
}

/* ---- The line of those that wait ---- */

static void append(struct kafka_out *out, struct message *message)
{
    message->next = NULL;
    *out->waiting_end = message;
    out->waiting_end = &message->next;
}

static void take_first(struct kafka_out *out)
{
    out->waiting = out->waiting->next;
    if (!out->waiting)
        out->waiting_end = &out->waiting;
}

static struct message *add_message(struct pending *pending, const struct message *like, size_t first)
{
    struct message *message = &pending->messages[pending->made++];
    *message = (struct message){ .pending = pending, .topic = like->topic, .key = like->key, .first = first,
                                 .alone = like->alone };
    pending->left++;
    return message;
}

/* ---- Making messages ---- */

static struct group_key key_of(const struct kafka_out *out, const struct vane_series *series)
{
    const char *key = out->key_tag && out->key_tag[0] ? vane_get_tag(series, out->key_tag) : NULL;
    if (!key && out->routing_key && out->routing_key[0])
        key = out->routing_key;
    return (struct group_key){ key, key ? strlen(key) : 0 };
}

/* NULL: the metric is rejected, for it has no topic. */
static struct topic *topic_of(struct kafka_out *out, struct pending *pending, size_t metric)
{
    if (out->constant)
        return out->constant;
    struct target_reason reason;
    if (target_expand(&out->target, pending->write->metrics[metric]->series, &out->name, &reason))
        return topics_find(&out->topics, out->name.data, out->name.length);
    vane_reject(out->self, pending->write, metric, 1, "%s", reason.text);
    return NULL;
}

/* Neighbours of one series have one topic and one key: they are looked up once. */
static void make_messages(struct kafka_out *out, struct pending *pending)
{
    const struct vane_series *series = NULL;
    struct message like = { 0 };
    struct groups groups = { 0 };
    groups_init(&groups, out->batch ? pending->write->count : 0);
    for (size_t i = 0; i < pending->write->count; i++) {
        if (pending->write->metrics[i]->series != series || !like.topic) {
            series = pending->write->metrics[i]->series;
            like.topic = topic_of(out, pending, i);
            like.key = key_of(out, series);
        }
        if (!like.topic)
            continue;
        size_t *last = out->batch ? groups_last(&groups, like.topic, like.key) : NULL;
        if (last && *last != GROUPS_NONE)
            pending->link[*last] = i;
        else
            append(out, add_message(pending, &like, i));
        if (last)
            *last = i;
    }
    groups_release(&groups);
}

void pending_begin(struct kafka_out *out, struct vane_write *write)
{
    struct pending *pending = pending_new(out, write);
    make_messages(out, pending);
    if (pending->made == 0)
        pending_free(out, pending); /* all rejected */
}

/* ---- Cutting messages ---- */

/* Every metric of it becomes a message that is sent alone. */
static void isolate(struct kafka_out *out, struct message *message)
{
    struct pending *pending = message->pending;
    size_t metric = pending->link[message->first];
    pending->link[message->first] = 0;
    message->alone = true;
    out->needs_alone = true;
    append(out, message);
    while (metric) {
        size_t next = pending->link[metric];
        pending->link[metric] = 0;
        append(out, add_message(pending, message, metric));
        metric = next;
    }
}

/* The second half of its metrics becomes a message that comes right after it. */
static void halve(struct message *message)
{
    struct pending *pending = message->pending;
    size_t length = 1, middle = message->first;
    for (size_t metric = pending->link[middle]; metric; metric = pending->link[metric])
        length++;
    for (size_t i = 1; i < length / 2; i++)
        middle = pending->link[middle];
    struct message *rest = add_message(pending, message, pending->link[middle]);
    pending->link[middle] = 0;
    rest->next = message->next;
    message->next = rest;
}

/* ---- Sending ---- */

/* Fills out->text, run by run, since a format frames what it is given at once. Answers how many metrics
 * are in it. */
static size_t encode(struct kafka_out *out, const struct message *message, int64_t *newest)
{
    struct pending *pending = message->pending;
    size_t metric = message->first, encoded = 0;
    vane_text_clear(&out->text);
    *newest = INT64_MIN;
    do {
        size_t first = metric, count = 0;
        do {
            int64_t time = pending->write->metrics[metric]->time;
            *newest = time > *newest ? time : *newest;
            metric = pending->link[metric];
            count++;
        } while (metric == first + count);
        encoded += vane_encode(out->self, &out->text, pending->write, first, count);
    } while (metric);
    if (out->text.length > 0 && out->text.data[out->text.length - 1] == '\n')
        out->text.data[--out->text.length] = '\0'; /* a message has an end without it */
    return encoded;
}

static rd_kafka_resp_err_t send_encoded(struct kafka_out *out, struct message *message, int64_t newest)
{
    struct producer_record record = {
        .topic = message->topic, .key = message->key.text, .key_length = message->key.length,
        .value = out->text.data, .length = out->text.length, .opaque = message,
        .timestamp = out->producer_timestamp == TIME_METRIC && newest > 0 ? newest / MILLISECOND : 0,
    };
    out->sent_bytes += record.length;
    out->sent++;
    return producer_send(&out->producers[message->alone ? PRODUCER_ALONE : PRODUCER_SHARED], &record);
}

/* What librdkafka did not take. False: it has no room for now. */
static bool refuse(struct kafka_out *out, struct message *message, rd_kafka_resp_err_t code)
{
    const struct producer *producer = &out->producers[message->alone ? PRODUCER_ALONE : PRODUCER_SHARED];
    out->sent_bytes -= out->text.length;
    out->sent--;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && rd_kafka_outq_len(producer->client) > 0)
        return false;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE; /* it does not fit into an empty queue either */
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && message->pending->link[message->first]) {
        halve(message);
        if (out->waiting_end == &message->next)
            out->waiting_end = &message->next->next;
        return true;
    }
    take_first(out);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        reject(out, message, "the message is larger than max_message_bytes");
    else
        fail(out, message, rd_kafka_err2str(code));
    return true;
}

void pending_send(struct kafka_out *out)
{
    while (out->waiting) {
        struct message *message = out->waiting;
        int64_t newest;
        if (encode(out, message, &newest) == 0) { /* rejected by the host */
            take_first(out);
            finish(out, message->pending);
            continue;
        }
        rd_kafka_resp_err_t code = send_encoded(out, message, newest);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            take_first(out);
        else if (!refuse(out, message, code))
            break;
    }
}

/* ---- Reports ---- */

/* Is it the data that the broker does not want? */
static bool is_refusal(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return true;
    default:
        return false;
    }
}

void pending_report(struct kafka_out *out, const rd_kafka_message_t *report)
{
    struct message *message = report->_private;
    if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t metric = message->first;
        do {
            deliver(out, message->pending, metric);
            metric = message->pending->link[metric];
        } while (metric);
        finish(out, message->pending);
    } else if (!is_refusal(report->err)) {
        fail(out, message, rd_kafka_err2str(report->err));
    } else if (message->alone) {
        reject(out, message, rd_kafka_err2str(report->err));
    } else {
        isolate(out, message);
    }
}
