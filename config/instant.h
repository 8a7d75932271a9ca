/* instant - a date and time of the configuration as nanoseconds UTC since 1970. Any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config/toml.h"
#include "core/error.h"

/* Only TOML_OFFSET_DATETIME says which instant it is: the other kinds are an error that says what to
 * add. So is a time that int64 cannot hold: before 1677-09-22 or after 2262-04-11. A leap second is
 * the first second of the next minute, as in POSIX. */
bool instant_of_datetime(const struct toml_datetime *datetime, int64_t *ns, struct error *err);
