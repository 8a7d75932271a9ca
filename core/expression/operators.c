/* expression_operators - arithmetic, math.*, and where functions are found by name. What overflows is an
 * error. */
#include "core/expression/functions.h"

#include <math.h>
#include <string.h>

enum { NANOS = 1000000000 };

static struct expression_value make_uint(uint64_t u)
{
    return (struct expression_value){ .kind = KIND_UINT, .u = u };
}

static struct expression_value make_double(double f)
{
    return (struct expression_value){ .kind = KIND_DOUBLE, .f = f };
}

static struct expression_value make_duration(int64_t ns)
{
    return (struct expression_value){ .kind = KIND_DURATION, .i = ns };
}

/* ---- Numbers; a row of each of int, uint, double calls the same function ---- */

static struct expression_value add(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t i;
    uint64_t u;
    switch (args[0].kind) {
    case KIND_INT:
        return __builtin_add_overflow(args[0].i, args[1].i, &i) ? expression_overflow() : expression_int(i);
    case KIND_UINT:
        return __builtin_add_overflow(args[0].u, args[1].u, &u) ? expression_overflow() : make_uint(u);
    default:        return make_double(args[0].f + args[1].f);
    }
}

static struct expression_value subtract(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t i;
    uint64_t u;
    switch (args[0].kind) {
    case KIND_INT:
        return __builtin_sub_overflow(args[0].i, args[1].i, &i) ? expression_overflow() : expression_int(i);
    case KIND_UINT:
        return __builtin_sub_overflow(args[0].u, args[1].u, &u) ? expression_overflow() : make_uint(u);
    default:        return make_double(args[0].f - args[1].f);
    }
}

static struct expression_value multiply(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t i;
    uint64_t u;
    switch (args[0].kind) {
    case KIND_INT:
        return __builtin_mul_overflow(args[0].i, args[1].i, &i) ? expression_overflow() : expression_int(i);
    case KIND_UINT:
        return __builtin_mul_overflow(args[0].u, args[1].u, &u) ? expression_overflow() : make_uint(u);
    default:        return make_double(args[0].f * args[1].f);
    }
}

/* 0 and INT64_MIN / -1 have no quotient. */
static bool divisible(const struct expression_value *args, struct expression_value *error,
                      const char *by_zero)
{
    if (args[1].u == 0)
        *error = expression_error(by_zero, NULL);
    else if (args[0].kind == KIND_INT && args[0].i == INT64_MIN && args[1].i == -1)
        *error = expression_overflow();
    else
        return true;
    return false;
}

static struct expression_value divide(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    struct expression_value error;
    if (args[0].kind == KIND_DOUBLE)
        return make_double(args[0].f / args[1].f);
    if (!divisible(args, &error, "division by zero"))
        return error;
    return args[0].kind == KIND_INT ? expression_int(args[0].i / args[1].i)
                                    : make_uint(args[0].u / args[1].u);
}

static struct expression_value modulo(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    struct expression_value error;
    if (!divisible(args, &error, "modulus by zero"))
        return error;
    return args[0].kind == KIND_INT ? expression_int(args[0].i % args[1].i)
                                    : make_uint(args[0].u % args[1].u);
}

static struct expression_value negate(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    if (args[0].kind == KIND_DOUBLE)
        return make_double(-args[0].f);
    return args[0].i == INT64_MIN ? expression_overflow() : expression_int(-args[0].i);
}

static struct expression_value not(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(!args[0].b);
}

/* ---- Times ---- */

static struct expression_value move_time(const struct expression_value *time, int64_t ns)
{
    int64_t seconds = ns / NANOS, nanos = time->nanos + ns % NANOS;
    if (__builtin_add_overflow(time->i, seconds, &seconds))
        return expression_overflow();
    if (nanos < 0)
        seconds--;
    else if (nanos >= NANOS)
        seconds++;
    if (!expression_in_time(seconds))
        return expression_error("timestamp overflow", NULL);
    nanos = (nanos + NANOS) % NANOS;
    return (struct expression_value){ .kind = KIND_TIMESTAMP, .i = seconds, .nanos = (int32_t)nanos };
}

