/* decimal - prices and quantities as the exchange writes them: fixed point, eight decimals.
 *
 * A value is an int64 count of 1e-8 units ("46920.37000000" is 4692037000000), so it is exact
 * up to 92,233,720,368. Sums of volume pass that for cheap coins and are 128 bits wide.
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
    DECIMAL_ONE = 100000000,
    DECIMAL_TEXT = 64, /* bytes enough for any number written here */
};

struct decimal_sum {
    __extension__ unsigned __int128 units;
};

/* Reads "123", "123.45", "-0.5"; digits after the eighth decimal are rounded, half up. */
bool decimal_parse(const char *text, size_t length, int64_t *value, struct error *err);

/* These write into a buffer of DECIMAL_TEXT bytes, without a NUL, and return the length. */
size_t decimal_write(char *out, int64_t value);                 /* -1.5 is "-1.50000000" */
size_t decimal_write_sum(char *out, struct decimal_sum value);
size_t decimal_write_percent(char *out, int64_t part, int64_t whole); /* of whole, "-3.488"; whole > 0 */
size_t decimal_write_int(char *out, int64_t value);

int64_t decimal_times(int64_t price, int64_t quantity);         /* cut to eight decimals; both >= 0 */
void decimal_add(struct decimal_sum *sum, int64_t value);       /* value >= 0 */
void decimal_add_sum(struct decimal_sum *sum, struct decimal_sum other);
int64_t decimal_ratio(struct decimal_sum quote, struct decimal_sum volume); /* 0 when volume is 0 */
int64_t decimal_power_below(int64_t value);                     /* the largest power of ten <= value, >= 1 */
