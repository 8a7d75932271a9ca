/* dice - see dice.h. */
#include "tests/tools/exchange/dice.h"

uint64_t dice_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

struct dice dice_seeded(uint64_t seed, const char *name)
{
    uint64_t state = dice_mix(seed + 1);
    for (; *name; name++)
        state = dice_mix(state ^ (unsigned char)*name);
    return (struct dice){.state = state};
}

uint64_t dice_next(struct dice *dice)
{
    dice->state += 0x9e3779b97f4a7c15u;
    return dice_mix(dice->state);
}

uint64_t dice_below(struct dice *dice, uint64_t limit)
{
    return dice_next(dice) % limit;
}

/* The sum of four 16-bit uniforms: near enough to a bell for a price walk, without libm,
 * so that it is the same everywhere. Their mean is 131070, their deviation 65536 / sqrt(3). */
double dice_normal(struct dice *dice)
{
    uint64_t bits = dice_next(dice);
    uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    return ((double)sum - 131070.0) / 37837.2;
}
