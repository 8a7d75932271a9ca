/* scan - the first byte of a set, 16 bytes at a time; for core/format/ only.
 *
 * The text must hold a byte of the set, and SCAN_PADDING bytes must be readable behind it: decoders
 * copy what they are given anyway, and put zeros behind. With SSE2, or eight bytes at a time in a
 * plain word; a loop over bytes pays a mispredicted branch at the end of each short key and number.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SCAN_PADDING = 16 };

static const uint64_t SCAN_ONES = 0x0101010101010101u, SCAN_TOPS = 0x8080808080808080u;

/* The top bit of each byte below `limit` (1..128); a borrow may set others, but only above one of these. */
static inline uint64_t scan_below(uint64_t word, unsigned limit)
{
    return (word - SCAN_ONES * limit) & ~word & SCAN_TOPS;
}

/* scan_for, in words. */
static inline char *scan_words_for(char *text, char a, char b, char c, char least)
{
    for (;; text += 8) {
        uint64_t word;
        memcpy(&word, text, sizeof word);
        uint64_t stop = scan_below(word, (unsigned char)least + 1u)
                      | scan_below(word ^ SCAN_ONES * (unsigned char)a, 1)
                      | scan_below(word ^ SCAN_ONES * (unsigned char)b, 1)
                      | scan_below(word ^ SCAN_ONES * (unsigned char)c, 1);
        if (stop)
            return text + (__builtin_ctzll(stop) >> 3);
    }
}

/* The first byte that is a, b or c, or at most `least` as an unsigned number. */
static inline char *scan_for(char *text, char a, char b, char c, char least)
{
#ifdef __SSE2__
    for (;; text += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);
        __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(least)), bytes);
        __m128i is_a = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(a));
        __m128i is_b = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b));
        __m128i is_c = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
        __m128i stop = _mm_or_si128(_mm_or_si128(is_low, is_a), _mm_or_si128(is_b, is_c));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        if (mask)
            return text + __builtin_ctz(mask);
    }
#else
    return scan_words_for(text, a, b, c, least);
#endif
}

/* Is no byte of the text a or b, or at most `least`? Nothing behind the text is read. */
static inline bool scan_free_of(const char *text, size_t length, char a, char b, char least)
{
    bool found = false;
    for (size_t i = 0; i < length; i++)
        found |= text[i] == a || text[i] == b || (unsigned char)text[i] <= (unsigned char)least;
    return !found;
}
