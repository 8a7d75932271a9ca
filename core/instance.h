/* instance - one configured plugin: its state and options, its log, its counters, its back-off.
 *
 * input.c, line.c and output.c give it a thread and a place in the flow; the functions of plugin.h
 * that every role has are implemented here. Everything is for the instance's own thread, but
 * what says [any].
 */
#pragma once
#include "config/common.h"
#include "core/dead_letter.h"
#include "core/format/format.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/stats.h"

struct input;
struct output;
struct stage;

struct instance {
    struct vane_self           self; /* first: a plugin's vane_self is this */
    unsigned                   magic;
    const struct vane_plugin  *plugin;
    const struct node_options *options;
    const char                *key;      /* of its saved records: the name, with its number where there are workers */
    unsigned                   worker, workers;
    struct runtime            *runtime;
    const void                *pristine; /* the state as the options fill it */
    struct arena              *arena;    /* of the configuration: names, options */
    const struct format       *format;   /* NULL: the plugin has none */
    const void                *format_options;
    struct encoder            *encoder;     /* outputs with a format */
    struct decode_plan        *decode_plan; /* inputs with a format */
    struct decode_sink         bad_records;
    bool                       format_unset; /* nobody has chosen the format: the first bad record says so */
    bool                       reads_messages; /* places of records are their numbers, not bytes */
    struct log_source          log;
    struct stats               stats;
    struct dead_letter         dead_letter;
    char                       reason[512]; /* of the last RETRY or FAIL */
    int64_t                    not_before;  /* monotonic: the least time of the next try */
    int64_t                    retry_after; /* monotonic: as the plugin asked; 0: it did not */
    int64_t                    tick_every;
    uint64_t                   routes_used; /* bit by route: vane_uses_route */
    unsigned                   tries;       /* failed in a row */
    const char                *failing;     /* what failed last: "open", "run", "write", "gather" */
    int64_t                    opened_at;   /* monotonic */
    bool                       opened;
    bool                       loaded;      /* what was saved before this run: once, not when it is reopened */
    void                      *crash_stack; /* NULL: the thread has one of another instance */

    struct input  *input; /* one of the three, by role */
    struct stage  *stage;
    struct output *output;
};

/* What it is made of; all of it outlives the instance. */
struct instance_settings {
    const struct vane_plugin  *plugin;
    const char                *name, *log_name, *key;
    const struct node_options *options;
    const void                *state; /* as the options fill it */
    struct arena              *arena; /* that holds all these; the instance holds it. NULL: not its matter */
    const struct format       *format;
    const void                *format_options;
    bool                       format_unset; /* data_format is left to its default */
    struct runtime            *runtime;
    unsigned                   worker, workers;
    int                        log_level; /* -1: as the agent's */
};

struct instance *instance_new(const struct instance_settings *settings);
void instance_free(struct instance *instance);
struct instance *instance_of(struct vane_self *self); /* asserts that it is one */

/* Makes what its format needs; false with a reason where its options do not agree. */
bool instance_prepare(struct instance *instance);

/* That, and the plugin's check(); before anything is opened. */
enum vane_result instance_check(struct instance *instance);

/* One try of open and load; close() follows a failed one. RETRY is logged when it begins and sets
 * not_before; OK after failures is logged too. `ignore`d failures answer FAIL without ending the agent. */
enum vane_result instance_open(struct instance *instance);
void instance_close(struct instance *instance);
enum vane_result instance_write(struct instance *instance, struct vane_write *write);

/* Counts a failure and answers when to try again (monotonic, ns): exponential from 100 ms to 30 s
 * with full jitter, and not before vane_retry_after asked. Logs the first of a row. */
int64_t instance_back_off(struct instance *instance, const char *what);
void instance_recovered(struct instance *instance, const char *what);

/* That open() succeeds says nothing of a run() that fails each time: the row of failures ends only when a
 * run has lasted for the longest pause. Cheap when nothing has failed. */
void instance_lasted(struct instance *instance);

/* Sleeps until the next try may come, or `enough` is set, whoever else wakes the thread. */
void instance_pause(struct instance *instance, struct waker *waker, const atomic_bool *enough);

/* FAIL: logs it; ends the agent unless startup_error_behavior says otherwise. */
void instance_failed(struct instance *instance, const char *what, int exit_code);

/* Whose code runs on this thread, for a crash report. NULL: the host's own. */
void instance_enter(const struct instance *instance);
const char *instance_running(void);
