/* fingerprint - a hash of what a table says, to tell whether a reload changed it.
 *
 * Equal tables have equal fingerprints, wherever they stand and however they are written. A string that is the
 * path of a file (a certificate, a script, @{file:PATH}) stands for what is in it: its size and time of change
 * count, too, but for `files` and `dead_letter`, which are data. Variables count as they are named: the environment
 * of a process does not change. Own thread.
 */
#pragma once
#include <stdint.h>

#include "config/options.h"

/* Of all keys of the source but those in `without`, which ends with NULL. */
uint64_t fingerprint_of(const struct options_source *source, const char *const *without);
