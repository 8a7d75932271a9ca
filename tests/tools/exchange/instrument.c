/* instrument - see instrument.h. */
#include "tests/tools/exchange/instrument.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"

enum {
    MOST_LOTS = 4096,
};

static const int64_t largest_lot = 100000000000; /* a thousand coins */
static const int64_t first_update = 50000000000;

/* A lot is worth about one unit of the quote asset, between a tenth and one. */
static int64_t lot_for(int64_t price)
{
    int64_t lot = decimal_power_below((int64_t)DECIMAL_ONE * DECIMAL_ONE / price);
    return lot < largest_lot ? lot : largest_lot;
}

void instrument_publish_book(struct instrument *instrument, enum depth_speed speed)
{
    instrument->published[speed] = instrument->book;
    instrument->traded[speed] = false;
}

struct instrument *instrument_new(const char *symbol, uint64_t seed, int64_t time, int64_t price)
{
    struct instrument *instrument = alloc_zero(sizeof *instrument);
    instrument->symbol = alloc_text(symbol);
    instrument->dice = dice_seeded(seed, symbol);
    instrument->lot = lot_for(price);
    instrument->book.step = decimal_power_below(price / 1000000);
    instrument->book.update_id = first_update;
    instrument_publish_book(instrument, DEPTH_SLOW);
    instrument_publish_book(instrument, DEPTH_FAST);
    instrument->history = history_new(time / MOMENT_SECOND, price, instrument->lot, &instrument->dice);
    instrument->last.id = history_last_id(instrument->history);
    return instrument;
}

void instrument_free(struct instrument *instrument)
{
    if (!instrument)
        return;
    history_free(instrument->history);
    free(instrument->symbol);
    free(instrument);
}

/* A seller who takes hits the best bid, a buyer who takes hits the best ask. */
static void move_book(struct instrument *instrument, int64_t price, bool buyer_is_maker)
{
    struct book_point *book = &instrument->book;
    bool on_bid = buyer_is_maker || price <= book->step;
    book->bid = on_bid ? price : price - book->step;
    book->ask = on_bid ? price + book->step : price;
    book->update_id++;
}

void instrument_trade(struct instrument *instrument, int64_t time, int64_t price)
{
    uint64_t bits = dice_next(&instrument->dice);
    uint64_t lots = 1 + (bits >> 32) % (1 + (bits >> 8) % MOST_LOTS);
    instrument->last = (struct trade){
        .time = time,
        .id = instrument->last.id + 1,
        .price = price,
        .quantity = instrument->lot * (int64_t)lots,
        .buyer_is_maker = bits & 1,
    };
    move_book(instrument, price, instrument->last.buyer_is_maker);
    history_add(instrument->history, &instrument->last);
    instrument->traded[DEPTH_SLOW] = true;
    instrument->traded[DEPTH_FAST] = true;
}
