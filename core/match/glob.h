/* glob - the patterns of Telegraf's filters (those of github.com/gobwas/glob), compiled once.
 *
 *     *         any number of characters, none too, but no separator
 *     **        any number of characters
 *     ?         one character that is no separator
 *     [abc]     one of these; [!abc] one that is none of these
 *     [a-z]     one in this range; [!a-z] one outside of it. Either a range or a list: in a list '-' is
 *               a character like any other, and [a-zA-Z] is an error
 *     {a,b*}    one of these patterns; they may nest
 *     \x        x itself
 *
 * A list is compiled as Telegraf does it: where there are no separators and no pattern of the list has
 * one of *?[, all of them are plain text, braces and backslashes too. Without separators * and ** are
 * the same. Unlike there, an open brace or a backslash at the end of a pattern is an error, and ? and
 * [!a] always take one character.
 *
 * Matching takes time in proportion to text × pattern, never more; a list of plain texts is searched by
 * bisection. A list never changes: any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/plugin.h"

struct glob_list;

/* NULL: one of the patterns is wrong; the error says which and why. separators: UTF-8, NULL or "": none. */
struct glob_list *glob_list_new(const struct vane_strings *patterns, const char *separators,
                                struct error *err);
void glob_list_free(struct glob_list *list); /* NULL is fine */

/* Does one of the patterns match all of the text? An empty list matches nothing. */
bool glob_list_match(const struct glob_list *list, const char *text, size_t length);
