#include "core/format/civil.h"

enum { DAY = 86400, ERA = 146097, EPOCH = 719468 }; /* days of 400 years; of 1970-01-01 since 0000-03-01 */

int64_t civil_days(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct civil civil_of(int64_t seconds)
{
    int64_t days = floor_divide(seconds, DAY), rest = seconds - days * DAY;
    int64_t shifted = days + EPOCH, era = floor_divide(shifted, ERA);
    int64_t day_of_era = shifted - era * ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (int)((5 * day_of_year + 2) / 153);
    int month = from_march + (from_march < 10 ? 3 : -9);
    return (struct civil){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = (int)(day_of_year - (153 * from_march + 2) / 5) + 1,
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
    };
}

int64_t civil_seconds(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * DAY + civil->hour * 3600 + civil->minute * 60
         + civil->second;
}

int civil_weekday(int64_t days)
{
    int64_t weekday = (days + 4) % 7; /* 1970 began on a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

bool civil_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int64_t year, int month)
{
    if (month == 2)
        return 28 + civil_is_leap(year);
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
