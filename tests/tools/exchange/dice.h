/* dice - pseudo-random numbers that are the same for the same seed, on every machine.
 *
 * The generator is splitmix64 (Steele, Lea, Flood 2014). Own thread.
 */
#pragma once
#include <stdint.h>

struct dice {
    uint64_t state;
};

struct dice dice_seeded(uint64_t seed, const char *name); /* each name has its own sequence */
uint64_t dice_mix(uint64_t value);                        /* a hash of one number */
uint64_t dice_next(struct dice *dice);
uint64_t dice_below(struct dice *dice, uint64_t limit);   /* 0 .. limit - 1; limit > 0 */
double dice_normal(struct dice *dice);                    /* mean 0, deviation 1, within +-3.5 */
