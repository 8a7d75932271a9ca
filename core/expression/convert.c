/* expression_convert - int(), string(), timestamp() and the others that turn a value into one of another
 * type. What does not fit, or is no such thing, is an error. */
#include "core/expression/functions.h"

#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct expression_value cannot(const char *from, const char *to)
{
    return expression_error(to, from);
}

static struct expression_value same(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0];
}

static struct expression_value type_of(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return (struct expression_value){ .kind = KIND_TYPE, .type = args[0].kind };
}

/* ---- From text ---- */

static bool is_one_of(const struct expression_value *text, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == text->text.length && memcmp(*words, text->text.data, text->text.length) == 0)
            return true;
    return false;
}

static struct expression_value text_to_bool(struct expression_run *run, const struct expression_value *args)
{
    static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True", NULL };
    static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False", NULL };
    (void)run;
    bool is = is_one_of(&args[0], yes);
    return is || is_one_of(&args[0], no) ? expression_bool(is) : cannot(args[0].text.data, "not a bool");
}

static struct expression_value text_to_int(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    int64_t i;
    bool read = number_read_int(args[0].text.data, args[0].text.length, &i);
    return read ? expression_int(i) : cannot(args[0].text.data, "not an int");
}

static struct expression_value text_to_uint(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    struct expression_value value = { .kind = KIND_UINT };
    bool digits = args[0].text.length > 0 && *args[0].text.data != '+';
    bool read = digits && number_read_uint(args[0].text.data, args[0].text.length, &value.u);
    return read ? value : cannot(args[0].text.data, "not a uint");
}

/* "inf", "-Infinity", "NaN", in any case: what number_read_float does not know. */
static bool read_special(const char *text, size_t length, double *value)
{
    bool negative = length > 0 && *text == '-', signed_ = negative || (length > 0 && *text == '+');
    text += signed_;
    length -= signed_;
    if ((length == 3 && strncasecmp(text, "inf", 3) == 0)
        || (length == 8 && strncasecmp(text, "infinity", 8) == 0))
        *value = negative ? -INFINITY : INFINITY;
    else if (length == 3 && !signed_ && strncasecmp(text, "nan", 3) == 0)
        *value = NAN;
    else
        return false;
    return true;
}

static struct expression_value text_to_double(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    struct expression_value value = { .kind = KIND_DOUBLE };
    const char *text = args[0].text.data;
    size_t length = args[0].text.length;
    bool read = number_read_float(text, length, &value.f) || read_special(text, length, &value.f);
    return read ? value : cannot(text, "not a double");
}

static struct expression_value text_to_timestamp(struct expression_run *run,
                                                 const struct expression_value *args)
{
    (void)run;
    struct expression_value value;
    bool read = expression_read_timestamp(args[0].text.data, args[0].text.length, &value);
    return read ? value : cannot(args[0].text.data, "not a timestamp such as 2023-04-24T23:30:15Z");
}

static struct expression_value text_to_duration(struct expression_run *run,
                                                const struct expression_value *args)
{
    (void)run;
    struct expression_value value = { .kind = KIND_DURATION };
    bool read = expression_read_duration(args[0].text.data, args[0].text.length, &value.i);
    return read ? value : cannot(args[0].text.data, "not a duration such as 1h30m (units ns us ms s m h)");
}

/* ---- Between numbers ---- */

static struct expression_value double_to_int(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    double f = args[0].f;
    return f > -0x1p63 && f < 0x1p63 ? expression_int((int64_t)f)
                                     : expression_overflow(); /* NaN is neither */
}

static struct expression_value uint_to_int(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].u <= INT64_MAX ? expression_int((int64_t)args[0].u) : expression_overflow();
}

static struct expression_value time_to_int(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_int(args[0].i); /* seconds of a timestamp, nanoseconds of a duration */
}

static struct expression_value double_to_uint(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    double f = args[0].f;
    bool fits = f >= 0 && f < 0x1p64;
    return fits ? (struct expression_value){ .kind = KIND_UINT, .u = (uint64_t)f } : expression_overflow();
}

static struct expression_value int_to_uint(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    bool fits = args[0].i >= 0;
    return fits ? (struct expression_value){ .kind = KIND_UINT, .u = (uint64_t)args[0].i }
                : expression_overflow();
}

static struct expression_value int_to_double(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return (struct expression_value){ .kind = KIND_DOUBLE, .f = (double)args[0].i };
}

static struct expression_value uint_to_double(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return (struct expression_value){ .kind = KIND_DOUBLE, .f = (double)args[0].u };
}

static struct expression_value int_to_timestamp(struct expression_run *run,
                                                const struct expression_value *args)
{
    (void)run;
    bool fits = expression_in_time(args[0].i);
    return fits ? (struct expression_value){ .kind = KIND_TIMESTAMP, .i = args[0].i }
                : expression_error("timestamp overflow", NULL);
}

/* ---- To text ---- */

static struct expression_value bool_to_text(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].b ? expression_text("true", 4) : expression_text("false", 5);
}

static struct expression_value int_to_text(struct expression_run *run, const struct expression_value *args)
{
    char out[NUMBER_INT_MAX];
    return expression_copy_text(run, out, number_write_int(out, args[0].i));
}

static struct expression_value uint_to_text(struct expression_run *run, const struct expression_value *args)
{
    char out[NUMBER_INT_MAX];
    return expression_copy_text(run, out, number_write_uint(out, args[0].u));
}

enum { DIGITS_MOST = 20, GENERAL_MAX = 32 };

