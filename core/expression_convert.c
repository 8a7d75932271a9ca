/* expression_convert - int(), string(), timestamp() and the others that turn a value into one of another
 * type. What does not fit, or is no such thing, is an error. */
#include "core/expression_functions.h"

#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct expression_value cannot(const char *from, const char *to)
{
    return expression_error(to, from);
}

static struct expression_value overflow(void)
{
    return expression_error("integer overflow", NULL);
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
    if ((length == 3 && strncasecmp(text, "inf", 3) == 0) || (length == 8 && strncasecmp(text, "infinity", 8) == 0))
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

static struct expression_value text_to_timestamp(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    struct expression_value value;
    bool read = expression_read_timestamp(args[0].text.data, args[0].text.length, &value);
    return read ? value : cannot(args[0].text.data, "not a timestamp such as 2023-04-24T23:30:15Z");
}

static struct expression_value text_to_duration(struct expression_run *run, const struct expression_value *args)
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
    return f > -0x1p63 && f < 0x1p63 ? expression_int((int64_t)f) : overflow(); /* NaN is neither */
}

static struct expression_value uint_to_int(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].u <= INT64_MAX ? expression_int((int64_t)args[0].u) : overflow();
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
    return fits ? (struct expression_value){ .kind = KIND_UINT, .u = (uint64_t)f } : overflow();
}

static struct expression_value int_to_uint(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    bool fits = args[0].i >= 0;
    return fits ? (struct expression_value){ .kind = KIND_UINT, .u = (uint64_t)args[0].i } : overflow();
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

static struct expression_value int_to_timestamp(struct expression_run *run, const struct expression_value *args)
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

/* Go's %g: the shortest digits, with an exponent below 1e-4 and from 1e6 on where the digits end before it... */
static struct expression_value double_to_text(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0];
}
