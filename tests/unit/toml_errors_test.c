/* toml - what users are told when a file is no TOML: every fault of it, in one run, and no echoes. */
#include "config/toml.h"

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

/* All the errors, each on a line of its own, without the file name. */
static void assert_errors(const char *text, const char *expected)
{
    struct arena *arena = arena_new(1024);
    struct config_errors errors = {0};
    struct toml_table *root = toml_parse(arena, "a.toml", text, strlen(text), &errors);
    char *found = alloc_text("");
    size_t length = 0;
    for (size_t i = 0; i < errors.count; i++) {
        const char *line = errors.lines[i];
        assert_int_equal(strncmp(line, "a.toml:", 7), 0);
        size_t added = strlen(line + 7) + 1;
        found = alloc_resize(found, length + added + 1, 1);
        snprintf(found + length, added + 1, "%s\n", line + 7);
        length += added;
    }
    errors_release(&errors);
    arena_unref(arena);
    assert_string_equal(found, expected);
    assert_null(root);
    free(found);
}

/* ---- Who may add to which table ---- */
static void test_toml_errors__refuse_to_set_a_key_twice(void **state)
{
    (void)state;
    assert_errors("topic = 1\n\ntopic = 2\n[a]\nb.c = 1\nb.c = 2\n[d]\ne = {f = 1, f = 2}\n",
                  "3: 'topic' is already set on line 1\n"
                  "6: 'b.c' is already set on line 5\n"
                  "8: 'f' is already set on line 8\n");
}

static void test_toml_errors__refuse_to_define_a_table_twice(void **state)
{
    (void)state;
    assert_errors("[a]\nb.c = 1\n[a]\n[a.b]\n",
                  "3: the table 'a' is already defined on line 1\n"
                  "4: the table 'a.b' is already defined on line 2\n");
}

static void test_toml_errors__refuse_to_mix_tables_and_arrays_of_tables(void **state)
{
    (void)state;
    assert_errors("[in.cpu]\n[[in.cpu]]\n[[in.mem]]\n[in.mem]\n",
                  "2: 'in.cpu' is a table since line 1: it cannot be an array of tables, [[...]], as well\n"
                  "4: 'in.mem' is an array of tables since line 3: it cannot be a table, [...], as well\n");
    assert_errors("a = [{}]\n[[a]]\n[a.b]\n",
                  "2: 'a' is an array since line 1: a [[header]] cannot add to it\n"
                  "3: 'a' is an array since line 1: a [header] cannot add to it\n");
}

static void test_toml_errors__refuse_to_extend_inline_tables(void **state)
{
    (void)state;
    assert_errors("a = {b = {}}\na.c = 1\n[a.b]\n[d]\n",
                  "2: 'a' is an inline table since line 1: a dotted key cannot add to it\n"
                  "3: 'a' is an inline table since line 1: a [header] cannot add to it\n");
}

static void test_toml_errors__refuse_dotted_keys_into_other_headers(void **state)
{
    (void)state;
    assert_errors("[a.b]\n[a]\nb.c = 1\n[x]\ny = 1\ny.z = 2\n",
                  "3: 'b' has its [header] on line 1: a dotted key cannot add to it\n"
                  "6: 'y' is an integer since line 5: a dotted key cannot add to it\n");
}

/* ---- Single faults and how they read ---- */
static void test_toml_errors__name_what_it_found_for_a_value(void **state)
{
    (void)state;
    assert_errors("a = \nb = yes\nc = True\nd = 10s\ne = 007\nf = 1.\ng = 1__0\nh = 0x\ni = # 1\nj = .5",
                  "1: expected a value, found the end of the line\n"
                  "2: expected a value, found 'yes' (text needs quotes)\n"
                  "3: expected a value, found 'True' (true and false are written in small letters)\n"
                  "4: '10s' is not a number (text needs quotes)\n"
                  "5: '007' is not a number: leading zeros are not allowed\n"
                  "6: '1.' is not a number: expected digits before and after the point\n"
                  "7: '1__0' is not a number: '_' stands only between two digits\n"
                  "8: '0x' is not a number (text needs quotes)\n"
                  "9: expected a value, found '#'\n"
                  "10: '.5' is not a number: expected digits before and after the point\n");
}

static void test_toml_errors__refuse_numbers_that_do_not_fit(void **state)
{
    (void)state;
    assert_errors("a = 9223372036854775808\nb = -9223372036854775809\nc = 0x8000000000000000\nd = -1e400\n",
                  "1: '9223372036854775808' does not fit into a 64-bit integer\n"
                  "2: '-9223372036854775809' does not fit into a 64-bit integer\n"
                  "3: '0x8000000000000000' does not fit into a 64-bit integer\n"
                  "4: '-1e400' does not fit into a 64-bit float\n");
}

