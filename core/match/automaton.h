/* automaton - patterns as a small nondeterministic automaton over code points, run in time
 * text × pattern (Thompson 1968): no pattern and no text makes it slow. glob and regex build on it.
 *
 *     struct automaton *a = automaton_new();
 *     automaton_rune(a, 'x');                       pieces follow one another; what is built from
 *     size_t from = automaton_here(a);              a place on can be repeated, or be one of
 *     automaton_set(a, digits, 1, false);           several alternatives
 *     automaton_repeat(a, from, 1, AUTOMATON_NO_END);
 *     automaton_assert(a, AUTOMATON_TEXT_END);
 *     bool ok = automaton_finish(a);                false: the pattern is too large
 *
 * Building: own thread. A finished one never changes: any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUTOMATON_NO_END = -1, AUTOMATON_LIMIT = 4096 /* steps */ };

enum automaton_assertion {
    AUTOMATON_TEXT_START, AUTOMATON_TEXT_END, AUTOMATON_LINE_START, AUTOMATON_LINE_END,
    AUTOMATON_WORD_EDGE, AUTOMATON_NO_WORD_EDGE, /* words are of ASCII letters, digits and _ */
};

struct automaton_range {
    uint32_t low, high;
};

struct automaton;

struct automaton *automaton_new(void);
void automaton_free(struct automaton *automaton); /* NULL is fine */

/* ---- Building. Once the pattern is too large these do nothing, and automaton_finish says so ---- */

size_t automaton_here(const struct automaton *automaton); /* of a finished one: how large it is, in steps */
void automaton_rune(struct automaton *automaton, uint32_t rune);
/* One code point in (negated: not in) one of the ranges, which are copied. */
void automaton_set(struct automaton *automaton, const struct automaton_range *ranges, size_t count,
                   bool negated);
void automaton_assert(struct automaton *automaton, enum automaton_assertion assertion);

/* What was built since `from`: least .. most times; most AUTOMATON_NO_END: as often as it fits. */
void automaton_repeat(struct automaton *automaton, size_t from, int least, int most);

/* What was built since `begin` is one alternative; `next` before each further one, then `end`. */
struct automaton_choice {
    size_t branch, last_jump;
};
struct automaton_choice automaton_choice_begin(const struct automaton *automaton);
void automaton_choice_next(struct automaton *automaton, struct automaton_choice *choice);
void automaton_choice_end(struct automaton *automaton, const struct automaton_choice *choice);

bool automaton_finish(struct automaton *automaton);

/* ---- Running ---- */

/* Does a part of the text match that begins at its start (anywhere: at any place)? The part may end
 * anywhere: AUTOMATON_TEXT_END at the end of the pattern asks for all of it. */
bool automaton_match(const struct automaton *automaton, const char *text, size_t length, bool anywhere);
