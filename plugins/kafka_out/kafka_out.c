/* kafka_out - metrics into Kafka, acknowledged message by message: see kafka_out.h.
 *
 * Everything runs on the instance's thread but librdkafka's own threads; their reports come through the
 * client's queue, which wakes run() by an eventfd. write() never waits. */
#include "plugins/kafka_out/kafka_out.h"

#include <stdio.h>
#include <unistd.h>

#include "plugins/kafka_out/pending.h"

enum { MILLISECOND = 1000000, CLOSE_MS = 1000, ROOM_KBYTES = 32768 };

#define T struct kafka_out

static const char *const compressions[] = { "none", "gzip", "snappy", "lz4", "zstd", NULL };
static const char *const times[] = { "metric", "now", NULL };

static const struct vane_option options[] = {
    KAFKA_CONNECTION_OPTIONS,
    VANE_OPT_STRING(T, topic, .required = true,
                    .help = "Topic; {tag} stands for the value of a tag, as in \"prices_{symbol}\"."),
    VANE_OPT_STRING(T, key_tag, .also = "routing_tag",
                    .help = "Tag whose value is the key: one key meets one partition, the one Java chooses."),
    VANE_OPT_STRING(T, routing_key,
                    .help = "Key of metrics that have no such tag; \"random\" and \"\": none."),
    VANE_OPT_BOOL(T, batch, .preset = "false",
                  .help = "One message for all metrics of a write that have one topic and key."),
    VANE_OPT_CHOICE(T, compression, .choices = compressions, .preset = "\"none\"",
                    .help = "How requests are compressed."),
    VANE_OPT_DURATION(T, linger, .preset = "\"1ms\"", .least = 0, .most = 9e11,
                      .help = "Wait that long for more messages to send in one request."),
    VANE_OPT_INT(T, required_acks, .preset = "-1", .least = -1, .most = 1, .also = "acks",
                 .help = "Brokers that must have a message: -1 all in sync, 1 the leader, 0 none."),
    VANE_OPT_BOOL(T, idempotent, .preset = "true", .also = "idempotent_writes",
                  .help = "No message twice, and all of a partition in order; wants the acks of all."),
    VANE_OPT_DURATION(T, message_timeout, .preset = "\"0s\"", .least = 0, .most = 2.147e15,
                      .help = "Give a message back to the agent's own retries after that long; 0: never."),
    VANE_OPT_SIZE(T, max_message_bytes, .preset = "1000000", .least = 1000, .most = 1e9,
                  .help = "A larger message is rejected."),
    VANE_OPT_PAIRS(T, headers, .help = "Headers of every message."),
    VANE_OPT_CHOICE(T, producer_timestamp, .choices = times, .preset = "\"metric\"",
                    .help = "Time of a message: its newest metric's, or now."),
    { 0 }
};

_Static_assert(offsetof(struct kafka_out, connection) == 0, "KAFKA_CONNECTION_OPTIONS count on it");

/* ---- Configuration ---- */

static rd_kafka_conf_t *conf_new(const struct kafka_out *out, struct kafka_error *error)
{
    char linger[48], timeout[32], size[32], acks[32], room[32];
    int64_t timeout_ms = (out->message_timeout + MILLISECOND - 1) / MILLISECOND;
    snprintf(linger, sizeof linger, "%lld.%06lld", (long long)out->linger / MILLISECOND,
             (long long)out->linger % MILLISECOND);
    snprintf(timeout, sizeof timeout, "%lld", (long long)timeout_ms);
    snprintf(size, sizeof size, "%llu", (unsigned long long)out->max_message_bytes);
    snprintf(acks, sizeof acks, "%lld", (long long)out->required_acks);
    uint64_t most = out->max_message_bytes / 512; /* KiB of two such messages */
    snprintf(room, sizeof room, "%llu", (unsigned long long)(most > ROOM_KBYTES ? most : ROOM_KBYTES));
    const struct kafka_property presets[] = {
        { "enable.idempotence", out->idempotent ? "true" : "false" },
        { "request.required.acks", acks },
        { "compression.codec", compressions[out->compression] },
        { "linger.ms", linger },
        { "message.timeout.ms", timeout },
        { "message.max.bytes", size },
        { "partitioner", "murmur2_random" }, /* the Java clients' */
        { "queue.buffering.max.kbytes", room }, /* the host queues as well */
        { "socket.nagle.disable", "true" },
        { "reconnect.backoff.max.ms", "2000" },
        { "topic.metadata.refresh.interval.ms", "30000" },
        { "enable.metrics.push", "false" },
        { 0 }
    };
    static const struct kafka_property fixed[] = {
        { "delivery.report.only.error", "false" }, { "transactional.id", NULL }, { 0 }
    };
    return kafka_conf_new(&out->connection, &(struct kafka_settings){ presets, fixed }, error);
}

static enum vane_result kafka_out_check(struct vane_self *self)
{
    struct kafka_out *out = self->state;
    struct target target = { 0 };
    struct target_reason reason;
    struct kafka_error error;
    bool good = target_compile(&target, out->topic, &reason);
    target_release(&target);
    if (!good)
        return vane_fail(self, "%s", reason.text);
    if (out->idempotent && out->required_acks != -1)
        return vane_fail(self, "required_acks = %lld needs idempotent = false",
                         (long long)out->required_acks);
    rd_kafka_conf_t *conf = conf_new(out, &error);
    if (!conf)
        return vane_fail(self, "%s", error.text);
    rd_kafka_conf_destroy(conf);
    return VANE_OK;
}

