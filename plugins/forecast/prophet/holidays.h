/* holidays - the columns of holidays: one for each name and offset, 1 on its days. Own thread. */
#pragma once
#include "plugins/forecast/prophet/state.h"

/* Appends the terms of the holidays to the design, in the order of Prophet's column names. Of a country's
 * holidays those count that lie in the years of the history (or that the model was trained with). */
void holidays_append(struct design *design, const struct prophet *model, const struct span *span);

/* Days since 1970-01-01 of a time; of a date. */
int32_t holidays_day(int64_t time);
int32_t holidays_day_of(int year, int month, int day);
int     holidays_year(int32_t day);
void    holidays_date(int32_t day, int *year, int *month, int *day_of_month);

/* Writes a holiday's column name, "Name_delim_+1", and answers as snprintf does. */
int holidays_column_name(const struct term *term, char *out, size_t size);
