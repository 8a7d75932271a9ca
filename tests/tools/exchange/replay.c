/* replay - ticks of a recorded CSV, read line by line. See source.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"
#include "tests/tools/exchange/source.h"

enum {
    COLUMNS = 3,
};

struct replay {
    struct source source;
    FILE *file;
    char *path;
    char *symbol; /* of lines that name none */
    char *line;
    size_t line_capacity;
    unsigned long long line_number;
    char upper[STREAM_NAME];
};

struct column {
    char *text;
    size_t length;
};

static size_t split(char *line, struct column *columns)
{
    size_t count = 0;
    for (char *at = line; count < COLUMNS; count++) {
        size_t length = strcspn(at, count < COLUMNS - 1 ? "," : "");
        columns[count] = (struct column){at, length};
        if (!at[length])
            return count + 1;
        at += length + 1;
    }
    return count;
}

static bool parse_symbol(struct replay *replay, const struct column *column, struct error *err)
{
    if (!stream_symbol_valid(column->text, column->length))
        return error_set(err, "'%.*s' is not a symbol", (int)column->length, column->text);
    stream_symbol_upper(column->text, column->length, replay->upper);
    return true;
}

/* A symbol's invented past reaches a day back, and times do not go below 1970. */
static bool parse_time(const struct column *column, int64_t *time, struct error *err)
{
    if (!moment_parse(column->text, column->length, time, err))
        return false;
    if (*time < (int64_t)2 * 86400 * MOMENT_SECOND)
        return error_set(err, "time %.*s is before 1970-01-03", (int)column->length, column->text);
    return true;
}

static bool parse_line(struct replay *replay, struct tick *tick, struct error *err)
{
    struct column columns[COLUMNS];
    size_t count = split(replay->line, columns);
    if (count < 2)
        return error_set(err, "expected time,symbol,price or time,price");
    const struct column *price = &columns[count - 1];
    if (!parse_time(&columns[0], &tick->time, err) ||
        !decimal_parse(price->text, price->length, &tick->price, err))
        return false;
    if (tick->price <= 0)
        return error_set(err, "price %.*s is not above 0", (int)price->length, price->text);
    tick->symbol = replay->symbol;
    if (count == COLUMNS) {
        tick->symbol = replay->upper;
        return parse_symbol(replay, &columns[1], err);
    }
    return true;
}

static bool read_line(struct replay *replay)
{
    ssize_t length;
    do {
        length = getline(&replay->line, &replay->line_capacity, replay->file);
        replay->line_number++;
        while (length > 0 && (replay->line[length - 1] == '\n' || replay->line[length - 1] == '\r'))
            replay->line[--length] = '\0';
    } while (length == 0);
    return length > 0;
}

static bool is_header(const char *line)
{
    return *line < '0' || *line > '9';
}

static enum source_status replay_next(struct source *source, struct tick *tick, struct error *err)
{
    struct replay *replay = (struct replay *)source;
    if (!read_line(replay))
        return SOURCE_END;
    if (replay->line_number == 1 && is_header(replay->line) && !read_line(replay))
        return SOURCE_END;
    if (parse_line(replay, tick, err))
        return SOURCE_TICK;
    error_prefix(err, "%s:%llu", replay->path, replay->line_number);
    return SOURCE_BROKEN;
}

static void replay_free(struct source *source)
{
    struct replay *replay = (struct replay *)source;
    fclose(replay->file);
    free(replay->path);
    free(replay->symbol);
    free(replay->line);
    free(replay);
}

struct source *replay_new(const char *path, const char *symbol, struct error *err)
{
    static const struct source_kind kind = {.next = replay_next, .free = replay_free};
    FILE *file = fopen(path, "r");
    if (!file) {
        error_set(err, "open %s: %s", path, strerror(errno));
        return NULL;
    }
    struct replay *replay = alloc_zero(sizeof *replay);
    replay->source.kind = &kind;
    replay->file = file;
    replay->path = alloc_text(path);
    replay->symbol = alloc_text(symbol);
    return &replay->source;
}
