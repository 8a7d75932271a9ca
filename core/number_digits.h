/* number_digits - eight decimal digits at a time in one 64-bit word; for core/number*.c only.
 *
 * A word of digits holds one digit (0..9, not '0'..'9') a byte, the first digit in the lowest byte,
 * so that a load or store on a little-endian machine is the text. Digits are joined and split in
 * pairs: 8 of one digit, 4 of two, 2 of four, 1 of eight, each step in all places at once (Lemire,
 * "Number parsing at a gigabyte per second", 2021, section 4).
 */
#pragma once
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of digits are little-endian");

/* A product of two words; gcc and clang have it on every 64-bit machine, ISO C does not know it. */
__extension__ typedef unsigned __int128 uint128;

static const uint64_t DIGITS_ASCII = 0x3030303030303030u; /* eight times '0' */

/* 10^n for n of 0..19. */
static const uint64_t digits_power[20] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

/* The number's decimal digits, as a word; value < 10^8. The factors are 1/100 and 1/10, rounded up,
 * as 20- and 10-bit fractions: exact below 10^4 and 10^2. */
static inline uint64_t digits_split(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t upper = (fours * 10486 >> 20) & 0x0000007f0000007fu;
    uint64_t twos = upper | (fours - upper * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000fu;
    return tens | (twos - tens * 10) << 8;
}

/* The number that a word of digits stands for. */
static inline uint64_t digits_join(uint64_t word)
{
    uint64_t twos = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ffu;
    uint64_t fours = (twos * 100 + (twos >> 16)) & 0x0000ffff0000ffffu;
    return (uint32_t)(fours * 10000 + (fours >> 32));
}

/* How many bytes of the word, from the first, are digits. Adding 0x76 sets the top bit from 10 on;
 * a carry only reaches bytes behind the first that is no digit. */
static inline int digits_count(uint64_t word)
{
    uint64_t other = (word | (word + 0x7676767676767676u)) & 0x8080808080808080u;
    return other ? __builtin_ctzll(other) >> 3 : 8;
}

/* The next 8 bytes of the text less '0' each; bytes from `end` on count as no digits. */
static inline uint64_t digits_load(const char *text, const char *end)
{
    size_t left = (size_t)(end - text);
    uint64_t word = 0;
    if (left >= 8) {
        memcpy(&word, text, 8);
    } else if (left >= 4) {
        uint32_t first, last;
        memcpy(&first, text, 4);
        memcpy(&last, end - 4, 4);
        word = first | (uint64_t)last << (left - 4) * 8;
    } else if (left) {
        uint64_t middle = (unsigned char)text[left / 2], last = (unsigned char)end[-1];
        word = (unsigned char)*text | middle << left / 2 * 8 | last << (left - 1) * 8;
    }
    return word ^ DIGITS_ASCII;
}

static inline void digits_store(char *out, uint64_t word)
{
    word |= DIGITS_ASCII;
    memcpy(out, &word, 8);
}

/* The number without leading zeros, as text; value < 10^8. Stores 8 bytes, returns how many count. */
static inline size_t digits_write(char *out, uint32_t value)
{
    uint64_t word = digits_split(value);
    int zeros = __builtin_ctzll(word | (uint64_t)1 << 56) >> 3; /* 0 keeps its last digit */
    digits_store(out, word >> 8 * zeros);
    return (size_t)(8 - zeros);
}
