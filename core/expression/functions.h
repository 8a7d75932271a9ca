/* expression_functions - what can be called: operators of arithmetic, conversions, functions. A row each.
 *
 * A function of several types has a row for each, one behind the other. Which row is meant is decided by
 * the kinds of the arguments when it is evaluated, and as far as they are known when it is compiled.
 * Arguments are never errors.
 */
#pragma once
#include "core/error.h"
#include "core/expression/value.h"

enum { EXPRESSION_ARGUMENTS = 3 };

typedef struct expression_value expression_function(struct expression_run *run,
                                                    const struct expression_value *args);

struct expression_overload {
    const char           *name;   /* "+", "-x", "size", "math.abs"; NULL ends a table */
    bool                  member; /* called as x.name(...), x is the first argument */
    enum expression_kind  args[EXPRESSION_ARGUMENTS]; /* KIND_NONE: no more; KIND_DYN: any */
    enum expression_kind  result;
    expression_function  *call;
    bool                  converts; /* a constant that it cannot convert is a mistake in the expression */
};

extern const struct expression_overload expression_operators[];   /* operators.c */
extern const struct expression_overload expression_conversions[]; /* convert.c */
extern const struct expression_overload expression_texts[];       /* text.c */
extern const struct expression_overload expression_times[];       /* time.c */

/* The rows of that name; NULL: there is no such function. */
const struct expression_overload *expression_overloads(const char *name, size_t length, bool member,
                                                       size_t *count);

size_t expression_arity(const struct expression_overload *overload);

/* ---- What the files of functions share ---- */

struct expression_value expression_copy_text(struct expression_run *run, const char *data, size_t length);

/* RFC 3339, without what the standard allows and Go does not: lower case, leap seconds. */
bool expression_read_timestamp(const char *text, size_t length, struct expression_value *value);
/* Go's: "1h30m", "-1.5s", "100us"; units ns us µs ms s m h. */
bool expression_read_duration(const char *text, size_t length, int64_t *ns);
/* "UTC", "+02:00": minutes east. False: another zone. */
bool expression_read_zone(const char *text, size_t length, int *minutes);

enum { EXPRESSION_TIMESTAMP_MAX = 40 };
size_t expression_write_timestamp(char out[EXPRESSION_TIMESTAMP_MAX], const struct expression_value *value);

/* Seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: CEL knows no other timestamps. */
bool expression_in_time(int64_t seconds);
