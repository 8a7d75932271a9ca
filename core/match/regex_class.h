/* regex_class - sets of characters in regular expressions: [a-z\d[:alpha:]], and the escapes that stand
 * inside and outside of them. Own thread.
 */
#pragma once
#include "core/match/automaton.h"
#include "core/error.h"

enum { REGEX_CLASS_LIMIT = 256 };

struct regex_class {
    struct automaton_range ranges[REGEX_CLASS_LIMIT];
    size_t                 count;
};

/* Reads behind the '[' up to behind the ']'. */
bool regex_class_read(struct regex_class *class, const char **at, const char *end, bool *negated,
                      struct error *err);

/* Adds what \d, \w, \s stand for, or (D, W, S) do not; false: no such letter. */
bool regex_class_add_letter(struct regex_class *class, char letter);

/* Reads behind a backslash: one character. */
bool regex_class_read_escape(const char **at, const char *end, uint32_t *rune, struct error *err);

void regex_class_fold(struct regex_class *class); /* adds the other case of the letters of ASCII */
uint32_t regex_class_other_case(uint32_t rune);   /* itself, where it has none */
bool regex_class_is_word(char c);
