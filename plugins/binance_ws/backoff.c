/* backoff - see backoff.h. */
#include "plugins/binance_ws/backoff.h"


enum { MOST_DOUBLINGS = 6, BURST = 40, IN_FIVE_MINUTES = 250 };

static const int64_t SECOND = INT64_C(1000000000);

static int64_t limit_after(unsigned failures, int64_t first, int64_t most)
{
    unsigned doublings = failures > 0 ? failures - 1 : 0;
    int64_t limit = first << (doublings < MOST_DOUBLINGS ? doublings : MOST_DOUBLINGS);
    return limit < most ? limit : most;
}

int64_t backoff_wait(unsigned failures, uint64_t chance)
{
    return (int64_t)(chance % (uint64_t)limit_after(failures, SECOND, 60 * SECOND));
}

int64_t backoff_wait_refused(unsigned failures, uint64_t chance)
{
    return 60 * SECOND + (int64_t)(chance % (uint64_t)limit_after(failures, 60 * SECOND, 540 * SECOND));
}

/* Every attempt costs its share of five minutes; BURST shares may be owed. */
static const int64_t COST = 300 * INT64_C(1000000000) / IN_FIVE_MINUTES;

int64_t backoff_ready(const struct backoff_budget *budget, int64_t now)
{
    int64_t ready = budget->spent - (BURST - 1) * COST;
    return ready > now ? ready : now;
}

void backoff_spend(struct backoff_budget *budget, int64_t now)
{
    budget->spent = (budget->spent > now ? budget->spent : now) + COST;
}

uint64_t backoff_chance(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(2685821657736338717);
}
