/* errors - the lines that users read when a configuration is wrong. */
#include "config/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_errors__are_kept_in_order(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    for (unsigned line = 1; line <= 100; line++)
        errors_add(&errors, "a.toml", line, "fault %u of %s", line, "many");
    assert_int_equal(errors.count, 100);
    assert_string_equal(errors.lines[0], "a.toml:1: fault 1 of many");
    assert_string_equal(errors.lines[99], "a.toml:100: fault 100 of many");
    errors_release(&errors);
}

static void test_errors__can_be_sorted_by_place(void **state)
{
    (void)state;
    static const char *const wanted[] = { "b:2: first", "b:2: second", "b:10: x", "b: x", "a:1: x", "a:3: x" };
    struct config_errors errors = {0};
    errors_add(&errors, "b", 10, "x");
    errors_add(&errors, "b", 2, "first");
    errors_add(&errors, "a", 3, "x");
    errors_add(&errors, "b", 0, "x");
    errors_add(&errors, "a", 1, "x");
    errors_add(&errors, "b", 2, "second");
    errors_sort(&errors);
    for (size_t i = 0; i < errors.count; i++)
        assert_string_equal(errors.lines[i], wanted[i]);
    errors_release(&errors);
}

static void test_errors__are_bounded(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    for (unsigned line = 1; line <= 3 * ERRORS_LIMIT; line++)
        assert_false(errors_add(&errors, "a.toml", line, "fault"));
    assert_int_equal(errors.count, ERRORS_LIMIT + 1);
    assert_string_equal(errors.lines[ERRORS_LIMIT - 1], "a.toml:500: fault");
    assert_string_equal(errors.lines[ERRORS_LIMIT], "and so on: there is more than is shown here");
    errors_release(&errors);
}

static void test_errors__have_no_line_where_the_whole_file_is_meant(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    errors_add(&errors, "a.toml", 0, "cannot be read");
    assert_string_equal(errors.lines[0], "a.toml: cannot be read");
    errors_release(&errors);
}

static void test_errors__answer_false(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    assert_false(errors_add(&errors, "a.toml", 1, "x"));
    errors_release(&errors);
}

static void test_errors__write_no_control_characters(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    errors_add(&errors, "a.toml", 1, "key '%s'", "\x1b[31m\n\x7f\xc3\xa9");
    assert_string_equal(errors.lines[0], "a.toml:1: key '?[31m??\xc3\xa9'");
    errors_release(&errors);
}

static void test_errors__may_be_long(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct config_errors errors = {0};
    errors_add(&errors, "a.toml", 1, "%s", text);
    assert_int_equal(strlen(errors.lines[0]), strlen("a.toml:1: ") + sizeof text - 1);
    errors_release(&errors);
}

static void test_errors__are_none_after_release(void **state)
{
    (void)state;
    struct config_errors errors = {0};
    errors_add(&errors, "a.toml", 1, "x");
    errors_release(&errors);
    assert_int_equal(errors.count, 0);
    errors_add(&errors, "a.toml", 2, "y");
    assert_string_equal(errors.lines[0], "a.toml:2: y");
    errors_release(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors__are_kept_in_order),
        cmocka_unit_test(test_errors__can_be_sorted_by_place),
        cmocka_unit_test(test_errors__are_bounded),
        cmocka_unit_test(test_errors__have_no_line_where_the_whole_file_is_meant),
        cmocka_unit_test(test_errors__answer_false),
        cmocka_unit_test(test_errors__write_no_control_characters),
        cmocka_unit_test(test_errors__may_be_long),
        cmocka_unit_test(test_errors__are_none_after_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
