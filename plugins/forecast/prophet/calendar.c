/* calendar - a CSV file `ds,holiday` with a head and a row for each date; a name with commas is in quotes.
 * Own thread.
 */
#include "plugins/forecast/prophet/holidays.h"

#include "plugins/shared/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool digits(const char *from, size_t count, int *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (from[i] < '0' || from[i] > '9')
            return false;
        *out = 10 * *out + (from[i] - '0');
    }
    return true;
}

/* YYYY-MM-DD and a comma. */
static bool read_day(const char *line, int32_t *day)
{
    int y, m, d;
    if (strnlen(line, 12) < 12 || !digits(line, 4, &y) || line[4] != '-' || !digits(line + 5, 2, &m)
        || line[7] != '-'
        || !digits(line + 8, 2, &d) || line[10] != ',' || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    *day = holidays_day_of(y, m, d);
    return true;
}

/* Without its quotes, in place; NULL: nothing is left. */
static char *read_name(char *from)
{
    from[strcspn(from, "\r\n")] = '\0';
    if (*from != '"')
        return *from ? from : NULL;
    char *out = from, *in = from + 1;
    for (; *in && (*in != '"' || in[1] == '"'); in++) {
        if (*in == '"')
            in++;
        *out++ = *in;
    }
    *out = '\0';
    return out > from ? from : NULL;
}

static char *copy(const char *name)
{
    size_t size = strlen(name) + 1;
    char *made = memory_zero(size);
    memcpy(made, name, size);
    return made;
}

static bool read_rows(FILE *file, const char *path, struct prophet_calendar *out, struct prophet_error *err)
{
    char line[1024];
    for (size_t number = 1; fgets(line, sizeof line, file); number++) {
        int32_t day;
        if (number == 1 && strncmp(line, "ds,", 3) == 0)
            continue;
        if (number == 1 && !(*line >= '0' && *line <= '9'))
            return prophet_fail(err, "%s: the first line must be ds,holiday", path);
        char *name = read_day(line, &day) ? read_name(line + 11) : NULL;
        if (!name)
            return prophet_fail(err, "%s:%zu: not `YYYY-MM-DD,holiday`", path, number);
        out->rows = memory_resize(out->rows, out->count + 1, sizeof *out->rows);
        out->rows[out->count++] = (struct prophet_holiday){ .name = copy(name), .day = day };
    }
    return !ferror(file) || prophet_fail(err, "read %s: %s", path, strerror(errno));
}

bool prophet_calendar_read(const char *path, struct prophet_calendar *out, struct prophet_error *err)
{
    *out = (struct prophet_calendar){ 0 };
    FILE *file = fopen(path, "re");
    if (!file)
        return prophet_fail(err, "open %s: %s", path, strerror(errno));
    bool done = read_rows(file, path, out, err);
    fclose(file);
    if (!done)
        prophet_calendar_free(out);
    return done;
}

void prophet_calendar_free(struct prophet_calendar *calendar)
{
    for (size_t i = 0; i < calendar->count; i++)
        free((char *)calendar->rows[i].name);
    free(calendar->rows);
    *calendar = (struct prophet_calendar){ 0 };
}
