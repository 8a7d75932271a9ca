/* toml - see toml.h. This file reads statements: headers, and pairs into the table that the last
 * header opened. The parts are listed in toml_internal.h.
 *
 * After an error the file is read on: pairs behind a header that cannot be used go into a table of
 * their own which nobody sees, so that they are checked without clashing with others. */
#include "config/toml.h"

#include <string.h>

#include "config/errors.h"
#include "config/toml_internal.h"
#include "core/arena.h"

/* Opens the table that the pairs after this header go into. */
static bool read_header(struct toml_reader *reader, struct toml_table *root, struct toml_table **current)
{
    struct toml_table *unseen = toml_table_new(reader, toml_place_here(reader), TOML_HEADER);
    bool in_array = toml_next_is(reader, "[[");
    const char *closer = in_array ? "]]" : "]";
    *current = unseen;
    reader->at += strlen(closer);
    reader->depth = 0;
    struct toml_key *key = toml_key_read(reader);
    if (!key) {
        reader->header_lost = true;
        return false;
    }
    reader->depth = toml_key_parts(key);
    bool closed = toml_next_is(reader, closer);
    if (closed)
        reader->at += strlen(closer);
    else
        toml_error(reader, reader->line, "expected '%s' at the end of the header, found %s", closer,
                   toml_found(reader).text);
    struct toml_table *opened = toml_tree_open(reader, root, key, in_array);
    if (opened)
        *current = opened;
    return closed && opened;
}

/* Where a string lacks its end, text and statements change places up to the next header. */
static void report_doubtful_text(struct toml_reader *reader)
{
    toml_error(reader, reader->doubtful_text,
               "the multi-line string that begins here goes on to the start of another: is it not closed?");
    toml_skip_to_header(reader);
}

static void recover(struct toml_reader *reader)
{
    if (reader->doubtful_text)
        report_doubtful_text(reader);
    else if (reader->lost)
        toml_skip_to_statement(reader);
    else
        toml_skip_line(reader);
    reader->lost = false;
    reader->doubtful_text = 0;
}

static void read_statement(struct toml_reader *reader, struct toml_table *root, struct toml_table **current)
{
    bool header = toml_next_is(reader, "[");
    bool good = header ? read_header(reader, root, current) : toml_pair_read(reader, *current);
    if (good && !toml_take_line_end(reader))
        good = toml_error(reader, reader->line, "expected the end of the line after %s, found %s",
                          header ? "the header" : "the value", toml_found(reader).text);
    if (!good)
        recover(reader);
    else if (header)
        reader->doubtful_text = 0;
}

static void skip_byte_order_mark(struct toml_reader *reader)
{
    if (toml_next_is(reader, "\xef\xbb\xbf"))
        reader->at = reader->line_start = reader->at + 3;
    if (!toml_next_is(reader, "\xff\xfe") && !toml_next_is(reader, "\xfe\xff"))
        return;
    toml_error(reader, 1, "the file is UTF-16: expected UTF-8");
    reader->at = reader->end;
}

struct toml_table *toml_parse_some(struct arena *arena, const char *file, const char *text, size_t length,
                                   struct config_errors *errors, bool *good)
{
    struct toml_reader reader = {
        .arena = arena,
        .errors = errors,
        .file = arena_text(arena, file, strlen(file)),
        .at = text,
        .end = text + length,
        .line_start = text,
        .line = 1,
    };
    skip_byte_order_mark(&reader);
    struct toml_table *root = toml_table_new(&reader, toml_place_here(&reader), TOML_HEADER);
    struct toml_table *current = root;
    toml_skip_blank_lines(&reader);
    while (!toml_at_end(&reader) && !toml_error_limit_reached(&reader)) {
        read_statement(&reader, root, &current);
        toml_skip_blank_lines(&reader);
    }
    *good = reader.error_count == 0;
    return root;
}

struct toml_table *toml_parse(struct arena *arena, const char *file, const char *text, size_t length,
                              struct config_errors *errors)
{
    bool good;
    struct toml_table *root = toml_parse_some(arena, file, text, length, errors, &good);
    return good ? root : NULL;
}
