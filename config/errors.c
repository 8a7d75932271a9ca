/* errors - see errors.h. */
#include "config/errors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

/* Where a line is about, to sort by. */
struct errors_place {
    size_t   file_length; /* of the line's text */
    unsigned line;
    size_t   number; /* as found */
    size_t   file;   /* number of the first line about the same file; of errors_sort */
};

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

static void add_line(struct config_errors *errors, char *text, const char *file, unsigned line)
{
    if (errors->count == errors->capacity) {
        errors->capacity = alloc_grow(errors->capacity, errors->count + 1);
        errors->lines = alloc_resize(errors->lines, errors->capacity, sizeof *errors->lines);
        errors->places = alloc_resize(errors->places, errors->capacity, sizeof *errors->places);
    }
    errors->places[errors->count] = (struct errors_place){ .file_length = strlen(file), .line = line,
                                                           .number = errors->count };
    errors->lines[errors->count++] = text;
}

bool errors_add_args(struct config_errors *errors, const char *file, unsigned line, const char *format,
                     va_list args)
{
    if (errors->count == ERRORS_LIMIT)
        add_line(errors, alloc_text("and so on: there is more than is shown here"), "", UINT_MAX);
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
    add_line(errors, text, file, line);
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

/* ---- Sorting ---- */

struct sorted {
    struct errors_place place;
    char               *text;
};

static int compare(const void *a, const void *b)
{
    const struct errors_place *left = &((const struct sorted *)a)->place, *right = &((const struct sorted *)b)->place;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    if (left->line != right->line) /* the file as a whole, line 0, comes last */
        return left->line - 1 < right->line - 1 ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

static size_t first_of_file(const struct sorted *lines, size_t at)
{
    const struct sorted *mine = &lines[at];
    size_t first = 0;
    while (lines[first].place.file_length != mine->place.file_length
           || memcmp(lines[first].text, mine->text, mine->place.file_length) != 0)
        first++;
    return first;
}

void errors_sort(struct config_errors *errors)
{
    struct sorted *lines = alloc_array(errors->count, sizeof *lines);
    for (size_t i = 0; i < errors->count; i++)
        lines[i] = (struct sorted){ errors->places[i], errors->lines[i] };
    for (size_t i = 0; i < errors->count; i++)
        lines[i].place.file = first_of_file(lines, i);
    qsort(lines, errors->count, sizeof *lines, compare);
    for (size_t i = 0; i < errors->count; i++) {
        errors->places[i] = lines[i].place;
        errors->lines[i] = lines[i].text;
    }
    free(lines);
}

void errors_release(struct config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        free(errors->lines[i]);
    free(errors->lines);
    free(errors->places);
    *errors = (struct config_errors){0};
}