/* The digits of a number that is written without an exponent, and what its exponent would be. */
struct digits {
    char   digits[DIGITS_MOST];
    size_t count;
    int    exponent;
    bool   negative;
};

static struct digits take_apart(const char *fixed, size_t length)
{
    struct digits number = { .negative = *fixed == '-' };
    int before_point = 0, leading = 0;
    bool point = false;
    for (size_t i = number.negative; i < length; i++) {
        point = point || fixed[i] == '.';
        before_point += !point;
        if (fixed[i] == '0' && number.count == 0)
            leading++;
        else if (fixed[i] != '.' && number.count < DIGITS_MOST) /* no double has more; zeros follow */
            number.digits[number.count++] = fixed[i];
    }
    while (number.count > 1 && number.digits[number.count - 1] == '0')
        number.count--;
    number.exponent = before_point - leading - 1;
    return number;
}

/* Go's %g: the shortest digits, with an exponent of two digits at least below 1e-4 and from 1e6 on. */
static size_t write_general(char out[NUMBER_MAX], double value)
{
    size_t length = number_write_float(out, value);
    struct digits number = take_apart(out, length);
    if (number.count == 0 || (number.exponent >= -4 && number.exponent < 6))
        return length;
    int written = snprintf(out, GENERAL_MAX, "%s%c%s%.*se%c%02d", number.negative ? "-" : "",
                           number.digits[0], number.count > 1 ? "." : "", (int)number.count - 1,
                           number.digits + 1, number.exponent < 0 ? '-' : '+',
                           number.exponent < 0 ? -number.exponent : number.exponent);
    return (size_t)written;
}

static struct expression_value double_to_text(struct expression_run *run, const struct expression_value *args)
{
    double f = args[0].f;
    if (isnan(f))
        return expression_text("NaN", 3);
    if (isinf(f))
        return expression_text(f < 0 ? "-Inf" : "+Inf", 4);
    char out[NUMBER_MAX];
    return expression_copy_text(run, out, write_general(out, f));
}

static struct expression_value timestamp_to_text(struct expression_run *run,
                                                 const struct expression_value *args)
{
    char out[EXPRESSION_TIMESTAMP_MAX];
    return expression_copy_text(run, out, expression_write_timestamp(out, &args[0]));
}

static struct expression_value duration_to_text(struct expression_run *run,
                                                const struct expression_value *args)
{
    enum { NANOS = 1000000000 };
    char out[NUMBER_MAX + 1];
    double seconds = (double)(args[0].i / NANOS) + (double)(args[0].i % NANOS) / NANOS;
    size_t length = number_write_float(out, seconds);
    out[length] = 's';
    return expression_copy_text(run, out, length + 1);
}

const struct expression_overload expression_conversions[] = {
    { "type", false, { KIND_DYN }, KIND_TYPE, type_of, false },
    { "dyn", false, { KIND_DYN }, KIND_DYN, same, false },
    { "bool", false, { KIND_BOOL }, KIND_BOOL, same, true },
    { "bool", false, { KIND_STRING }, KIND_BOOL, text_to_bool, true },
    { "int", false, { KIND_INT }, KIND_INT, same, true },
    { "int", false, { KIND_UINT }, KIND_INT, uint_to_int, true },
    { "int", false, { KIND_DOUBLE }, KIND_INT, double_to_int, true },
    { "int", false, { KIND_STRING }, KIND_INT, text_to_int, true },
    { "int", false, { KIND_TIMESTAMP }, KIND_INT, time_to_int, true },
    { "int", false, { KIND_DURATION }, KIND_INT, time_to_int, true },
    { "uint", false, { KIND_UINT }, KIND_UINT, same, true },
    { "uint", false, { KIND_INT }, KIND_UINT, int_to_uint, true },
    { "uint", false, { KIND_DOUBLE }, KIND_UINT, double_to_uint, true },
    { "uint", false, { KIND_STRING }, KIND_UINT, text_to_uint, true },
    { "double", false, { KIND_DOUBLE }, KIND_DOUBLE, same, true },
    { "double", false, { KIND_INT }, KIND_DOUBLE, int_to_double, true },
    { "double", false, { KIND_UINT }, KIND_DOUBLE, uint_to_double, true },
    { "double", false, { KIND_STRING }, KIND_DOUBLE, text_to_double, true },
    { "string", false, { KIND_STRING }, KIND_STRING, same, true },
    { "string", false, { KIND_BOOL }, KIND_STRING, bool_to_text, true },
    { "string", false, { KIND_INT }, KIND_STRING, int_to_text, true },
    { "string", false, { KIND_UINT }, KIND_STRING, uint_to_text, true },
    { "string", false, { KIND_DOUBLE }, KIND_STRING, double_to_text, true },
    { "string", false, { KIND_TIMESTAMP }, KIND_STRING, timestamp_to_text, true },
    { "string", false, { KIND_DURATION }, KIND_STRING, duration_to_text, true },
    { "timestamp", false, { KIND_TIMESTAMP }, KIND_TIMESTAMP, same, true },
    { "timestamp", false, { KIND_INT }, KIND_TIMESTAMP, int_to_timestamp, true },
    { "timestamp", false, { KIND_STRING }, KIND_TIMESTAMP, text_to_timestamp, true },
    { "duration", false, { KIND_DURATION }, KIND_DURATION, same, true },
    { "duration", false, { KIND_STRING }, KIND_DURATION, text_to_duration, true },
    { 0 }
};
