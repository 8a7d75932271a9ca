/* common_node - the options that every plugin has; see common.h. */
#include <assert.h>
#include <math.h>

#include "config/common.h"

static const char *const levels[] = { "error", "warn", "info", "debug", "trace", NULL };
static const char *const startups[] = { "error", "retry", "ignore", "probe", NULL };
static const char *const time_sources[] = { "metric", "collection_start", "collection_end", NULL };
static const char *const acks[] = { "required", "best_effort", NULL };
static const char *const fulls[] = { "block", "drop_oldest", "drop_newest", NULL };

#define OPTION(KIND, ...) VANE_OPT_##KIND(struct node_options, __VA_ARGS__)
#define OPTION_LISTS(...) \
    VANE_OPTION(VANE_KIND_PAIRS, true, struct options_lists, struct node_options, __VA_ARGS__)

static const struct vane_option plugin_options[] = {
    OPTION(STRING, alias, .help = "Name of this instance, for from, logs and metrics of the agent."),
    OPTION(BOOL, enabled, .preset = "true", .help = "false leaves the plugin out."),
    OPTION(CHOICE, log_level, .choices = levels, .help = "How much it logs; default: as the agent."),
    OPTION(CHOICE, startup_error_behavior, .preset = "\"error\"", .choices = startups,
           .help = "When it cannot start for good: end the agent, try again, or leave the plugin out. A server "
                   "that is away is always tried again."),
    OPTION(STRING, dead_letter, .help = "File for what cannot be decoded, processed or delivered; without it, "
                                        "that is counted and lost."),
    { 0 }
};

static const struct vane_option taking_options[] = {
    OPTION(STRINGS, from, .help = "Names of those it takes metrics from; default: the default flow."),
    { 0 }
};

static const struct vane_option naming_options[] = {
    OPTION(STRING, name_override, .help = "Measurement that replaces every other."),
    OPTION(STRING, name_prefix, .help = "Put in front of the measurement."),
    OPTION(STRING, name_suffix, .help = "Put behind the measurement."),
    { 0 }
};

static const struct vane_option input_options[] = {
    OPTION(DURATION, interval, .least = 1, .most = INFINITY,
           .help = "How often it gathers, if it is polled; default: the agent's."),
    OPTION(DURATION, precision, .least = 0, .most = INFINITY,
           .help = "Times that the agent gives are rounded to this; default: the agent's."),
    OPTION(DURATION, collection_jitter, .least = 0, .most = INFINITY,
           .help = "Each gathering waits a random time up to this; default: the agent's."),
    OPTION(DURATION, collection_offset, .least = 0, .most = INFINITY,
           .help = "Shifts every gathering by this; default: the agent's."),
    OPTION(CHOICE, time_source, .preset = "\"metric\"", .choices = time_sources,
           .help = "Where the time of a metric comes from."),
    OPTION(BOOL, exclusive, .preset = "false",
           .help = "Keep it out of the default flow: only those that name it in from get its metrics."),
    OPTION(DURATION, max_unacknowledged, .least = 0, .most = INFINITY,
           .help = "It pauses while its oldest data that is not delivered is older; default: the agent's."),
    OPTION(PAIRS, tags, .help = "Tags for its metrics, where they do not have them."),
    { 0 }
};

static const struct vane_option processor_options[] = {
    OPTION(BOOL, drop_original, .preset = "false",
           .help = "Pass on only what it makes, not what it was given."),
    OPTION(UINT, workers, .preset = "1", .least = 1, .most = 256,
           .help = "Threads that share the work, each with series of its own."),
    OPTION(INT, order, .preset = "0",
           .help = "Place among the processors of the default flow; of equal ones the file decides."),
    { 0 }
};

static const struct vane_option output_options[] = {
    OPTION(DURATION, flush_interval, .least = 0, .most = INFINITY,
           .help = "Time between two writes, 0s: at once; default: the agent's."),
    OPTION(DURATION, flush_jitter, .least = 0, .most = INFINITY,
           .help = "Each write waits a random time up to this; default: the agent's."),
    OPTION(UINT, metric_batch_size, .least = 1, .most = INFINITY,
           .help = "Metrics in one write at most; default: the agent's."),
    OPTION(UINT, metric_buffer_limit,
           .help = "Metrics that wait at most, 0: as many as fit; default: the agent's."),
    OPTION(CHOICE, ack, .preset = "\"required\"", .choices = acks,
           .help = "Does an input wait until this output has delivered? best_effort implies drop_oldest."),
    OPTION(CHOICE, when_full, .choices = fulls,
           .help = "What a full queue does: push back (the default), or drop."),
    OPTION(SIZE, queue_size, .least = 1, .most = INFINITY,
           .help = "Memory that each of its queues may hold; default: the agent's."),
    OPTION(UINT, max_in_flight, .preset = "1", .least = 1, .most = 1024,
           .help = "Writes under way at once, if the plugin can; a series is never in two."),
    { 0 }
};

