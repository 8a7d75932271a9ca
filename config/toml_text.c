/* toml_text - strings of all four kinds, and the characters that may stand in them.
 *
 * First the closing quotes are found, then all before them is decoded: what is decoded is never
 * longer than its source, so one piece of the arena is enough, and an unknown escape or a bad byte
 * does not hide where the string ends. */
#include <string.h>

#include "config/toml_internal.h"
#include "core/arena.h"

struct quoted {
    char        quote;
    bool        multi_line;
    const char *close; /* the first of the closing quotes */
    char       *to;
};

/* ---- Characters ---- */
static bool is_tail(const char *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t toml_utf8(const char *at, const char *end)
{
    if (at == end)
        return 0;
    unsigned char first = (unsigned char)*at;
    if (first < 0x80)
        return 1;
    size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || (size_t)(end - at) < bytes || !is_tail(at + 1, bytes - 1))
        return 0;
    unsigned char second = (unsigned char)at[1];
    bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool surrogate = first == 0xed && second >= 0xa0;
    bool beyond = first == 0xf4 && second >= 0x90;
    return overlong || surrogate || beyond ? 0 : bytes;
}

size_t toml_printable(const char *at, const char *end)
{
    bool control = at < end && (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f);
    return control ? 0 : toml_utf8(at, end);
}

void toml_report_character(struct toml_reader *reader, const char *where)
{
    unsigned char byte = (unsigned char)*reader->at;
    if (byte == '\r')
        toml_error(reader, reader->line, "a carriage return in %s without a line feed behind it", where);
    else if (byte < 0x80)
        toml_error(reader, reader->line, "the control character 0x%02x must not stand in %s", byte, where);
    else
        toml_error(reader, reader->line, "the byte 0x%02x in %s is not UTF-8", byte, where);
}

/* ---- Escapes ---- */
static void put_utf8(char **to, unsigned code)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unsigned shift = 6 * (bytes - 1);
    *(*to)++ = (char)(bytes == 1 ? code : lead[bytes] | code >> shift);
    while (shift) {
        shift -= 6;
        *(*to)++ = (char)(0x80 | (code >> shift & 0x3f));
    }
}

static bool read_code_point(struct toml_reader *reader, struct quoted *quoted, int digits)
{
    const char *escape = reader->at - 2;
    unsigned code = 0;
    for (int i = 0; i < digits; i++) {
        int digit = reader->at < quoted->close ? toml_digit(*reader->at) : TOML_NO_DIGIT;
        if (digit == TOML_NO_DIGIT)
            return toml_error(reader, reader->line, "expected %d hexadecimal digits after '\\%c'", digits,
                              escape[1]);
        code = code << 4 | (unsigned)digit;
        reader->at++;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return toml_error(reader, reader->line, "%s is not a Unicode character",
                          toml_quote(escape, (size_t)digits + 2).text);
    put_utf8(&quoted->to, code);
    return true;
}

/* A backslash at the end of a line swallows all blanks and newlines behind it. */
static bool skip_line_break(struct toml_reader *reader)
{
    const char *backslash = reader->at - 1;
    toml_skip_spaces(reader);
    if (!toml_take_newline(reader)) {
        reader->at = backslash + 1;
        return false;
    }
    do {
        toml_skip_spaces(reader);
    } while (toml_take_newline(reader));
    return true;
}

static bool read_escape(struct toml_reader *reader, struct quoted *quoted)
{
    static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
    reader->at++;
    if (quoted->multi_line && skip_line_break(reader))
        return true;
    const char *name = *reader->at ? strchr(names, *reader->at) : NULL;
    if (name) {
        *quoted->to++ = values[name - names];
        reader->at++;
        return true;
    }
    if (*reader->at == 'u' || *reader->at == 'U')
        return read_code_point(reader, quoted, *reader->at++ == 'u' ? 4 : 8);
    return toml_error(reader, reader->line,
                      "unknown escape %s: expected one of \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX "
                      "(a backslash itself is \\\\, or the whole string in '...')",
                      toml_quote(reader->at - 1, 1 + toml_printable(reader->at, quoted->close)).text);
}

/* ---- Strings ---- */

/* Up to two quotes may stand directly before the closing three: a row of five ends the string
 * with its last three, the first two are text. */
static size_t quotes_in_row(const char *at, const char *end)
{
    size_t row = 1;
    while (row < 5 && (size_t)(end - at) > row && at[row] == *at)
        row++;
    return row;
}

static const char *find_close(const struct toml_reader *reader, char quote, bool multi_line)
{
    const char *at = reader->at, *end = reader->end;
    while (at < end && (multi_line || *at != '\n')) {
        size_t row = *at == quote ? quotes_in_row(at, end) : 0;
        if (row && !multi_line)
            return at;
        if (row >= 3)
            return at + row - 3;
        bool escape = *at == '\\' && quote == '"' && end - at > 1 && at[1] != '\n';
        at += row ? row : escape ? 2 : 1;
    }
    return NULL;
}

/* A newline becomes a line feed, whatever the file has: a script reads the same out of both. */
static bool decode_character(struct toml_reader *reader, struct quoted *quoted)
{
    if (*reader->at == '\\' && quoted->quote == '"')
        return read_escape(reader, quoted);
    if (quoted->multi_line && toml_take_newline(reader)) {
        *quoted->to++ = '\n';
        return true;
    }
    size_t bytes = toml_printable(reader->at, quoted->close);
    if (!bytes) {
        toml_report_character(reader, "a string");
        reader->at++;
        return false;
    }
    memcpy(quoted->to, reader->at, bytes);
    quoted->to += bytes;
    reader->at += bytes;
    return true;
}

static bool decode(struct toml_reader *reader, struct quoted *quoted, struct toml_string *string)
{
    char *start = arena_take(reader->arena, (size_t)(quoted->close - reader->at) + 1);
    bool good = true;
    quoted->to = start;
    while (reader->at < quoted->close)
        good = decode_character(reader, quoted) && good;
    *quoted->to = '\0';
    *string = (struct toml_string){.text = start, .length = (size_t)(quoted->to - start)};
    reader->at += quoted->multi_line ? 3 : 1;
    return good;
}

static bool unclosed(struct toml_reader *reader, bool multi_line)
{
    if (!multi_line) {
        toml_error(reader, reader->line, "the string is not closed: expected its quote on this line");
        while (!toml_at_end(reader) && !toml_at_newline(reader))
            reader->at++;
        return false;
    }
    toml_error(reader, reader->line, "the multi-line string that begins here is never closed");
    toml_skip_to_header(reader);
    reader->lost = true;
    return false;
}

bool toml_text_read(struct toml_reader *reader, struct toml_string *string)
{
    unsigned opened = reader->line;
    struct quoted quoted = {.quote = *reader->at};
    quoted.multi_line = toml_next_is(reader, "\"\"\"") || toml_next_is(reader, "'''");
    reader->at += quoted.multi_line ? 3 : 1;
    quoted.close = find_close(reader, quoted.quote, quoted.multi_line);
    if (!quoted.close)
        return unclosed(reader, quoted.multi_line);
    if (quoted.multi_line)
        toml_take_newline(reader);
    bool good = decode(reader, &quoted, string);
    if (reader->line != opened && toml_ends_as_pair(reader, quoted.close))
        reader->doubtful_text = opened;
    return good;
}
