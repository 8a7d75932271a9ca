/* reader - see reader.h.
 *
 * The path of every message: nothing here formats, allocates or looks up by name, but where a partition's
 * first message comes, or tags change. Messages that come twice (librdkafka fetches again after a rebalance)
 * are known by their offset. */
#include "plugins/kafka_in/reader.h"

#include <stdlib.h>

#include "plugins/kafka_in/text.h"
#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000, MESSAGES_MOST = 1000, BYTES_MOST = 1 << 20, LOOK_EVERY = 64, EXCERPT = 4096 };

/* ---- Tags ---- */

static bool is_set(const char *text)
{
    return text && text[0];
}

/* The last header of that name, where it is text. */
static const char *header_of(const rd_kafka_message_t *message, const char *name, size_t *length)
{
    rd_kafka_headers_t *headers;
    const void *value;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR
        || rd_kafka_header_get_last(headers, name, &value, length) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    return value && text_is_plain(value, *length) ? value : NULL;
}

/* Appends a text and a NUL: what is not there is empty, and so no tag. */
static void note(struct vane_text *seen, const char *text, size_t length)
{
    if (text)
        vane_text_add(seen, text, length);
    vane_text_add(seen, "", 1);
}

/* What of this message becomes tags, in the order of set_tags. */
static void note_tags(struct kafka_in *in, const rd_kafka_message_t *message)
{
    vane_text_clear(&in->seen);
    if (is_set(in->key_tag)) {
        bool plain = message->key && text_is_plain(message->key, message->key_len);
        note(&in->seen, plain ? message->key : NULL, message->key_len);
    }
    for (size_t i = 0; i < in->msg_headers_as_tags.count; i++) {
        size_t length = 0;
        const char *text = header_of(message, in->msg_headers_as_tags.items[i], &length);
        note(&in->seen, text, length);
    }
}

static void set_tags(struct kafka_in *in, struct partition *partition)
{
    struct vane_tag *tags = in->tags;
    size_t count = 0;
    const char *at = partition->tags.data;
    if (is_set(in->topic_tag))
        tags[count++] = vane_tag(in->topic_tag, partition->topic->name);
    if (is_set(in->partition_tag))
        tags[count++] = vane_tag(in->partition_tag, partition->number_text);
    if (is_set(in->key_tag)) {
        tags[count++] = vane_tag(in->key_tag, at);
        at += strlen(at) + 1;
    }
    for (size_t i = 0; i < in->msg_headers_as_tags.count; i++) {
        tags[count++] = vane_tag(in->msg_headers_as_tags.items[i], at);
        at += strlen(at) + 1;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (tags[i].value_length)
            tags[kept++] = tags[i];
    vane_batch_tags(partition->batch, tags, kept);
}

static bool has_tags_of_messages(const struct kafka_in *in)
{
    return is_set(in->key_tag) || in->msg_headers_as_tags.count;
}

/* Only when they are not those of the message before. */
static void update_tags(struct kafka_in *in, struct partition *partition, const rd_kafka_message_t *message)
{
    bool fresh = partition->messages == 0;
    if (has_tags_of_messages(in)) {
        note_tags(in, message);
        fresh |= in->seen.length != partition->tags.length
                 || memcmp(in->seen.data, partition->tags.data, in->seen.length) != 0;
        vane_text_clear(&partition->tags);
        vane_text_add(&partition->tags, in->seen.data, in->seen.length);
    }
    if (fresh && (has_tags_of_messages(in) || is_set(in->topic_tag) || is_set(in->partition_tag)))
        set_tags(in, partition);
}

/* ---- Batches ---- */

static void open_batch(struct kafka_in *in, struct partition *partition)
{
    if (partition->batch)
        return;
    partition->batch = vane_batch_new(in->self);
    partition->messages = 0;
    if (in->open_count == in->open_room) {
        in->open_room = in->open_room ? 2 * in->open_room : 8;
        in->open = memory_resize(in->open, in->open_room, sizeof *in->open);
    }
    in->open[in->open_count++] = partition;
}

bool reader_emit(struct kafka_in *in)
{
    while (in->open_count > 0 && !vane_full(in->self)) {
        struct partition *partition = in->open[--in->open_count];
        struct vane_batch *batch = partition->batch;
        partition->batch = NULL;
        partition->messages = 0;
        vane_batch_lane(batch, partition->lane, partition->next);
        if (vane_emit(in->self, batch))
            partition->emitted = partition->next;
    }
    return in->open_count == 0;
}

void reader_forget(struct kafka_in *in, const struct partition *partition)
{
    size_t kept = 0;
    for (size_t i = 0; i < in->open_count; i++)
        if (in->open[i] != partition)
            in->open[kept++] = in->open[i];
    in->open_count = kept;
}

void reader_release(struct kafka_in *in)
{
    free(in->open);
    free(in->tags);
    vane_text_release(&in->seen);
    vane_text_release(&in->name);
}

/* ---- Messages ---- */

/* Times and names that come from the message and not from what is in it. A metric without a time of its own
 * has the message's, so that a replay gives the same. */
static void touch_up(struct kafka_in *in, struct vane_batch *batch, size_t first,
                     const rd_kafka_message_t *message, int64_t time)
{
    size_t length = 0;
    const char *header = is_set(in->msg_header_as_metric_name)
                             ? header_of(message, in->msg_header_as_metric_name, &length) : NULL;
    for (size_t i = first; i < batch->count; i++) {
        bool timed = in->timestamp_source == TIME_METRIC && batch->metrics[i]->time != VANE_NO_TIME;
        if (timed && !length)
            continue;
        struct vane_metric *metric = vane_edit(batch, i);
        if (!timed)
            metric->time = time;
        if (!length)
            continue;
        vane_text_clear(&in->name);
        vane_text_add(&in->name, header, length);
        vane_set_name(batch, metric, in->name.data);
    }
}

static void decode(struct kafka_in *in, struct partition *partition, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    int64_t time = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? vane_now() : ms * MILLISECOND;
    struct vane_batch *batch = partition->batch;
    size_t first = batch->count;
    update_tags(in, partition, message);
    vane_batch_arrival(batch, time);
    vane_decode(partition->topic->decoder, batch, message->payload, message->len, true, message->offset);
    touch_up(in, batch, first, message, time);
}

static void take_message(struct kafka_in *in, struct partition *partition, const rd_kafka_message_t *message)
{
    in->read++;
    in->read_bytes += message->len;
    in->gathered_bytes += message->len;
    open_batch(in, partition);
    partition->next = message->offset + 1;
    if (in->max_message_len && message->len > in->max_message_len) {
        vane_count(in->self, "messages_too_long", 1);
        size_t shown = message->len < EXCERPT ? message->len : EXCERPT;
        vane_decoder_refuse(partition->topic->decoder, message->payload, shown, message->offset,
                            "%zu bytes are more than max_message_len", message->len);
    } else if (message->len > 0) {
        decode(in, partition, message);
    }
    partition->messages++;
}

static void take_error(struct kafka_in *in, struct partition *partition, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        partition->ended = true;
    } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        partition->state = PARTITION_SEEK;
        partition->out_of_range = true;
    } else {
        vane_log(in->self, VANE_WARN, "%s: %s", partition->lane->name, rd_kafka_message_errstr(message));
    }
}

