/* lines - line protocol as text, in the form in which the host's encoder writes it:
 *
 *     name,tag=value,tag=value field=1,field="a string" 1672515782136000000\n
 *     └── header, escaped ───┘ └─────── fields ───────┘ └ time, if any ───┘
 *
 * A string may hold line feeds, so only a reader that knows strings finds the ends of lines. Pure functions.
 */
#pragma once
#include "core/plugin.h"

/* What is done to each line before it is sent. */
struct lines_shape {
    struct vane_text cut[2]; /* tags that are left out, as lines_add_tag wrote them; empty: none */
    int64_t          unit;   /* of the times, ns; 1: as they are */
};

/* Appends ",key=" as it stands in a header. */
void lines_add_tag(struct vane_text *out, const char *key);

/* Bytes of the first line, its line feed included. */
size_t lines_length(const char *text, size_t length);

size_t lines_count(const char *text, size_t length);

/* Shapes the lines from byte `from` on; times are rounded down. */
void lines_reshape(struct vane_text *text, size_t from, const struct lines_shape *shape);

/* Would it change anything? */
bool lines_shape_is_plain(const struct lines_shape *shape);