static void test_toml_errors__refuse_dates_that_are_none(void **state)
{
    (void)state;
    assert_errors("a = 2023-02-29\nb = 2023-13-01T00:00:00Z\nc = 24:00:00\nd = 2023-01-01 10:00\n"
                  "e = 2023-01-01T10:00:00+1\nf = 10:00:00Z\ng = 2023-1-1\nh = 2023-01-01T10:60:00\n"
                  "i = 10:00:61\nj = 10:00:00.\nk = 2023-01-01T10:00:00+24:00\nl = 2023-01-01/10:00:00\n",
                  "1: '2023-02-29' is not a date or time: that month has no such day\n"
                  "2: '2023-13-01T00:00:00Z' is not a date or time: the month is 01 to 12\n"
                  "3: '24:00:00' is not a date or time: the hour is 00 to 23\n"
                  "4: '2023-01-01 10:00' is not a date or time: expected the time as hh:mm:ss\n"
                  "5: '2023-01-01T10:00:00+1' is not a date or time: expected the offset as Z or +hh:mm\n"
                  "6: '10:00:00Z' is not a date or time: a time alone has no offset\n"
                  "7: '2023-1-1' is not a date or time: expected the date as YYYY-MM-DD\n"
                  "8: '2023-01-01T10:60:00' is not a date or time: the minute is 00 to 59\n"
                  "9: '10:00:61' is not a date or time: the second is 00 to 60\n"
                  "10: '10:00:00.' is not a date or time: expected digits after the point\n"
                  "11: '2023-01-01T10:00:00+24:00' is not a date or time: the offset is at most 23:59\n"
                  "12: '2023-01-01/10:00:00' is not a date or time: "
                  "expected a T and the time after the date\n");
}

static void test_toml_errors__explain_faulty_strings(void **state)
{
    (void)state;
    assert_errors("a = \"open\nb = \"\\u12\"\nc = \"\\ud800\"\nd = \"x\x01\"\ne = '\xff'\nf = 'a\rb'\n"
                  "g = 'a' 'b'",
                  "1: the string is not closed: expected its quote on this line\n"
                  "2: expected 4 hexadecimal digits after '\\u'\n"
                  "3: '\\ud800' is not a Unicode character\n"
                  "4: the control character 0x01 must not stand in a string\n"
                  "5: the byte 0xff in a string is not UTF-8\n"
                  "6: a carriage return in a string without a line feed behind it\n"
                  "7: expected the end of the line after the value, found ''b''\n");
}

static void test_toml_errors__explain_backslashes(void **state)
{
    (void)state;
    assert_errors("path = \"C:\\data\"\n",
                  "1: unknown escape '\\d': expected one of "
                  "\\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX "
                  "(a backslash itself is \\\\, or the whole string in '...')\n");
}

static void test_toml_errors__explain_faulty_keys_and_headers(void **state)
{
    (void)state;
    assert_errors("key\nkey: 1\n= 1\na b = 1\na..b = 1\n[x] y = 1\n[[z]\n[]\n\"\"\"k\"\"\" = 1\n",
                  "1: expected '=' after the key 'key', found the end of the line\n"
                  "2: expected '=' after the key 'key', found ':'\n"
                  "3: expected a key, found '='\n"
                  "4: expected '=' after the key 'a', found 'b'\n"
                  "5: expected a key, found '.b'\n"
                  "6: expected the end of the line after the header, found 'y'\n"
                  "7: expected ']]' at the end of the header, found ']'\n"
                  "8: expected a key, found ']'\n"
                  "9: expected a key, found a multi-line string\n");
}

static void test_toml_errors__check_comments(void **state)
{
    (void)state;
    assert_errors("a = 1 # bell \a\n# \xc3(\nb = 2 # \r\n# a \r b\n",
                  "1: the control character 0x07 must not stand in a comment\n"
                  "2: the byte 0xc3 in a comment is not UTF-8\n"
                  "4: a carriage return in a comment without a line feed behind it\n");
}

static void test_toml_errors__name_characters_that_begin_no_word(void **state)
{
    (void)state;
    assert_errors("a = \x01\nb = 1 \x85\nc = 1\rd = 2\n\xe2\x82\xac = 1\ne = {a = 1 b = 2}\nf =",
                  "1: expected a value, found the control character 0x01\n"
                  "2: expected the end of the line after the value, found the byte 0x85\n"
                  "3: expected the end of the line after the value, "
                  "found a carriage return without a line feed\n"
                  "4: expected a key, found '\xe2\x82\xac'\n"
                  "5: expected ',' or '}' in the inline table, found 'b'\n"
                  "6: expected a value, found the end of the file\n");
}

