/* json_text - a JSON string, for logs, dead letters and the json format.
 */
#pragma once
#include "core/plugin.h"

/* Appends "…" with all that JSON wants escaped. Bytes that are not UTF-8 become U+FFFD. Own thread. */
void json_text_add(struct vane_text *out, const char *text, size_t length);
