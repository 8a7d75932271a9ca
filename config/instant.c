/* instant - see instant.h. */
#include "config/instant.h"

/* Days from 1970-01-01 in the Gregorian calendar. The year is counted from March on, so that the leap
 * day is its last, and in eras of 400 years (146097 days), which are all alike. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t from_march = (month + 9) % 12;
    int64_t y = year - (month <= 2) + 400; /* year 0 in January is of year -1: keep it positive */
    int64_t era = y / 400, year_of_era = y % 400;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (era - 1) * 146097 + day_of_era - 719468;
}

bool instant_of_datetime(const struct toml_datetime *datetime, int64_t *ns, struct error *err)
{
    if (datetime->kind == TOML_LOCAL_DATETIME)
        return error_set(err, "has no offset: add Z for UTC, or +01:00 and the like");
    if (datetime->kind != TOML_OFFSET_DATETIME)
        return error_set(err, "wants a date and a time, such as 2024-05-01T12:00:00Z");
    int64_t days = days_since_1970(datetime->year, datetime->month, datetime->day);
    int64_t seconds = days * 86400 + datetime->hour * 3600 + (datetime->minute - datetime->offset) * 60
                    + datetime->second;
    int64_t sum;
    if (__builtin_mul_overflow(seconds, 1000000000, &sum)
        || __builtin_add_overflow(sum, datetime->nanosecond, &sum))
        return error_set(err, "lies outside of 1677-09-22 to 2262-04-11");
    *ns = sum;
    return true;
}