static void test_toml_errors__recognise_utf16(void **state)
{
    (void)state;
    assert_errors("\xff\xfe" "a = 1\nb = 2\n", "1: the file is UTF-16: expected UTF-8\n");
}

static void test_toml_errors__limit_the_depth_of_arrays(void **state)
{
    (void)state;
    char text[TOML_DEPTH_LIMIT + 8] = "a = ";
    memset(text + 4, '[', TOML_DEPTH_LIMIT);
    assert_errors(text, "1: tables and arrays nest at most 128 levels deep\n");
}

static void test_toml_errors__limit_the_depth_of_tables(void **state)
{
    (void)state;
    char text[2 * TOML_DEPTH_LIMIT + 8];
    for (size_t i = 0; i <= TOML_DEPTH_LIMIT; i++)
        memcpy(text + 2 * i, "a.", 2);
    memcpy(text + (size_t)2 * TOML_DEPTH_LIMIT + 1, "=1", 3);
    assert_errors(text, "1: tables and arrays nest at most 128 levels deep\n");
}

/* ---- Several faults in one run, and no echoes of them ---- */
static void test_toml_errors__report_every_faulty_line_once(void **state)
{
    (void)state;
    assert_errors("a = [zz, yy\nb = 1 2 3\n[c\nd = 1x\ne = {f = g, h = i}\n",
                  "1: expected a value, found 'zz' (text needs quotes)\n"
                  "2: expected the end of the line after the value, found '2'\n"
                  "3: expected ']' at the end of the header, found the end of the line\n"
                  "4: '1x' is not a number (text needs quotes)\n"
                  "5: expected a value, found 'g' (text needs quotes)\n");
}

static void test_toml_errors__go_on_behind_an_open_array(void **state)
{
    (void)state;
    assert_errors("brokers = [\n  \"a\",\n  \"b\"\ntopic = zz\nok = 1\n",
                  "1: the array that begins here is not closed: expected ']' before line 4\n"
                  "4: expected a value, found 'zz' (text needs quotes)\n");
    assert_errors("brokers = [\n  \"a\",\n[[outputs.file]]\n  b = 1\n  b = 2\n",
                  "1: the array that begins here is not closed: expected ']' before line 3\n"
                  "5: 'b' is already set on line 4\n");
    assert_errors("a = 1\nb = [1,\n2\n", "2: the array that begins here is never closed: expected ']'\n");
}

static void test_toml_errors__go_on_inside_an_array(void **state)
{
    (void)state;
    assert_errors("a = [\n  \"x\"\n  \"y\",\n  zz,\n  \"open,\n  [1]\n]\nb = ww\n",
                  "3: expected ',' or ']' in the array, found '\"y\"'\n"
                  "4: expected a value, found 'zz' (text needs quotes)\n"
                  "5: the string is not closed: expected its quote on this line\n"
                  "8: expected a value, found 'ww' (text needs quotes)\n");
}

static void test_toml_errors__go_on_inside_an_inline_table_over_lines(void **state)
{
    (void)state;
    assert_errors("a = {\n  b = 1,\n  c = zz,\n  d = [\n    1\n  ]\n}\ne = ww\n",
                  "1: expected '}': an inline table ends on the line it begins on\n"
                  "3: expected a value, found 'zz' (text needs quotes)\n"
                  "8: expected a value, found 'ww' (text needs quotes)\n");
}

static void test_toml_errors__go_on_behind_an_open_inline_table(void **state)
{
    (void)state;
    assert_errors("a = {b = 1\nc = zz\nd = {e = 1,\n[f]\ng = ww\nh = {i = 1,}\n",
                  "1: expected '}': an inline table ends on the line it begins on\n"
                  "2: expected a value, found 'zz' (text needs quotes)\n"
                  "3: expected '}': an inline table ends on the line it begins on\n"
                  "5: expected a value, found 'ww' (text needs quotes)\n"
                  "6: expected a key after the last ',' of the inline table\n");
}

static void test_toml_errors__go_on_behind_an_open_multi_line_string(void **state)
{
    (void)state;
    assert_errors("[a]\nscript = '''\nx == 1\nend\n\n[b]\nc = zz\n",
                  "2: the multi-line string that begins here is never closed\n"
                  "7: expected a value, found 'zz' (text needs quotes)\n");
}

static void test_toml_errors__find_the_string_that_another_one_closed(void **state)
{
    (void)state;
    assert_errors("[a]\nscript = '''\nx == 1\n\n[b]\nquery = '''\nfrom all\nwhere not\n'''\n[c]\nd = zz\n",
                  "7: expected '=' after the key 'from', found 'all'\n"
                  "2: the multi-line string that begins here goes on to the start of another: "
                  "is it not closed?\n"
                  "11: expected a value, found 'zz' (text needs quotes)\n");
}

