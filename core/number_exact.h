/* number_exact - a decimal of any length against the point halfway between two doubles; the last
 * resort of core/number_read.c, some hundred times slower than what it does for ordinary numbers.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The number: its digits, read as one integer, times 10^exponent. */
struct number_decimal {
    const char *text, *end; /* from the first digit that is not 0 to behind the last; may hold a '.' */
    size_t      count;      /* of digits */
    int64_t     exponent;
};

/* Rounds the number to a double, given that this is the one with the bits `lower` (finite, not negative)
 * or the next above it. Returns its bits; those of infinity are the next above the largest double. */
uint64_t number_exact_round(const struct number_decimal *decimal, uint64_t lower);
