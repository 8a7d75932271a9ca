/* regex - see regex.h. Reads the pattern once, from left to right, and builds as it reads. */
#include "core/match/regex.h"

#include "core/match/regex_class.h"
#include "core/match/utf8.h"

#include <string.h>

enum { DEPTH_LIMIT = 100, REPEAT_LIMIT = 1000 };

struct reader {
    const char       *at, *end;
    struct automaton *automaton;
    bool              fold, dot_all, lines; /* (?i), (?s), (?m) */
    int               depth;
    struct error     *err;
};

static bool peek(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

static bool take(struct reader *reader, char c)
{
    bool there = peek(reader, c);
    reader->at += there;
    return there;
}

static bool take_text(struct reader *reader, const char *text)
{
    size_t length = strlen(text);
    bool there = (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, text, length) == 0;
    reader->at += there ? length : 0;
    return there;
}

/* ---- One character ---- */

static void add_rune(struct reader *reader, uint32_t rune)
{
    uint32_t other = regex_class_other_case(rune);
    if (!reader->fold || other == rune) {
        automaton_rune(reader->automaton, rune);
        return;
    }
    struct automaton_range both[] = { { rune, rune }, { other, other } };
    automaton_set(reader->automaton, both, 2, false);
}

static void add_class(struct reader *reader, struct regex_class *class, bool negated)
{
    if (reader->fold)
        regex_class_fold(class);
    automaton_set(reader->automaton, class->ranges, class->count, negated);
}

static bool read_class(struct reader *reader)
{
    struct regex_class class;
    bool negated;
    if (!regex_class_read(&class, &reader->at, reader->end, &negated, reader->err))
        return false;
    add_class(reader, &class, negated);
    return true;
}

static bool read_place(struct reader *reader)
{
    static const struct { char letter; enum automaton_assertion assertion; } places[] = {
        { 'A', AUTOMATON_TEXT_START }, { 'z', AUTOMATON_TEXT_END },
        { 'b', AUTOMATON_WORD_EDGE },  { 'B', AUTOMATON_NO_WORD_EDGE },
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (take(reader, places[i].letter)) {
            automaton_assert(reader->automaton, places[i].assertion);
            return true;
        }
    return false;
}

/* Behind the backslash. */
static bool read_escape(struct reader *reader)
{
    if (read_place(reader))
        return true;
    struct regex_class class = { 0 };
    if (reader->at < reader->end && regex_class_add_letter(&class, *reader->at)) {
        reader->at++;
        add_class(reader, &class, false);
        return true;
    }
    uint32_t rune;
    if (!regex_class_read_escape(&reader->at, reader->end, &rune, reader->err))
        return false;
    add_rune(reader, rune);
    return true;
}

/* ---- Groups and what repeats ---- */

static bool read_alternatives(struct reader *reader);

/* `before`, then letters of flags and up to one '-', then `last`: sets them; takes nothing if that is not
 * what stands there. */
static bool take_flags(struct reader *reader, const char *before, char last)
{
    struct reader changed = *reader;
    if (!take_text(&changed, before))
        return false;
    for (bool on = true; changed.at < changed.end && *changed.at != last; changed.at++) {
        char c = *changed.at;
        if (c == 'i')
            changed.fold = on;
        else if (c == 's')
            changed.dot_all = on;
        else if (c == 'm')
            changed.lines = on;
        else if (c == '-' && on)
            on = false;
        else if (c != 'U')
            return false;
    }
    if (!take(&changed, last))
        return false;
    *reader = changed;
    return true;
}

static bool skip_name(struct reader *reader)
{
    while (reader->at < reader->end && regex_class_is_word(*reader->at))
        reader->at++;
    return take(reader, '>') || error_set(reader->err, "(?P<name without >");
}

static bool read_rest_of_group(struct reader *reader)
{
    if (reader->depth == DEPTH_LIMIT)
        return error_set(reader->err, "groups are nested more than %d deep", DEPTH_LIMIT);
    reader->depth++;
    bool read = read_alternatives(reader);
    reader->depth--;
    return read && (take(reader, ')') || error_set(reader->err, "( without )"));
}

/* Behind the parenthesis. Flags end with the group that they stand in. */
static bool read_group(struct reader *reader)
{
    struct reader before = *reader;
    if (take_text(reader, "?P<") || take_text(reader, "?<")) {
        if (!skip_name(reader))
            return false;
    } else if (!take_flags(reader, "?", ':') && peek(reader, '?'))
        return error_set(reader->err, "(? with what is neither a group nor one of the flags i, m, s, U");
    if (!read_rest_of_group(reader))
        return false;
    reader->fold = before.fold;
    reader->dot_all = before.dot_all;
    reader->lines = before.lines;
    return true;
}

static bool read_count(struct reader *reader, int *count)
{
    const char *start = reader->at;
    for (*count = 0; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++)
        *count = *count > REPEAT_LIMIT ? *count : *count * 10 + (*reader->at - '0');
    return reader->at > start;
}

/* "{2}", "{2,}", "{2,4}"; what only looks like it is text. */
static bool take_braces(struct reader *reader, int *least, int *most)
{
    const char *start = reader->at;
    bool read = take(reader, '{') && read_count(reader, least);
    *most = *least;
    if (read && take(reader, ',') && !read_count(reader, most))
        *most = AUTOMATON_NO_END;
    if (read && take(reader, '}'))
        return true;
    reader->at = start;
    return false;
}

static bool take_repeat(struct reader *reader, int *least, int *most)
{
    *least = 0;
    *most = AUTOMATON_NO_END;
    if (take(reader, '*'))
        return true;
    if (take(reader, '+')) {
        *least = 1;
        return true;
    }
    if (take(reader, '?')) {
        *most = 1;
        return true;
    }
    return take_braces(reader, least, most);
}

static bool read_atom(struct reader *reader)
{
    static const struct automaton_range newline = { '\n', '\n' };
    int least, most;
    if (take_repeat(reader, &least, &most))
        return error_set(reader->err, "a repetition with nothing to repeat");
    uint32_t rune = utf8_next(&reader->at, reader->end);
    switch (rune) {
    case '(':
        return read_group(reader);
    case '[':
        return read_class(reader);
    case '\\':
        return read_escape(reader);
    case '.':
        automaton_set(reader->automaton, &newline, reader->dot_all ? 0 : 1, true);
        return true;
    case '^':
        automaton_assert(reader->automaton, reader->lines ? AUTOMATON_LINE_START : AUTOMATON_TEXT_START);
        return true;
    case '$':
        automaton_assert(reader->automaton, reader->lines ? AUTOMATON_LINE_END : AUTOMATON_TEXT_END);
        return true;
    case ')':
        return error_set(reader->err, ") without (");
    default:
        add_rune(reader, rune);
        return true;
    }
}

static bool read_piece(struct reader *reader)
{
    int least, most;
    size_t from = automaton_here(reader->automaton);
    if (!read_atom(reader))
        return false;
    if (!take_repeat(reader, &least, &most))
        return true;
    if (least > REPEAT_LIMIT || most > REPEAT_LIMIT || (most >= 0 && most < least))
        return error_set(reader->err, "{%d,%d}: counts go up, and to %d at most", least, most, REPEAT_LIMIT);
    automaton_repeat(reader->automaton, from, least, most);
    take(reader, '?'); /* as few as possible: the same here */
    if (take_repeat(reader, &least, &most))
        return error_set(reader->err, "a repetition of a repetition: put the inner one in parentheses");
    return true;
}

static bool read_alternatives(struct reader *reader)
{
    struct automaton_choice choice = automaton_choice_begin(reader->automaton);
    while (reader->at < reader->end && !peek(reader, ')')) {
        if (take(reader, '|'))
            automaton_choice_next(reader->automaton, &choice);
        else if (!take_flags(reader, "(?", ')') && !read_piece(reader))
            return false;
    }
    automaton_choice_end(reader->automaton, &choice);
    return true;
}

static bool read_all(struct reader *reader)
{
    if (!read_alternatives(reader))
        return false;
    if (reader->at < reader->end)
        return error_set(reader->err, ") without (");
    return automaton_finish(reader->automaton) || error_set(reader->err, "the pattern is too large");
}

struct automaton *regex_new(const char *pattern, size_t length, struct error *err)
{
    struct reader reader = { .at = pattern, .end = pattern + length, .err = err };
    reader.automaton = automaton_new();
    if (read_all(&reader))
        return reader.automaton;
    automaton_free(reader.automaton);
    return NULL;
}
