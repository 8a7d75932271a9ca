/* toml_recover - where to read on after an error, so that one fault is one message.
 *
 * A fault inside a line costs the rest of the line. A value whose end cannot be told (an array that
 * was never closed) costs the lines up to the next one that has the shape of a statement; a
 * multi-line string without end, which may hold anything, those up to the next header. The shapes
 * are judged by the line alone, so every line is looked at once more at the most. */
#include <string.h>

#include "config/toml_internal.h"

static const char *pass_spaces(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static const char *pass_word(const char *at, const char *end)
{
    while (at < end && !strchr(" \t\r\n.=,\"'#[]{}", *at))
        at++;
    return at;
}

static const char *pass_quoted(const char *at, const char *end)
{
    char quote = *at++;
    while (at < end && *at != quote && *at != '\n')
        at += *at == '\\' && quote == '"' && end - at > 1 && at[1] != '\n' ? 2 : 1;
    return at < end && *at == quote ? at + 1 : NULL;
}

/* Behind a dotted key and the spaces that follow it, or NULL. */
static const char *pass_key(const char *at, const char *end)
{
    for (;;) {
        at = pass_spaces(at, end);
        bool quoted = at < end && (*at == '"' || *at == '\'');
        const char *behind = quoted ? pass_quoted(at, end) : pass_word(at, end);
        if (!behind || behind == at)
            return NULL;
        at = pass_spaces(behind, end);
        if (at == end || *at != '.')
            return at;
        at++;
    }
}

static bool has_pair_shape(const char *at, const char *end)
{
    at = pass_key(at, end);
    return at && at < end && *at == '=';
}

/* Quotes behind `key =` rather open a string than close one. */
bool toml_ends_as_pair(const struct toml_reader *reader, const char *quotes)
{
    const char *at = pass_key(reader->line_start, quotes);
    return at && at < quotes && *at == '=' && pass_spaces(at + 1, quotes) == quotes;
}

/* Could this word be an element? Then [word] is rather an array than a header. */
static bool is_value(const char *word, size_t length)
{
    static const char *const values[] = {"true", "false", "inf", "nan"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i]) == length && !memcmp(values[i], word, length))
            return true;
    return length == 0 || strchr("+-0123456789", *word);
}

static bool has_header_shape(const char *at, const char *end)
{
    at = pass_spaces(at, end);
    if (at == end || *at++ != '[')
        return false;
    if (at < end && *at == '[')
        at++;
    const char *word = pass_spaces(at, end);
    if (is_value(word, (size_t)(pass_word(word, end) - word)))
        return false;
    at = pass_key(at, end);
    if (!at || at == end || *at++ != ']')
        return false;
    if (at < end && *at == ']')
        at++;
    at = pass_spaces(at, end);
    return at == end || strchr("\r\n#", *at);
}

bool toml_starts_statement(const struct toml_reader *reader)
{
    return has_pair_shape(reader->at, reader->end) || has_header_shape(reader->at, reader->end);
}

void toml_skip_line(struct toml_reader *reader)
{
    const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    reader->at = newline ? newline : reader->end;
    toml_take_newline(reader);
}

void toml_skip_to_statement(struct toml_reader *reader)
{
    if (reader->at != reader->line_start)
        toml_skip_line(reader);
    while (!toml_at_end(reader) && !toml_starts_statement(reader))
        toml_skip_line(reader);
}

void toml_skip_to_header(struct toml_reader *reader)
{
    if (reader->at != reader->line_start)
        toml_skip_line(reader);
    while (!toml_at_end(reader) && !has_header_shape(reader->at, reader->end))
        toml_skip_line(reader);
}

void toml_skip_to_delimiter(struct toml_reader *reader, char closer)
{
    while (!toml_at_end(reader) && *reader->at != closer && *reader->at != ',' && !toml_at_newline(reader))
        reader->at++;
}
