/* stream - see stream.h. One row of the table for each name that is given in full, or that begins so and
 * goes on with one of a list. */
#include "plugins/binance_ws/stream.h"

#include <stddef.h>
#include <string.h>

const char stream_names[] =
    "ticker, miniTicker, ticker_1h, ticker_4h, ticker_1d, trade, aggTrade, blockTrade, bookTicker, avgPrice, "
    "referencePrice, kline_INTERVAL, kline_INTERVAL@+08:00, depth, depth@100ms, depth5, depth10, depth20, "
    "depth5@100ms, depth10@100ms, depth20@100ms, !miniTicker@arr, !ticker_1h@arr, !ticker_4h@arr, "
    "!ticker_1d@arr";

static const char *const windows[] = { "1h", "4h", "1d", NULL };
static const char *const levels[] = { "5", "10", "20", NULL };
static const char *const intervals[] = { "1s", "1m", "3m",  "5m", "15m", "30m", "1h", "2h", "4h",
                                         "6h", "8h", "12h", "1d", "3d",  "1w",  "1M", NULL };

static const struct {
    const char        *name;
    enum stream_kind   kind;
    const char *const *details; /* one of these follows; NULL: nothing */
    const char        *suffix;  /* that may come last; NULL: none may */
} rows[] = {
    { "ticker", STREAM_TICKER, NULL, NULL },
    { "miniTicker", STREAM_MINI_TICKER, NULL, NULL },
    { "ticker_", STREAM_WINDOW_TICKER, windows, NULL },
    { "trade", STREAM_TRADE, NULL, NULL },
    { "aggTrade", STREAM_AGG_TRADE, NULL, NULL },
    { "blockTrade", STREAM_BLOCK_TRADE, NULL, NULL },
    { "bookTicker", STREAM_BOOK_TICKER, NULL, NULL },
    { "avgPrice", STREAM_AVG_PRICE, NULL, NULL },
    { "referencePrice", STREAM_REFERENCE_PRICE, NULL, NULL },
    { "kline_", STREAM_KLINE, intervals, "@+08:00" },
    { "depth", STREAM_DEPTH, levels, "@100ms" },
    { "depth", STREAM_DEPTH_UPDATE, NULL, "@100ms" },
};

/* The one of the list that the text is, up to the suffix; NULL: none. */
static const char *find_detail(const char *const *details, const char *text, size_t length)
{
    for (; *details; details++)
        if (strlen(*details) == length && memcmp(*details, text, length) == 0)
            return *details;
    return NULL;
}

static bool parse_row(size_t row, const char *name, struct stream_type *type)
{
    size_t start = strlen(rows[row].name);
    if (strncmp(name, rows[row].name, start) != 0)
        return false;
    const char *rest = name + start, *suffix = rows[row].suffix ? strstr(rest, rows[row].suffix) : NULL;
    if (suffix && strcmp(suffix, rows[row].suffix) != 0)
        return false;
    size_t length = suffix ? (size_t)(suffix - rest) : strlen(rest);
    const char *detail = rows[row].details ? find_detail(rows[row].details, rest, length) : NULL;
    if (rows[row].details ? !detail : length > 0)
        return false;
    *type = (struct stream_type){ .kind = rows[row].kind, .detail = detail };
    if (suffix && type->kind == STREAM_KLINE)
        type->timezone = rows[row].suffix + 1;
    return true;
}

static bool parse_of_symbol(const char *name, struct stream_type *type)
{
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        if (parse_row(row, name, type))
            return true;
    return false;
}

bool stream_parse(const char *name, struct stream_type *type)
{
    static const char ending[] = "@arr";
    if (*name != '!')
        return parse_of_symbol(name, type);
    size_t length = strlen(name + 1);
    char inner[24];
    if (length < sizeof ending || length >= sizeof inner ||
        strcmp(name + 1 + length - (sizeof ending - 1), ending) != 0)
        return false;
    memcpy(inner, name + 1, length);
    inner[length - (sizeof ending - 1)] = '\0';
    if (!parse_of_symbol(inner, type))
        return false;
    type->whole_market = true;
    return type->kind == STREAM_MINI_TICKER || type->kind == STREAM_WINDOW_TICKER;
}
