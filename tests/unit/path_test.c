/* Tests of core/path.c. */
#include "core/plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

static void assert_path(const char *path, const char *wanted)
{
    char whole[VANE_PATH_MOST];
    assert_string_equal(vane_path(whole, path), wanted);
}

static void test_path__a_whole_one_stays(void **state)
{
    (void)state;
    assert_path("/etc/vane", "/etc/vane");
}

static void test_path__a_relative_one_is_below_the_working_directory(void **state)
{
    (void)state;
    assert_int_equal(chdir("/usr"), 0);
    assert_path("a/b", "/usr/a/b");
    assert_path("././a", "/usr/a");
    assert_path("../a", "/usr/../a");
    assert_int_equal(chdir("/"), 0);
    assert_path("a", "/a");
}

static void test_path__one_without_end_is_cut(void **state)
{
    (void)state;
    static char longest[2 * VANE_PATH_MOST];
    char whole[VANE_PATH_MOST];
    memset(longest, 'x', sizeof longest - 1);
    assert_int_equal(strlen(vane_path(whole, longest)), VANE_PATH_MOST - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path__a_whole_one_stays),
        cmocka_unit_test(test_path__a_relative_one_is_below_the_working_directory),
        cmocka_unit_test(test_path__one_without_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
