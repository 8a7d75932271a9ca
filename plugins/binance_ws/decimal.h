/* decimal - the exchange's prices and quantities: decimals in a JSON string, read exactly.
 *
 * "46920.37000000" becomes the double nearest to it, whatever the process's locale is.
 */
#pragma once
#include <locale.h>
#include <stdbool.h>

/* An optional minus, digits, optionally a point and more digits; false: something else, or too large.
 * `c_locale` is newlocale(LC_ALL_MASK, "C", 0). Any thread. */
bool decimal_read(const char *text, locale_t c_locale, double *value);
