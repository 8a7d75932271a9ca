/* book - an order book of twenty levels a side that is never stored: it follows from the best
 * prices and the update id, so that snapshots, differences and best prices always agree.
 *
 * Levels lie one price step apart; the quantity at a price changes every few updates. Any thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    BOOK_LEVELS = 20,
};

struct book_point {
    int64_t bid, ask; /* best prices, 1e-8; bid 0: no levels yet */
    int64_t step;     /* 1e-8 */
    int64_t update_id;
};

struct book_level {
    int64_t price, quantity; /* 1e-8; quantity 0: the level is gone */
};

enum book_side {
    SIDE_BID,
    SIDE_ASK,
};

int64_t book_best_quantity(const struct book_point *point, enum book_side side);

/* Both write at most `limit` levels, best first, and return how many. Levels at or below a price
 * of 0 do not exist. A difference holds what changed from `before` to `now`: up to 2 * BOOK_LEVELS. */
size_t book_levels(const struct book_point *point, enum book_side side, struct book_level *levels,
                   size_t limit);
size_t book_difference(const struct book_point *before, const struct book_point *now,
                       enum book_side side, struct book_level *levels, size_t limit);
