/* toml_decode - TOML on standard input to the tagged JSON of the public toml-test suite.
 *
 *     toml-test test -decoder=build/tests/toml_decode -toml=1.0
 *
 * Exit code 1 and all errors on standard error if the input is no TOML. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/errors.h"
#include "config/toml.h"
#include "core/alloc.h"
#include "core/arena.h"

static char *read_all(FILE *in, size_t *length)
{
    size_t capacity = 0;
    char *text = NULL;
    *length = 0;
    do {
        capacity = alloc_grow(capacity, *length + 4096);
        text = alloc_resize(text, capacity, 1);
        *length += fread(text + *length, 1, capacity - *length, in);
    } while (*length == capacity);
    return text;
}

static void print_string(const char *text, size_t length)
{
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7f)
            printf("\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static void print_float(double real)
{
    if (isnan(real))
        printf("nan");
    else if (isinf(real))
        printf(real < 0 ? "-inf" : "inf");
    else
        printf("%.17g", real);
}

static const char *datetime_tag(enum toml_datetime_kind kind)
{
    static const char *const tags[] = {
        [TOML_OFFSET_DATETIME] = "datetime",
        [TOML_LOCAL_DATETIME] = "datetime-local",
        [TOML_LOCAL_DATE] = "date-local",
        [TOML_LOCAL_TIME] = "time-local",
    };
    return tags[kind];
}

static void print_datetime(const struct toml_datetime *datetime)
{
    bool date = datetime->kind != TOML_LOCAL_TIME, time = datetime->kind != TOML_LOCAL_DATE;
    if (date)
        printf("%04d-%02d-%02d", datetime->year, datetime->month, datetime->day);
    if (date && time)
        putchar('T');
    if (time)
        printf("%02d:%02d:%02d", datetime->hour, datetime->minute, datetime->second);
    if (datetime->nanosecond)
        printf(".%09d", datetime->nanosecond);
    if (datetime->kind != TOML_OFFSET_DATETIME)
        return;
    int minutes = abs(datetime->offset);
    if (minutes)
        printf("%c%02d:%02d", datetime->offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    else
        putchar('Z');
}

static void print_value(const struct toml_value *value);

static void print_table(const struct toml_table *table)
{
    putchar('{');
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next) {
        print_string(entry->key, entry->key_length);
        printf(": ");
        print_value(&entry->value);
        printf(entry->next ? ",\n" : "");
    }
    putchar('}');
}

static void print_array(const struct toml_array *array)
{
    putchar('[');
    for (size_t i = 0; i < array->count; i++) {
        printf(i ? ",\n" : "");
        print_value(&array->items[i]);
    }
    putchar(']');
}

static void print_value(const struct toml_value *value)
{
    switch (value->type) {
    case TOML_TABLE:
        print_table(value->table);
        return;
    case TOML_ARRAY:
        print_array(&value->array);
        return;
    case TOML_STRING:
        printf("{\"type\": \"string\", \"value\": ");
        print_string(value->string.text, value->string.length);
        printf("}");
        return;
    case TOML_INT:
        printf("{\"type\": \"integer\", \"value\": \"%" PRId64 "\"}", value->integer);
        return;
    case TOML_BOOL:
        printf("{\"type\": \"bool\", \"value\": \"%s\"}", value->boolean ? "true" : "false");
        return;
    case TOML_FLOAT:
        printf("{\"type\": \"float\", \"value\": \"");
        print_float(value->real);
        break;
    case TOML_DATETIME:
        printf("{\"type\": \"%s\", \"value\": \"", datetime_tag(value->datetime.kind));
        print_datetime(&value->datetime);
        break;
    }
    printf("\"}");
}

int main(void)
{
    size_t length;
    char *text = read_all(stdin, &length);
    struct arena *arena = arena_new(4096);
    struct config_errors errors = {0};
    struct toml_table *root = toml_parse(arena, "stdin", text, length, &errors);
    free(text);
    if (root) {
        print_table(root);
        putchar('\n');
    }
    for (size_t i = 0; i < errors.count; i++)
        fprintf(stderr, "%s\n", errors.lines[i]);
    errors_release(&errors);
    arena_unref(arena);
    return root ? 0 : 1;
}
