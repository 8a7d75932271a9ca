/* faults - see faults.h. */
#include "plugins/window/faults.h"

#include <stdarg.h>
#include <stdio.h>

static void add(struct faults *faults, const char *format, va_list args)
{
    size_t room = sizeof faults->text - faults->length;
    int length = vsnprintf(faults->text + faults->length, room, format, args);
    faults->length += (size_t)length < room ? (size_t)length : room - 1;
}

void faults_extend(struct faults *faults, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(faults, format, args);
    va_end(args);
}

bool faults_add(struct faults *faults, const char *format, ...)
{
    va_list args;
    if (faults->length)
        faults_extend(faults, "; ");
    va_start(args, format);
    add(faults, format, args);
    va_end(args);
    return false;
}
