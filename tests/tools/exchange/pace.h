/* pace - when the ticks of a source are due, and which event time they carry.
 *
 *     speed 1, 10, ...   ticks keep their recorded distances, divided by the speed
 *     speed 0            a tick is due as soon as the one before is out
 *
 * With PACE_RECORDED ticks carry their recorded times; with PACE_NOW the first carries the time it
 * was sent at, and the others keep their distance in real time (at speed 0: as recorded).
 * Times to wait for are moment_monotonic's. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "tests/tools/exchange/source.h"

enum pace_times {
    PACE_RECORDED,
    PACE_NOW,
};

enum pace_state {
    PACE_WAITING, /* for subscriptions */
    PACE_RUNNING,
    PACE_ENDED,
    PACE_FAILED, /* the source broke; `failure` says why */
};

struct pace {
    struct source *source;
    double speed;
    enum pace_times times;
    uint64_t limit; /* ticks, 0: none */

    enum pace_state state;
    bool paused;
    uint64_t count; /* ticks given out */
    bool has_next;
    struct tick next;
    int64_t first;        /* recorded time of the first tick */
    int64_t started;      /* monotonic, later by every pause */
    int64_t started_wall; /* likewise */
    int64_t paused_at;
    struct error failure;
};

void pace_start(struct pace *pace); /* nothing happens unless it is waiting */
void pace_pause(struct pace *pace); /* at any time; a pause takes nothing away, it only delays */
void pace_resume(struct pace *pace);

/* When the next tick is due; MOMENT_NEVER while it is not running or paused. */
int64_t pace_due(struct pace *pace);

/* The next tick, if it is due at `now`; it is valid until the next call of any function here. */
bool pace_next(struct pace *pace, int64_t now, struct tick *tick);
