/* hash - the 64-bit hash of bytes that series, shards and checkpoint files share.
 *
 * Multiply-and-fold over 8-byte words (the idea of wyhash: a 128-bit product, its halves xored).
 * The seed is fixed, so that a series falls to the same worker in every run and on every
 * machine of one byte order. Not for keys that an attacker picks to collide. Any thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t seed);
uint64_t hash_mix(uint64_t a, uint64_t b); /* two hashes into one, order matters */
