/* history - the points of one series that its forecasts are made from: the newest of them, in order.
 *
 *     times   ─────────[ chunk 7 │ chunk 8 │ chunk 9 │ not saved yet ]──── room ────
 *              trimmed                                               ▲ newest
 *
 * Points lie in one piece (a model reads them where they are), each with one value per column. They come as
 * they are: at any distance, more than one at a time, late. A late point is put in its place, behind those of
 * the same time. What is older than `span`, seen from the newest point, or more than `points`, is forgotten at
 * the old end.
 *
 * The points are divided into chunks, which are what is saved: a chunk is written when it is new, is small and has
 * grown, or a late point fell into it; all others stay as they were written. So a save costs what has come since
 * the last one, not the length of the history.
 *
 * Caller's storage; zeroed limits are none, zeroed memory is empty. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vane_text;

enum { HISTORY_CHUNK = 64 }; /* points; a chunk of so many no longer grows at its end */

struct history_limits {
    int64_t span;    /* ns; a point lives while its time is greater than newest - span. 0: any age */
    size_t  points;  /* at most, > 0 */
    size_t  columns; /* of each point: its value, then regressors; > 0 */
};

struct history_chunk {
    uint64_t number;  /* grows with time */
    size_t   count;
    bool     changed, written; /* since it was written; ever */
};

struct history {
    int64_t *times;    /* of the first point: times[start] */
    double **columns;  /* .limits->columns of them, in step with times */
    size_t   start, count, room;
    const struct history_limits *limits;

    struct history_chunk *chunks; /* oldest first; together they are all points */
    size_t                chunk_count, chunk_room;
    uint64_t              next_number;
    uint64_t             *gone;   /* numbers of chunks that were written and are empty now */
    size_t                gone_count, gone_room;
};

enum history_place {
    HISTORY_NEWEST,  /* behind all others, or at the time of the newest */
    HISTORY_LATE,    /* in between */
    HISTORY_TOO_OLD, /* beyond the limits: not kept */
};

void history_init(struct history *history, const struct history_limits *limits); /* they outlive it */
void history_release(struct history *history);

/* All points are forgotten; their chunks are gone. */
void history_clear(struct history *history);

/* Points up to this time are forgotten. */
void history_forget(struct history *history, int64_t until);

/* Takes one point: `row` has limits->columns values. */
enum history_place history_add(struct history *history, int64_t time, const double *row);

/* Oldest first, good until the next change. */
const int64_t *history_times(const struct history *history);
const double *history_column(const struct history *history, size_t column);
int64_t history_newest(const struct history *history); /* of a history that is not empty */
int64_t history_oldest(const struct history *history);

/* ---- Saving ---- */

/* Calls write(number, bytes) for every chunk that has to be written, and with bytes NULL for each that is gone.
 * `full`: all points anew, as few chunks as may be, and none is gone. */
struct history_writer {
    void (*write)(void *context, uint64_t number, const void *bytes, size_t length);
    void *context;
};
void history_save(struct history *history, bool full, const struct history_writer *writer);

/* Calls write with NULL for every chunk that stands written: its points are to be saved elsewhere, or no more. */
void history_unsave(struct history *history, const struct history_writer *writer);

/* The points of one chunk, behind all there are: chunks come in the order of their numbers. Points beyond the
 * limits are forgotten again. False: these bytes are no chunk that fits, and may be anything; the record is then written
 * as gone. */
bool history_load(struct history *history, uint64_t number, const void *bytes, size_t length);
