/* number - numbers to text and back: exact, the same in every locale, without allocation.
 *
 *     char out[NUMBER_MAX];
 *     size_t length = number_write_float(out, 46920.37);         "46920.37", no NUL
 *     const char *rest = number_scan_float(p, end, &value);      where the number ended, or NULL
 *
 * What is written reads back to the same bits, and what is read is the nearest double (of two
 * equally near ones the even), as IEEE 754 demands; the processor rounds to nearest. Writers fill a
 * buffer from its start and return the length; no NUL follows, and up to the stated size the bytes
 * behind the text are scratch. Readers never look at or behind `end`, and leave `*value` alone when
 * they fail. All functions: any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NUMBER_MAX     = 344, /* room for any double without exponent ("-0.000...": 327) and for scratch */
    NUMBER_EXP_MAX = 32,  /* room for any double with an exponent where it is extreme */
    NUMBER_INT_MAX = 24,  /* room for any 64-bit integer (20) */
};

/* The shortest decimal that reads back to the same bits; of several the one nearest to `value`.
 * Never an exponent, no point where there is no fraction: "1000000000000000000000" for 1e21,
 * "0.0000001", "-0" (Go's strconv 'f', -1; what Telegraf writes). NaN and infinity have no such
 * text: asking for it is a bug of the caller. */
size_t number_write_float(char out[NUMBER_MAX], double value);

/* The same digits, with an exponent below 1e-6 and from 1e21 on: "1e-7", "1.5e+21" (JavaScript's
 * and Go's JSON). */
size_t number_write_float_exp(char out[NUMBER_EXP_MAX], double value);

size_t number_write_int(char out[NUMBER_INT_MAX], int64_t value);
size_t number_write_uint(char out[NUMBER_INT_MAX], uint64_t value);

/* The whole text must be one number:
 *
 *     float  [+-] (digits [. [digits]] | . digits) [(e|E) [+-] digits]
 *     int    [+-] digits
 *     uint   [+] digits
 *
 * without spaces, hexadecimal, "inf" or "nan"; any number of digits. False for anything else and
 * for what does not fit: a float that would round to infinity, an integer out of range. A float
 * too small for a double is 0 (or the least one) with its sign: it is as near as a double gets. */
bool number_read_float(const char *text, size_t length, double *value);
bool number_read_int(const char *text, size_t length, int64_t *value);
bool number_read_uint(const char *text, size_t length, uint64_t *value);

/* The longest number that starts at `text`: where it ended, or NULL if there is none or it does
 * not fit. An 'e' without digits behind it does not belong to the number. */
const char *number_scan_float(const char *text, const char *end, double *value);
const char *number_scan_int(const char *text, const char *end, int64_t *value);
const char *number_scan_uint(const char *text, const char *end, uint64_t *value);
