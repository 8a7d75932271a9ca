/* bytes - saved numbers, taken one after the other from bytes that may be anything. The first that is missing or out of
 * range makes all of it bad; what is taken then is 0. */
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const uint64_t BYTES_COUNT_MOST = UINT64_C(1) << 60; /* what counts one by one never comes further */

struct bytes {
    const char *at, *end;
    bool        bad;
};

static inline void bytes_take(struct bytes *bytes, void *out, size_t size)
{
    bytes->bad = bytes->bad || (size_t)(bytes->end - bytes->at) < size;
    if (bytes->bad) {
        memset(out, 0, size);
        return;
    }
    memcpy(out, bytes->at, size);
    bytes->at += size;
}

static inline uint64_t bytes_take_count(struct bytes *bytes, uint64_t most)
{
    uint64_t count;
    bytes_take(bytes, &count, sizeof count);
    bytes->bad = bytes->bad || count > most;
    return bytes->bad ? 0 : count;
}

/* NaN is in no range. */
static inline double bytes_take_number(struct bytes *bytes, double least, double most)
{
    double number;
    bytes_take(bytes, &number, sizeof number);
    bytes->bad = bytes->bad || !(number >= least && number <= most);
    return bytes->bad ? 0 : number;
}

/* Was all of it good, and is nothing left? */
static inline bool bytes_are_used(const struct bytes *bytes)
{
    return !bytes->bad && bytes->at == bytes->end;
}
