/* toml_fuzz - any bytes give either a tree that keeps its promises, or errors, never both. The tree does
 * not point into the text, and the same bytes with CRLF for LF are valid or not as they are. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/errors.h"
#include "config/toml.h"
#include "core/alloc.h"
#include "core/arena.h"

static void check_value(const struct toml_value *value, int depth);

static void check_place(const struct toml_place *place)
{
    assert(!strcmp(place->file, "fuzz") && place->line > 0 && place->column > 0);
}

static void check_table(const struct toml_table *table, int depth)
{
    size_t count = 0;
    for (struct toml_entry *entry = table->first; entry; entry = entry->next) {
        assert(toml_get_n(table, entry->key, entry->key_length) == entry);
        assert(entry->key[entry->key_length] == '\0');
        check_place(&entry->place);
        check_value(&entry->value, depth);
        count++;
    }
    assert(count == table->count);
}

static void check_value(const struct toml_value *value, int depth)
{
    assert(depth <= TOML_DEPTH_LIMIT);
    check_place(&value->place);
    if (value->type == TOML_STRING)
        assert(value->string.text[value->string.length] == '\0');
    if (value->type == TOML_TABLE)
        check_table(value->table, depth + 1);
    if (value->type != TOML_ARRAY)
        return;
    bool of_tables = value->array.of_tables;
    for (size_t i = 0; i < value->array.count; i++) {
        assert(!of_tables || value->array.items[i].type == TOML_TABLE);
        check_value(&value->array.items[i], of_tables ? depth : depth + 1);
    }
}

/* Parses a copy that ends where its memory ends, and takes it away before the tree is read. */
static bool parse(const uint8_t *data, size_t size)
{
    char *text = alloc_array(size, 1);
    if (size)
        memcpy(text, data, size);
    struct arena *arena = arena_new(1024);
    struct config_errors errors = {0};
    struct toml_table *root = toml_parse(arena, "fuzz", text, size, &errors);
    free(text);
    assert(!root == (errors.count > 0) && errors.count <= TOML_ERROR_LIMIT + 1);
    for (size_t i = 0; i < errors.count; i++)
        assert(!strncmp(errors.lines[i], "fuzz:", 5));
    if (root)
        check_table(root, 1);
    errors_release(&errors);
    arena_unref(arena);
    return root;
}

static uint8_t *with_carriage_returns(const uint8_t *data, size_t size, size_t *length)
{
    uint8_t *text = alloc_array(size_mul(size, 2), 1);
    *length = 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
            text[(*length)++] = '\r';
        text[(*length)++] = data[i];
    }
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length;
    uint8_t *text = with_carriage_returns(data, size, &length);
    bool valid = parse(data, size);
    assert(parse(text, length) == valid);
    free(text);
    return 0;
}
