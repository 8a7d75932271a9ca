/* assignment - see assignment.h.
 *
 * Partitions that are taken away are given up only when all that was read of them is delivered and committed,
 * or drain_timeout has passed; the group waits that long. Those that the group took without asking (no
 * heartbeat came through) are dropped at once: another member has them already. */
#include "plugins/kafka_in/assignment.h"

#include <regex.h>
#include <stdlib.h>

#include "plugins/kafka_in/commit.h"
#include "plugins/kafka_in/reader.h"
#include "plugins/kafka_in/start.h"
#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000, COMMIT_MS = 5000, JOIN_MS = 3000, CLOSE_MS = 5000, METADATA_MS = 5000 };

bool assignment_is_pattern(const char *topic)
{
    return topic[0] == '^';
}

void assignment_add_pattern(struct vane_text *pattern, const char *expression)
{
    vane_text_clear(pattern);
    if (assignment_is_pattern(expression))
        vane_text_add(pattern, expression, strlen(expression));
    else
        vane_text_addf(pattern, "^.*(%s)", expression);
}

/* ---- Taking partitions ---- */

static struct partition **partitions_in(struct kafka_in *in, const rd_kafka_topic_partition_list_t *list)
{
    struct partition **partitions = memory_resize(NULL, (size_t)list->cnt, sizeof *partitions);
    for (int i = 0; i < list->cnt; i++)
        partitions[i] =
            partitions_add(&in->partitions, in->self, list->elems[i].topic, list->elems[i].partition);
    return partitions;
}

static bool find_starts(struct kafka_in *in, struct partition **partitions, size_t count)
{
    if (count == 0)
        return true;
    bool found = in->grouped ? start_find(in, partitions, count) : start_find_alone(in, partitions, count);
    return found && (vane_mode(in->self) == VANE_RUN || start_find_ends(in, partitions, count));
}

/* Fills the offsets of the list. Where no start was found the group must have its answer all the same:
 * nothing will be read of them. */
static void prepare(struct kafka_in *in, rd_kafka_topic_partition_list_t *list)
{
    struct partition **partitions = partitions_in(in, list);
    partitions_forget_handles(&in->partitions);
    bool found = find_starts(in, partitions, (size_t)list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        if (!found)
            partition_leave(&in->partitions, partitions[i]);
        list->elems[i].offset = found ? partitions[i]->next : RD_KAFKA_OFFSET_INVALID;
        partition_come(partitions[i], in->client, in->messages);
        vane_log(in->self, VANE_DEBUG, "%s: assigned, to be read from %lld", partitions[i]->lane->name,
                 (long long)list->elems[i].offset);
    }
    free(partitions);
}