/* The first message of a partition that is to be rewound: it says from when. */
static void rewind_from(struct kafka_in *in, struct partition *partition, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    partition->state = PARTITION_SEEK;
    partition->rewind_to = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MAX / MILLISECOND
                                                                    : ms - in->rewind / MILLISECOND;
    if (partition->rewind_to < 0)
        partition->rewind_to = 0;
}

static void handle(struct kafka_in *in, const rd_kafka_message_t *message)
{
    struct partition *partition = partitions_of(&in->partitions, message);
    if (!partition || partition->state == PARTITION_AWAY || partition->state == PARTITION_SEEK)
        return;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        take_error(in, partition, message);
    else if (partition->state == PARTITION_REWIND)
        rewind_from(in, partition, message);
    else if (message->offset >= partition->next && !partition->ended)
        take_message(in, partition, message);
    if (partition->end >= 0 && partition->next >= partition->end)
        partition->ended = true;
}

/* A partition that has its thousand ends the round. */
static bool is_enough(const struct kafka_in *in, size_t taken, int64_t begun)
{
    const struct partition *newest = in->partitions.newest;
    if (in->gathered_bytes >= BYTES_MOST || (newest && newest->messages >= MESSAGES_MOST))
        return true;
    return taken % LOOK_EVERY == 0 && vane_monotonic() - begun >= MILLISECOND;
}

size_t reader_gather(struct kafka_in *in)
{
    int64_t begun = vane_monotonic();
    size_t taken = 0;
    rd_kafka_message_t *message;
    in->gathered_bytes = 0;
    while ((message = rd_kafka_consume_queue(in->messages, 0))) {
        handle(in, message);
        rd_kafka_message_destroy(message);
        if (is_enough(in, ++taken, begun))
            break;
    }
    if (in->read) {
        vane_count(in->self, "messages", in->read);
        vane_count(in->self, "message_bytes", in->read_bytes);
    }
    in->read = in->read_bytes = 0;
    return taken;
}
