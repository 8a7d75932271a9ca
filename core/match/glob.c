/* glob - see glob.h. Most patterns are texts with stars between them (cpu, usage_*, *.count): those are
 * compared piece by piece. What has ?, a class, braces, or a star that stops at separators becomes an
 * automaton. */
#include "core/match/glob.h"

#include "core/alloc.h"
#include "core/match/automaton.h"
#include "core/match/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_LIMIT = 32, SEPARATOR_LIMIT = 32, CLASS_LIMIT = 256 };

struct text {
    char  *data;
    size_t length;
};

struct glob {
    struct text      *pieces; /* with a star between each two; empty where `automaton` is set */
    size_t            piece_count;
    struct automaton *automaton;
};

struct glob_list {
    struct text *exact; /* all plain: sorted by length, then bytes */
    struct glob *globs;
    size_t       count; /* of either */
};

/* ---- Pieces between stars ---- */

static bool is_plain(const char *pattern)
{
    return !strpbrk(pattern, "*?[");
}

/* How many characters stand before the next star or the end; no pattern ends with a backslash. */
static size_t piece_length(const char *at)
{
    size_t length = 0;
    for (; *at && *at != '*'; length++)
        at += *at == '\\' ? 2 : 1;
    return length;
}

/* Takes the text up to the next star, without its backslashes; moves *at to the star or the end. */
static struct text take_piece(const char **at)
{
    struct text piece = { .data = alloc_zero(piece_length(*at) + 1) };
    for (; **at && **at != '*'; ++*at) {
        *at += **at == '\\';
        piece.data[piece.length++] = **at;
    }
    return piece;
}

static void split(struct glob *glob, const char *pattern)
{
    size_t stars = 0;
    for (const char *at = pattern; *at; at++)
        stars += *at == '*';
    glob->pieces = alloc_array(stars + 1, sizeof *glob->pieces);
    for (const char *at = pattern;; at += strspn(at, "*")) {
        glob->pieces[glob->piece_count++] = take_piece(&at);
        if (!*at)
            return;
    }
}

/* The first piece is where the text begins, the last where it ends; those between are each found as
 * early as possible, which leaves the most for the rest. */
static bool match_pieces(const struct glob *glob, const char *text, size_t length)
{
    const struct text *first = &glob->pieces[0], *last = &glob->pieces[glob->piece_count - 1];
    if (length < first->length || memcmp(text, first->data, first->length) != 0)
        return false;
    if (first == last)
        return length == first->length;
    text += first->length;
    length -= first->length;
    if (length < last->length || memcmp(text + length - last->length, last->data, last->length) != 0)
        return false;
    const char *end = text + length - last->length;
    for (const struct text *piece = first + 1; piece < last; piece++) {
        const char *found = memmem(text, (size_t)(end - text), piece->data, piece->length);
        if (!found)
            return false;
        text = found + piece->length;
    }
    return true;
}

/* ---- Everything else ---- */

struct reader {
    const char            *at, *end;
    struct automaton      *automaton;
    struct automaton_range separators[SEPARATOR_LIMIT];
    size_t                 separator_count;
    struct automaton_choice choices[DEPTH_LIMIT]; /* of the braces that are open */
    size_t                  depth;
};

static void read_star(struct reader *reader)
{
    bool all = reader->at < reader->end && *reader->at == '*';
    reader->at += all;
    size_t from = automaton_here(reader->automaton);
    automaton_set(reader->automaton, reader->separators, all ? 0 : reader->separator_count, true);
    automaton_repeat(reader->automaton, from, 0, AUTOMATON_NO_END);
}

static bool read_range(struct reader *reader, bool negated, struct error *err)
{
    struct automaton_range range = { .low = utf8_next(&reader->at, reader->end) };
    reader->at++; /* the '-' */
    if (reader->at == reader->end)
        return error_set(err, "[ without ]");
    range.high = utf8_next(&reader->at, reader->end);
    if (range.high < range.low)
        return error_set(err, "a range goes from the lower to the higher character");
    if (reader->at == reader->end || *reader->at++ != ']')
        return error_set(err, "a class is one range or a list of characters, and ends with ]");
    automaton_set(reader->automaton, &range, 1, negated);
    return true;
}

static bool read_list(struct reader *reader, bool negated, struct error *err)
{
    struct automaton_range ranges[CLASS_LIMIT];
    size_t count = 0;
    for (; reader->at < reader->end && *reader->at != ']'; count++) {
        reader->at += *reader->at == '\\' && reader->at + 1 < reader->end;
        uint32_t rune = utf8_next(&reader->at, reader->end);
        if (count == CLASS_LIMIT)
            return error_set(err, "a class has more than %d characters", CLASS_LIMIT);
        ranges[count] = (struct automaton_range){ rune, rune };
    }
    if (reader->at == reader->end)
        return error_set(err, "[ without ]");
    if (count == 0)
        return error_set(err, "[] matches nothing");
    reader->at++;
    automaton_set(reader->automaton, ranges, count, negated);
    return true;
}

static bool read_class(struct reader *reader, struct error *err)
{
    bool negated = reader->at < reader->end && *reader->at == '!';
    reader->at += negated;
    const char *second = reader->at;
    if (second < reader->end)
        utf8_next(&second, reader->end);
    bool range = second < reader->end && *second == '-';
    return range ? read_range(reader, negated, err) : read_list(reader, negated, err);
}

static bool open_brace(struct reader *reader, struct error *err)
{
    if (reader->depth == DEPTH_LIMIT)
        return error_set(err, "braces are nested more than %d deep", DEPTH_LIMIT);
    reader->choices[reader->depth++] = automaton_choice_begin(reader->automaton);
    return true;
}

