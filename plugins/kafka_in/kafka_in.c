/* kafka_in - metrics out of Kafka topics, as a member of a consumer group: see kafka_in.h.
 *
 * Everything runs on the instance's thread but librdkafka's own threads; what they bring comes through two
 * queues, which wake run() by an eventfd. */
#include "plugins/kafka_in/kafka_in.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/kafka_in/assignment.h"
#include "plugins/kafka_in/commit.h"
#include "plugins/kafka_in/reader.h"
#include "plugins/kafka_in/start.h"
#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000, SECOND = 1000000000, QUEUED_MOST = 50000, HOPE_S = 5 };

#define T struct kafka_in

static const char *const time_sources[] = { "metric", "inner", "outer", NULL };

static const struct vane_option options[] = {
    KAFKA_CONNECTION_OPTIONS,
    VANE_OPT_STRINGS(T, topics, .help = "Topics; one that begins with ^ is an expression (POSIX, extended)."),
    VANE_OPT_STRINGS(T, topic_regexps, .help = "Expressions: topics whose name has a match somewhere."),
    VANE_OPT_STRING(T, consumer_group, .preset = "\"vane\"",
                    .help = "Agents of one group share the partitions, and take over from each other."),
    VANE_OPT_STRING(T, group_instance_id,
                    .help = "Makes this a static member, which keeps its partitions over a restart."),
    VANE_OPT_STRING(T, offset, .preset = "\"oldest\"",
                    .help = "Where a partition begins that the group has not read: oldest, newest, a time "
                            "(RFC 3339), or a duration back (\"-1h\")."),
    VANE_OPT_DURATION(T, rewind, .preset = "\"0s\"", .least = 0, .most = 9e18,
                      .help = "Begin that much earlier, by message time, where another member has read."),
    VANE_OPT_STRING(T, topic_tag, .help = "Tag to put the name of the topic into."),
    VANE_OPT_STRING(T, partition_tag, .help = "Tag to put the number of the partition into."),
    VANE_OPT_STRING(T, key_tag, .help = "Tag to put the key of the message into, where it is text."),
    VANE_OPT_STRINGS(T, msg_headers_as_tags, .also = "headers_as_tags", .help = "Headers that become tags."),
    VANE_OPT_STRING(T, msg_header_as_metric_name, .help = "Header that names the measurement."),
    VANE_OPT_CHOICE(T, timestamp_source, .choices = time_sources, .preset = "\"metric\"",
                    .help = "Time of metrics: their own, or the message's (inner, outer: the same here)."),
    VANE_OPT_SIZE(T, max_message_len, .preset = "0", .help = "Leave out messages larger than this; 0: none."),
    VANE_OPT_DURATION(T, drain_timeout, .preset = "\"20s\"", .least = 0, .most = 3.6e12,
                      .help = "How long to wait for what was read of partitions that are to be given up."),
    VANE_OPT_DURATION(T, session_timeout, .preset = "\"45s\"", .least = 1e6, .most = 3.6e12,
                      .help = "The group gives our partitions away when it hears nothing that long."),
    VANE_OPT_DURATION(T, max_poll_interval, .preset = "\"5m\"", .least = 1e6, .most = 8.64e13,
                      .help = "The same when this agent hangs that long."),
    { 0 }
};

_Static_assert(offsetof(struct kafka_in, connection) == 0, "KAFKA_CONNECTION_OPTIONS count on it");

/* ---- Configuration ---- */

static bool is_set(const char *text)
{
    return text && text[0];
}

static rd_kafka_conf_t *conf_new(const struct kafka_in *in, bool to_end, struct kafka_error *error)
{
    char session[32], poll[32], queued[16];
    snprintf(session, sizeof session, "%lld", (long long)in->session_timeout / MILLISECOND);
    snprintf(poll, sizeof poll, "%lld", (long long)in->max_poll_interval / MILLISECOND);
    snprintf(queued, sizeof queued, "%d", QUEUED_MOST);
    const struct kafka_property presets[] = {
        { "session.timeout.ms", session },
        { "max.poll.interval.ms", poll },
        { "queued.min.messages", queued }, /* with the next: what waits here while the flow is full */
        { "queued.max.messages.kbytes", "16384" },
        { "fetch.queue.backoff.ms", "10" }, /* from 2.2 on; see start_nudge */
        { "fetch.wait.max.ms", "500" },
        { "socket.nagle.disable", "true" },
        { "reconnect.backoff.max.ms", "2000" },
        { "topic.metadata.refresh.interval.ms", "30000" },
        { "enable.metrics.push", "false" },
        { 0 }
    };
    const struct kafka_property fixed[] = {
        { "group.id", in->consumer_group },
        { "group.instance.id", is_set(in->group_instance_id) ? in->group_instance_id : NULL },
        { "enable.auto.commit", "false" },
        { "enable.auto.offset.store", "false" },
        { "partition.assignment.strategy", "cooperative-sticky" },
        { "auto.offset.reset", "error" },
        { "enable.partition.eof", to_end ? "true" : "false" },
        { 0 }
    };
    return kafka_conf_new(&in->connection, &(struct kafka_settings){ presets, fixed }, error);
}

