/* producer - see producer.h. */
#include "plugins/kafka_out/producer.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { FIRST_ROOM = 16, HEADERS_MOST = 64, PURGE_MS = 1000 };

/* ---- Topics ---- */

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *name, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_name(const struct topic *topic, const char *name, size_t length)
{
    return strncmp(topic->name, name, length) == 0 && topic->name[length] == '\0';
}

static struct topic **slot_of(const struct topics *topics, const char *name, size_t length, uint64_t hash)
{
    size_t at = hash & (topics->room - 1);
    for (;; at = (at + 1) & (topics->room - 1)) {
        const struct topic *topic = topics->slots[at];
        if (!topic || (topic->hash == hash && is_name(topic, name, length)))
            return &topics->slots[at];
    }
}

static void grow(struct topics *topics)
{
    struct topics larger = { .room = topics->room ? 2 * topics->room : FIRST_ROOM, .count = topics->count };
    larger.slots = memory_zero(larger.room * sizeof *larger.slots);
    for (size_t i = 0; i < topics->room; i++) {
        struct topic *topic = topics->slots[i];
        if (topic)
            *slot_of(&larger, topic->name, strlen(topic->name), topic->hash) = topic;
    }
    free(topics->slots);
    *topics = larger;
}

struct topic *topics_find(struct topics *topics, const char *name, size_t length)
{
    if (2 * topics->count >= topics->room)
        grow(topics);
    uint64_t hash = hash_of(name, length);
    struct topic **slot = slot_of(topics, name, length, hash);
    if (*slot)
        return *slot;
    struct topic *topic = memory_zero(sizeof *topic);
    topic->name = memory_zero(length + 1);
    memcpy(topic->name, name, length);
    topic->hash = hash;
    topics->count++;
    return *slot = topic;
}

void topics_release(struct topics *topics)
{
    for (size_t i = 0; i < topics->room; i++) {
        if (!topics->slots[i])
            continue;
        free(topics->slots[i]->name);
        free(topics->slots[i]);
    }
    free(topics->slots);
    *topics = (struct topics){ 0 };
}

/* ---- The client ---- */

bool producer_open(struct producer *producer, rd_kafka_conf_t *conf, int event_fd, struct kafka_error *error)
{
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    producer->client = kafka_new(producer->self, RD_KAFKA_PRODUCER, conf, error);
    if (!producer->client)
        return false;
    producer->queue = rd_kafka_queue_get_main(producer->client);
    kafka_queue_notify(producer->queue, event_fd);
    return true;
}

static void set_fatal(struct producer *producer)
{
    producer->fatal = true;
    rd_kafka_fatal_error(producer->client, producer->fatal_reason, sizeof producer->fatal_reason);
}

static rd_kafka_topic_t *handle_of(struct producer *producer, struct topic *topic)
{
    rd_kafka_topic_t **handle = &topic->handles[producer->kind];
    if (!*handle)
        *handle = rd_kafka_topic_new(producer->client, topic->name, NULL);
    return *handle;
}

/* NULL where there are none. */
static rd_kafka_headers_t *headers_new(const struct vane_pairs *pairs)
{
    if (pairs->count == 0)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(pairs->count);
    for (size_t i = 0; i < pairs->count; i++)
        rd_kafka_header_add(headers, pairs->items[i].key, -1, pairs->items[i].value, -1);
    return headers;
}

rd_kafka_resp_err_t producer_send(struct producer *producer, const struct producer_record *record)
{
    rd_kafka_topic_t *handle = handle_of(producer, record->topic);
    if (!handle)
        return rd_kafka_last_error();
    rd_kafka_headers_t *headers = headers_new(&producer->headers);
    /* Pairs of type and value, without librdkafka's macros, which are not C11. */
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->client, RD_KAFKA_VTYPE_RKT, handle, RD_KAFKA_VTYPE_MSGFLAGS, RD_KAFKA_MSG_F_COPY,
        RD_KAFKA_VTYPE_VALUE, record->value, record->length,
        RD_KAFKA_VTYPE_KEY, record->key, record->key_length, RD_KAFKA_VTYPE_TIMESTAMP, record->timestamp,
        RD_KAFKA_VTYPE_OPAQUE, record->opaque, RD_KAFKA_VTYPE_HEADERS, headers, RD_KAFKA_VTYPE_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && headers)
        rd_kafka_headers_destroy(headers);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        set_fatal(producer);
    return code;
}

static size_t serve_event(struct producer *producer, rd_kafka_event_t *event, struct kafka_link *link,
                          producer_report *report, void *context)
{
    size_t reports = 0;
    const rd_kafka_message_t *message;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
        while ((message = rd_kafka_event_message_next(event))) {
            if (report)
                report(context, message);
            reports++;
        }
        break;
    case RD_KAFKA_EVENT_ERROR:
        if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__FATAL)
            set_fatal(producer);
        else
            kafka_link_error(link, event);
        break;
    default:
        break;
    }
    return reports;
}

size_t producer_serve(struct producer *producer, int wait_ms, struct kafka_link *link,
                      producer_report *report, void *context)
{
    size_t reports = 0;
    rd_kafka_event_t *event;
    while (producer->client && (event = rd_kafka_queue_poll(producer->queue, reports ? 0 : wait_ms))) {
        reports += serve_event(producer, event, link, report, context);
        rd_kafka_event_destroy(event);
    }
    return reports;
}

void producer_close(struct producer *producer, struct topics *topics)
{
    if (!producer->client)
        return;
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    struct kafka_link unused = { 0 };
    while (rd_kafka_outq_len(producer->client) > 0 && producer_serve(producer, PURGE_MS, &unused, NULL, NULL))
        ;
    for (size_t i = 0; i < topics->room; i++) {
        if (!topics->slots[i] || !topics->slots[i]->handles[producer->kind])
            continue;
        rd_kafka_topic_destroy(topics->slots[i]->handles[producer->kind]);
        topics->slots[i]->handles[producer->kind] = NULL;
    }
    rd_kafka_queue_destroy(producer->queue);
    kafka_destroy(producer->self, producer->client);
    producer->client = NULL;
}