static bool read_one(struct reader *reader, struct error *err)
{
    bool inside = reader->depth > 0;
    struct automaton_choice *choice = inside ? &reader->choices[reader->depth - 1] : NULL;
    uint32_t rune = utf8_next(&reader->at, reader->end);
    if (rune == '*')
        read_star(reader);
    else if (rune == '?')
        automaton_set(reader->automaton, reader->separators, reader->separator_count, true);
    else if (rune == '[')
        return read_class(reader, err);
    else if (rune == '{')
        return open_brace(reader, err);
    else if (rune == ',' && inside)
        automaton_choice_next(reader->automaton, choice);
    else if (rune == '}' && inside) {
        automaton_choice_end(reader->automaton, choice);
        reader->depth--;
    } else
        automaton_rune(reader->automaton, rune == '\\' ? utf8_next(&reader->at, reader->end) : rune);
    return true;
}

static bool read_separators(struct reader *reader, const char *separators, struct error *err)
{
    const char *at = separators, *end = separators + strlen(separators);
    for (; at < end; reader->separator_count++) {
        if (reader->separator_count == SEPARATOR_LIMIT)
            return error_set(err, "more than %d separators", SEPARATOR_LIMIT);
        uint32_t rune = utf8_next(&at, end);
        reader->separators[reader->separator_count] = (struct automaton_range){ rune, rune };
    }
    return true;
}

static bool build(struct glob *glob, const char *pattern, const char *separators, struct error *err)
{
    glob->automaton = automaton_new();
    struct reader reader = { .at = pattern, .end = pattern + strlen(pattern), .automaton = glob->automaton };
    if (!read_separators(&reader, separators, err))
        return false;
    while (reader.at < reader.end)
        if (!read_one(&reader, err))
            return false;
    if (reader.depth > 0)
        return error_set(err, "{ without }");
    automaton_assert(reader.automaton, AUTOMATON_TEXT_END);
    return automaton_finish(reader.automaton) || error_set(err, "the pattern is too large");
}

static bool check_text(const char *pattern, struct error *err)
{
    const char *end = pattern + strlen(pattern);
    bool escaped = false;
    for (const char *at = pattern; at < end;) {
        size_t bytes = utf8_sequence(at, end);
        if (!bytes)
            return error_set(err, "not UTF-8");
        escaped = *at == '\\' && !escaped;
        at += bytes;
    }
    return !escaped || error_set(err, "a backslash with nothing behind it");
}

static bool compile(struct glob *glob, const char *pattern, const char *separators, struct error *err)
{
    if (!check_text(pattern, err))
        return false;
    bool starred = strchr(pattern, '*') != NULL;
    if (!strpbrk(pattern, "?[{") && !(starred && *separators)) {
        split(glob, pattern);
        return true;
    }
    return build(glob, pattern, separators, err);
}

/* ---- Lists ---- */

static int compare(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return memcmp(x->data, y->data, x->length);
}

static void fill_exact(struct glob_list *list, const struct vane_strings *patterns)
{
    list->exact = alloc_array(patterns->count, sizeof *list->exact);
    list->count = patterns->count;
    for (size_t i = 0; i < patterns->count; i++)
        list->exact[i] = (struct text){ alloc_text(patterns->items[i]), strlen(patterns->items[i]) };
    if (list->count)
        qsort(list->exact, list->count, sizeof *list->exact, compare);
}

static bool fill_globs(struct glob_list *list, const struct vane_strings *patterns, const char *separators,
                       struct error *err)
{
    list->globs = alloc_array(patterns->count, sizeof *list->globs);
    for (list->count = 0; list->count < patterns->count; list->count++) {
        const char *pattern = patterns->items[list->count];
        if (compile(&list->globs[list->count], pattern, separators, err))
            continue;
        list->count++;
        return error_prefix(err, "pattern \"%.200s\"", pattern);
    }
    return true;
}

static void release(struct glob *glob)
{
    for (size_t i = 0; i < glob->piece_count; i++)
        free(glob->pieces[i].data);
    free(glob->pieces);
    automaton_free(glob->automaton);
}

void glob_list_free(struct glob_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; list->exact && i < list->count; i++)
        free(list->exact[i].data);
    for (size_t i = 0; list->globs && i < list->count; i++)
        release(&list->globs[i]);
    free(list->exact);
    free(list->globs);
    free(list);
}

struct glob_list *glob_list_new(const struct vane_strings *patterns, const char *separators,
                                struct error *err)
{
    bool plain = !separators || !*separators;
    for (size_t i = 0; i < patterns->count; i++)
        plain = plain && is_plain(patterns->items[i]);
    struct glob_list *list = alloc_zero(sizeof *list);
    if (plain)
        fill_exact(list, patterns);
    else if (!fill_globs(list, patterns, separators ? separators : "", err)) {
        glob_list_free(list);
        return NULL;
    }
    return list;
}

static bool match_one(const struct glob *glob, const char *text, size_t length)
{
    return glob->automaton ? automaton_match(glob->automaton, text, length, false)
                           : match_pieces(glob, text, length);
}

bool glob_list_match(const struct glob_list *list, const char *text, size_t length)
{
    if (list->exact) {
        struct text wanted = { .data = (char *)text, .length = length };
        return bsearch(&wanted, list->exact, list->count, sizeof wanted, compare) != NULL;
    }
    for (size_t i = 0; i < list->count; i++)
        if (match_one(&list->globs[i], text, length))
            return true;
    return false;
}
