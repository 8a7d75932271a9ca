/* log - one line a fault, to standard error or a file, in Telegraf's shape:
 *
 *     2026-08-21T20:06:08Z E! [outputs.influx_out::prices] write http://…: connection refused
 *
 * A line that repeats (same instance, same level, same format) within ten seconds is counted, and
 * the next one that is printed says how many were left out. The sink is the one piece of
 * mutable state of the process besides the signal flags in main.c. All functions: any thread.
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

#include <stdarg.h>

struct log_settings {
    const char    *path;       /* NULL or "": standard error */
    enum vane_level level;     /* the most talkative that is printed */
    bool           structured; /* one JSON object a line */
    bool           local_time; /* else UTC */
    int64_t        rotate_every; /* ns; 0: never */
    uint64_t       rotate_size;  /* bytes; 0: never */
    int64_t        archives;     /* kept files; -1: all */
};

/* Zeroed by its owner: one per instance, so that one talkative plugin silences no other. */
struct log_source {
    const char *name; /* "outputs.influx_out::prices" */
    int         level; /* enum vane_level, or -1: as the log */
    struct { const char *format; enum vane_level level; int64_t since; uint64_t left_out; } recent[8];
    int         at;
};

bool log_open(const struct log_settings *settings, struct error *err);
void log_close(void); /* back to standard error */

/* source NULL: the agent itself. */
void log_line(struct log_source *source, enum vane_level level, const char *format, ...) VANE_PRINTF(3, 4);
void log_line_args(struct log_source *source, enum vane_level level, const char *format, va_list args);

/* Async-signal-safe: a line about a crash, without time or counting. */
void log_crash(const char *name, int signal);
