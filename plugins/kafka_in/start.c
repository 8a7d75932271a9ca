/* start - see start.h. */
#include "plugins/kafka_in/start.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000, ANSWER_MS = 2000, NUDGE_MS = 200 };

static const int64_t PAUSE = INT64_C(200) * MILLISECOND;

/* What ListOffsets takes for a time. */
static const int64_t OLDEST = -2, NEWEST = -1;

/* ---- Asking ---- */

static void add(rd_kafka_topic_partition_list_t *list, const struct partition *partition, int64_t offset)
{
    rd_kafka_topic_partition_list_add(list, partition->topic->name, partition->number)->offset = offset;
}

static rd_kafka_topic_partition_list_t *list_of(struct partition **partitions, size_t count, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        add(list, partitions[i], offset);
    return list;
}

/* The error of a call, or else of one of its partitions. */
static rd_kafka_resp_err_t error_of(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        code = list->elems[i].err;
    return code;
}

/* Asks until there is an answer for all of the list. `ask` is one of librdkafka's functions. */
static bool ask(struct kafka_in *in, rd_kafka_topic_partition_list_t *list, const char *what,
                rd_kafka_resp_err_t (*question)(rd_kafka_t *, rd_kafka_topic_partition_list_t *, int))
{
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_copy(list);
    bool logged = false, answered = false;
    while (vane_wait(in->self, 0) && !(in->grouped && rd_kafka_assignment_lost(in->client))) {
        rd_kafka_resp_err_t code = error_of(question(in->client, list, ANSWER_MS), list);
        answered = code == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (answered)
            break;
        if (!logged)
            vane_log(in->self, VANE_WARN, "ask for %s: %s; asking again", what, rd_kafka_err2str(code));
        logged = true;
        for (int i = 0; i < list->cnt; i++)
            list->elems[i].offset = asked->elems[i].offset;
        vane_wait(in->self, PAUSE);
    }
    if (answered && logged)
        vane_log(in->self, VANE_INFO, "ask for %s: answered", what);
    rd_kafka_topic_partition_list_destroy(asked);
    return answered;
}

/* A time that is later than all messages has no offset: it is the end. */
static bool ask_times(struct kafka_in *in, rd_kafka_topic_partition_list_t *list)
{
    if (!ask(in, list, "the offset of a time", rd_kafka_offsets_for_times))
        return false;
    bool answered = true;
    for (int i = 0; i < list->cnt && answered; i++) {
        rd_kafka_topic_partition_t *late = &list->elems[i];
        if (late->offset >= 0)
            continue;
        rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(one, late->topic, late->partition)->offset = NEWEST;
        answered = ask(in, one, "the end of a partition", rd_kafka_offsets_for_times);
        late->offset = one->elems[0].offset;
        rd_kafka_topic_partition_list_destroy(one);
    }
    return answered;
}

static bool ask_time(struct kafka_in *in, struct partition *partition, int64_t timestamp, int64_t *offset)
{
    rd_kafka_topic_partition_list_t *list = list_of(&partition, 1, timestamp);
    bool answered = ask_times(in, list);
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return answered;
}

/* ---- Beginning ---- */

static void begin_at(struct partition *partition, int64_t next)
{
    partition->state = PARTITION_READING;
    partition->next = next;
    partition->delivered = next;
    partition->uncommitted = true;
}

/* Is it "vane:AGENT:" and a number? */
static bool is_ours(const struct kafka_in *in, const rd_kafka_topic_partition_t *committed)
{
    const char *agent = vane_agent(in->self), *text = committed->metadata;
    size_t length = strlen(agent), size = committed->metadata_size;
    if (!text || size < length + 7 || memcmp(text, "vane:", 5) != 0 || memcmp(text + 5, agent, length) != 0)
        return false;
    for (size_t i = length + 6; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return text[length + 5] == ':';
}

static void begin_as_ours(struct kafka_in *in, struct partition *partition, int64_t committed)
{
    int64_t delivered = partition->delivered, resume;
    if (partition->emitted >= committed) { /* nobody else had it meanwhile */
        begin_at(partition, partition->emitted);
        partition->delivered = delivered >= 0 ? delivered : committed;
    } else if (vane_resume(in->self, partition->lane, &resume)) {
        begin_at(partition, resume);
    } else {
        begin_at(partition, committed);
    }
}

/* The lane does not go on where what is kept of it stands, if anything is. One that nobody has read begins with its
 * first message: nothing is lost of it. */
static void lose(struct kafka_in *in, struct partition *partition,
                 const rd_kafka_topic_partition_t *committed)
{
    int64_t resume;
    bool kept = partition->emitted >= 0 || vane_resume(in->self, partition->lane, &resume);
    if (kept || committed->offset >= 0) {
        vane_count(in->self, "lanes_lost", 1);
        vane_log(in->self, VANE_INFO, "%s: read by another since (\"%.*s\"): what is kept of it is dropped",
                 partition->lane->name, (int)committed->metadata_size,
                 committed->metadata ? (const char *)committed->metadata : "");
        vane_lost(in->self, partition->lane);
    }
    partition->emitted = -1;
}

/* Not committed as ours before something of it is delivered: if we are killed until then, it is taken over once more,
 * and not taken for one whose state we have. */
static void begin_as_committed(struct kafka_in *in, struct partition *partition, int64_t committed)
{
    begin_at(partition, committed);
    partition->uncommitted = false;
    if (in->rewind > 0 && committed > 0) { /* the message before tells the time */
        partition->state = PARTITION_REWIND;
        partition->next = committed - 1;
    }
}

/* Those that have no offset yet begin as the option says. */
static bool begin_first(struct kafka_in *in, struct partition **partitions, size_t count)
{
    if (count == 0)
        return true;
    int64_t first = offset_timestamp(&in->first, vane_now());
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count, first);
    bool answered = ask_times(in, list);
    for (int i = 0; i < list->cnt && answered; i++)
        begin_at(partitions[i], list->elems[i].offset);
    rd_kafka_topic_partition_list_destroy(list);
    return answered;
}

