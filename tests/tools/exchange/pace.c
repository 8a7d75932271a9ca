/* pace - see pace.h. */
#include "tests/tools/exchange/pace.h"

#include "tests/tools/exchange/moment.h"

/* Looks one tick ahead, since its time says when it is due. */
static bool look_ahead(struct pace *pace)
{
    if (pace->state != PACE_RUNNING || pace->paused)
        return false;
    if (pace->has_next)
        return true;
    if (pace->limit && pace->count >= pace->limit) {
        pace->state = PACE_ENDED;
        return false;
    }
    enum source_status status = source_next(pace->source, &pace->next, &pace->failure);
    if (status != SOURCE_TICK) {
        pace->state = status == SOURCE_END ? PACE_ENDED : PACE_FAILED;
        return false;
    }
    if (pace->count == 0)
        pace->first = pace->next.time;
    pace->has_next = true;
    return true;
}

static int64_t since_start(const struct pace *pace)
{
    int64_t recorded = pace->next.time - pace->first;
    return pace->speed > 0 ? (int64_t)((double)recorded / pace->speed) : recorded;
}

void pace_start(struct pace *pace)
{
    if (pace->state != PACE_WAITING)
        return;
    pace->state = PACE_RUNNING;
    pace->started = moment_monotonic();
    pace->started_wall = moment_wall();
    pace->paused_at = pace->started;
}

void pace_pause(struct pace *pace)
{
    if (pace->paused)
        return;
    pace->paused = true;
    pace->paused_at = moment_monotonic();
}

void pace_resume(struct pace *pace)
{
    if (!pace->paused)
        return;
    int64_t pause = moment_monotonic() - pace->paused_at;
    pace->paused = false;
    pace->started += pause;
    pace->started_wall += pause;
}

int64_t pace_due(struct pace *pace)
{
    if (!look_ahead(pace))
        return MOMENT_NEVER;
    return pace->speed > 0 ? pace->started + since_start(pace) : pace->started;
}

bool pace_next(struct pace *pace, int64_t now, struct tick *tick)
{
    if (pace_due(pace) > now)
        return false;
    *tick = pace->next;
    if (pace->times == PACE_NOW)
        tick->time = pace->started_wall + since_start(pace);
    pace->has_next = false;
    pace->count++;
    return true;
}
