/* clock - the two clocks of plugin.h: wall time in UTC, and one that never steps. */
#include "core/plugin.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t vane_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t vane_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