bool start_find_alone(struct kafka_in *in, struct partition **partitions, size_t count)
{
    return begin_first(in, partitions, count);
}

bool start_find(struct kafka_in *in, struct partition **partitions, size_t count)
{
    rd_kafka_topic_partition_list_t *committed = list_of(partitions, count, RD_KAFKA_OFFSET_INVALID);
    struct partition **fresh = memory_resize(NULL, count, sizeof *fresh);
    size_t fresh_count = 0;
    bool answered = ask(in, committed, "committed offsets", rd_kafka_committed);
    for (size_t i = 0; i < count && answered; i++) {
        const rd_kafka_topic_partition_t *one = &committed->elems[i];
        if (one->offset >= 0 && is_ours(in, one)) {
            begin_as_ours(in, partitions[i], one->offset);
            continue;
        }
        lose(in, partitions[i], one);
        if (one->offset >= 0)
            begin_as_committed(in, partitions[i], one->offset);
        else
            fresh[fresh_count++] = partitions[i];
    }
    answered = answered && begin_first(in, fresh, fresh_count);
    rd_kafka_topic_partition_list_destroy(committed);
    free(fresh);
    return answered;
}

bool start_find_ends(struct kafka_in *in, struct partition **partitions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = list_of(partitions, count, NEWEST);
    bool answered = ask_times(in, list);
    for (int i = 0; i < list->cnt && answered; i++) {
        partitions[i]->end = list->elems[i].offset;
        partitions[i]->ended = partitions[i]->next >= partitions[i]->end;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return answered;
}

/* ---- Moving ---- */

/* The position is no longer there. What lies before the oldest message begins with it: nothing that is
 * still there is skipped. One behind the end (a topic made anew) begins as the option says. */
static bool find_in_range(struct kafka_in *in, struct partition *partition)
{
    int64_t lost = partition->next, next;
    if (!ask_time(in, partition, OLDEST, &next))
        return false;
    if (lost >= next && !ask_time(in, partition, offset_timestamp(&in->first, vane_now()), &next))
        return false;
    vane_count(in->self, "lanes_lost", 1);
    vane_log(in->self, VANE_WARN, "%s: offset %lld is out of range; reading on at %lld",
             partition->lane->name, (long long)lost, (long long)next);
    vane_lost(in->self, partition->lane);
    partition->emitted = -1;
    begin_at(partition, next);
    partition->state = PARTITION_SEEK;
    return true;
}

static bool find_rewound(struct kafka_in *in, struct partition *partition)
{
    int64_t found;
    if (!ask_time(in, partition, partition->rewind_to, &found))
        return false;
    partition->next = found < partition->delivered ? found : partition->delivered;
    vane_log(in->self, VANE_INFO, "%s: committed at %lld, rewound to %lld", partition->lane->name,
             (long long)partition->delivered, (long long)partition->next);
    return true;
}

/* True: it reads at its new position soon. */
static bool note(struct kafka_in *in, struct partition *partition, rd_kafka_error_t *error)
{
    if (!error)
        return true;
    vane_log(in->self, VANE_WARN, "%s: go to %lld: %s; trying again", partition->lane->name,
             (long long)partition->next, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return false;
}

/* A partition that went out of range is not fetched any more and knows no seek: it is assigned anew. */
static bool assign_anew(struct kafka_in *in, struct partition *partition)
{
    rd_kafka_topic_partition_list_t *list = list_of(&partition, 1, partition->next);
    bool good = note(in, partition, rd_kafka_incremental_unassign(in->client, list))
                && note(in, partition, rd_kafka_incremental_assign(in->client, list));
    rd_kafka_topic_partition_list_destroy(list);
    partition_forward(partition, in->messages);
    return good;
}

static bool seek(struct kafka_in *in, struct partition *partition)
{
    rd_kafka_topic_partition_list_t *list = list_of(&partition, 1, partition->next);
    bool good = note(in, partition, rd_kafka_seek_partitions(in->client, list, ANSWER_MS))
                && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    return good;
}

static bool move(struct kafka_in *in, struct partition *partition)
{
    if (partition->out_of_range)
        return find_in_range(in, partition) && assign_anew(in, partition);
    return find_rewound(in, partition) && seek(in, partition);
}

void start_seek(struct kafka_in *in)
{
    for (size_t i = 0; i < in->partitions.count; i++) {
        struct partition *partition = in->partitions.all[i];
        if (partition->state == PARTITION_SEEK && move(in, partition)) {
            partition->state = PARTITION_READING;
            partition->out_of_range = false;
        }
    }
}

/* ---- Waking ---- */

/* A fetcher of librdkafka before 2.2 that found its queue full looks again only after up to a second, unless
 * its thread has something else to do: any request to its broker will do. */
void start_nudge(struct kafka_in *in)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)in->partitions.count);
    for (size_t i = 0; i < in->partitions.count; i++) {
        const struct partition *partition = in->partitions.all[i];
        if (partition->state == PARTITION_READING)
            add(list, partition, NEWEST);
    }
    if (list->cnt)
        rd_kafka_offsets_for_times(in->client, list, NUDGE_MS);
    rd_kafka_topic_partition_list_destroy(list);
}