static bool is_expression(const char *text)
{
    regex_t regex;
    if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    regfree(&regex);
    return true;
}

static enum vane_result check_topics(struct vane_self *self, const struct kafka_in *in)
{
    if (in->topics.count + in->topic_regexps.count == 0)
        return vane_fail(self, "one of topics and topic_regexps is needed");
    for (size_t i = 0; i < in->topics.count; i++)
        if (assignment_is_pattern(in->topics.items[i]) && !is_expression(in->topics.items[i]))
            return vane_fail(self, "topics: \"%s\" is no expression", in->topics.items[i]);
    for (size_t i = 0; i < in->topic_regexps.count; i++)
        if (!is_expression(in->topic_regexps.items[i]))
            return vane_fail(self, "topic_regexps: \"%s\" is no expression", in->topic_regexps.items[i]);
    return VANE_OK;
}

static enum vane_result kafka_in_check(struct vane_self *self)
{
    const struct kafka_in *in = self->state;
    struct kafka_error error;
    struct offset offset;
    if (!offset_parse(in->offset, &offset))
        return vane_fail(self, "offset: \"%s\" is not oldest, newest, a time (RFC 3339) or a duration back "
                               "(\"-1h\")", in->offset);
    if (!in->consumer_group[0])
        return vane_fail(self, "consumer_group: is empty");
    rd_kafka_conf_t *conf = conf_new(in, false, &error);
    if (!conf)
        return vane_fail(self, "%s", error.text);
    rd_kafka_conf_destroy(conf);
    return check_topics(self, in);
}

/* ---- Life ---- */

static enum vane_result open_client(struct vane_self *self, struct kafka_in *in)
{
    struct kafka_error error;
    rd_kafka_conf_t *conf = conf_new(in, vane_mode(self) != VANE_RUN, &error);
    if (!conf)
        return vane_fail(self, "%s", error.text);
    rd_kafka_conf_set_events(conf,
                             RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
    char text[16];
    size_t size = sizeof text;
    in->nudges = rd_kafka_conf_get(conf, "fetch.queue.backoff.ms", text, &size) != RD_KAFKA_CONF_OK;
    in->client = kafka_new(self, RD_KAFKA_CONSUMER, conf, &error);
    if (!in->client)
        return vane_fail(self, "%s", error.text);
    rd_kafka_poll_set_consumer(in->client);
    in->control = rd_kafka_queue_get_consumer(in->client);
    in->messages = rd_kafka_queue_new(in->client);
    kafka_queue_notify(in->control, in->event_fd);
    kafka_queue_notify(in->messages, in->event_fd);
    return VANE_OK;
}

static enum vane_result kafka_in_open(struct vane_self *self)
{
    struct kafka_in *in = self->state;
    in->self = self;
    in->event_fd = kafka_event_fd();
    if (in->event_fd < 0)
        return vane_retry(self, "no descriptor left for an eventfd");
    offset_parse(in->offset, &in->first);
    in->tags = memory_zero((in->msg_headers_as_tags.count + 3) * sizeof *in->tags);
    return open_client(self, in);
}

static void kafka_in_close(struct vane_self *self)
{
    struct kafka_in *in = self->state;
    if (in->client)
        assignment_close(in);
    partitions_release(&in->partitions);
    if (in->client) {
        rd_kafka_queue_destroy(in->messages);
        rd_kafka_queue_destroy(in->control);
        kafka_destroy(self, in->client);
    }
    reader_release(in);
    if (in->self && in->event_fd >= 0)
        close(in->event_fd);
}

/* ---- The control queue ---- */

/* One line for each change: librdkafka says the same at every refresh of its metadata. */
static void complain(struct kafka_in *in, const char *text)
{
    if (strcmp(in->complaint, text) == 0)
        return;
    snprintf(in->complaint, sizeof in->complaint, "%s", text);
    in->complained = vane_monotonic();
    vane_log(in->self, VANE_WARN, "%s; waiting until that is over", in->complaint);
}

static void handle_error(struct kafka_in *in, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_error(event)) {
    case RD_KAFKA_RESP_ERR__FATAL:
        in->fatal = true;
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
        complain(in, rd_kafka_event_error_string(event));
        break;
    default:
        kafka_link_error(&in->link, event);
    }
}

