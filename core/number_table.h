/* number_table - the powers of ten that core/number_read.c and core/number_write.c share.
 *
 * Entry k is g = ceil(10^k * 2^(127 - floor(log2(10^k)))), so 2^127 <= g < 2^128, for k from
 * NUMBER_POWER_LEAST to NUMBER_POWER_MOST; it is exact for 0 <= k <= 55 and else less than 1 too
 * large. number_table.py writes number_table.c and proves on the way that this error is harmless:
 *
 * - reading: a 64-bit w times g is on the same side of every point halfway between two doubles as
 *   w * 10^k is, and looks halfway, to the upper 128 of the product's 192 bits, only if it is;
 * - writing: c times g looks to the same 128 bits like an even integer, which is where intervals end
 *   and ties lie, if and only if c * 10^k is one, for every double's c.
 */
#pragma once
#include <stdint.h>

enum { NUMBER_POWER_LEAST = -342, NUMBER_POWER_MOST = 324 };

struct number_power {
    uint64_t high, low; /* the halves of g */
};

extern const struct number_power number_powers[NUMBER_POWER_MOST - NUMBER_POWER_LEAST + 1];

static inline const struct number_power *number_power(int k)
{
    return &number_powers[k - NUMBER_POWER_LEAST];
}

/* floor(log2(10^k)) for every k of the table. */
static inline int number_power_log2(int k)
{
    return (k * 217706) >> 16;
}