/* ---- Life ---- */

static bool open_producer(struct kafka_out *out, enum producer_kind kind, struct kafka_error *error)
{
    struct producer *producer = &out->producers[kind];
    *producer = (struct producer){ .self = out->self, .kind = kind, .headers = out->headers };
    rd_kafka_conf_t *conf = conf_new(out, error);
    if (!conf)
        return false;
    if (kind == PRODUCER_ALONE) {
        rd_kafka_conf_set(conf, "batch.num.messages", "1", NULL, 0);
        rd_kafka_conf_set(conf, "linger.ms", "0", NULL, 0);
        rd_kafka_conf_set(conf, "max.in.flight.requests.per.connection", "1", NULL, 0);
    }
    return producer_open(producer, conf, out->event_fd, error);
}

static enum vane_result kafka_out_open(struct vane_self *self)
{
    struct kafka_out *out = self->state;
    struct target_reason reason;
    struct kafka_error error;
    out->self = self;
    out->waiting_end = &out->waiting;
    out->event_fd = kafka_event_fd();
    if (out->event_fd < 0)
        return vane_retry(self, "no descriptor left for an eventfd");
    if (out->routing_key && strcmp(out->routing_key, "random") == 0)
        out->routing_key = NULL;
    if (!target_compile(&out->target, out->topic, &reason))
        return vane_fail(self, "%s", reason.text);
    if (target_is_constant(&out->target))
        out->constant = topics_find(&out->topics, out->topic, strlen(out->topic));
    if (!open_producer(out, PRODUCER_SHARED, &error))
        return vane_fail(self, "%s", error.text);
    return VANE_OK;
}

static void report(void *context, const rd_kafka_message_t *message)
{
    struct kafka_out *out = context;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && out->link.suspect)
        kafka_link_good(out->self, &out->link);
    pending_report(out, message);
}

static size_t serve(struct kafka_out *out, int wait_ms)
{
    size_t reports = 0;
    for (size_t i = 0; i < PRODUCER_COUNT; i++) {
        reports += producer_serve(&out->producers[i], wait_ms, &out->link, report, out);
        wait_ms = 0;
    }
    pending_settle(out);
    return reports;
}

static const char *fatal_reason(const struct kafka_out *out)
{
    for (size_t i = 0; i < PRODUCER_COUNT; i++)
        if (out->producers[i].fatal)
            return out->producers[i].fatal_reason;
    return NULL;
}

/* What is on the way gets a second to arrive. */
static void kafka_out_close(struct vane_self *self)
{
    struct kafka_out *out = self->state;
    int64_t until = vane_monotonic() + (int64_t)CLOSE_MS * MILLISECOND;
    while (out->pendings && !out->link.down && !fatal_reason(out) && vane_monotonic() < until)
        serve(out, CLOSE_MS / 10);
    for (size_t i = 0; i < PRODUCER_COUNT; i++)
        producer_close(&out->producers[i], &out->topics);
    if (out->waiting_end)
        pending_release(out);
    topics_release(&out->topics);
    target_release(&out->target);
    vane_text_release(&out->text);
    vane_text_release(&out->name);
    if (out->self && out->event_fd >= 0)
        close(out->event_fd);
}

/* ---- Work ---- */

/* The second producer is there when it is needed first. */
static void send_waiting(struct kafka_out *out)
{
    struct producer *alone = &out->producers[PRODUCER_ALONE];
    struct kafka_error error;
    if (out->needs_alone && !alone->client && !open_producer(out, PRODUCER_ALONE, &error)) {
        alone->fatal = true;
        snprintf(alone->fatal_reason, sizeof alone->fatal_reason, "%s", error.text);
        return;
    }
    pending_send(out);
    if (out->sent) {
        vane_count(out->self, "messages", out->sent);
        vane_count(out->self, "message_bytes", out->sent_bytes);
    }
    out->sent = out->sent_bytes = 0;
}

static enum vane_result kafka_out_write(struct vane_self *self, struct vane_write *write)
{
    struct kafka_out *out = self->state;
    pending_begin(out, write);
    send_waiting(out);
    return VANE_PENDING;
}

static enum vane_result kafka_out_run(struct vane_self *self)
{
    struct kafka_out *out = self->state;
    while (vane_wait(self, 0)) {
        size_t reports = serve(out, 0);
        const char *fatal = fatal_reason(out);
        if (fatal)
            return vane_retry(self, "%s", fatal);
        send_waiting(out);
        kafka_link_check(self, &out->link, out->producers[PRODUCER_SHARED].client);
        if (!reports)
            kafka_sleep(self, out->event_fd, out->link.suspect ? out->link.next_probe : INT64_MAX);
    }
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "kafka_out", .help = "Produces metrics into Kafka topics.",
    .state_size = sizeof(struct kafka_out), .options = options, .data_format = "influx",
    .check = kafka_out_check, .open = kafka_out_open, .close = kafka_out_close, .write = kafka_out_write,
    .run = kafka_out_run,
};
