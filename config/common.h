/* common - the options of the agent, and those that every plugin has.
 *
 *     common_read_agent(&config, &agent, arena, &errors);
 *     for each node:
 *         struct node_options options;
 *         common_init_node(&options, &agent);
 *         common_read_node(&options, node, own, own_count, arena, &errors);
 *
 * Names, defaults and meanings are Telegraf's, but for these defaults: flush_interval is 0s; precision
 * rounds only times that the host itself gave; queues block (when_full), and metric_buffer_limit is a second
 * limit only where it is set. startup_error_behavior is about what cannot work at all: a server that is
 * away is always tried again. Durations are nanoseconds, sizes bytes. A text
 * that is not set is NULL. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config/document.h"
#include "config/options.h"
#include "core/plugin.h"

enum common_log_format { COMMON_LOG_TEXT, COMMON_LOG_STRUCTURED };
enum common_startup {
    COMMON_STARTUP_ERROR,
    COMMON_STARTUP_RETRY,
    COMMON_STARTUP_IGNORE,
    COMMON_STARTUP_PROBE,
};
enum common_time_source { COMMON_TIME_METRIC, COMMON_TIME_COLLECTION_START, COMMON_TIME_COLLECTION_END };
enum common_ack { COMMON_ACK_REQUIRED, COMMON_ACK_BEST_EFFORT };
enum common_when_full { COMMON_FULL_BLOCK, COMMON_FULL_DROP_OLDEST, COMMON_FULL_DROP_NEWEST };

struct agent_options {
    int64_t     interval;
    bool        round_interval;
    int64_t     collection_jitter, collection_offset;
    int64_t     precision; /* 0: by the interval, 1s, 1ms, 1us or 1ns */
    uint64_t    metric_batch_size;
    uint64_t    metric_buffer_limit; /* 0: none */
    int64_t     flush_interval, flush_jitter;
    uint64_t    queue_size;
    int64_t     max_unacknowledged; /* 0: none */
    int64_t     checkpoint_interval;
    const char *state_directory;
    int64_t     drain_timeout;
    const char *agent_id;
    const char *hostname;
    bool        omit_hostname;
    bool        always_include_local_tags, always_include_global_tags;
    bool        debug, quiet;
    int         logformat; /* enum common_log_format */
    const char *logfile;
    int64_t     logfile_rotation_interval; /* 0: off, as the next */
    uint64_t    logfile_rotation_max_size;
    int64_t     logfile_rotation_max_archives; /* -1: all */
    const char *log_with_timezone;

    struct vane_pairs global_tags; /* of [global_tags] */
};

/* All roles share one struct; options of another role keep their defaults. */
struct node_options {
    /* Every role. */
    const char *alias;
    bool        enabled;
    int         log_level; /* enum vane_level */
    int         startup_error_behavior; /* enum common_startup */
    const char *dead_letter;

    /* Filters, every role. */
    struct vane_strings  namepass, namedrop;
    const char          *namepass_separator, *namedrop_separator;
    struct options_lists tagpass, tagdrop;
    const char          *metricpass;
    struct vane_strings  fieldinclude, fieldexclude, taginclude, tagexclude;

    /* Processors and outputs; inputs and outputs. */
    struct vane_strings from;
    const char         *name_override, *name_prefix, *name_suffix;

    /* Inputs. */
    int64_t           interval, precision, collection_jitter, collection_offset;
    int               time_source; /* enum common_time_source */
    struct vane_pairs tags;
    bool              exclusive;
    int64_t           max_unacknowledged;

    /* Processors. */
    bool     drop_original;
    uint64_t workers;
    int64_t  order;

    /* Outputs. */
    int64_t  flush_interval, flush_jitter;
    uint64_t metric_batch_size, metric_buffer_limit;
    int      ack;       /* enum common_ack */
    int      when_full; /* enum common_when_full; drop_oldest where ack is best_effort */
    uint64_t queue_size;
    uint64_t max_in_flight;
};

/* An option table of the host: common to the plugins of some roles. */
struct common_table {
    const char               *title;   /* of this group in a manual; NULL: old names, not shown */
    unsigned                  roles;   /* 1u << role of each that has them */
    const struct vane_option *options; /* onto struct node_options */
    const char               *why;     /* what is said of them in the other roles */
};

/* [agent] and [global_tags]; defaults where they do not stand. */
bool common_read_agent(const struct config *config, struct agent_options *agent, struct arena *arena,
                       struct config_errors *errors);

/* What the agent's debug and quiet say. */
enum vane_level common_log_level(const struct agent_options *agent);

/* The defaults of a node: what the agent says for all. */
void common_init_node(struct node_options *common, const struct agent_options *agent);

/* Fills `common`, and onto `own` (COMMON_OWN_LIMIT at most) what is the plugin's own: its option table and
 * its format's. Sorts out who is meant by each key, and what belongs to another role. */
enum { COMMON_OWN_LIMIT = 8 };
bool common_read_node(struct node_options *common, const struct config_node *node,
                      const struct options_target *own, size_t own_count, struct arena *arena,
                      struct config_errors *errors);

/* Of a node whose plugin is not there: alias, from, and what else routing goes by. False where one of them is set
 * wrongly; common_read_node reports it. */
bool common_peek_place(struct node_options *common, const struct config_node *node, struct arena *arena);

/* options_check_table, and that no option has a name which every plugin of that role has already. */
bool common_check_table(enum vane_role role, const struct vane_option *options, size_t state_size,
                        struct error *err);

extern const struct vane_option  common_agent_options[]; /* ends with { 0 } */
enum { COMMON_TABLES_LIMIT = 16 };
extern const struct common_table common_tables[];        /* ends with { 0 } */
