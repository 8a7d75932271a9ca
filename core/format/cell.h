/* cell - one value as bare text, as csv, value, template and table have it.
 *
 * Written: floats shortest and without exponent, "NaN", "+Inf", "-Inf"; "true", "false"; texts as
 * they are. Read as Go's strconv does: what is written comes back. [any]
 */
#pragma once
#include "core/plugin.h"

enum cell_type { CELL_INT, CELL_FLOAT, CELL_BOOL, CELL_STRING };

/* Sets type and value of the field; a string points to the text. False: the text is no such value. */
bool cell_read(enum cell_type type, const char *text, size_t length, struct vane_field *field);

/* As int, float, bool or string, whichever fits first. */
void cell_read_any(const char *text, size_t length, struct vane_field *field);

void cell_write(const struct vane_field *field, struct vane_text *out);
const char *cell_type_name(enum cell_type type); /* "an int" */
