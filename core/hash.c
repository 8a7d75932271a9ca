#include "core/hash.h"

#include <string.h>

__extension__ typedef unsigned __int128 uint128;

static const uint64_t WORD = 0x9e3779b97f4a7c15, TAIL = 0xd1b54a32d192ed03;

uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)(a ^ WORD) * (b ^ TAIL);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_word(const unsigned char *bytes, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, bytes, length);
    return word;
}

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t hash = hash_mix(seed, length);
    for (; length >= 8; at += 8, length -= 8)
        hash = hash_mix(hash, load_word(at, 8));
    return length ? hash_mix(hash, load_word(at, length)) : hash;
}
