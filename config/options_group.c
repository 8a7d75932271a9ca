/* options_group - values that hold others: lists, tables of free keys, sub-tables. Those of free keys
 * become arrays in the order of the file. */
#include <assert.h>
#include <stdlib.h>

#include "config/options_internal.h"
#include "core/alloc.h"

/* All of vane_strings, vane_ints, options_lists, ... look like this; filled by copying bytes, since
 * to the compiler they are different types. */
struct array {
    const void *items;
    size_t      count;
};

static_assert(sizeof(struct array) == sizeof(struct vane_strings), "lists are a pointer and a count");
static_assert(sizeof(struct array) == sizeof(struct options_lists), "lists are a pointer and a count");

static void put_array(void *to, const void *items, size_t count)
{
    memcpy(to, &(struct array){ count ? items : NULL, count }, sizeof(struct array));
}

static bool read_list(const struct options_item *item, const struct toml_value *value, void *to)
{
    if (value->type != TOML_ARRAY)
        return options_fail_type(item, value);
    const struct toml_array *array = &value->array;
    size_t size = options_field_size(item->option, true);
    char *items = arena_take_array(item->reader->arena, array->count, size);
    struct vane_option one = *item->option;
    one.list = false;
    struct options_path path = *item->path;
    struct options_item element = { item->reader, &one, &path, item->scope };
    bool fine = true;
    for (size_t i = 0; i < array->count; i++) {
        path.element = i + 1;
        fine &= options_read_scalar(&element, &array->items[i], items + i * size);
    }
    if (fine)
        put_array(to, items, array->count);
    return fine;
}

/* One row of a table of free keys. */
typedef bool row_reader(const struct options_item *item, const struct toml_entry *entry, void *row);

static bool read_pair(const struct options_item *item, const struct toml_entry *entry, void *row)
{
    struct toml_string text;
    if (entry->value.type != TOML_STRING)
        return options_fail(item->reader, &entry->value.place, item->path, "wants a string, not %s",
                            toml_type_name(entry->value.type));
    if (!options_resolve(item, &entry->value, &text))
        return false;
    struct vane_pair *pair = row;
    *pair = (struct vane_pair){ arena_text(item->reader->arena, entry->key, entry->key_length), text.text };
    return true;
}

static bool read_list_row(const struct options_item *item, const struct toml_entry *entry, void *row)
{
    struct options_list *list = row;
    struct vane_option strings = { .kind = VANE_KIND_STRING, .list = true, .secret = item->option->secret };
    struct options_item values = { item->reader, &strings, item->path, item->scope };
    list->key = arena_text(item->reader->arena, entry->key, entry->key_length);
    return read_list(&values, &entry->value, &list->values);
}

static bool read_typed(const struct options_item *item, const struct toml_value *value,
                       struct vane_field *field)
{
    struct toml_string text;
    switch (value->type) {
    case TOML_BOOL:
        field->type = VANE_BOOL;
        field->b = value->boolean;
        return true;
    case TOML_INT:
        field->type = VANE_INT;
        field->i = value->integer;
        return true;
    case TOML_FLOAT:
        field->type = VANE_FLOAT;
        field->f = value->real;
        return true;
    case TOML_STRING:
        if (!options_resolve(item, value, &text))
            return false;
        field->type = VANE_STRING;
        field->s = text.text;
        field->length = (uint32_t)text.length;
        return true;
    default:
        return options_fail(item->reader, &value->place, item->path,
                            "wants a string, a number or a boolean, not %s", toml_type_name(value->type));
    }
}

static bool read_field(const struct options_item *item, const struct toml_entry *entry, void *row)
{
    struct vane_field *field = row;
    *field = (struct vane_field){ .key = arena_text(item->reader->arena, entry->key, entry->key_length),
                                  .key_length = (uint32_t)entry->key_length };
    return read_typed(item, &entry->value, field);
}

static bool read_rows(const struct options_item *item, const struct toml_table *table, void *to,
                      row_reader *read_row)
{
    size_t size = options_field_size(item->option, true), count = 0;
    char *rows = arena_take_array(item->reader->arena, table->count, size);
    bool fine = true;
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next) {
        struct options_path path = { item->path, entry->key, 0 };
        struct options_item row = { item->reader, item->option, &path, item->scope };
        if (memchr(entry->key, '\0', entry->key_length))
            fine = options_fail(item->reader, &entry->place, &path, "a name must not hold a NUL byte");
        else
            fine &= read_row(&row, entry, rows + size * count++);
    }
    if (fine)
        put_array(to, rows, count);
    return fine;
}

