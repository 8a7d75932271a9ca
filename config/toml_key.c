/* toml_key - bare, quoted and dotted keys, as a chain of parts. A key is read whole before any of
 * its tables is looked for, so that a key with a fault changes nothing. */
#include <string.h>

#include "config/toml_internal.h"
#include "core/arena.h"

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool read_bare(struct toml_reader *reader, struct toml_string *string)
{
    const char *start = reader->at;
    while (!toml_at_end(reader) && is_bare(*reader->at))
        reader->at++;
    size_t length = (size_t)(reader->at - start);
    if (!length)
        return toml_error(reader, reader->line, "expected a key, found %s", toml_found(reader).text);
    *string = (struct toml_string){.text = arena_text(reader->arena, start, length), .length = length};
    return true;
}

static struct toml_key *read_part(struct toml_reader *reader)
{
    if (toml_next_is(reader, "\"\"\"") || toml_next_is(reader, "'''")) {
        toml_error(reader, reader->line, "expected a key, found a multi-line string");
        return NULL;
    }
    struct toml_place place = toml_place_here(reader);
    struct toml_string string;
    bool quoted = toml_next_is(reader, "\"") || toml_next_is(reader, "'");
    if (!(quoted ? toml_text_read(reader, &string) : read_bare(reader, &string)))
        return NULL;
    struct toml_key *key = arena_take(reader->arena, sizeof *key);
    *key = (struct toml_key){.text = string.text, .length = string.length, .place = place};
    return key;
}

struct toml_key *toml_key_read(struct toml_reader *reader)
{
    struct toml_key *first = NULL, **next = &first;
    unsigned depth = reader->depth;
    do {
        toml_skip_spaces(reader);
        if (++depth > TOML_DEPTH_LIMIT) {
            toml_report_depth(reader);
            return NULL;
        }
        *next = read_part(reader);
        if (!*next)
            return NULL;
        next = &(*next)->next;
        toml_skip_spaces(reader);
    } while (toml_take(reader, '.'));
    return first;
}

unsigned toml_key_parts(const struct toml_key *key)
{
    unsigned parts = 0;
    for (; key; key = key->next)
        parts++;
    return parts;
}

struct toml_excerpt toml_key_path(const struct toml_key *first, const struct toml_key *last)
{
    char joined[sizeof(struct toml_excerpt)];
    size_t length = 0;
    for (const struct toml_key *key = first; key && length < sizeof joined; key = key->next) {
        if (key != first)
            joined[length++] = '.';
        size_t room = sizeof joined - length;
        size_t taken = key->length < room ? key->length : room;
        memcpy(joined + length, key->text, taken);
        length += taken;
        if (key == last)
            break;
    }
    return toml_quote(joined, length);
}
