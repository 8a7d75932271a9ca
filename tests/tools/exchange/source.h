/* source - where ticks come from: a recording or a seeded random walk.
 *
 *     struct source *source = walk_new(...);   or replay_new(...)
 *     while (source_next(source, &tick) == SOURCE_TICK) ...
 *     source_free(source);
 *
 * Both give ticks at their recorded times; pace decides when they are due. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "tests/tools/exchange/feed.h"

struct source;

enum source_status {
    SOURCE_TICK,
    SOURCE_END,
    SOURCE_BROKEN, /* err says where and why */
};

struct source_symbol {
    char *name;    /* upper case */
    int64_t price; /* the walk's first, 1e-8 */
};

/* A tick per symbol in turn, `rate` of them a second and symbol. Does not end by itself. */
struct source *walk_new(const struct source_symbol *symbols, size_t count, double rate, uint64_t seed,
                        int64_t start);

/* Lines "time,symbol,price", or "time,price" which are then of `symbol`; the first
 * line is a header where it does not begin with a digit.
 * NULL when the file cannot be opened. */
struct source *replay_new(const char *path, const char *symbol, struct error *err);

/* tick->symbol is valid until the next call. */
enum source_status source_next(struct source *source, struct tick *tick, struct error *err);
void source_free(struct source *source); /* NULL is fine */

/* "btcusdt" or "btcusdt=68000.5", in any case; without a price one that is plausible. */
bool source_symbol_parse(const char *text, size_t length, struct source_symbol *symbol, struct error *err);

/* ---- For the two kinds of source ---- */

struct source_kind {
    enum source_status (*next)(struct source *source, struct tick *tick, struct error *err);
    void (*free)(struct source *source);
};

struct source {
    const struct source_kind *kind; /* the first member of both */
};