static bool read_inner(const struct options_item *item, const struct toml_table *table, void *state)
{
    const struct options_target target = { .options = item->option->options, .state = state };
    const struct options_scope scope = { item->reader, &target, 1, item->path, item->scope };
    bool set = options_set(&scope, table);
    return options_require(&scope, &table, 1) && set;
}

static bool read_new_table(const struct options_item *item, const struct toml_value *value, void *to)
{
    if (value->type != TOML_TABLE)
        return options_fail_type(item, value);
    memset(to, 0, item->option->size);
    bool preset = options_preset_all(item->reader, item->option->options, to, item->path);
    return read_inner(item, value->table, to) && preset;
}

static bool read_tables(const struct options_item *item, const struct toml_value *value, void *to)
{
    if (value->type != TOML_ARRAY)
        return options_fail_type(item, value);
    const struct toml_array *array = &value->array;
    size_t size = item->option->size;
    char *tables = arena_take_array(item->reader->arena, array->count, size);
    bool fine = true;
    for (size_t i = 0; i < array->count; i++)
        fine &= read_new_table(item, &array->items[i], tables + i * size);
    if (fine)
        put_array(to, tables, array->count);
    return fine;
}

static bool read_table(const struct options_item *item, const struct toml_value *value, void *to)
{
    if (value->type != TOML_TABLE)
        return options_fail_type(item, value);
    if (item->option->kind == VANE_KIND_TABLE)
        return read_inner(item, value->table, to);
    row_reader *read_row = item->option->list ? read_list_row : read_pair;
    if (item->option->kind == VANE_KIND_VALUES)
        read_row = read_field;
    return read_rows(item, value->table, to, read_row);
}

bool options_read(const struct options_item *item, const struct toml_value *value, void *to)
{
    switch (item->option->kind) {
    case VANE_KIND_PAIRS:
    case VANE_KIND_VALUES:
    case VANE_KIND_TABLE:
        return read_table(item, value, to);
    case VANE_KIND_TABLES:
        return read_tables(item, value, to);
    default:
        return item->option->list ? read_list(item, value, to) : options_read_scalar(item, value, to);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct vane_pair *left = *(struct vane_pair *const *)a, *right = *(struct vane_pair *const *)b;
    int order = strcmp(left->key, right->key);
    return order ? order : (left > right) - (left < right);
}

/* Of pairs with one key the last counts, in the place of the first. Answers how many are left. */
static size_t merge_pairs(struct vane_pair *pairs, size_t count)
{
    struct vane_pair **sorted = alloc_array(count + 1, sizeof *sorted);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &pairs[i];
    qsort(sorted, count, sizeof *sorted, compare_pairs);
    for (size_t i = count; i-- > 1;) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
            continue;
        sorted[i - 1]->value = sorted[i]->value;
        sorted[i]->value = NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (pairs[i].value)
            pairs[kept++] = pairs[i];
    free(sorted);
    return kept;
}

bool options_read_pairs(const struct options_source *source, struct vane_pairs *pairs, struct arena *arena,
                        struct config_errors *errors)
{
    const struct vane_option option = { .kind = VANE_KIND_PAIRS };
    const struct options_reader reader = { .arena = arena, .errors = errors };
    const struct options_path path = { .name = source->key };
    const struct options_item item = { &reader, &option, &path, NULL };
    size_t room = 0, count = 0;
    for (size_t i = 0; i < source->count; i++)
        room += source->tables[i]->count;
    struct vane_pair *merged = arena_take_array(arena, room, sizeof *merged);
    bool fine = true;
    for (size_t i = 0; i < source->count; i++) {
        struct vane_pairs part = { 0 };
        fine &= read_rows(&item, source->tables[i], &part, read_pair);
        if (part.count)
            memcpy(merged + count, part.items, part.count * sizeof *merged);
        count += part.count;
    }
    *pairs = (struct vane_pairs){ merged, merge_pairs(merged, count) };
    return fine;
}
