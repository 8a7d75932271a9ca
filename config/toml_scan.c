/* toml_scan - the place in the text, blanks and comments, and how errors are worded and held back.
 *
 * Only the first error of a line is reported: what follows on the same line is nearly always its
 * echo, and a user who mends the line sees the rest in the next run. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/errors.h"
#include "config/toml_internal.h"

bool toml_error_limit_reached(const struct toml_reader *reader)
{
    return reader->error_count == TOML_ERROR_LIMIT;
}

bool toml_error(struct toml_reader *reader, unsigned line, const char *format, ...)
{
    if (toml_error_limit_reached(reader) || (reader->error_count && reader->error_line == line))
        return false;
    va_list args;
    va_start(args, format);
    errors_add_args(reader->errors, reader->file, line, format, args);
    va_end(args);
    reader->error_line = line;
    reader->error_count++;
    if (toml_error_limit_reached(reader))
        errors_add(reader->errors, reader->file, line, "too many errors: the rest is not checked");
    return false;
}

bool toml_report_depth(struct toml_reader *reader)
{
    return toml_error(reader, reader->line, "tables and arrays nest at most %d levels deep",
                      TOML_DEPTH_LIMIT);
}

struct toml_place toml_place_here(const struct toml_reader *reader)
{
    return (struct toml_place){
        .file = reader->file,
        .line = reader->line,
        .column = (unsigned)(reader->at - reader->line_start) + 1,
    };
}

/* ---- Pieces of the file in messages ---- */
struct toml_excerpt toml_quote(const char *text, size_t length)
{
    enum { QUOTED_LIMIT = 48 };
    struct toml_excerpt excerpt = {"'"};
    const char *end = text + length;
    size_t used = 1;
    while (text < end) {
        size_t bytes = toml_utf8(text, end);
        size_t written = bytes ? bytes : 1;
        if (used + written > QUOTED_LIMIT) {
            memcpy(excerpt.text + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(excerpt.text + used, bytes ? text : "?", written);
        used += written;
        text += written;
    }
    excerpt.text[used] = '\'';
    return excerpt;
}

static struct toml_excerpt describe_character(const struct toml_reader *reader)
{
    struct toml_excerpt excerpt;
    const char *what = toml_utf8(reader->at, reader->end) ? "the control character" : "the byte";
    snprintf(excerpt.text, sizeof excerpt.text, "%s 0x%02x", what, (unsigned char)*reader->at);
    return excerpt;
}

/* A word that stands here, or the single character that is none. */
struct toml_excerpt toml_found(const struct toml_reader *reader)
{
    if (toml_at_end(reader))
        return (struct toml_excerpt){"the end of the file"};
    if (toml_at_newline(reader))
        return (struct toml_excerpt){"the end of the line"};
    if (*reader->at == '\r')
        return (struct toml_excerpt){"a carriage return without a line feed"};
    if (!toml_printable(reader->at, reader->end))
        return describe_character(reader);
    const char *end = reader->at;
    while (end - reader->at < (ptrdiff_t)sizeof(struct toml_excerpt)) {
        size_t bytes = toml_printable(end, reader->end);
        if (!bytes || strchr(" \t,=[]{}#", *end))
            break;
        end += bytes;
    }
    return toml_quote(reader->at, end > reader->at ? (size_t)(end - reader->at) : 1);
}

/* ---- Characters, blanks, comments ---- */
int toml_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : TOML_NO_DIGIT;
}

bool toml_at_end(const struct toml_reader *reader)
{
    return reader->at == reader->end;
}

bool toml_next_is(const struct toml_reader *reader, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(reader->end - reader->at) >= length && !memcmp(reader->at, text, length);
}

bool toml_at_newline(const struct toml_reader *reader)
{
    return toml_next_is(reader, "\n") || toml_next_is(reader, "\r\n");
}

bool toml_take(struct toml_reader *reader, char character)
{
    if (toml_at_end(reader) || *reader->at != character)
        return false;
    reader->at++;
    return true;
}

bool toml_take_newline(struct toml_reader *reader)
{
    if (!toml_at_newline(reader))
        return false;
    reader->at += *reader->at == '\r' ? 2 : 1;
    reader->line_start = reader->at;
    reader->line++;
    return true;
}

void toml_skip_spaces(struct toml_reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
}

static void skip_comment(struct toml_reader *reader)
{
    if (!toml_next_is(reader, "#"))
        return;
    while (!toml_at_end(reader) && !toml_at_newline(reader)) {
        size_t bytes = toml_printable(reader->at, reader->end);
        if (!bytes)
            toml_report_character(reader, "a comment");
        reader->at += bytes ? bytes : 1;
    }
}

bool toml_skip_blank_lines(struct toml_reader *reader)
{
    unsigned line = reader->line;
    do {
        toml_skip_spaces(reader);
        skip_comment(reader);
    } while (toml_take_newline(reader));
    return reader->line != line;
}

bool toml_take_line_end(struct toml_reader *reader)
{
    toml_skip_spaces(reader);
    skip_comment(reader);
    return toml_at_end(reader) || toml_take_newline(reader);
}
