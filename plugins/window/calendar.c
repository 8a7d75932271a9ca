/* calendar - see calendar.h. Days are numbered from 1970-01-01; those of weeks from Monday 1969-12-29. */
#include "plugins/window/calendar.h"

#include <stdio.h>

#include "plugins/window/tzfile.h"

static const int64_t SECOND = 1000000000, DAY = INT64_C(86400) * 1000000000;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool calendar_init(struct calendar *calendar, int64_t every, int64_t period, int64_t offset,
                   const char *timezone,
                   char *reason, size_t size)
{
    bool zoned = timezone && *timezone;
    int64_t unit = common_divisor(every, period);
    *calendar = (struct calendar){ .unit = unit, .offset = offset, .step = every / unit,
                                   .width = period / unit };
    if (!zoned)
        return true;
    if (unit % DAY != 0)
        return snprintf(reason, size, "with a timezone, every and period are whole days") < 0;
    calendar->unit = unit / DAY;
    calendar->zone = tzfile_new(timezone, reason, size);
    return calendar->zone != NULL;
}

void calendar_release(struct calendar *calendar)
{
    tzfile_free(calendar->zone);
    *calendar = (struct calendar){ 0 };
}

/* Weeks begin on Monday. */
static int64_t first_day(const struct calendar *calendar)
{
    enum { WEEK = 7, MONDAY = -3 };
    return calendar->unit % WEEK == 0 ? MONDAY : 0;
}

int64_t calendar_start(const struct calendar *calendar, int64_t pane)
{
    if (!calendar->zone)
        return pane * calendar->unit + calendar->offset;
    int64_t day = pane * calendar->unit + first_day(calendar);
    return tzfile_to_utc(calendar->zone, day * (DAY / SECOND)) * SECOND + calendar->offset;
}

int64_t calendar_pane(const struct calendar *calendar, int64_t time)
{
    if (!calendar->zone)
        return floor_div(time - calendar->offset, calendar->unit);
    int64_t seconds = floor_div(time - calendar->offset, SECOND);
    int64_t day = floor_div(seconds + tzfile_offset(calendar->zone, seconds), DAY / SECOND);
    int64_t pane = floor_div(day - first_day(calendar), calendar->unit);
    while (calendar_start(calendar, pane) > time) /* a midnight that stands twice, or not at all */
        pane--;
    while (calendar_start(calendar, pane + 1) <= time)
        pane++;
    return pane;
}

int64_t calendar_window_start(const struct calendar *calendar, int64_t window)
{
    return calendar_start(calendar, window * calendar->step);
}

int64_t calendar_window_end(const struct calendar *calendar, int64_t window)
{
    return calendar_start(calendar, window * calendar->step + calendar->width);
}

int64_t calendar_first_window(const struct calendar *calendar, int64_t pane)
{
    return floor_div(pane - calendar->width, calendar->step) + 1;
}

int64_t calendar_last_window(const struct calendar *calendar, int64_t pane)
{
    return floor_div(pane, calendar->step);
}