static void handle_event(struct kafka_in *in, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        assignment_change(in, event);
        break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        commit_answered(in, event);
        break;
    case RD_KAFKA_EVENT_ERROR:
        handle_error(in, event);
        break;
    default:
        break;
    }
}

static void serve_control(struct kafka_in *in)
{
    rd_kafka_event_t *event;
    while (!in->fatal && (event = rd_kafka_queue_poll(in->control, 0))) {
        handle_event(in, event);
        rd_kafka_event_destroy(event);
    }
}

/* ---- The loop ---- */

/* Messages that are in Kafka and not read yet, as of the newest fetches. */
static int64_t lag_of(const struct kafka_in *in)
{
    int64_t lag = 0;
    for (size_t i = 0; i < in->partitions.count; i++) {
        const struct partition *partition = in->partitions.all[i];
        const char *topic = partition->topic->name;
        int64_t low, high = -1;
        if (partition->state != PARTITION_AWAY)
            rd_kafka_get_watermark_offsets(in->client, topic, partition->number, &low, &high);
        lag += high > partition->next ? high - partition->next : 0;
    }
    return lag;
}

static void look_around(struct kafka_in *in)
{
    int64_t now = vane_monotonic();
    kafka_link_check(in->self, &in->link, in->client);
    if (now < in->next_look)
        return;
    in->next_look = now + SECOND;
    for (size_t i = 0; i < in->partitions.count; i++)
        partition_forward(in->partitions.all[i], in->messages);
    vane_gauge(in->self, "lag", (double)lag_of(in));
    vane_gauge(in->self, "queued_messages", (double)rd_kafka_queue_length(in->messages));
}

/* --once: the group has no topic for us, and none will come. */
static bool is_hopeless(const struct kafka_in *in)
{
    return vane_mode(in->self) == VANE_ONCE && in->complaint[0] && !in->had_assignment
           && vane_monotonic() - in->complained > HOPE_S * (int64_t)SECOND;
}

/* --once and --test: is all read that was there when it was assigned? */
static bool is_through(const struct kafka_in *in)
{
    size_t reading = 0;
    for (size_t i = 0; i < in->partitions.count; i++) {
        const struct partition *partition = in->partitions.all[i];
        if (partition->state == PARTITION_AWAY)
            continue;
        if (!partition->ended)
            return false;
        reading++;
    }
    return reading > 0 || in->had_assignment;
}

/* librdkafka stops fetching when its queue is full. Does it have to be told that there is room again? */
static void watch_queue(struct kafka_in *in)
{
    size_t length = in->nudges ? rd_kafka_queue_length(in->messages) : 0;
    if (length > QUEUED_MOST / 4 * 3)
        in->was_full = true;
    if (!in->was_full || length > QUEUED_MOST / 2 || in->link.suspect)
        return;
    in->was_full = false;
    start_nudge(in);
}

static size_t read_some(struct kafka_in *in)
{
    if (!reader_emit(in))
        return 0;
    start_seek(in); /* what came before is emitted */
    size_t taken = reader_gather(in);
    watch_queue(in);
    reader_emit(in);
    return taken;
}

static enum vane_result begin(struct kafka_in *in)
{
    return vane_mode(in->self) == VANE_TEST ? assignment_take_all(in) : assignment_join(in);
}

static enum vane_result kafka_in_run(struct vane_self *self)
{
    struct kafka_in *in = self->state;
    enum vane_result result = begin(in);
    while (result == VANE_OK && vane_wait(self, 0)) {
        serve_control(in);
        if (in->fatal)
            break;
        commit_send(in);
        look_around(in);
        if (read_some(in) > 0)
            continue;
        if (vane_mode(self) != VANE_RUN && in->open_count == 0 && is_through(in))
            return VANE_OK;
        if (is_hopeless(in))
            return vane_fail(self, "%s", in->complaint);
        kafka_sleep(self, in->event_fd, in->next_look);
    }
    char why[512];
    if (in->fatal) {
        rd_kafka_fatal_error(in->client, why, sizeof why);
        return vane_fail(self, "%s", why);
    }
    return result;
}

static void kafka_in_delivered(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct kafka_in *in = self->state;
    struct partition *partition = partitions_of_lane(&in->partitions, lane);
    if (!partition)
        return;
    partition->delivered = next;
    partition->uncommitted = true;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "kafka_in", .help = "Consumes metrics from Kafka topics.",
    .state_size = sizeof(struct kafka_in), .options = options, .data_format = "influx",
    .check = kafka_in_check, .open = kafka_in_open, .close = kafka_in_close, .run = kafka_in_run,
    .delivered = kafka_in_delivered,
};
