/* describe_internal - what the parts of the describe room share; nobody else includes it.
 *
 *     describe.c          words: types, defaults, wrapped paragraphs
 *     describe_help.c     `vane help`        describe_sample.c   `vane sample`
 *     describe_readme.c   Markdown
 */
#pragma once
#include "config/describe.h"

/* "inputs", "processors", "outputs"; "input", ... */
const char *describe_roles(enum vane_role role);
const char *describe_role(enum vane_role role);

/* Appends `string, one of "a", "b"`, `duration, at least 1s`, ... */
void describe_type(struct vane_text *out, const struct vane_option *option);

/* Appends the help, and what else is to be known: "... Another name of it is fieldpass." */
void describe_meaning(struct vane_text *out, const struct vane_option *option);

/* The same for where no column shows the type: "... (one of "a", "b", default "a")". */
void describe_in_brief(struct vane_text *out, const struct vane_option *option, bool with_default);

/* Appends words, the first line where the text stands (at `column`), every other behind `margin`. */
void describe_wrap(struct vane_text *out, size_t column, const char *margin, const char *words);
