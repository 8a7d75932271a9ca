/* stream - see stream.h. */
#include "tests/tools/exchange/stream.h"

#include <string.h>

enum {
    LONGEST_SYMBOL = 64,
};

static const struct {
    const char *suffix;
    enum stream_kind kind;
    bool has_array; /* !SUFFIX@arr exists */
} kinds[] = {
    {"ticker", STREAM_TICKER, false},
    {"miniTicker", STREAM_MINI_TICKER, true},
    {"ticker_1h", STREAM_TICKER_1H, true},
    {"ticker_4h", STREAM_TICKER_4H, true},
    {"ticker_1d", STREAM_TICKER_1D, true},
    {"trade", STREAM_TRADE, false},
    {"aggTrade", STREAM_AGG_TRADE, false},
    {"bookTicker", STREAM_BOOK_TICKER, false},
    {"avgPrice", STREAM_AVG_PRICE, false},
    {"depth5", STREAM_DEPTH5, false},
    {"depth10", STREAM_DEPTH10, false},
    {"depth20", STREAM_DEPTH20, false},
    {"depth", STREAM_DEPTH, false},
    {"depth5@100ms", STREAM_DEPTH5_FAST, false},
    {"depth10@100ms", STREAM_DEPTH10_FAST, false},
    {"depth20@100ms", STREAM_DEPTH20_FAST, false},
    {"depth@100ms", STREAM_DEPTH_FAST, false},
};

/* Valid at the real exchange, not simulated. */
static const char *const silent_suffixes[] = {"referencePrice", "blockTrade"};

static bool find_kind(const char *suffix, size_t length, struct stream *stream, bool *has_array)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].suffix) == length && memcmp(kinds[i].suffix, suffix, length) == 0) {
            stream->kind = kinds[i].kind;
            *has_array = kinds[i].has_array;
            return true;
        }
    return false;
}

static bool find_kline(const char *suffix, struct stream *stream)
{
    static const char prefix[] = "kline_";
    if (strncmp(suffix, prefix, sizeof prefix - 1) != 0)
        return false;
    suffix += sizeof prefix - 1;
    size_t length = strcspn(suffix, "@");
    bool east = strcmp(suffix + length, "@+08:00") == 0;
    if (suffix[length] && !east)
        return false;
    for (int interval = 0; interval < INTERVAL_COUNT; interval++) {
        const char *name = interval_name(interval);
        if (strlen(name) == length && memcmp(name, suffix, length) == 0) {
            stream->kind = (enum stream_kind)(STREAM_KLINE + east * INTERVAL_COUNT + interval);
            return true;
        }
    }
    return false;
}

static bool find_silent(const char *suffix)
{
    for (size_t i = 0; i < sizeof silent_suffixes / sizeof *silent_suffixes; i++)
        if (strcmp(suffix, silent_suffixes[i]) == 0)
            return true;
    return false;
}

/* "!miniTicker@arr"; arrays that were retired or never simulated are silent. */
static bool parse_array(const char *name, struct stream *stream)
{
    size_t length = strcspn(name, "@");
    bool has_array = false;
    if (length == 0 || strcmp(name + length, "@arr") != 0)
        return false;
    stream->silent = !find_kind(name, length, stream, &has_array) || !has_array;
    return true;
}

static bool has_upper_case(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            return true;
    return false;
}

bool stream_symbol_valid(const char *symbol, size_t length)
{
    if (length == 0 || length > LONGEST_SYMBOL)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)symbol[i] <= ' ' || strchr("@/\"\\!,", symbol[i]))
            return false;
    return true;
}

void stream_symbol_upper(const char *symbol, size_t length, char *upper)
{
    for (size_t i = 0; i < length; i++)
        upper[i] = symbol[i] >= 'a' && symbol[i] <= 'z' ? (char)(symbol[i] - 'a' + 'A') : symbol[i];
    upper[length] = '\0';
}

bool stream_parse(const char *name, struct stream *stream)
{
    *stream = (struct stream){0};
    if (strlen(name) >= STREAM_NAME)
        return false;
    if (*name == '!')
        return parse_array(name + 1, stream);
    size_t length = strcspn(name, "@");
    if (!name[length] || !stream_symbol_valid(name, length))
        return false;
    const char *suffix = name + length + 1;
    bool has_array;
    stream->symbol = name;
    stream->symbol_length = length;
    stream->silent = has_upper_case(name, length) || find_silent(suffix);
    return find_kind(suffix, strlen(suffix), stream, &has_array) || find_kline(suffix, stream) ||
           find_silent(suffix);
}
