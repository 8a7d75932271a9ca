/* number_bench - ns per number, read and written, beside the C library.
 *
 * Every set holds 4096 numbers, more than branch prediction remembers, one behind the other as in
 * line protocol. A figure is the best of many rounds: what the machine can do when left alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/number.h"

enum { COUNT = 4096, ROUNDS = 200, ROUNDS_SLOW = 10, TEXT_MAX = 352 };

struct set {
    const char *name;
    double      value[COUNT];   /* a set holds floats */
    int64_t     integer[COUNT]; /* or integers */
    char       *text;           /* a comma between two numbers */
    char       *end;
};

static uint64_t random_next(uint64_t *state) /* xorshift64* */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- What is measured: one pass over a set; the result keeps the work from being left out ---- */

static uint64_t read_room(const struct set *set)
{
    double value = 0, sum = 0;
    for (const char *next = set->text; next < set->end; next++, sum += value)
        next = number_scan_float(next, set->end, &value);
    return (uint64_t)(sum != 0);
}

static uint64_t read_libc(const struct set *set)
{
    double sum = 0;
    char *next = set->text;
    for (; next < set->end; next++)
        sum += strtod(next, &next);
    return (uint64_t)(sum != 0);
}

static uint64_t write_room(const struct set *set)
{
    char out[NUMBER_MAX];
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += number_write_float(out, set->value[i]);
    return sum;
}

static uint64_t write_room_exp(const struct set *set)
{
    char out[NUMBER_EXP_MAX];
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += number_write_float_exp(out, set->value[i]);
    return sum;
}

static uint64_t write_libc(const struct set *set)
{
    char out[NUMBER_MAX];
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += (uint64_t)snprintf(out, sizeof out, "%.17g", set->value[i]);
    return sum;
}

static uint64_t read_int(const struct set *set)
{
    int64_t value = 0;
    uint64_t sum = 0;
    for (const char *next = set->text; next < set->end; next++, sum += (uint64_t)value)
        next = number_scan_int(next, set->end, &value);
    return sum;
}

static uint64_t write_int(const struct set *set)
{
    char out[NUMBER_INT_MAX];
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += number_write_int(out, set->integer[i]);
    return sum;
}

static double best(uint64_t (*pass)(const struct set *), const struct set *set, int rounds)
{
    double least = 1e300;
    volatile uint64_t kept = 0;
    for (int i = 0; i < rounds; i++) {
        double start = now_ns();
        kept = kept + pass(set);
        double took = now_ns() - start;
        least = took < least ? took : least;
    }
    return least / COUNT;
}

static void report(const struct set *set)
{
    printf("%-22s %8.1f %8.1f   %8.1f %8.1f %8.1f\n", set->name, best(read_room, set, ROUNDS),
           best(read_libc, set, ROUNDS_SLOW), best(write_room, set, ROUNDS),
           best(write_room_exp, set, ROUNDS), best(write_libc, set, ROUNDS_SLOW));
}

static void report_integers(const struct set *set)
{
    printf("%-22s %8.1f %8s   %8.1f\n", set->name, best(read_int, set, ROUNDS), "",
           best(write_int, set, ROUNDS));
}

/* ---- The sets ---- */

/* With `decimals` digits behind the point as an exchange sends them, or 17 digits for -1. */
static void fill(struct set *set, const char *name, int decimals, double (*make)(uint64_t *))
{
    uint64_t state = 88172645463325252u;
    set->name = name;
    set->end = set->text;
    for (size_t i = 0; i < COUNT; i++) {
        double made = make(&state);
        int length = decimals < 0 ? snprintf(set->end, TEXT_MAX, "%.17g", made)
                                  : snprintf(set->end, TEXT_MAX, "%.*f", decimals, made);
        set->end += length;
        *set->end++ = ',';
    }
    set->end--;
    char *next = set->text;
    for (size_t i = 0; i < COUNT; i++, next++)
        set->value[i] = strtod(next, &next);
}

static double make_price(uint64_t *state)
{
    return (double)(random_next(state) % 6000000) / 100.0 + 100.0;
}

static double make_quantity(uint64_t *state)
{
    return (double)(random_next(state) % 1000000) / 1e5;
}

static double make_whole(uint64_t *state)
{
    return (double)(random_next(state) >> (20 + random_next(state) % 40));
}

static double make_uniform(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

static double make_bits(uint64_t *state)
{
    uint64_t bits;
    do
        bits = random_next(state);
    while ((bits >> 52 & 2047) == 2047);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_integers(struct set *set, const char *name, int64_t base, int shift)
{
    uint64_t state = 88172645463325252u;
    set->name = name;
    set->end = set->text;
    for (size_t i = 0; i < COUNT; i++) {
        set->integer[i] = base + (int64_t)(random_next(&state) >> shift);
        set->end += snprintf(set->end, TEXT_MAX, "%" PRId64 ",", set->integer[i]);
    }
    set->end--;
}

int main(void)
{
    static struct set set;
    set.text = malloc((size_t)COUNT * TEXT_MAX);
    if (!set.text)
        return 1;

    printf("%-22s %8s %8s   %8s %8s %8s\n", "ns per number", "scan", "strtod", "write", "_exp", "%.17g");
    fill(&set, "price 46920.37000000", 8, make_price);
    report(&set);
    fill(&set, "price 46920.37", 2, make_price);
    report(&set);
    fill(&set, "quantity 1.23400000", 8, make_quantity);
    report(&set);
    fill(&set, "whole 1..2^44", 0, make_whole);
    report(&set);
    fill(&set, "17 digits 0..1", -1, make_uniform);
    report(&set);
    fill(&set, "random bits", -1, make_bits);
    report(&set);
    fill_integers(&set, "int, ns timestamp", 1648522311673000000, 24);
    report_integers(&set);
    fill_integers(&set, "int < 2^20", 0, 44);
    report_integers(&set);
    free(set.text);
    return 0;
}