static void test_toml_errors__do_not_take_keys_of_a_refused_header_for_others(void **state)
{
    (void)state;
    assert_errors("[a]\nb = 1\n[a]\nb = 2\n[c d]\nb = 3\n[c]\nb = zz\n",
                  "3: the table 'a' is already defined on line 1\n"
                  "5: expected ']' at the end of the header, found 'd'\n"
                  "7: the table 'c' is already defined on line 5\n"
                  "8: expected a value, found 'zz' (text needs quotes)\n");
}

static void test_toml_errors__do_not_guess_after_an_unreadable_header(void **state)
{
    (void)state;
    assert_errors("[[inputs..cpu]]\n[inputs.cpu.tags]\na = 1\n[[inputs.cpu]]\nb = zz\n",
                  "1: expected a key, found '.cpu'\n"
                  "5: expected a value, found 'zz' (text needs quotes)\n");
}

static void test_toml_errors__stop_at_the_limit(void **state)
{
    (void)state;
    enum { LINES = 100 };
    char text[LINES * 2 + 1], expected[LINES * 128];
    size_t length = 0;
    for (size_t i = 0; i < LINES; i++)
        memcpy(text + 2 * i, "x\n", 3);
    for (int line = 1; line <= TOML_ERROR_LIMIT; line++)
        length += (size_t)snprintf(expected + length, 128,
                                   "%d: expected '=' after the key 'x', found the end of the line\n", line);
    snprintf(expected + length, 128, "%d: too many errors: the rest is not checked\n", TOML_ERROR_LIMIT);
    assert_errors(text, expected);
}

static void test_toml_errors__quote_only_the_start_of_long_words(void **state)
{
    (void)state;
    assert_errors("a = \xc3\xa9" "123456789 123456789 123456789 123456789 123456789 123456789\n"
                  "b = \xc3\xa9" "123456789.123456789.123456789.123456789.123456789.123456789\n",
                  "1: expected a value, found '\xc3\xa9" "123456789' (text needs quotes)\n"
                  "2: expected a value, found '\xc3\xa9" "123456789.123456789.123456789.123456789.12345...' "
                  "(text needs quotes)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toml_errors__refuse_to_set_a_key_twice),
        cmocka_unit_test(test_toml_errors__refuse_to_define_a_table_twice),
        cmocka_unit_test(test_toml_errors__refuse_to_mix_tables_and_arrays_of_tables),
        cmocka_unit_test(test_toml_errors__refuse_to_extend_inline_tables),
        cmocka_unit_test(test_toml_errors__refuse_dotted_keys_into_other_headers),
        cmocka_unit_test(test_toml_errors__name_what_it_found_for_a_value),
        cmocka_unit_test(test_toml_errors__refuse_numbers_that_do_not_fit),
        cmocka_unit_test(test_toml_errors__refuse_dates_that_are_none),
        cmocka_unit_test(test_toml_errors__explain_faulty_strings),
        cmocka_unit_test(test_toml_errors__explain_backslashes),
        cmocka_unit_test(test_toml_errors__explain_faulty_keys_and_headers),
        cmocka_unit_test(test_toml_errors__check_comments),
        cmocka_unit_test(test_toml_errors__name_characters_that_begin_no_word),
        cmocka_unit_test(test_toml_errors__recognise_utf16),
        cmocka_unit_test(test_toml_errors__limit_the_depth_of_arrays),
        cmocka_unit_test(test_toml_errors__limit_the_depth_of_tables),
        cmocka_unit_test(test_toml_errors__report_every_faulty_line_once),
        cmocka_unit_test(test_toml_errors__go_on_behind_an_open_array),
        cmocka_unit_test(test_toml_errors__go_on_inside_an_array),
        cmocka_unit_test(test_toml_errors__go_on_inside_an_inline_table_over_lines),
        cmocka_unit_test(test_toml_errors__go_on_behind_an_open_inline_table),
        cmocka_unit_test(test_toml_errors__go_on_behind_an_open_multi_line_string),
        cmocka_unit_test(test_toml_errors__find_the_string_that_another_one_closed),
        cmocka_unit_test(test_toml_errors__do_not_take_keys_of_a_refused_header_for_others),
        cmocka_unit_test(test_toml_errors__do_not_guess_after_an_unreadable_header),
        cmocka_unit_test(test_toml_errors__stop_at_the_limit),
        cmocka_unit_test(test_toml_errors__quote_only_the_start_of_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
