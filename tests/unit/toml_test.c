/* toml - the values that users write and the tree they become; toml_errors_test.c has what they are told
 * when it is wrong. The whole grammar is for the public toml-test suite, see tests/tools/toml_decode.c. */
#include "config/toml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/errors.h"
#include "core/alloc.h"
#include "core/arena.h"

struct parsed {
    struct arena        *arena;
    struct config_errors errors;
    struct toml_table   *root;
};

/* The text is gone when the tree is looked at, as it is in the agent. */
static struct parsed parse_n(const char *text, size_t length)
{
    struct parsed parsed = {.arena = arena_new(1024)};
    char *copy = alloc_text_n(text, length);
    parsed.root = toml_parse(parsed.arena, "a.toml", copy, length, &parsed.errors);
    free(copy);
    return parsed;
}

static struct parsed parse(const char *text)
{
    return parse_n(text, strlen(text));
}

static void release(struct parsed *parsed)
{
    errors_release(&parsed->errors);
    arena_unref(parsed->arena);
}

/* Parses what must be valid. */
static struct parsed parse_valid(const char *text)
{
    struct parsed parsed = parse(text);
    if (!parsed.root)
        fail_msg("%s", parsed.errors.lines[0]);
    assert_int_equal(parsed.errors.count, 0);
    return parsed;
}

static const struct toml_value *value_of(const struct toml_table *table, const char *key)
{
    struct toml_entry *entry = toml_get(table, key);
    if (!entry)
        fail_msg("no key %s", key);
    return &entry->value;
}

static void assert_string(const struct toml_table *table, const char *key, const char *text)
{
    const struct toml_value *value = value_of(table, key);
    assert_int_equal(value->type, TOML_STRING);
    assert_string_equal(value->string.text, text);
    assert_int_equal(value->string.length, strlen(text));
}

static void assert_integer(const struct toml_table *table, const char *key, int64_t integer)
{
    const struct toml_value *value = value_of(table, key);
    assert_int_equal(value->type, TOML_INT);
    assert_true(value->integer == integer);
}

static void assert_float(const struct toml_table *table, const char *key, double real)
{
    const struct toml_value *value = value_of(table, key);
    assert_int_equal(value->type, TOML_FLOAT);
    assert_memory_equal(&value->real, &real, sizeof real);
}

/* ---- Values ---- */
static void test_toml__reads_strings_of_every_kind(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("basic = \"a\\t\\\"b\\\" \\u00e9 \\U0001F600\"\n"
                                       "literal = 'C:\\new'\n"
                                       "lines = \"\"\"\nfirst\nsecond \\\n   goes on\"\"\"\n"
                                       "quotes = \"\"\"\"twice\"\"\"\"\"\n"
                                       "raw = '''\n\\d\n'''''\n"
                                       "empty = \"\"\n");
    assert_string(parsed.root, "basic", "a\t\"b\" \xc3\xa9 \xf0\x9f\x98\x80");
    assert_string(parsed.root, "literal", "C:\\new");
    assert_string(parsed.root, "lines", "first\nsecond goes on");
    assert_string(parsed.root, "quotes", "\"twice\"\"");
    assert_string(parsed.root, "raw", "\\d\n''");
    assert_string(parsed.root, "empty", "");
    release(&parsed);
}

static void test_toml__keeps_the_length_of_a_string_with_nul(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = \"x\\u0000y\"");
    const struct toml_value *value = value_of(parsed.root, "a");
    assert_int_equal(value->string.length, 3);
    assert_memory_equal(value->string.text, "x\0y", 4);
    release(&parsed);
}

static void test_toml__reads_integers(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = +1_000\nb = -9223372036854775808\nc = 9223372036854775807\n"
                                       "hex = 0xdead_BEEF\noct = 0o755\nbin = 0b1101\nzero = -0\n");
    assert_integer(parsed.root, "a", 1000);
    assert_integer(parsed.root, "b", INT64_MIN);
    assert_integer(parsed.root, "c", INT64_MAX);
    assert_integer(parsed.root, "hex", 0xdeadbeef);
    assert_integer(parsed.root, "oct", 0755);
    assert_integer(parsed.root, "bin", 13);
    assert_integer(parsed.root, "zero", 0);
    release(&parsed);
}

static void test_toml__reads_floats(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = 46920.37000000\nb = -0.0\nc = 1e06\nd = 6_0.5E-1_0\n"
                                       "inf = -inf\nnan = nan\ntiny = 1e-400\n");
    assert_float(parsed.root, "a", 46920.37);
    assert_float(parsed.root, "b", -0.0);
    assert_float(parsed.root, "c", 1e6);
    assert_float(parsed.root, "d", 60.5e-10);
    assert_float(parsed.root, "inf", -INFINITY);
    assert_true(isnan(value_of(parsed.root, "nan")->real));
    assert_float(parsed.root, "tiny", 0.0);
    release(&parsed);
}

