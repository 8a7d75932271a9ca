/* civil - dates of the Gregorian calendar, before 1582 too, and seconds since 1970. No time zones. [any]
 *
 * By counting days from 1 March of year 0 in eras of 400 years (Howard Hinnant, "chrono-compatible
 * low-level date algorithms").
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct civil {
    int64_t year;
    int     month, day, hour, minute, second; /* month and day from 1 */
};

struct civil civil_of(int64_t seconds);
int64_t civil_seconds(const struct civil *civil);
int64_t civil_days(int64_t year, int month, int day); /* since 1 January 1970 */
int civil_weekday(int64_t days);                      /* of a day since 1970; Sunday is 0 */
int civil_month_days(int64_t year, int month);
bool civil_is_leap(int64_t year);
