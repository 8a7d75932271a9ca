/* number_fuzz - any text is read as the C library reads it, where the grammars agree; any double that is
 * written reads back. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Spaces, names and hexadecimal are the C library's own. */
static bool may_be_number(const char *text)
{
    text += *text == '+' || *text == '-';
    return (*text >= '0' && *text <= '9') || *text == '.';
}

static void check_float(const char *text, size_t length, const char *terminated)
{
    double value = 0, whole = 0;
    const char *end = number_scan_float(text, text + length, &value);
    expect(number_read_float(text, length, &whole) == (length && end == text + length));
    if (!may_be_number(terminated)) {
        expect(!end);
        return;
    }
    char *other_end;
    double other = strtod(terminated, &other_end);
    size_t used = (size_t)(other_end - terminated);
    bool hexadecimal = memchr(terminated, 'x', used) || memchr(terminated, 'X', used);
    if (hexadecimal)
        expect(end && value == 0);
    else if (!used || isinf(other))
        expect(!end);
    else
        expect(end == text + used && same(value, other));
}

static void check_int(const char *text, size_t length, const char *terminated)
{
    int64_t value = 0;
    const char *end = number_scan_int(text, text + length, &value);
    if (!may_be_number(terminated)) {
        expect(!end);
        return;
    }
    char *other_end;
    errno = 0;
    long long other = strtoll(terminated, &other_end, 10);
    if (errno == ERANGE || other_end == terminated)
        expect(!end);
    else
        expect(end == text + (other_end - terminated) && value == other);
}

static void check_uint(const char *text, size_t length, const char *terminated)
{
    uint64_t value = 0;
    const char *end = number_scan_uint(text, text + length, &value);
    if (!may_be_number(terminated) || *terminated == '-') {
        expect(!end);
        return;
    }
    char *other_end;
    errno = 0;
    unsigned long long other = strtoull(terminated, &other_end, 10);
    if (errno == ERANGE || other_end == terminated)
        expect(!end);
    else
        expect(end == text + (other_end - terminated) && value == other);
}

static void check_write(const uint8_t *data)
{
    double value, back = 0;
    memcpy(&value, data, sizeof value);
    if (!isfinite(value))
        return;
    char text[NUMBER_MAX], brief[NUMBER_EXP_MAX];
    expect(number_read_float(text, number_write_float(text, value), &back) && same(back, value));
    expect(number_read_float(brief, number_write_float_exp(brief, value), &back) && same(back, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = alloc_array(size, 1); /* a look behind its end is seen */
    if (size)
        memcpy(exact, data, size);
    char *terminated = alloc_text_n((const char *)data, size);
    check_float(exact, size, terminated);
    check_int(exact, size, terminated);
    check_uint(exact, size, terminated);
    if (size >= sizeof(double))
        check_write(data);
    free(terminated);
    free(exact);
    return 0;
}
