/* registers - about how many distinct values: HyperLogLog (Flajolet and others 2007) with 4,096 registers, a
 * standard error of 1.04 / sqrt(4096) = 1.6 %; few are counted by the empty registers (linear counting). */
#include <math.h>

#include "plugins/window/aggregates/aggregate.h"

enum { BITS = 12, REGISTERS = 1 << BITS, WORD = 64 };

struct registers {
    unsigned char *ranks; /* NULL: none yet */
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct registers);
}

/* The finalizer of MurmurHash3: every bit of the value reaches every bit of the hash. */
static uint64_t hash_of(double value)
{
    double plain = value == 0 ? 0 : value; /* not -0 */
    uint64_t hash;
    memcpy(&hash, &plain, sizeof hash);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

static unsigned char *ranks_of(struct registers *registers, const struct rules *rules)
{
    if (!registers->ranks)
        registers->ranks = budget_zero(rules->budget, REGISTERS);
    return registers->ranks;
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    unsigned char *ranks = ranks_of(cell, rules);
    uint64_t hash = hash_of(sample->value), rest = hash << BITS;
    unsigned char rank = (unsigned char)(rest ? __builtin_clzll(rest) + 1 : WORD - BITS + 1);
    unsigned char *mine = &ranks[hash >> (WORD - BITS)];
    (void)count;
    if (rank > *mine)
        *mine = rank;
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    const struct registers *other = from;
    (void)count, (void)more;
    if (!other->ranks)
        return;
    unsigned char *ranks = ranks_of(cell, rules);
    for (size_t i = 0; i < REGISTERS; i++)
        if (other->ranks[i] > ranks[i])
            ranks[i] = other->ranks[i];
}

static void release(void *cell, const struct rules *rules)
{
    struct registers *registers = cell;
    budget_free(rules->budget, registers->ranks, REGISTERS);
    registers->ranks = NULL;
}

static void save(const void *cell, struct vane_text *out)
{
    const struct registers *registers = cell;
    bytes_add_uint(out, registers->ranks != NULL);
    if (registers->ranks)
        vane_text_add(out, registers->ranks, REGISTERS);
}

static bool load(void *cell, uint64_t count, struct bytes *in, const struct rules *rules)
{
    (void)count;
    if (bytes_read_uint(in))
        bytes_read(in, ranks_of(cell, rules), REGISTERS);
    return !in->bad;
}

bool registers_distinct(const struct reading *reading, double *value)
{
    const struct registers *registers = reading->cell;
    double sum = 0;
    size_t empty = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        unsigned char rank = registers->ranks ? registers->ranks[i] : 0;
        sum += ldexp(1, -rank);
        empty += rank == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / sum;
    if (estimate <= 2.5 * REGISTERS && empty)
        estimate = REGISTERS * log((double)REGISTERS / (double)empty);
    *value = round(estimate);
    return true;
}

const struct family registers_family = { .size = size, .add = add, .merge = merge, .release = release,
                                         .save = save,
                                         .load = load };