static const struct vane_option filter_options[] = {
    OPTION(STRINGS, namepass, .help = "Patterns of measurements that are let through."),
    OPTION(STRINGS, namedrop, .help = "Patterns of measurements that are not."),
    OPTION(STRING, namepass_separator, .help = "Characters that * in namepass stops at."),
    OPTION(STRING, namedrop_separator, .help = "Characters that * in namedrop stops at."),
    OPTION(STRING, metricpass, .help = "Condition that a metric must meet."),
    OPTION(STRINGS, fieldinclude, .also = "fieldpass", .help = "Patterns of fields that are kept."),
    OPTION(STRINGS, fieldexclude, .also = "fielddrop", .help = "Patterns of fields that are removed."),
    OPTION(STRINGS, taginclude, .help = "Patterns of tags that are kept."),
    OPTION(STRINGS, tagexclude, .help = "Patterns of tags that are removed."),
    OPTION_LISTS(tagpass, .help = "Per tag, patterns of values: a metric with one of them is let through."),
    OPTION_LISTS(tagdrop, .help = "Per tag, patterns of values: a metric with one of them is not."),
    { 0 }
};

/* Telegraf's oldest names. By hand, as the macros take the name from the field. */
#define OLD_NAME(NAME, FIELD)                                                                     \
    { .name = NAME, .kind = VANE_KIND_STRING, .list = true,                                       \
      .offset = offsetof(struct node_options, FIELD), .help = "The old name of " #FIELD "." }

static const struct vane_option old_options[] = {
    OLD_NAME("pass", fieldinclude),
    OLD_NAME("drop", fieldexclude),
    { 0 }
};

enum {
    INPUTS = 1u << VANE_INPUT,
    PROCESSORS = 1u << VANE_PROCESSOR,
    OUTPUTS = 1u << VANE_OUTPUT,
    ALL = INPUTS | PROCESSORS | OUTPUTS,
};

const struct common_table common_tables[] = {
    { "Every plugin", ALL, plugin_options, NULL },
    { "Every processor and output", PROCESSORS | OUTPUTS, taking_options, "inputs take from nobody" },
    { "Every input", INPUTS, input_options, "is an option of inputs only" },
    { "Every processor", PROCESSORS, processor_options, "is an option of processors only" },
    { "Every output", OUTPUTS, output_options, "is an option of outputs only" },
    { "Every input and output", INPUTS | OUTPUTS, naming_options, "is an option of inputs and outputs only" },
    { "Filters of every plugin", ALL, filter_options, NULL },
    { NULL, ALL, old_options, NULL },
    { 0 }
};

enum { TABLE_COUNT = sizeof common_tables / sizeof *common_tables - 1 };

static_assert((int)TABLE_COUNT <= (int)COMMON_TABLES_LIMIT, "the agent's reader has room for them");

/* Options of Telegraf's plugins that mean nothing here; the help says what to do about it. A plugin that has an option
 * of one of these names is asked first. */
#define GONE(NAME, WHY) { .name = NAME, .kind = VANE_KIND_STRING, .help = WHY }
#define BY_LIBRARY "librdkafka finds it out: leave it out, or set the properties of librdkafka"

static const struct vane_option gone_options[] = {
    GONE("labels", "vane has no --select: use enabled = \"${NAME}\""),
    GONE("version", "the brokers tell theirs: leave it out"),
    GONE("sasl_version", BY_LIBRARY),
    GONE("sasl_extensions", BY_LIBRARY),
    GONE("sasl_access_token", BY_LIBRARY),
    GONE("metadata_full", BY_LIBRARY),
    GONE("metadata_retry_max", BY_LIBRARY),
    GONE("metadata_retry_type", BY_LIBRARY),
    GONE("metadata_retry_backoff", BY_LIBRARY),
    GONE("keep_alive_period", BY_LIBRARY),
    GONE("socks5_enabled", "there is no SOCKS proxy: leave it out"),
    GONE("tls_enable", "use enable_tls, or https:// in urls"),
    { 0 }
};

static const struct vane_option gone_of_inputs[] = {
    GONE("max_undelivered_messages", "queues push back to the input: use queue_size in [agent] or of the outputs, or "
                                     "max_unacknowledged"),
    GONE("max_processing_time", "queues push back to the input: leave it out"),
    GONE("balance_strategy", "it is always cooperative-sticky: leave it out"),
    GONE("connection_strategy", "a server that is away is always tried again: leave it out"),
    GONE("consumer_fetch_default", BY_LIBRARY),
    GONE("compression_codec", BY_LIBRARY),
    GONE("from_beginning", "use initial_read_offset = \"beginning\""),
    { 0 }
};

static const struct vane_option gone_of_outputs[] = {
    GONE("compression_codec", "use compression = \"zstd\", or another name"),
    GONE("max_retry", "what can be delivered is tried until it is: leave it out"),
    GONE("topic_tag", "write topic = \"{TAG}\""),
    GONE("topic_suffix", "write topic = \"NAME_{TAG}\""),
    GONE("concurrent_writes", "use max_in_flight"),
    GONE("rate_limit", "there is none: leave it out"),
    GONE("ping_timeout", "there is no HTTP/2: use timeout"),
    GONE("read_idle_timeout", "there is no HTTP/2: use timeout"),
    GONE("udp_payload", "there is no UDP: use http:// in urls"),
    { 0 }
};

static const struct vane_option *const gone_of_role[] = {
    [VANE_INPUT] = gone_of_inputs, [VANE_PROCESSOR] = NULL, [VANE_OUTPUT] = gone_of_outputs,
};

void common_init_node(struct node_options *common, const struct agent_options *agent)
{
    *common = (struct node_options){
        .log_level = (int)common_log_level(agent),
        .interval = agent->interval,
        .precision = agent->precision,
        .collection_jitter = agent->collection_jitter,
        .collection_offset = agent->collection_offset,
        .max_unacknowledged = agent->max_unacknowledged,
        .flush_interval = agent->flush_interval,
        .flush_jitter = agent->flush_jitter,
        .metric_batch_size = agent->metric_batch_size,
        .metric_buffer_limit = agent->metric_buffer_limit,
        .when_full = -1, /* by ack, once it is known */
        .queue_size = agent->queue_size,
    };
}

/* An output that nobody waits for cannot make anybody wait. */
static bool settle_when_full(struct node_options *common, const struct config_node *node,
                             struct config_errors *errors)
{
    bool best_effort = common->ack == COMMON_ACK_BEST_EFFORT;
    if (common->when_full < 0)
        common->when_full = best_effort ? COMMON_FULL_DROP_OLDEST : COMMON_FULL_BLOCK;
    if (!best_effort || common->when_full != COMMON_FULL_BLOCK)
        return true;
    const struct toml_entry *entry = toml_get(node->source.tables[0], "when_full");
    return errors_add(errors, entry->place.file, entry->place.line,
                      "%s.when_full: cannot be \"block\" where ack is \"best_effort\"", node->source.key);
}

bool common_read_node(struct node_options *common, const struct config_node *node,
                      const struct options_target *own, size_t own_count, struct arena *arena,
                      struct config_errors *errors)
{
    assert(own_count <= COMMON_OWN_LIMIT);
    struct options_target targets[COMMON_OWN_LIMIT + TABLE_COUNT + 3];
    size_t count = own_count;
    if (own_count)
        memcpy(targets, own, own_count * sizeof *own);
    for (const struct common_table *table = common_tables; table->options; table++) {
        bool here = table->roles & (1u << node->role);
        targets[count++] = (struct options_target){ table->options, here ? common : NULL, table->why };
    }
    targets[count++] = (struct options_target){ .options = gone_of_role[node->role] };
    targets[count++] = (struct options_target){ .options = gone_options };
    targets[count++] = (struct options_target){ .options = common_agent_options,
                                                .why = "is an option of [agent] only" };

    bool fine = options_fill(&node->source, targets, count, arena, errors);
    if (common->log_level > VANE_DEBUG)
        common->log_level = VANE_DEBUG; /* trace */
    return settle_when_full(common, node, errors) && fine;
}

bool common_peek_place(struct node_options *common, const struct config_node *node, struct arena *arena)
{
    static const char *const names[] = { "alias", "from", "exclusive", "ack" };
    bool fine = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (const struct common_table *table = common_tables; table->options; table++) {
            const struct vane_option *option = options_find(table->options, names[i]);
            if (option && (table->roles & (1u << node->role)))
                fine &= options_peek(&node->source, option, common, arena);
        }
    }
    return fine;
}

static bool is_common(enum vane_role role, const char *name)
{
    for (const struct common_table *table = common_tables; table->options; table++) {
        if ((table->roles & (1u << role)) && options_find(table->options, name))
            return true;
    }
    return false;
}

bool common_check_table(enum vane_role role, const struct vane_option *options, size_t state_size,
                        struct error *err)
{
    if (!options_check_table(options, state_size, err))
        return false;
    for (const struct vane_option *option = options; option && option->name; option++) {
        if (is_common(role, option->name) || (option->also && is_common(role, option->also)))
            return error_set(err, "option %s: every plugin of this role has one of that name", option->name);
    }
    return true;
}
