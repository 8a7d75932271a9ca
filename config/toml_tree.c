/* toml_tree - tables, and the rules of who may still add to which.
 *
 * A header walks down from the root through tables of every origin but inline ones, and through the
 * newest table of [[name]]; a dotted key walks only through tables that dotted keys made, or that
 * nothing has defined yet. That is enough for "dotted keys extend a table only under the header that
 * began it": every other way to such a table leads through one that has a header of its own. */
#include <string.h>

#include "config/toml_internal.h"
#include "core/alloc.h"
#include "core/arena.h"
#include "core/hash.h"

enum { INDEX_FROM = 8 }; /* entries from which looking up beats comparing in a row */

/* ---- Tables and arrays ---- */
struct toml_table *toml_table_new(struct toml_reader *reader, struct toml_place place,
                                  enum toml_origin origin)
{
    struct toml_table *table = arena_take(reader->arena, sizeof *table);
    *table = (struct toml_table){.place = place, .origin = origin};
    return table;
}

void toml_array_push(struct toml_reader *reader, struct toml_array *array, const struct toml_value *item)
{
    if (array->count == array->capacity) {
        array->capacity = alloc_grow(array->capacity, array->count + 1);
        struct toml_value *grown = arena_take_array(reader->arena, array->capacity, sizeof *grown);
        if (array->count)
            memcpy(grown, array->items, array->count * sizeof *grown);
        array->items = grown;
    }
    array->items[array->count++] = *item;
}

static bool is_key(const struct toml_entry *entry, const char *key, size_t length)
{
    return entry->key_length == length && !memcmp(entry->key, key, length);
}

/* Where the key is in the index, or the free place that awaits it; half of them are always free. */
static struct toml_entry **index_slot(const struct toml_table *table, const char *key, size_t length)
{
    size_t mask = table->index_size - 1;
    size_t slot = (size_t)hash_bytes(key, length, 0) & mask;
    while (table->index[slot] && !is_key(table->index[slot], key, length))
        slot = (slot + 1) & mask;
    return &table->index[slot];
}

static void index_grow(struct toml_reader *reader, struct toml_table *table)
{
    table->index_size = table->index_size ? size_mul(table->index_size, 2) : (size_t)4 * INDEX_FROM;
    table->index = arena_take_array(reader->arena, table->index_size, sizeof *table->index);
    memset(table->index, 0, table->index_size * sizeof *table->index);
    for (struct toml_entry *entry = table->first; entry; entry = entry->next)
        *index_slot(table, entry->key, entry->key_length) = entry;
}

struct toml_entry *toml_get_n(const struct toml_table *table, const char *key, size_t key_length)
{
    if (table->index)
        return *index_slot(table, key, key_length);
    for (struct toml_entry *entry = table->first; entry; entry = entry->next)
        if (is_key(entry, key, key_length))
            return entry;
    return NULL;
}

struct toml_entry *toml_get(const struct toml_table *table, const char *key)
{
    return toml_get_n(table, key, strlen(key));
}

static struct toml_entry *add(struct toml_reader *reader, struct toml_table *table,
                              const struct toml_key *key, const struct toml_value *value)
{
    struct toml_entry *entry = arena_take(reader->arena, sizeof *entry);
    *entry = (struct toml_entry){
        .key = key->text,
        .key_length = key->length,
        .place = key->place,
        .value = *value,
    };
    if (table->last)
        table->last->next = entry;
    else
        table->first = entry;
    table->last = entry;
    table->count++;
    if (table->count >= INDEX_FROM && table->count * 2 > table->index_size)
        index_grow(reader, table);
    else if (table->index)
        *index_slot(table, entry->key, entry->key_length) = entry;
    return entry;
}

static struct toml_table *add_table(struct toml_reader *reader, struct toml_table *table,
                                    const struct toml_key *key, enum toml_origin origin)
{
    struct toml_table *added = toml_table_new(reader, key->place, origin);
    add(reader, table, key, &(struct toml_value){.type = TOML_TABLE, .place = key->place, .table = added});
    return added;
}

/* ---- What a name stands for, in messages ---- */
const char *toml_type_name(enum toml_type type)
{
    static const char *const names[] = {
        [TOML_STRING] = "a string",          [TOML_INT] = "an integer", [TOML_FLOAT] = "a float",
        [TOML_BOOL] = "a boolean",           [TOML_ARRAY] = "an array", [TOML_TABLE] = "a table",
        [TOML_DATETIME] = "a date or time",
    };
    return names[type];
}

static const char *describe(const struct toml_value *value)
{
    if (value->type == TOML_ARRAY && value->array.of_tables)
        return "an array of tables";
    if (value->type == TOML_TABLE && value->table->origin == TOML_INLINE)
        return "an inline table";
    return toml_type_name(value->type);
}

