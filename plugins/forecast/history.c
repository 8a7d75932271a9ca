/* history - see history.h. Arrays slide: points leave at the front by moving `start`, and everything is moved to the
 * beginning when the end is reached and half of the room is free; so a point costs O(1), amortised.
 *
 * A saved chunk is a head (columns, count), the times, then column by column, in the machine's own byte order. */
#include "plugins/forecast/history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/plugin.h"
#include "plugins/shared/memory.h"

enum { LEAST_ROOM = 64 };
static const uint64_t NUMBER_MOST = UINT64_MAX / 2; /* of chunks, in records */

struct chunk_head {
    uint64_t columns, count;
};

void history_init(struct history *history, const struct history_limits *limits)
{
    *history = (struct history){ .limits = limits };
    history->columns = memory_zero(limits->columns * sizeof *history->columns);
}

void history_release(struct history *history)
{
    for (size_t i = 0; history->columns && i < history->limits->columns; i++)
        free(history->columns[i]);
    free(history->columns);
    free(history->times);
    free(history->chunks);
    free(history->gone);
    *history = (struct history){ 0 };
}

const int64_t *history_times(const struct history *history)
{
    return history->times + history->start;
}

const double *history_column(const struct history *history, size_t column)
{
    return history->columns[column] + history->start;
}

int64_t history_newest(const struct history *history)
{
    assert(history->count);
    return history->times[history->start + history->count - 1];
}

int64_t history_oldest(const struct history *history)
{
    assert(history->count);
    return history->times[history->start];
}

/* ---- Room ---- */

static void slide(struct history *history)
{
    size_t count = history->count;
    memmove(history->times, history->times + history->start, count * sizeof *history->times);
    for (size_t i = 0; i < history->limits->columns; i++)
        memmove(history->columns[i], history->columns[i] + history->start, count * sizeof **history->columns);
    history->start = 0;
}

/* For one more point at the end. */
static void make_room(struct history *history)
{
    if (history->start + history->count < history->room)
        return;
    if (history->room && history->start >= history->room / 2) {
        slide(history);
        return;
    }
    history->room = history->room ? 2 * history->room : LEAST_ROOM;
    history->times = memory_resize(history->times, history->room, sizeof *history->times);
    for (size_t i = 0; i < history->limits->columns; i++)
        history->columns[i] = memory_resize(history->columns[i], history->room, sizeof **history->columns);
}

/* ---- Chunks ---- */

static struct history_chunk *add_chunk(struct history *history, uint64_t number)
{
    if (history->chunk_count == history->chunk_room) {
        history->chunk_room = history->chunk_room ? 2 * history->chunk_room : 8;
        history->chunks = memory_resize(history->chunks, history->chunk_room, sizeof *history->chunks);
    }
    struct history_chunk *chunk = &history->chunks[history->chunk_count++];
    *chunk = (struct history_chunk){ .number = number };
    history->next_number = number + 1;
    return chunk;
}

static struct history_chunk *newest_chunk(struct history *history)
{
    struct history_chunk *last = history->chunk_count ? &history->chunks[history->chunk_count - 1] : NULL;
    return last && last->count < HISTORY_CHUNK ? last : add_chunk(history, history->next_number);
}

/* The chunk of a point that is so many points away from the end. */
static struct history_chunk *chunk_from_end(struct history *history, size_t behind)
{
    size_t i = history->chunk_count - 1;
    for (; i > 0 && behind >= history->chunks[i].count; i--)
        behind -= history->chunks[i].count;
    return &history->chunks[i];
}

/* The record of that number is to go. */
static void note_gone(struct history *history, uint64_t number)
{
    if (history->gone_count == history->gone_room) {
        history->gone_room = history->gone_room ? 2 * history->gone_room : 8;
        history->gone = memory_resize(history->gone, history->gone_room, sizeof *history->gone);
    }
    history->gone[history->gone_count++] = number;
}

static void forget_chunk(struct history *history, const struct history_chunk *chunk)
{
    if (chunk->written)
        note_gone(history, chunk->number);
}

/* The oldest points leave. That a chunk lost some is no change: what is loaded is trimmed again. */
static void drop_oldest(struct history *history, size_t points)
{
    size_t empty = 0;
    history->start += points;
    history->count -= points;
    while (empty < history->chunk_count && points >= history->chunks[empty].count) {
        points -= history->chunks[empty].count;
        forget_chunk(history, &history->chunks[empty++]);
    }
    history->chunk_count -= empty;
    if (empty)
        memmove(history->chunks, history->chunks + empty, history->chunk_count * sizeof *history->chunks);
    if (points)
        history->chunks[0].count -= points;
}

void history_clear(struct history *history)
{
    drop_oldest(history, history->count);
    history->start = 0;
}

void history_forget(struct history *history, int64_t until)
{
    size_t old = 0;
    while (old < history->count && history->times[history->start + old] <= until)
        old++;
    if (old)
        drop_oldest(history, old);
}

/* ---- Points ---- */

/* Times not greater than this one are beyond the span. */
static int64_t horizon_of(const struct history *history, int64_t newest)
{
    int64_t edge;
    if (!history->limits->span || __builtin_sub_overflow(newest, history->limits->span, &edge))
        return INT64_MIN;
    return edge;
}

static void trim(struct history *history)
{
    int64_t edge = horizon_of(history, history_newest(history));
    size_t over = history->count > history->limits->points ? history->count - history->limits->points : 0;
    while (over < history->count && history->times[history->start + over] <= edge)
        over++;
    if (over)
        drop_oldest(history, over);
}

