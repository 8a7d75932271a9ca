/* common_agent - the options of [agent]; see common.h. */
#include <math.h>

#include "config/common.h"

static const char *const log_formats[] = { "text", "structured", NULL };

#define OPTION(KIND, ...) VANE_OPT_##KIND(struct agent_options, __VA_ARGS__)

const struct vane_option common_agent_options[] = {
    OPTION(DURATION, interval, .preset = "\"10s\"", .least = 1, .most = INFINITY,
           .help = "How often inputs that are polled gather."),
    OPTION(BOOL, round_interval, .preset = "true",
           .help = "Gather at multiples of the interval by the wall clock, not from the start on."),
    OPTION(DURATION, collection_jitter, .preset = "\"0s\"", .least = 0, .most = INFINITY,
           .help = "Each gathering waits a random time up to this."),
    OPTION(DURATION, collection_offset, .preset = "\"0s\"", .least = 0, .most = INFINITY,
           .help = "Shifts every gathering by this."),
    OPTION(DURATION, precision, .preset = "\"0s\"", .least = 0, .most = INFINITY,
           .help = "Times that the agent gives are rounded to this; 0s goes by the interval."),
    OPTION(UINT, metric_batch_size, .preset = "1000", .least = 1, .most = INFINITY,
           .help = "Metrics that an output writes at once, at most."),
    OPTION(UINT, metric_buffer_limit, .preset = "0",
           .help = "Metrics that wait for an output at most, beside queue_size; 0: as many as fit."),
    OPTION(DURATION, flush_interval, .preset = "\"0s\"", .least = 0, .most = INFINITY,
           .help = "Time between two writes of an output; 0s writes at once what is there."),
    OPTION(DURATION, flush_jitter, .preset = "\"0s\"", .least = 0, .most = INFINITY,
           .help = "Each write waits a random time up to this."),
    OPTION(SIZE, queue_size, .preset = "\"4MB\"", .least = 1, .most = INFINITY,
           .help = "Memory that a queue between two plugins may hold."),
    OPTION(DURATION, max_unacknowledged, .preset = "\"1h\"", .least = 0, .most = INFINITY,
           .help = "An input pauses while its oldest data that is not delivered is older; 0s: never."),
    OPTION(DURATION, checkpoint_interval, .preset = "\"5s\"", .least = 1e6, .most = INFINITY,
           .help = "How often positions and states are written to the state_directory."),
    OPTION(STRING, state_directory,
           .help = "Folder for what must survive; default: $STATE_DIRECTORY, else "
                   "$XDG_STATE_HOME/vane/NAME. Not used under --once and --test."),
    OPTION(DURATION, drain_timeout, .preset = "\"20s\"", .least = 0, .most = INFINITY,
           .help = "When stopping, wait at most this long for what is on its way; with --once, for something to move."),
    OPTION(STRING, agent_id,
           .help = "Name of this agent in Kafka's commits; default: hostname and configuration."),
    OPTION(STRING, hostname, .help = "Value of the tag host; default: what the system says."),
    OPTION(BOOL, omit_hostname, .preset = "false", .help = "Set no tag host."),
    OPTION(BOOL, always_include_local_tags, .preset = "false",
           .help = "Keep the tags of a plugin where taginclude would remove them."),
    OPTION(BOOL, always_include_global_tags, .preset = "false",
           .help = "Keep the global tags where taginclude would remove them."),
    OPTION(BOOL, debug, .preset = "false", .help = "Log debug messages as well."),
    OPTION(BOOL, quiet, .preset = "false", .help = "Log errors only."),
    OPTION(CHOICE, logformat, .preset = "\"text\"", .choices = log_formats,
           .help = "Form of the log: lines of text, or of JSON."),
    OPTION(STRING, logfile, .help = "File to log to; default: standard error."),
    OPTION(DURATION, logfile_rotation_interval, .preset = "\"0h\"", .least = 0, .most = INFINITY,
           .help = "Begin a new log file this often; 0h: never."),
    OPTION(SIZE, logfile_rotation_max_size, .preset = "\"0MB\"",
           .help = "Begin a new log file at this size; 0MB: never."),
    OPTION(INT, logfile_rotation_max_archives, .preset = "5", .least = -1, .most = INFINITY,
           .help = "Old log files to keep; -1: all."),
    OPTION(STRING, log_with_timezone,
           .help = "Time zone of the log, \"local\" or a name such as \"Europe/Vienna\"; default: UTC."),
    { 0 }
};

/* Options of Telegraf that mean nothing here; the help says what to do about it. */
#define GONE(NAME, WHY) { .name = NAME, .kind = VANE_KIND_STRING, .help = WHY }

static const struct vane_option gone_options[] = {
    GONE("statefile", "vane keeps state in a folder: use state_directory"),
    GONE("logtarget", "logfile alone decides: leave it out for standard error"),
    GONE("structured_log_message_key", "the message is always under \"msg\": remove this"),
    GONE("snmp_translator", "vane has no SNMP: remove this"),
    GONE("buffer_strategy", "queues live in memory and push back to the input: use queue_size"),
    GONE("buffer_directory", "queues live in memory and push back to the input: use queue_size"),
    GONE("buffer_disk_sync", "queues live in memory and push back to the input: use queue_size"),
    GONE("skip_processors_after_aggregators", "vane has no aggregators: remove this"),
    GONE("skip_processors_before_aggregators", "vane has no aggregators: remove this"),
    GONE("config_url_retry_attempts", "a configuration is read from files only: remove this"),
    { 0 }
};

bool common_read_agent(const struct config *config, struct agent_options *agent, struct arena *arena,
                       struct config_errors *errors)
{
    *agent = (struct agent_options){ 0 };
    struct options_target targets[2 + COMMON_TABLES_LIMIT] = {
        { .options = common_agent_options, .state = agent },
        { .options = gone_options },
    };
    size_t count = 2;
    for (const struct common_table *table = common_tables; table->options; table++)
        targets[count++] = (struct options_target){ .options = table->options,
                                                    .why = "is an option of plugins, not of the agent" };
    bool fine = options_fill(&config->agent, targets, count, arena, errors);
    return options_read_pairs(&config->global_tags, &agent->global_tags, arena, errors) && fine;
}

enum vane_level common_log_level(const struct agent_options *agent)
{
    if (agent->quiet)
        return VANE_ERROR;
    return agent->debug ? VANE_DEBUG : VANE_INFO;
}
