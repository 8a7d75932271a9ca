/* plan - the streams that an instance is to have, and what is known of each.
 *
 * Every symbol with every stream, in this order, then the streams of the whole market; each once. A
 * connection gets a run of them. Own thread.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/binance_ws/seen.h"
#include "plugins/binance_ws/stream.h"

struct plan_stream {
    char              *name;   /* "btcusdt@kline_1m" */
    char              *symbol; /* "BTCUSDT"; NULL: the whole market */
    struct stream_type type;
    struct seen        seen;
    int64_t            heard;    /* when its last event came, monotonic ns; 0: never */
    bool               reported; /* as silent */
};

struct plan {
    struct plan_stream *streams;
    size_t              count;
    size_t             *table; /* by name: index + 1, 0 is free; open addressing */
    size_t              room;  /* a power of two */
};

/* Can it stand in the name of a stream? Up to 64 bytes, without blanks, controls and any of @ / ! " \ */
bool plan_symbol_valid(const char *symbol);

/* All names are valid (stream_parse, plan_symbol_valid); symbols in any case. */
void plan_init(struct plan *plan, const struct vane_strings *symbols, const struct vane_strings *streams);
void plan_release(struct plan *plan);

struct plan_stream *plan_find(const struct plan *plan, const char *name); /* NULL: not one of them */