static void test_toml__reads_booleans(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("yes = true\nno = false\n");
    assert_int_equal(value_of(parsed.root, "yes")->type, TOML_BOOL);
    assert_true(value_of(parsed.root, "yes")->boolean);
    assert_false(value_of(parsed.root, "no")->boolean);
    release(&parsed);
}

static void test_toml__reads_an_instant(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = 2024-02-29 23:59:60.1234567899-03:30");
    const struct toml_datetime *found = &value_of(parsed.root, "a")->datetime;
    assert_int_equal(found->kind, TOML_OFFSET_DATETIME);
    assert_int_equal(found->year, 2024);
    assert_int_equal(found->month, 2);
    assert_int_equal(found->day, 29);
    assert_int_equal(found->hour, 23);
    assert_int_equal(found->minute, 59);
    assert_int_equal(found->second, 60);
    assert_int_equal(found->nanosecond, 123456789);
    assert_int_equal(found->offset, -210);
    release(&parsed);
}

static void test_toml__tells_the_kinds_of_times_apart(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = 1979-05-27T07:32:00z\nb = 1979-05-27t07:32:00\nc = 1979-05-27\n"
                                       "d = 07:32:00.5\n");
    assert_int_equal(value_of(parsed.root, "a")->datetime.kind, TOML_OFFSET_DATETIME);
    assert_int_equal(value_of(parsed.root, "b")->datetime.kind, TOML_LOCAL_DATETIME);
    assert_int_equal(value_of(parsed.root, "c")->datetime.kind, TOML_LOCAL_DATE);
    assert_int_equal(value_of(parsed.root, "d")->datetime.kind, TOML_LOCAL_TIME);
    assert_int_equal(value_of(parsed.root, "d")->datetime.nanosecond, 500000000);
    release(&parsed);
}

static void test_toml__reads_arrays_over_lines(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = [ # mixed\n  1, \"b\",\n\n  [true], { c = 2 },\n]\nempty = []\n");
    const struct toml_array *array = &value_of(parsed.root, "a")->array;
    assert_int_equal(array->count, 4);
    assert_int_equal(array->items[0].type, TOML_INT);
    assert_int_equal(array->items[1].type, TOML_STRING);
    assert_int_equal(array->items[2].array.count, 1);
    assert_integer(array->items[3].table, "c", 2);
    assert_int_equal(value_of(parsed.root, "empty")->array.count, 0);
    release(&parsed);
}

static void test_toml__keeps_every_item_of_a_long_array(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]");
    const struct toml_array *array = &value_of(parsed.root, "a")->array;
    assert_int_equal(array->count, 20);
    for (int64_t i = 0; i < 20; i++)
        assert_true(array->items[i].integer == i);
    release(&parsed);
}

/* ---- The tree ---- */
static void test_toml__keeps_the_order_of_keys(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("z = 1\n\"a b\" = 2\n[m]\n[c.x]\n[m.y]\n");
    static const char *const order[] = {"z", "a b", "m", "c"};
    struct toml_entry *entry = parsed.root->first;
    for (size_t i = 0; i < 4; i++, entry = entry->next)
        assert_string_equal(entry->key, order[i]);
    assert_null(entry);
    release(&parsed);
}

static void test_toml__remembers_places(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("\xef\xbb\xbf" "a = 1\n\n[[b.c]]\n  d.e = [1,\n   22]\n");
    assert_int_equal(toml_get(parsed.root, "a")->place.column, 1);
    assert_int_equal(value_of(parsed.root, "a")->place.column, 5);
    struct toml_table *item = value_of(value_of(parsed.root, "b")->table, "c")->array.items[0].table;
    assert_string_equal(item->place.file, "a.toml");
    assert_int_equal(item->place.line, 3);
    assert_int_equal(item->place.column, 5);
    struct toml_entry *e = toml_get(value_of(item, "d")->table, "e");
    assert_int_equal(e->place.line, 4);
    assert_int_equal(e->place.column, 5);
    assert_int_equal(e->value.array.items[1].place.line, 5);
    assert_int_equal(e->value.array.items[1].place.column, 4);
    release(&parsed);
}

static void test_toml__reads_telegrafs_shape(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("[agent]\n  interval = \"1s\"\n[[inputs.cpu]]\n  a = 1\n"
                                       "  [inputs.cpu.tags]\n    x = \"y\"\n[[inputs.cpu]]\n  a = 2\n"
                                       "[[inputs.mem]]\n");
    struct toml_table *inputs = value_of(parsed.root, "inputs")->table;
    const struct toml_array *cpu = &value_of(inputs, "cpu")->array;
    assert_int_equal(cpu->count, 2);
    assert_string(value_of(cpu->items[0].table, "tags")->table, "x", "y");
    assert_integer(cpu->items[1].table, "a", 2);
    assert_null(toml_get(cpu->items[1].table, "tags"));
    assert_int_equal(value_of(inputs, "mem")->array.count, 1);
    release(&parsed);
}

