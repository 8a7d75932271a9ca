/* state_key - keys of records: a kind, of some a number, and the name of the series with the length of each part.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/series.h"

bool state_key_has_number(char kind);

/* "s…", "m…", "c17 …", "f2 …", "j3 …" */
void state_key_write(const struct series *series, char kind, uint64_t number, struct vane_text *key);

/* A name (what follows kind and number) back into a series: text is ended in place. `tags` is memory to free, also when it
 * is false: no such name. */
bool state_key_read(char *name, struct vane_series *series, struct vane_tag **tags, const char **field,
                    uint32_t *field_length);