static struct expression_value add_time(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    bool time_first = args[0].kind == KIND_TIMESTAMP;
    return move_time(&args[!time_first], args[time_first].i);
}

static struct expression_value subtract_duration(struct expression_run *run,
                                                 const struct expression_value *args)
{
    (void)run;
    return args[1].i == INT64_MIN ? expression_overflow() : move_time(&args[0], -args[1].i);
}

static struct expression_value subtract_times(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t ns;
    if (__builtin_mul_overflow(args[0].i - args[1].i, NANOS, &ns)
        || __builtin_add_overflow(ns, args[0].nanos - args[1].nanos, &ns))
        return expression_overflow();
    return make_duration(ns);
}

static struct expression_value add_durations(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t ns;
    return __builtin_add_overflow(args[0].i, args[1].i, &ns) ? expression_overflow() : make_duration(ns);
}

static struct expression_value subtract_durations(struct expression_run *run,
                                                  const struct expression_value *args)
{
    (void)run;
    int64_t ns;
    return __builtin_sub_overflow(args[0].i, args[1].i, &ns) ? expression_overflow() : make_duration(ns);
}

/* ---- Texts and lists ---- */

static struct expression_value join_texts(struct expression_run *run, const struct expression_value *args)
{
    size_t length = args[0].text.length + args[1].text.length;
    char *joined = expression_take(run, length + 1);
    if (!joined)
        return expression_too_much();
    memcpy(joined, args[0].text.data, args[0].text.length);
    memcpy(joined + args[0].text.length, args[1].text.data, args[1].text.length);
    joined[length] = '\0';
    return expression_text(joined, length);
}

static struct expression_value join_lists(struct expression_run *run, const struct expression_value *args)
{
    size_t count = args[0].list.count + args[1].list.count;
    struct expression_value *joined = expression_take(run, count * sizeof *joined);
    if (!joined)
        return expression_too_much();
    for (size_t i = 0; i < count; i++)
        joined[i] = i < args[0].list.count ? args[0].list.items[i]
                                           : args[1].list.items[i - args[0].list.count];
    return (struct expression_value){ .kind = KIND_LIST, .list = { joined, count } };
}

/* ---- math ---- */

static struct expression_value math_abs(struct expression_run *run, const struct expression_value *args)
{
    switch (args[0].kind) {
    case KIND_DOUBLE: return make_double(fabs(args[0].f));
    case KIND_INT:    return args[0].i < 0 ? negate(run, args) : args[0];
    default:          return args[0];
    }
}

static struct expression_value math_ceil(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return make_double(ceil(args[0].f));
}

static struct expression_value math_floor(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return make_double(floor(args[0].f));
}

static struct expression_value math_round(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return make_double(round(args[0].f));
}

static struct expression_value math_trunc(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return make_double(trunc(args[0].f));
}

static struct expression_value math_is_nan(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(isnan(args[0].f));
}

static struct expression_value math_is_inf(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(isinf(args[0].f));
}

static struct expression_value math_is_finite(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(isfinite(args[0].f));
}

