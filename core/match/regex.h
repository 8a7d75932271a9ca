/* regex - regular expressions of RE2's syntax (Go's regexp, CEL's matches), as an automaton.
 *
 *     .  [a-z0-9_]  [^,]  [[:alpha:]]  \d \D \w \W \s \S     one character
 *     xy  x|y  (x)  (?:x)  (?P<name>x)                       in a row, either, group
 *     x*  x+  x?  x{2}  x{2,}  x{2,4}                        as often; a '?' behind it changes nothing here,
 *                                                            as it is only asked whether something matches
 *     ^  $  \A  \z  \b  \B                                   places
 *     \t \n \. \x41 \x{20ac} \101                            characters as they are
 *     (?i) (?s) (?m) (?i:x) (?-i)                            flags, up to the end of their group
 *
 * Not there: classes of Unicode properties (\pL) and \Q...\E. (?i) knows the letters of ASCII alone. Own
 * thread to compile; what comes of it is read-only.
 */
#pragma once
#include "core/match/automaton.h"
#include "core/error.h"

/* NULL: the pattern is wrong; the error says what is. Match with automaton_match(…, true): like RE2 it looks
 * for the pattern anywhere in the text. */
struct automaton *regex_new(const char *pattern, size_t length, struct error *err);
