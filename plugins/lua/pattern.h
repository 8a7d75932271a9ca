/* pattern - Lua's patterns (§6.4.1 of its manual), matched within a number of steps.
 *
 * Lua's own matcher backtracks without a limit, and no hook runs meanwhile: ("a"):rep(30):find(("a*"):rep(30).."b")
 * would not end in a lifetime. This one counts what it compares. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATTERN_CAPTURES = 32, PATTERN_DEPTH = 200 };

struct pattern_capture {
    const char *start;
    ptrdiff_t   length; /* or one of these: */
};
enum { PATTERN_OPEN = -1, PATTERN_PLACE = -2 }; /* not closed yet; "()", a place in the subject */

struct pattern {
    const char *subject, *subject_end; /* set by the caller */
    const char *text, *end;            /* the pattern, without a leading '^'; set by the caller */
    int64_t     steps_left;            /* set by the caller */
    const char *error;                 /* why nothing was matched: a bad pattern; NULL where it was not the pattern */
    bool        too_long;              /* out of steps */
    int         depth, captured;
    struct pattern_capture captures[PATTERN_CAPTURES];
};

/* Matches at this place of the subject. Answers the end of the match, NULL: none, or an error. */
const char *pattern_match(struct pattern *pattern, const char *at);

/* Is it a plain text, without a special character? */
bool pattern_is_plain(const char *text, size_t length);