/* ---- Dotted keys ---- */
static struct toml_table *step_dotted(struct toml_reader *reader, struct toml_table *table,
                                      const struct toml_key *first, const struct toml_key *key)
{
    struct toml_entry *entry = toml_get_n(table, key->text, key->length);
    if (!entry)
        return add_table(reader, table, key, TOML_DOTTED);
    struct toml_excerpt path = toml_key_path(first, key);
    if (entry->value.type != TOML_TABLE || entry->value.table->origin == TOML_INLINE) {
        toml_error(reader, key->place.line, "%s is %s since line %u: a dotted key cannot add to it",
                   path.text, describe(&entry->value), entry->place.line);
        return NULL;
    }
    struct toml_table *inner = entry->value.table;
    if (inner->origin == TOML_HEADER) {
        toml_error(reader, key->place.line, "%s has its [header] on line %u: a dotted key cannot add to it",
                   path.text, inner->place.line);
        return NULL;
    }
    inner->origin = TOML_DOTTED;
    return inner;
}

bool toml_tree_set(struct toml_reader *reader, struct toml_table *table, const struct toml_key *key,
                   const struct toml_value *value)
{
    const struct toml_key *first = key;
    for (; key->next; key = key->next) {
        table = step_dotted(reader, table, first, key);
        if (!table)
            return false;
    }
    struct toml_entry *entry = toml_get_n(table, key->text, key->length);
    if (entry)
        return toml_error(reader, key->place.line, "%s is already set on line %u",
                          toml_key_path(first, key).text, entry->place.line);
    add(reader, table, key, value);
    return true;
}

/* ---- Headers ---- */

/* Who an unreadable header would have opened is unknown, so a clash after it may be none. */
static struct toml_table *clash(struct toml_reader *reader, const struct toml_key *first,
                                const struct toml_key *key, const struct toml_entry *entry,
                                const char *why)
{
    if (!reader->header_lost)
        toml_error(reader, key->place.line, "%s is %s since line %u: %s", toml_key_path(first, key).text,
                   describe(&entry->value), entry->place.line, why);
    return NULL;
}

static struct toml_table *step_header(struct toml_reader *reader, struct toml_table *table,
                                      const struct toml_key *first, const struct toml_key *key)
{
    struct toml_entry *entry = toml_get_n(table, key->text, key->length);
    if (!entry)
        return add_table(reader, table, key, TOML_IMPLICIT);
    struct toml_value *value = &entry->value;
    if (value->type == TOML_ARRAY && value->array.of_tables)
        return value->array.items[value->array.count - 1].table;
    if (value->type == TOML_TABLE && value->table->origin != TOML_INLINE)
        return value->table;
    return clash(reader, first, key, entry, "a [header] cannot add to it");
}

static struct toml_table *open_table(struct toml_reader *reader, struct toml_table *table,
                                     const struct toml_key *first, const struct toml_key *key)
{
    struct toml_entry *entry = toml_get_n(table, key->text, key->length);
    if (!entry)
        return add_table(reader, table, key, TOML_HEADER);
    if (entry->value.type == TOML_ARRAY && entry->value.array.of_tables)
        return clash(reader, first, key, entry, "it cannot be a table, [...], as well");
    if (entry->value.type != TOML_TABLE || entry->value.table->origin == TOML_INLINE)
        return clash(reader, first, key, entry, "a [header] cannot add to it");
    struct toml_table *opened = entry->value.table;
    if (opened->origin != TOML_IMPLICIT) {
        toml_error(reader, key->place.line, "the table %s is already defined on line %u",
                   toml_key_path(first, key).text, opened->place.line);
        return NULL;
    }
    opened->origin = TOML_HEADER;
    opened->place = key->place;
    return opened;
}

static struct toml_table *open_array_item(struct toml_reader *reader, struct toml_table *table,
                                          const struct toml_key *first, const struct toml_key *key)
{
    struct toml_entry *entry = toml_get_n(table, key->text, key->length);
    if (!entry) {
        struct toml_value array = {.type = TOML_ARRAY, .place = key->place, .array = {.of_tables = true}};
        entry = add(reader, table, key, &array);
    }
    if (entry->value.type == TOML_TABLE && entry->value.table->origin != TOML_INLINE)
        return clash(reader, first, key, entry, "it cannot be an array of tables, [[...]], as well");
    if (entry->value.type != TOML_ARRAY || !entry->value.array.of_tables)
        return clash(reader, first, key, entry, "a [[header]] cannot add to it");
    struct toml_table *item = toml_table_new(reader, key->place, TOML_HEADER);
    toml_array_push(reader, &entry->value.array,
                    &(struct toml_value){.type = TOML_TABLE, .place = key->place, .table = item});
    return item;
}

struct toml_table *toml_tree_open(struct toml_reader *reader, struct toml_table *root,
                                  const struct toml_key *key, bool in_array)
{
    const struct toml_key *first = key;
    struct toml_table *table = root;
    for (; key->next; key = key->next) {
        table = step_header(reader, table, first, key);
        if (!table)
            return NULL;
    }
    return in_array ? open_array_item(reader, table, first, key) : open_table(reader, table, first, key);
}
