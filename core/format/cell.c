#include "core/format/cell.h"

#include "core/format/codec.h"
#include "core/number.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool read_float(const char *text, size_t length, double *value)
{
    if (number_read_float(text, length, value))
        return true;
    bool negative = length && *text == '-', sign = length && (*text == '+' || negative);
    text += sign;
    length -= sign;
    if (is_word(text, length, "inf") || is_word(text, length, "infinity"))
        *value = negative ? -INFINITY : INFINITY;
    else if (is_word(text, length, "nan") && !sign)
        *value = NAN;
    else
        return false;
    return true;
}

static bool read_bool(const char *text, size_t length, bool *value)
{
    static const char *const words[] = { "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE",
                                         "false", "False" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            *value = i < 6;
            return true;
        }
    return false;
}

bool cell_read(enum cell_type type, const char *text, size_t length, struct vane_field *field)
{
    static const enum vane_type types[] = { VANE_INT, VANE_FLOAT, VANE_BOOL, VANE_STRING };
    field->type = types[type];
    switch (type) {
    case CELL_INT:   return number_read_int(text, length, &field->i);
    case CELL_FLOAT: return read_float(text, length, &field->f);
    case CELL_BOOL:  return read_bool(text, length, &field->b);
    case CELL_STRING: break;
    }
    field->s = text;
    field->length = (uint32_t)length;
    return true;
}

void cell_read_any(const char *text, size_t length, struct vane_field *field)
{
    for (enum cell_type type = CELL_INT; !cell_read(type, text, length, field); type++)
        ;
}

static size_t write_float(char *out, double value)
{
    if (isfinite(value))
        return number_write_float(out, value);
    const char *word = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    size_t length = strlen(word);
    memcpy(out, word, length);
    return length;
}

void cell_write(const struct vane_field *field, struct vane_text *out)
{
    char *to = codec_room(out, NUMBER_MAX);
    switch (field->type) {
    case VANE_FLOAT:  codec_wrote(out, to + write_float(to, field->f)); break;
    case VANE_INT:    codec_wrote(out, to + number_write_int(to, field->i)); break;
    case VANE_UINT:   codec_wrote(out, to + number_write_uint(to, field->u)); break;
    case VANE_BOOL:   vane_text_add(out, field->b ? "true" : "false", 5 - field->b); break;
    case VANE_STRING: vane_text_add(out, field->s, field->length); break;
    }
}

const char *cell_type_name(enum cell_type type)
{
    static const char *const names[] = { "an int", "a float", "a bool", "a string" };
    return names[type];
}
