/* calendar - where aligned panes and windows lie: pieces of equal length from the epoch on, or of whole days
 * by the wall clock of a time zone.
 *
 * Panes are numbered, and as long as the greatest common divisor of `every` and `period`; a window begins
 * every `step` panes and is `width` panes wide. Constant once made.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tzfile;

struct calendar {
    int64_t      unit;   /* length of a pane: nanoseconds; with a zone, days */
    int64_t      offset; /* nanoseconds */
    int64_t      step, width;
    struct tzfile *zone;   /* NULL: UTC, panes of equal length */
};

/* Times that windows are made for; the rest of int64 is room for what is added to them. */
#define CALENDAR_TIME_MOST INT64_C(8000000000000000000)

/* every, period: nanoseconds, period a multiple of nothing in particular but not below every. */
bool calendar_init(struct calendar *calendar, int64_t every, int64_t period, int64_t offset,
                   const char *timezone,
                   char *reason, size_t size);
void calendar_release(struct calendar *calendar);

int64_t calendar_pane(const struct calendar *calendar, int64_t time);
int64_t calendar_start(const struct calendar *calendar, int64_t pane); /* it ends where the next one starts */

/* Windows by number: window k is made of panes k * step .. k * step + width - 1. */
int64_t calendar_window_start(const struct calendar *calendar, int64_t window);
int64_t calendar_window_end(const struct calendar *calendar, int64_t window);
int64_t calendar_first_window(const struct calendar *calendar, int64_t pane); /* that has this pane */
int64_t calendar_last_window(const struct calendar *calendar, int64_t pane);
