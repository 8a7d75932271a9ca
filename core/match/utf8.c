/* utf8 - see utf8.h. */
#include "core/match/utf8.h"

#include <stdbool.h>

static bool continues(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t utf8_sequence(const char *text, const char *end)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || (size_t)(end - text) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!continues(at[i]))
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

uint32_t utf8_next(const char **at, const char *end)
{
    static const unsigned char payload[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 }; /* of the first byte, by length */
    const unsigned char *from = (const unsigned char *)*at;
    if (from[0] < 0x80) {
        ++*at;
        return from[0];
    }
    size_t length = utf8_sequence(*at, end);
    *at += length ? length : 1;
    if (!length)
        return UTF8_BAD;
    uint32_t rune = from[0] & payload[length];
    for (size_t i = 1; i < length; i++)
        rune = rune << 6 | (from[i] & 0x3f);
    return rune;
}

size_t utf8_count(const char *text, size_t length)
{
    size_t count = 0;
    for (const char *at = text, *end = text + length; at < end; count++)
        utf8_next(&at, end);
    return count;
}

size_t utf8_write(char out[UTF8_MAX], uint32_t rune)
{
    bool surrogate = rune >= 0xd800 && rune <= 0xdfff;
    if (surrogate || rune > UTF8_LAST)
        rune = UTF8_BAD;
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t length = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, rune >>= 6)
        out[i] = (char)(0x80 | (rune & 0x3f));
    out[0] = (char)(0xf0u << (4 - length) | rune);
    return length;
}