const struct expression_overload expression_operators[] = {
    { "+", false, { KIND_INT, KIND_INT }, KIND_INT, add, false },
    { "+", false, { KIND_UINT, KIND_UINT }, KIND_UINT, add, false },
    { "+", false, { KIND_DOUBLE, KIND_DOUBLE }, KIND_DOUBLE, add, false },
    { "+", false, { KIND_STRING, KIND_STRING }, KIND_STRING, join_texts, false },
    { "+", false, { KIND_LIST, KIND_LIST }, KIND_LIST, join_lists, false },
    { "+", false, { KIND_TIMESTAMP, KIND_DURATION }, KIND_TIMESTAMP, add_time, false },
    { "+", false, { KIND_DURATION, KIND_TIMESTAMP }, KIND_TIMESTAMP, add_time, false },
    { "+", false, { KIND_DURATION, KIND_DURATION }, KIND_DURATION, add_durations, false },
    { "-", false, { KIND_INT, KIND_INT }, KIND_INT, subtract, false },
    { "-", false, { KIND_UINT, KIND_UINT }, KIND_UINT, subtract, false },
    { "-", false, { KIND_DOUBLE, KIND_DOUBLE }, KIND_DOUBLE, subtract, false },
    { "-", false, { KIND_TIMESTAMP, KIND_DURATION }, KIND_TIMESTAMP, subtract_duration, false },
    { "-", false, { KIND_TIMESTAMP, KIND_TIMESTAMP }, KIND_DURATION, subtract_times, false },
    { "-", false, { KIND_DURATION, KIND_DURATION }, KIND_DURATION, subtract_durations, false },
    { "*", false, { KIND_INT, KIND_INT }, KIND_INT, multiply, false },
    { "*", false, { KIND_UINT, KIND_UINT }, KIND_UINT, multiply, false },
    { "*", false, { KIND_DOUBLE, KIND_DOUBLE }, KIND_DOUBLE, multiply, false },
    { "/", false, { KIND_INT, KIND_INT }, KIND_INT, divide, false },
    { "/", false, { KIND_UINT, KIND_UINT }, KIND_UINT, divide, false },
    { "/", false, { KIND_DOUBLE, KIND_DOUBLE }, KIND_DOUBLE, divide, false },
    { "%", false, { KIND_INT, KIND_INT }, KIND_INT, modulo, false },
    { "%", false, { KIND_UINT, KIND_UINT }, KIND_UINT, modulo, false },
    { "-x", false, { KIND_INT }, KIND_INT, negate, false },
    { "-x", false, { KIND_DOUBLE }, KIND_DOUBLE, negate, false },
    { "!", false, { KIND_BOOL }, KIND_BOOL, not, false },
    { "math.abs", false, { KIND_INT }, KIND_INT, math_abs, false },
    { "math.abs", false, { KIND_UINT }, KIND_UINT, math_abs, false },
    { "math.abs", false, { KIND_DOUBLE }, KIND_DOUBLE, math_abs, false },
    { "math.ceil", false, { KIND_DOUBLE }, KIND_DOUBLE, math_ceil, false },
    { "math.floor", false, { KIND_DOUBLE }, KIND_DOUBLE, math_floor, false },
    { "math.round", false, { KIND_DOUBLE }, KIND_DOUBLE, math_round, false },
    { "math.trunc", false, { KIND_DOUBLE }, KIND_DOUBLE, math_trunc, false },
    { "math.isNaN", false, { KIND_DOUBLE }, KIND_BOOL, math_is_nan, false },
    { "math.isInf", false, { KIND_DOUBLE }, KIND_BOOL, math_is_inf, false },
    { "math.isFinite", false, { KIND_DOUBLE }, KIND_BOOL, math_is_finite, false },
    { 0 }
};

/* ---- By name ---- */

static bool is_named(const struct expression_overload *overload, const char *name, size_t length, bool member)
{
    return overload->name && overload->member == member && strlen(overload->name) == length
        && memcmp(overload->name, name, length) == 0;
}

const struct expression_overload *expression_overloads(const char *name, size_t length, bool member,
                                                       size_t *count)
{
    const struct expression_overload *const tables[] = { expression_operators, expression_conversions,
                                                         expression_texts, expression_times };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const struct expression_overload *first = tables[i];
        while (first->name && !is_named(first, name, length, member))
            first++;
        for (*count = 0; is_named(first + *count, name, length, member);)
            ++*count;
        if (*count)
            return first;
    }
    return NULL;
}

size_t expression_arity(const struct expression_overload *overload)
{
    size_t arity = 0;
    while (arity < EXPRESSION_ARGUMENTS && overload->args[arity] != KIND_NONE)
        arity++;
    return arity;
}
