/* producer - one client of librdkafka that produces, and the topics that both clients of an instance know.
 *
 *     struct topic *topic = topics_find(&topics, name, length);
 *     producer_open(&producer, self, conf, event_fd, &error);
 *     producer_send(&producer, &record);
 *     producer_serve(&producer, report, context);                 what became of messages
 *     producer_close(&producer, &topics);
 *
 * Own thread.
 */
#pragma once
#include "plugins/shared/kafka.h"

enum producer_kind {
    PRODUCER_SHARED, /* many messages a request */
    PRODUCER_ALONE,  /* one message a request */
    PRODUCER_COUNT
};

/* ---- Topics by name: found once, and kept as long as the instance ---- */

struct topic {
    char             *name;
    uint64_t          hash;
    rd_kafka_topic_t *handles[PRODUCER_COUNT]; /* NULL: not used there yet */
};

struct topics {
    struct topic **slots; /* open addressing, a power of two */
    size_t         count, room;
};

struct topic *topics_find(struct topics *topics, const char *name, size_t length);
void topics_release(struct topics *topics);

/* ---- A client ---- */

struct producer {
    struct vane_self  *self;
    rd_kafka_t        *client; /* NULL: not open */
    rd_kafka_queue_t  *queue;
    enum producer_kind kind;
    struct vane_pairs  headers;
    bool               fatal;
    char               fatal_reason[512];
};

struct producer_record {
    struct topic *topic;
    const void   *key, *value; /* key NULL: none */
    size_t        key_length, length;
    int64_t       timestamp; /* ms; 0: now */
    void         *opaque;
};

/* Takes the conf. The event_fd is made readable when there is something to serve. */
bool producer_open(struct producer *producer, rd_kafka_conf_t *conf, int event_fd, struct kafka_error *error);

/* Copies the record. */
rd_kafka_resp_err_t producer_send(struct producer *producer, const struct producer_record *record);

/* Calls report for every message that is done with, and notes errors of the link; a fatal one sets `fatal`.
 * Answers how many reports there were. Waits up to `wait_ms` for the first. */
typedef void producer_report(void *context, const rd_kafka_message_t *message);
size_t producer_serve(struct producer *producer, int wait_ms, struct kafka_link *link,
                      producer_report *report, void *context);

/* What is on the way is given up, without a report. */
void producer_close(struct producer *producer, struct topics *topics);
