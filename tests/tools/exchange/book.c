/* book - see book.h. */
#include "tests/tools/exchange/book.h"

#include <stdbool.h>

#include "tests/tools/exchange/dice.h"

enum {
    QUANTITY_STEP = 1000,    /* 1e-5 */
    QUANTITY_STEPS = 500000, /* up to 5 */
    UPDATES_PER_CHANGE = 16,
};

/* Each price changes its quantity at its own updates, one in sixteen. */
static int64_t quantity_at(int64_t price, int64_t update_id)
{
    uint64_t own = dice_mix((uint64_t)price);
    uint64_t change = ((uint64_t)update_id + own % UPDATES_PER_CHANGE) / UPDATES_PER_CHANGE;
    return (int64_t)(1 + dice_mix(own ^ change) % QUANTITY_STEPS) * QUANTITY_STEP;
}

static int64_t price_of(const struct book_point *point, enum book_side side, size_t level)
{
    int64_t distance = (int64_t)level * point->step;
    return side == SIDE_BID ? point->bid - distance : point->ask + distance;
}

static bool has_level(const struct book_point *point, enum book_side side, int64_t price)
{
    int64_t distance = side == SIDE_BID ? point->bid - price : price - point->ask;
    return point->bid && price > 0 && distance >= 0 && distance < BOOK_LEVELS * point->step &&
           distance % point->step == 0;
}

int64_t book_best_quantity(const struct book_point *point, enum book_side side)
{
    return quantity_at(price_of(point, side, 0), point->update_id);
}

size_t book_levels(const struct book_point *point, enum book_side side, struct book_level *levels,
                   size_t limit)
{
    size_t count = 0;
    for (size_t level = 0; level < BOOK_LEVELS && count < limit && point->bid; level++) {
        int64_t price = price_of(point, side, level);
        if (price > 0)
            levels[count++] = (struct book_level){price, quantity_at(price, point->update_id)};
    }
    return count;
}

size_t book_difference(const struct book_point *before, const struct book_point *now,
                       enum book_side side, struct book_level *levels, size_t limit)
{
    struct book_level old[BOOK_LEVELS], current[BOOK_LEVELS];
    size_t old_count = book_levels(before, side, old, BOOK_LEVELS);
    size_t current_count = book_levels(now, side, current, BOOK_LEVELS);
    size_t count = 0;
    for (size_t i = 0; i < current_count && count < limit; i++) {
        int64_t price = current[i].price;
        bool same = has_level(before, side, price) &&
                    quantity_at(price, before->update_id) == current[i].quantity;
        if (!same)
            levels[count++] = current[i];
    }
    for (size_t i = 0; i < old_count && count < limit; i++)
        if (!has_level(now, side, old[i].price))
            levels[count++] = (struct book_level){old[i].price, 0};
    return count;
}
