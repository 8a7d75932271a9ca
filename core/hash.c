#include "core/hash.h"

#include <string.h>

__extension__ typedef unsigned __int128 uint128;

static const uint64_t WORD = 0x9e3779b97f4a7c15, TAIL = 0xd1b54a32d192ed03;

uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)(a ^ WORD) * (b ^ TAIL);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_word(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Fewer than eight bytes as one word. Two loads that overlap: a memcpy of an unknown length is a call, and
 * to load what it stored bytewise waits for the store. */
static uint64_t load_rest(const unsigned char *bytes, size_t length)
{
    if (length < 4) {
        size_t middle = length / 2, last = length - 1;
        return bytes[0] | (uint64_t)bytes[middle] << 8 * middle | (uint64_t)bytes[last] << 8 * last;
    }
    uint32_t low, high;
    memcpy(&low, bytes, sizeof low);
    memcpy(&high, bytes + length - 4, sizeof high);
    return low | (uint64_t)high << 8 * (length - 4);
}

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t hash = hash_mix(seed, length);
    for (; length >= 8; at += 8, length -= 8)
        hash = hash_mix(hash, load_word(at));
    return length ? hash_mix(hash, load_rest(at, length)) : hash;
}