static void check(struct kafka_in *in, const char *what, rd_kafka_error_t *error)
{
    if (!error)
        return;
    vane_log(in->self, VANE_ERROR, "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

static void assign(struct kafka_in *in, rd_kafka_topic_partition_list_t *list)
{
    prepare(in, list);
    check(in, "assign partitions", rd_kafka_incremental_assign(in->client, list));
    in->had_assignment = true;
    in->complaint[0] = '\0';
    vane_count(in->self, "rebalances", 1);
    vane_log(in->self, VANE_INFO, "assigned %d partition%s", list->cnt, list->cnt == 1 ? "" : "s");
    commit_send(in);
}

/* ---- Giving partitions up ---- */

/* What is gathered of these partitions and not emitted will be read again, here or elsewhere. */
static void drop_gathered(struct kafka_in *in, const rd_kafka_topic_partition_list_t *list, bool leave)
{
    for (int i = 0; i < list->cnt; i++) {
        struct partition *partition =
            partitions_find(&in->partitions, list->elems[i].topic, list->elems[i].partition);
        if (!partition)
            continue;
        reader_forget(in, partition);
        if (leave)
            partition_leave(&in->partitions, partition);
        else
            partition_drop_batch(partition);
    }
}

static void revoke(struct kafka_in *in, rd_kafka_topic_partition_list_t *list)
{
    bool lost = rd_kafka_assignment_lost(in->client);
    drop_gathered(in, list, lost);
    if (!lost) {
        if (!vane_drain(in->self, in->drain_timeout))
            vane_log(in->self, VANE_WARN, "not all is delivered within drain_timeout: the next member of the "
                                          "group reads the rest again");
        commit_wait(in, COMMIT_MS);
        drop_gathered(in, list, true);
    }
    check(in, "give partitions up", rd_kafka_incremental_unassign(in->client, list));
    vane_count(in->self, "rebalances", 1);
    vane_log(in->self, lost ? VANE_WARN : VANE_INFO, "%s %d partition%s", lost ? "lost" : "gave up",
             list->cnt, list->cnt == 1 ? "" : "s");
}

void assignment_change(struct kafka_in *in, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(in, list);
    else
        revoke(in, list);
}

/* ---- Joining ---- */

static rd_kafka_topic_partition_list_t *subscription(const struct kafka_in *in)
{
    size_t count = in->topics.count + in->topic_regexps.count;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    struct vane_text pattern = { 0 };
    for (size_t i = 0; i < in->topics.count; i++)
        rd_kafka_topic_partition_list_add(list, in->topics.items[i], RD_KAFKA_PARTITION_UA);
    for (size_t i = 0; i < in->topic_regexps.count; i++) {
        assignment_add_pattern(&pattern, in->topic_regexps.items[i]);
        rd_kafka_topic_partition_list_add(list, pattern.data, RD_KAFKA_PARTITION_UA);
    }
    vane_text_release(&pattern);
    return list;
}

enum vane_result assignment_join(struct kafka_in *in)
{
    rd_kafka_topic_partition_list_t *topics = subscription(in);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(in->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    in->grouped = true;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? VANE_OK
                                              : vane_fail(in->self, "subscribe: %s", rd_kafka_err2str(code));
}

/* ---- Without a group ---- */

static bool matches(const char *wanted, const char *topic)
{
    regex_t regex;
    if (!assignment_is_pattern(wanted))
        return strcmp(wanted, topic) == 0;
    if (regcomp(&regex, wanted, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&regex, topic, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool is_wanted(const rd_kafka_topic_partition_list_t *wanted, const char *topic)
{
    for (int i = 0; i < wanted->cnt; i++)
        if (matches(wanted->elems[i].topic, topic))
            return true;
    return false;
}

static rd_kafka_topic_partition_list_t *all_partitions(const struct kafka_in *in,
                                                       const struct rd_kafka_metadata *metadata)
{
    rd_kafka_topic_partition_list_t *wanted = subscription(in), *list = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        for (int j = 0; j < topic->partition_cnt && is_wanted(wanted, topic->topic); j++)
            rd_kafka_topic_partition_list_add(list, topic->topic, topic->partitions[j].id);
    }
    rd_kafka_topic_partition_list_destroy(wanted);
    return list;
}

enum vane_result assignment_take_all(struct kafka_in *in)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(in->client, 1, NULL, &metadata, METADATA_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return vane_retry(in->self, "ask for the topics: %s", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_t *list = all_partitions(in, metadata);
    rd_kafka_metadata_destroy(metadata);
    enum vane_result result = list->cnt ? VANE_OK : vane_fail(in->self, "there is none of the topics");
    if (result == VANE_OK) {
        prepare(in, list);
        rd_kafka_assign(in->client, list);
        in->had_assignment = true;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* ---- Leaving ---- */

/* What comes still gets its answer, but nothing is read any more. */
static void answer(struct kafka_in *in, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    in->had_assignment = true;
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        check(in, "leave the group", rd_kafka_incremental_assign(in->client, list));
        return;
    }
    if (!rd_kafka_assignment_lost(in->client))
        commit_wait(in, COMMIT_MS);
    drop_gathered(in, list, true);
    check(in, "leave the group", rd_kafka_incremental_unassign(in->client, list));
}

static void serve_closing(struct kafka_in *in, int wait_ms)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(in->control, wait_ms);
    if (!event)
        return;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        answer(in, event);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
        commit_answered(in, event);
    rd_kafka_event_destroy(event);
}

/* A group that is being joined takes no commit until it has been: wait for that. And librdkafka 2.0.2 crashes
 * when it is ended between joining and the first assignment. */
static void finish_joining(struct kafka_in *in)
{
    int64_t until = vane_monotonic() + (int64_t)JOIN_MS * MILLISECOND;
    while (in->grouped && !in->link.suspect && kafka_is_joining(in->client) && vane_monotonic() < until)
        serve_closing(in, JOIN_MS / 100);
}

void assignment_close(struct kafka_in *in)
{
    finish_joining(in);
    bool answers = !in->link.suspect;
    if (!in->link.down && !rd_kafka_assignment_lost(in->client))
        answers &= commit_wait(in, COMMIT_MS);
    int64_t until = vane_monotonic() + (int64_t)(answers ? CLOSE_MS : CLOSE_MS / 10) * MILLISECOND;
    check(in, "leave the group", rd_kafka_consumer_close_queue(in->client, in->control));
    while (!rd_kafka_consumer_closed(in->client) && vane_monotonic() < until)
        serve_closing(in, CLOSE_MS / 100);
}
