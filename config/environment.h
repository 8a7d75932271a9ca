/* environment - variables of the process in strings of the configuration.
 *
 *     ${NAME}            its value; it is an error if it is not set
 *     ${NAME:-default}   the default where it is not set or empty
 *     ${NAME-default}    the default where it is not set
 *     ${NAME:?message}   an error with this message where it is not set or empty
 *     ${NAME?message}    an error with this message where it is not set
 *     $${                stands for ${ itself
 *
 * A name is letters, digits and '_', no digit first. A default ends at its '}' and may hold further
 * variables: ${VANE_TOKEN:-${INFLUX_TOKEN}}. What a variable holds is not looked at again. Every other
 * '$' stands for itself ($NAME, ^a$, $$), so that regular expressions need no care.
 *
 * Values of variables never appear in errors of this room. Any thread, as getenv.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/plugin.h"

enum { ENVIRONMENT_DEPTH_LIMIT = 8 }; /* defaults within defaults */

/* Appends the text with its variables replaced. On failure `out` holds a part of it. */
bool environment_expand(struct vane_text *out, const char *text, size_t length, struct error *err);

/* Is the text one ${...} from its first to its last byte? Such a string may stand for a number or a
 * boolean, since quotes are then only how TOML is told of the variable. */
bool environment_is_variable(const char *text, size_t length);

/* Is it $NAME, in the capitals of a variable? It is not replaced here, but by Telegraf. */
bool environment_is_plain(const char *text, size_t length);
