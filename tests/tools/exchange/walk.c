/* walk - prices that wander like a market's: each tick multiplies the price by a small normal
 * step, 50 % a year whatever the rate. The same seed gives the same ticks. See source.h. */
#include <math.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"
#include "tests/tools/exchange/source.h"

static const double second_deviation = 8.9e-5;

struct walker {
    char *symbol;
    struct dice dice;
    double price; /* in 1e-8, not rounded to the step */
    int64_t step;
};

struct walk {
    struct source source;
    struct walker *walkers;
    size_t count;
    int64_t start;    /* ns */
    double interval;  /* ns between ticks of all symbols together */
    double deviation; /* a tick's */
    uint64_t ticks;
};

static enum source_status walk_next(struct source *source, struct tick *tick, struct error *err)
{
    (void)err;
    struct walk *walk = (struct walk *)source;
    struct walker *walker = &walk->walkers[walk->ticks % walk->count];
    int64_t price = (int64_t)(walker->price + 0.5) / walker->step * walker->step;
    *tick = (struct tick){
        .time = walk->start + (int64_t)((double)walk->ticks * walk->interval),
        .price = price > 0 ? price : 1,
        .symbol = walker->symbol,
    };
    walker->price *= 1 + walk->deviation * dice_normal(&walker->dice);
    walk->ticks++;
    return SOURCE_TICK;
}

static void walk_free(struct source *source)
{
    struct walk *walk = (struct walk *)source;
    for (size_t i = 0; i < walk->count; i++)
        free(walk->walkers[i].symbol);
    free(walk->walkers);
    free(walk);
}

struct source *walk_new(const struct source_symbol *symbols, size_t count, double rate, uint64_t seed,
                        int64_t start)
{
    static const struct source_kind kind = {.next = walk_next, .free = walk_free};
    struct walk *walk = alloc_zero(sizeof *walk);
    walk->source.kind = &kind;
    walk->walkers = alloc_array(count, sizeof *walk->walkers);
    walk->count = count;
    walk->start = start;
    walk->interval = MOMENT_SECOND / (rate * (double)count);
    walk->deviation = second_deviation / sqrt(rate);
    for (size_t i = 0; i < count; i++)
        walk->walkers[i] = (struct walker){
            .symbol = alloc_text(symbols[i].name),
            .dice = dice_seeded(~seed, symbols[i].name),
            .price = (double)symbols[i].price,
            .step = decimal_power_below(symbols[i].price / 1000000),
        };
    return &walk->source;
}
