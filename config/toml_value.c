/* toml_value - values of every kind, and `key = value`.
 *
 * Arrays and inline tables read on after a fault inside them: a bad member costs no more than the
 * text up to the next comma, and newlines in an inline table, which TOML 1.0 forbids, are reported
 * and then read as if they were allowed. Only a member that has the shape of a statement where none
 * can stand means that the closing bracket is missing. */
#include "config/toml_internal.h"

static bool value_read(struct toml_reader *reader, struct toml_value *value);

/* The reader stands at the first word of a line, which is to be read as a statement. */
static bool give_up(struct toml_reader *reader)
{
    reader->lost = true;
    if (!toml_at_end(reader))
        reader->at = reader->line_start;
    return false;
}

/* ---- Arrays ---- */
static bool array_unclosed(struct toml_reader *reader, unsigned opened, bool good)
{
    if (good && toml_at_end(reader))
        toml_error(reader, opened, "the array that begins here is never closed: expected ']'");
    else if (good)
        toml_error(reader, opened, "the array that begins here is not closed: expected ']' before line %u",
                   reader->line);
    return give_up(reader);
}

static bool array_members(struct toml_reader *reader, unsigned opened, struct toml_array *array)
{
    bool good = true, comma = true;
    for (;;) {
        bool further_line = toml_skip_blank_lines(reader);
        if (toml_take(reader, ']'))
            return good;
        if (toml_at_end(reader) || (further_line && toml_starts_statement(reader)))
            return array_unclosed(reader, opened, good);
        if (!comma) {
            comma = true;
            if (toml_take(reader, ','))
                continue;
            good = toml_error(reader, reader->line, "expected ',' or ']' in the array, found %s",
                              toml_found(reader).text);
        }
        struct toml_value item;
        if (value_read(reader, &item)) {
            toml_array_push(reader, array, &item);
            comma = false;
            continue;
        }
        if (reader->lost)
            return false;
        good = false;
        toml_skip_to_delimiter(reader, ']');
        toml_take(reader, ',');
        comma = true;
    }
}

static bool array_read(struct toml_reader *reader, struct toml_value *value)
{
    value->type = TOML_ARRAY;
    value->array = (struct toml_array){0};
    if (reader->depth == TOML_DEPTH_LIMIT) {
        reader->lost = true;
        return toml_report_depth(reader);
    }
    reader->at++;
    reader->depth++;
    bool good = array_members(reader, value->place.line, &value->array);
    reader->depth--;
    return good;
}

/* ---- Inline tables ---- */

/* Skips to the next word of the table: is it on a further line? */
static bool wraps(struct toml_reader *reader, bool reported)
{
    toml_skip_spaces(reader);
    if (!toml_at_newline(reader) && !toml_next_is(reader, "#"))
        return false;
    if (!reported)
        toml_error(reader, reader->line, "expected '}': an inline table ends on the line it begins on");
    return toml_skip_blank_lines(reader);
}

static bool inline_close(struct toml_reader *reader, bool good, bool trailing_comma)
{
    if (trailing_comma)
        return toml_error(reader, reader->line, "expected a key after the last ',' of the inline table");
    return good;
}

static bool inline_members(struct toml_reader *reader, unsigned opened, struct toml_table *table)
{
    bool good = true, comma = true;
    for (;;) {
        bool further_line = wraps(reader, !good);
        good = good && !further_line;
        if (toml_take(reader, '}'))
            return inline_close(reader, good, comma && table->count);
        if (toml_at_end(reader))
            return toml_error(reader, opened, "the inline table that begins here is never closed");
        if (!comma) {
            comma = true;
            if (toml_take(reader, ','))
                continue;
            if (further_line)
                return give_up(reader);
            good = toml_error(reader, reader->line, "expected ',' or '}' in the inline table, found %s",
                              toml_found(reader).text);
        }
        if (further_line && toml_next_is(reader, "["))
            return give_up(reader);
        if (!toml_pair_read(reader, table)) {
            if (reader->lost)
                return false;
            good = false;
            toml_skip_to_delimiter(reader, '}');
        }
        comma = false;
    }
}

static bool inline_read(struct toml_reader *reader, struct toml_value *value)
{
    value->type = TOML_TABLE;
    value->table = toml_table_new(reader, value->place, TOML_INLINE);
    reader->at++;
    return inline_members(reader, value->place.line, value->table);
}

/* ---- Values ---- */
static bool value_read(struct toml_reader *reader, struct toml_value *value)
{
    *value = (struct toml_value){.place = toml_place_here(reader)};
    switch (toml_at_end(reader) ? '\0' : *reader->at) {
    case '"':
    case '\'':
        value->type = TOML_STRING;
        return toml_text_read(reader, &value->string);
    case '[':
        return array_read(reader, value);
    case '{':
        return inline_read(reader, value);
    default:
        return toml_scalar_read(reader, value);
    }
}

bool toml_pair_read(struct toml_reader *reader, struct toml_table *table)
{
    struct toml_key *key = toml_key_read(reader);
    if (!key)
        return false;
    if (!toml_take(reader, '='))
        return toml_error(reader, reader->line, "expected '=' after the key %s, found %s",
                          toml_key_path(key, NULL).text, toml_found(reader).text);
    toml_skip_spaces(reader);
    unsigned parts = toml_key_parts(key);
    struct toml_value value;
    reader->depth += parts;
    bool good = value_read(reader, &value);
    reader->depth -= parts;
    return good && toml_tree_set(reader, table, key, &value);
}
