#include "core/format/csv_row.h"

#include "core/format/codec.h"
#include "core/format/scan.h"

#include <stdlib.h>

/* A line feed, a carriage return or both, or the end: how many bytes, -1 where it is none of these. */
static int line_end(const char *at, const char *end)
{
    if (at == end)
        return 0;
    if (*at == '\n')
        return 1;
    if (*at != '\r')
        return -1;
    return at + 1 < end && at[1] == '\n' ? 2 : 1;
}

char *csv_line_after(char *at, char *end)
{
    char *newline = memchr(at, '\n', (size_t)(end - at));
    char *alone = memchr(at, '\r', (size_t)((newline ? newline : end) - at));
    if (alone && alone + 1 != newline)
        return alone + 1;
    return newline ? newline + 1 : end;
}

static bool stands_here(const char *at, const char *end, const char *text, size_t length)
{
    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

static bool is_delimiter(const struct csv_row *row, const char *at, const char *end)
{
    return stands_here(at, end, row->dialect->delimiter, row->dialect->delimiter_length);
}

static void add_cell(struct csv_row *row, char *text, char *end)
{
    if (row->dialect->trim) {
        while (text < end && *text == ' ')
            text++;
        while (text < end && end[-1] == ' ')
            end--;
    }
    row->cells = codec_grow(row->cells, &row->room, row->count + 1, sizeof *row->cells);
    row->cells[row->count++] = (struct csv_cell){ text, (size_t)(end - text) };
}

static enum csv_result fail(struct csv_row *row, const char *reason)
{
    row->reason = reason;
    return CSV_BAD;
}

/* *next stands at the opening quote, and then behind the closing one. */
static enum csv_result read_quoted(struct csv_row *row, char **next, char *end)
{
    char *text = *next + 1, *at = text, *out = text;
    for (;;) {
        char *stop = scan_for(at, '"', '"', '"', '\0');
        memmove(out, at, (size_t)(stop - at));
        out += stop - at;
        at = stop;
        if (at == end) {
            *next = end;
            row->suspect = true;
            row->reason = "a quoted cell is not closed";
            return CSV_UNCLOSED;
        }
        if (*at == '"' && at[1] != '"')
            break;
        *out++ = *at;
        at += *at == '"' ? 2 : 1;
    }
    *next = at + 1;
    add_cell(row, text, out);
    return CSV_ROW;
}

static enum csv_result read_bare(struct csv_row *row, char **next, char *end)
{
    char first = *row->dialect->delimiter, *text = *next, *at = text;
    for (;; at++) {
        at = scan_for(at, first, '"', '"', '\r');
        if (line_end(at, end) >= 0 || is_delimiter(row, at, end))
            break;
        if (*at == '"') {
            *next = at;
            row->suspect = false;
            return fail(row, "a quote stands inside a cell that is not quoted");
        }
    }
    *next = at;
    add_cell(row, text, at);
    return CSV_ROW;
}

static enum csv_result read_cell(struct csv_row *row, char **next, char *end)
{
    if (row->dialect->trim) /* even where the delimiter is such a space: a run of them then divides once */
        while (**next == ' ' || **next == '\t')
            ++*next;
    if (**next != '"')
        return read_bare(row, next, end);
    enum csv_result result = read_quoted(row, next, end);
    if (result != CSV_ROW)
        return result;
    if (row->dialect->trim)
        while (**next == ' ' && !is_delimiter(row, *next, end))
            ++*next;
    if (line_end(*next, end) >= 0 || is_delimiter(row, *next, end))
        return CSV_ROW;
    row->suspect = csv_line_after(row->begin, *next) != *next; /* it holds the end of a line: the row has several */
    return fail(row, "something follows a closing quote");
}

static bool skip_comment(const struct csv_row *row, char **next, char *end)
{
    const struct csv_dialect *dialect = row->dialect;
    if (!dialect->comment || !stands_here(*next, end, dialect->comment, dialect->comment_length))
        return false;
    *next = csv_line_after(*next, end);
    return true;
}

/* Only once the row is whole, for until then its delimiters are needed. */
static void terminate(struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        row->cells[i].text[row->cells[i].length] = '\0';
}

enum csv_result csv_row_read(struct csv_row *row, char **next, char *end, char **start)
{
    row->count = 0;
    row->suspect = false;
    int blank;
    while (*next < end && ((blank = line_end(*next, end)) > 0 || skip_comment(row, next, end)))
        *next += blank > 0 ? blank : 0;
    *start = row->begin = *next;
    if (*next == end)
        return CSV_END;
    for (;;) {
        enum csv_result result = read_cell(row, next, end);
        if (result != CSV_ROW)
            return result;
        int newline = line_end(*next, end);
        if (newline >= 0) {
            *next += newline;
            terminate(row);
            return CSV_ROW;
        }
        *next += row->dialect->delimiter_length;
    }
}

void csv_row_release(struct csv_row *row)
{
    free(row->cells);
    *row = (struct csv_row){ 0 };
}