static void test_toml__finds_every_key_of_a_large_table(void **state)
{
    (void)state;
    enum { KEYS = 1000, LINE = 24 };
    char *text = alloc_array(KEYS, LINE);
    size_t length = 0;
    for (int i = 0; i < KEYS; i++)
        length += (size_t)snprintf(text + length, LINE, "key%d = %d\n", i, i);
    struct parsed parsed = parse_valid(text);
    free(text);
    assert_int_equal(parsed.root->count, KEYS);
    for (int i = 0; i < KEYS; i++) {
        char key[LINE];
        snprintf(key, sizeof key, "key%d", i);
        assert_integer(parsed.root, key, i);
    }
    assert_null(toml_get(parsed.root, "key1000"));
    release(&parsed);
}

static void test_toml__tells_keys_with_nul_apart(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("\"a\" = 1\n\"a\\u0000\" = 2\n");
    assert_integer(parsed.root, "a", 1);
    assert_int_equal(toml_get_n(parsed.root, "a\0", 2)->value.integer, 2);
    release(&parsed);
}

static void test_toml__reads_crlf_as_lf(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a = \"\"\"\r\nx\r\ny\"\"\"\r\n# done\r\nb = 1\r\n");
    assert_string(parsed.root, "a", "x\ny");
    assert_int_equal(toml_get(parsed.root, "b")->place.line, 5);
    release(&parsed);
}

static void test_toml__reads_an_empty_file(void **state)
{
    (void)state;
    struct parsed parsed = parse_n(NULL, 0);
    assert_non_null(parsed.root);
    assert_int_equal(parsed.root->count, 0);
    release(&parsed);
}

static void test_toml__nests_up_to_the_depth_limit(void **state)
{
    (void)state;
    char text[2 * TOML_DEPTH_LIMIT + 8] = "a = ";
    memset(text + 4, '[', TOML_DEPTH_LIMIT - 1);
    memset(text + 4 + TOML_DEPTH_LIMIT - 1, ']', TOML_DEPTH_LIMIT - 1);
    struct parsed parsed = parse_valid(text);
    release(&parsed);
}

/* ---- Who may add to which table ---- */
static void test_toml__opens_a_table_after_its_subtable(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("[a.b]\nx = 1\n[a]\ny = 2\n[a.c]\nz = 3\n");
    struct toml_table *a = value_of(parsed.root, "a")->table;
    assert_integer(a, "y", 2);
    assert_int_equal(a->place.line, 3);
    assert_integer(value_of(a, "b")->table, "x", 1);
    release(&parsed);
}

static void test_toml__lets_dotted_keys_share_tables(void **state)
{
    (void)state;
    struct parsed parsed = parse_valid("a.b = 1\nx = 0\na.\"c.d\" . e = 2\n[a.f]\n");
    struct toml_table *a = value_of(parsed.root, "a")->table;
    assert_int_equal(a->count, 3);
    assert_integer(value_of(a, "c.d")->table, "e", 2);
    release(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toml__reads_strings_of_every_kind),
        cmocka_unit_test(test_toml__keeps_the_length_of_a_string_with_nul),
        cmocka_unit_test(test_toml__reads_integers),
        cmocka_unit_test(test_toml__reads_floats),
        cmocka_unit_test(test_toml__reads_booleans),
        cmocka_unit_test(test_toml__reads_an_instant),
        cmocka_unit_test(test_toml__tells_the_kinds_of_times_apart),
        cmocka_unit_test(test_toml__reads_arrays_over_lines),
        cmocka_unit_test(test_toml__keeps_every_item_of_a_long_array),
        cmocka_unit_test(test_toml__keeps_the_order_of_keys),
        cmocka_unit_test(test_toml__remembers_places),
        cmocka_unit_test(test_toml__reads_telegrafs_shape),
        cmocka_unit_test(test_toml__finds_every_key_of_a_large_table),
        cmocka_unit_test(test_toml__tells_keys_with_nul_apart),
        cmocka_unit_test(test_toml__reads_crlf_as_lf),
        cmocka_unit_test(test_toml__reads_an_empty_file),
        cmocka_unit_test(test_toml__nests_up_to_the_depth_limit),
        cmocka_unit_test(test_toml__opens_a_table_after_its_subtable),
        cmocka_unit_test(test_toml__lets_dotted_keys_share_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
