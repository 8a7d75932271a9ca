/* Tests of plugins/influx_out/lines.h. */
#include "plugins/influx_out/lines.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static const char LINES[] = "m,a=1 v=1 1500\n"
                            "m\\ x,b\\,=2,c=3 s=\"two\nlines, \\\"a b\\\" \\\\\",v=2i -1\n"
                            "m v=\"\",w=\"=\\\"\" 2000\n"
                            "m v=3\n";

static void check_shaped(struct lines_shape *shape, const char *before, const char *after)
{
    struct vane_text text = { 0 };
    vane_text_addf(&text, "untouched,a=1 v=1 1999\n%s", before);
    lines_reshape(&text, strlen("untouched,a=1 v=1 1999\n"), shape);
    assert_int_equal(text.length, strlen(text.data));
    assert_string_equal(text.data + strlen("untouched,a=1 v=1 1999\n"), after);
    vane_text_release(&text);
    vane_text_release(&shape->cut[0]);
    vane_text_release(&shape->cut[1]);
}

static void test_lines__ends_are_found_behind_strings(void **state)
{
    (void)state;
    assert_int_equal(lines_count(LINES, sizeof LINES - 1), 4);
    assert_int_equal(lines_length(LINES, sizeof LINES - 1), strlen("m,a=1 v=1 1500\n"));
    assert_int_equal(lines_count("", 0), 0);
    assert_int_equal(lines_count("m v=1", 5), 1);
}

static void test_lines__a_plain_shape_changes_nothing(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1 };
    assert_true(lines_shape_is_plain(&shape));
    check_shaped(&shape, LINES, LINES);
}

static void test_lines__times_are_rounded_down(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1000 };
    assert_false(lines_shape_is_plain(&shape));
    check_shaped(&shape, LINES,
                 "m,a=1 v=1 1\n"
                 "m\\ x,b\\,=2,c=3 s=\"two\nlines, \\\"a b\\\" \\\\\",v=2i -1\n"
                 "m v=\"\",w=\"=\\\"\" 2\n"
                 "m v=3\n");
}

static void test_lines__the_least_and_the_greatest_time(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1000000000 };
    check_shaped(&shape, "m v=1 -9223372036854775808\nm v=1 9223372036854775807\nm v=1 0\n",
                 "m v=1 -9223372037\nm v=1 9223372036\nm v=1 0\n");
}

static void test_lines__what_is_no_number_is_no_time(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1000 };
    check_shaped(&shape, "m v=1 \v\n  99999999\n", "m v=1 \v\n  99999\n");
    check_shaped(&shape, "m v=1 \nm v=1 x\n", "m v=1 \nm v=1 x\n");
}

static void test_lines__tags_are_cut_out(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1 };
    lines_add_tag(&shape.cut[0], "b,");
    lines_add_tag(&shape.cut[1], "a");
    assert_false(lines_shape_is_plain(&shape));
    check_shaped(&shape, LINES,
                 "m v=1 1500\n"
                 "m\\ x,c=3 s=\"two\nlines, \\\"a b\\\" \\\\\",v=2i -1\n"
                 "m v=\"\",w=\"=\\\"\" 2000\n"
                 "m v=3\n");
}

static void test_lines__only_whole_keys_are_cut(void **state)
{
    (void)state;
    struct lines_shape shape = { .unit = 1000 };
    lines_add_tag(&shape.cut[0], "a");
    check_shaped(&shape, "a,aa=1,a=2,ba=3,x=a v=\"x,a=5\",a=6 1000\n", "a,aa=1,ba=3,x=a v=\"x,a=5\",a=6 1\n");
}

static void test_lines__keys_are_escaped_as_the_encoder_does(void **state)
{
    (void)state;
    struct vane_text tag = { 0 };
    lines_add_tag(&tag, "a b,c=d\te\\\\");
    assert_string_equal(tag.data, ",a\\ b\\,c\\=d\\te=");
    vane_text_release(&tag);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines__ends_are_found_behind_strings),
        cmocka_unit_test(test_lines__a_plain_shape_changes_nothing),
        cmocka_unit_test(test_lines__times_are_rounded_down),
        cmocka_unit_test(test_lines__the_least_and_the_greatest_time),
        cmocka_unit_test(test_lines__what_is_no_number_is_no_time),
        cmocka_unit_test(test_lines__tags_are_cut_out),
        cmocka_unit_test(test_lines__only_whole_keys_are_cut),
        cmocka_unit_test(test_lines__keys_are_escaped_as_the_encoder_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
