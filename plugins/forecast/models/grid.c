/* grid - see grid.h. Times are subtracted as unsigned numbers, so that no distance overflows. */
#include "plugins/forecast/models/grid.h"

static uint64_t between(int64_t from, int64_t to)
{
    return (uint64_t)to - (uint64_t)from;
}

size_t grid_count(const struct observations *history, int64_t step)
{
    if (history->count == 0)
        return 0;
    uint64_t steps = between(history->times[0], history->times[history->count - 1]) / (uint64_t)step;
    return steps >= GRID_LIMIT ? GRID_LIMIT : (size_t)steps + 1;
}

void grid_fill(const struct observations *history, int64_t step, double *values, size_t count)
{
    size_t at = history->count - 1;
    int64_t newest = history->times[at];
    for (size_t back = 0; back < count; back++) {
        uint64_t age = (uint64_t)step * back;
        while (at > 0 && between(history->times[at], newest) < age)
            at--;
        values[count - 1 - back] = history->values[at];
    }
}

void grid_start(struct grid *grid, int64_t step, int64_t time, double value)
{
    int64_t before = (int64_t)((uint64_t)time - (uint64_t)step);
    *grid = (struct grid){ .time = before, .newest = time, .value = value };
}

size_t grid_take(struct grid *grid, int64_t step, size_t season, int64_t time, double value,
                 double *complete)
{
    if (time < grid->newest)
        return 0;
    *complete = grid->value;
    uint64_t distance = between(grid->time, time), due = distance ? (distance - 1) / (uint64_t)step : 0;
    grid->time = (int64_t)((uint64_t)grid->time + due * (uint64_t)step);
    grid->newest = time;
    grid->value = value;
    if (due <= GRID_GAP)
        return (size_t)due;
    if (season == 0 || season > GRID_GAP)
        return GRID_GAP;
    return GRID_GAP - season + (size_t)((due - GRID_GAP + season) % season);
}