static void put(struct history *history, size_t at, int64_t time, const double *row)
{
    size_t behind = history->start + history->count - at;
    memmove(history->times + at + 1, history->times + at, behind * sizeof *history->times);
    history->times[at] = time;
    for (size_t i = 0; i < history->limits->columns; i++) {
        double *column = history->columns[i];
        memmove(column + at + 1, column + at, behind * sizeof *column);
        column[at] = row[i];
    }
    history->count++;
}

/* Behind all points up to this time. */
static size_t place_of(const struct history *history, int64_t time)
{
    size_t low = history->start, high = history->start + history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->times[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum history_place add_late(struct history *history, int64_t time, const double *row)
{
    size_t at = place_of(history, time);
    bool full = history->count == history->limits->points;
    if (time <= horizon_of(history, history_newest(history)) || (full && at == history->start))
        return HISTORY_TOO_OLD;
    struct history_chunk *chunk = chunk_from_end(history, history->start + history->count - at);
    chunk->count++;
    chunk->changed = true;
    put(history, at, time, row);
    trim(history);
    return HISTORY_LATE;
}

enum history_place history_add(struct history *history, int64_t time, const double *row)
{
    make_room(history);
    if (history->count && time < history_newest(history))
        return add_late(history, time, row);
    struct history_chunk *chunk = newest_chunk(history);
    chunk->count++;
    chunk->changed = true;
    put(history, history->start + history->count, time, row);
    trim(history);
    return HISTORY_NEWEST;
}

/* ---- Saving ---- */

static void write_chunk(const struct history *history, size_t from, struct history_chunk *chunk,
                        struct vane_text *bytes, const struct history_writer *writer)
{
    const struct chunk_head head = { history->limits->columns, chunk->count };
    vane_text_clear(bytes);
    vane_text_add(bytes, &head, sizeof head);
    vane_text_add(bytes, history->times + from, chunk->count * sizeof *history->times);
    for (size_t i = 0; i < history->limits->columns; i++)
        vane_text_add(bytes, history->columns[i] + from, chunk->count * sizeof **history->columns);
    writer->write(writer->context, chunk->number, bytes->data, bytes->length);
    chunk->changed = false;
    chunk->written = true;
}

/* As few chunks as may be, under new numbers. */
static void divide_anew(struct history *history)
{
    history->chunk_count = 0;
    for (size_t left = history->count; left;) {
        struct history_chunk *chunk = add_chunk(history, history->next_number);
        chunk->count = left < HISTORY_CHUNK ? left : HISTORY_CHUNK;
        chunk->changed = true;
        left -= chunk->count;
    }
}

void history_save(struct history *history, bool full, const struct history_writer *writer)
{
    struct vane_text bytes = { 0 };
    if (full)
        divide_anew(history);
    for (size_t i = 0; i < history->gone_count && !full; i++)
        writer->write(writer->context, history->gone[i], NULL, 0);
    history->gone_count = 0;
    for (size_t i = 0, from = history->start; i < history->chunk_count; i++) {
        size_t count = history->chunks[i].count;
        if (history->chunks[i].changed)
            write_chunk(history, from, &history->chunks[i], &bytes, writer);
        from += count;
    }
    vane_text_release(&bytes);
}

void history_unsave(struct history *history, const struct history_writer *writer)
{
    for (size_t i = 0; i < history->gone_count; i++)
        writer->write(writer->context, history->gone[i], NULL, 0);
    history->gone_count = 0;
    for (size_t i = 0; i < history->chunk_count; i++) {
        struct history_chunk *chunk = &history->chunks[i];
        if (chunk->written)
            writer->write(writer->context, chunk->number, NULL, 0);
        chunk->written = false;
        chunk->changed = true;
    }
}

/* Times that never decrease, behind the points there are; finite values. */
static bool points_are_sound(const struct history *history, const char *at, size_t points)
{
    int64_t before = history->count ? history_newest(history) : INT64_MIN, time;
    for (size_t i = 0; i < points; i++, before = time) {
        memcpy(&time, at + i * 8, 8);
        if (time < before)
            return false;
    }
    for (size_t i = points; i < points * (1 + history->limits->columns); i++) {
        double value;
        memcpy(&value, at + i * 8, 8);
        if (!isfinite(value))
            return false;
    }
    return true;
}

/* 0: these bytes are no chunk. */
static size_t count_points(const struct history *history, uint64_t number, const char *bytes, size_t length)
{
    struct chunk_head head;
    size_t row = 8 * (history->limits->columns + 1);
    if (length < sizeof head || number < history->next_number || number > NUMBER_MOST)
        return 0;
    memcpy(&head, bytes, sizeof head);
    size_t points = (length - sizeof head) / row;
    bool sized = head.columns == history->limits->columns && head.count == points
              && length == sizeof head + points * row;
    return sized && points_are_sound(history, bytes + sizeof head, points) ? points : 0;
}

bool history_load(struct history *history, uint64_t number, const void *bytes, size_t length)
{
    size_t columns = history->limits->columns, points = count_points(history, number, bytes, length);
    if (!points) {
        note_gone(history, number);
        return false;
    }
    const char *at = (const char *)bytes + sizeof(struct chunk_head);
    struct history_chunk *chunk = add_chunk(history, number);
    chunk->written = true;
    for (size_t i = 0; i < points; i++) {
        make_room(history);
        size_t to = history->start + history->count++;
        memcpy(&history->times[to], at + i * 8, 8);
        for (size_t j = 0; j < columns; j++)
            memcpy(&history->columns[j][to], at + (points * (j + 1) + i) * 8, 8);
    }
    chunk->count = points;
    trim(history);
    return true;
}
