/* errors - see errors.h. */
#include "config/errors.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"

static void hide_control_characters(char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            *text = '?';
    }
}

static size_t print_place(char *to, size_t size, const char *file, unsigned line)
{
    int length = line ? snprintf(to, size, "%s:%u: ", file, line) : snprintf(to, size, "%s: ", file);
    return length < 0 ? 0 : (size_t)length;
}

static void add_line(struct config_errors *errors, char *text)
{
    if (errors->count == errors->capacity) {
        errors->capacity = alloc_grow(errors->capacity, errors->count + 1);
        errors->lines = alloc_resize(errors->lines, errors->capacity, sizeof *errors->lines);
    }
    errors->lines[errors->count++] = text;
}

bool errors_add_args(struct config_errors *errors, const char *file, unsigned line, const char *format,
                     va_list args)
{
    if (errors->count == ERRORS_LIMIT)
        add_line(errors, alloc_text("and so on: there is more than is shown here"));
    if (errors->count > ERRORS_LIMIT)
        return false;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t text_size = length < 0 ? 1 : size_add((size_t)length, 1);
    size_t place = print_place(NULL, 0, file, line);
    char *text = alloc_zero(size_add(place, text_size));
    print_place(text, place + 1, file, line);
    vsnprintf(text + place, text_size, format, args);
    hide_control_characters(text);
    add_line(errors, text);
    return false;
}

bool errors_add(struct config_errors *errors, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    errors_add_args(errors, file, line, format, args);
    va_end(args);
    return false;
}

void errors_release(struct config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        free(errors->lines[i]);
    free(errors->lines);
    *errors = (struct config_errors){0};
}
