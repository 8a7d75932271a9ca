/* Patterns: what Lua's manual says of them, and what they cost. */
#include "plugins/lua/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { STEPS = 100000 };

static struct pattern made(const char *subject, const char *text)
{
    return (struct pattern){
        .subject = subject, .subject_end = subject + strlen(subject), .text = text, .end = text + strlen(text),
        .steps_left = STEPS,
    };
}

/* How many bytes match at the beginning; -1: none. */
static int matched(const char *subject, const char *text)
{
    struct pattern pattern = made(subject, text);
    const char *end = pattern_match(&pattern, subject);
    assert_false(pattern.too_long);
    assert_null(pattern.error);
    return end ? (int)(end - subject) : -1;
}

static const char *error_of(const char *text)
{
    struct pattern pattern = made("abc", text);
    assert_null(pattern_match(&pattern, pattern.subject));
    return pattern.error ? pattern.error : "";
}

static void test_pattern__single_characters(void **state)
{
    (void)state;
    assert_int_equal(matched("abc", "a.c"), 3);
    assert_int_equal(matched("a.c", "a%.c"), 3);
    assert_int_equal(matched("abc", "a%.c"), -1);
    assert_int_equal(matched("a1 _", "%a%d%s%p"), 4);
    assert_int_equal(matched("1aX", "%A%D%L"), 3);
    assert_int_equal(matched("", "."), -1);
}

static void test_pattern__sets(void **state)
{
    (void)state;
    assert_int_equal(matched("b", "[abc]"), 1);
    assert_int_equal(matched("d", "[^a-c]"), 1);
    assert_int_equal(matched("]", "[]]"), 1);
    assert_int_equal(matched("-", "[a-]"), 1);
    assert_int_equal(matched("^", "[a^]"), 1);
    assert_int_equal(matched("7z", "[%d][%a_]"), 2);
    assert_int_equal(matched("%", "[%%]"), 1);
    assert_int_equal(matched("x", "[^%d]"), 1);
}

static void test_pattern__repetition(void **state)
{
    (void)state;
    assert_int_equal(matched("aaab", "a*"), 3);
    assert_int_equal(matched("aaab", "a-b"), 4);
    assert_int_equal(matched("aaab", "a-"), 0);
    assert_int_equal(matched("b", "a+"), -1);
    assert_int_equal(matched("aab", "a+ab"), 3);
    assert_int_equal(matched("ab", "a?b"), 2);
    assert_int_equal(matched("b", "a?b"), 1);
    assert_int_equal(matched("abc", "abc$"), 3);
    assert_int_equal(matched("abcd", "abc$"), -1);
    assert_int_equal(matched("a$b", "a$b"), 3);
}

static void test_pattern__balanced_and_frontier(void **state)
{
    (void)state;
    assert_int_equal(matched("(a(b)c)d", "%b()"), 7);
    assert_int_equal(matched("(a(b", "%b()"), -1);
    assert_int_equal(matched("the", "%f[%w]%a+%f[%W]"), 3);
    assert_int_equal(matched("xx", "%bxx"), 2);
}

static void test_pattern__captures(void **state)
{
    (void)state;
    struct pattern pattern = made("key = value", "(%w+)%s*()=%s*(%w+)");
    assert_non_null(pattern_match(&pattern, pattern.subject));
    assert_int_equal(pattern.captured, 3);
    assert_memory_equal(pattern.captures[0].start, "key", 3);
    assert_int_equal(pattern.captures[1].length, PATTERN_PLACE);
    assert_int_equal(pattern.captures[2].length, 5);
    assert_int_equal(matched("abab", "(ab)%1"), 4);
    assert_int_equal(matched("abac", "(ab)%1"), -1);
}

static void test_pattern__bad_ones_are_told(void **state)
{
    (void)state;
    assert_string_equal(error_of("%"), "malformed pattern (ends with '%')");
    assert_string_equal(error_of("[a"), "malformed pattern (missing ']')");
    assert_string_equal(error_of("[%"), "malformed pattern (missing ']')");
    assert_string_equal(error_of("%b"), "malformed pattern (missing arguments to '%b')");
    assert_string_equal(error_of("%f"), "missing '[' after '%f' in pattern");
    assert_string_equal(error_of("a)"), "invalid pattern capture");
    assert_string_equal(error_of("%1"), "invalid capture index in pattern");
    assert_string_equal(error_of("(a%1"), "invalid capture index in pattern");
}

static void test_pattern__depth_is_bounded(void **state)
{
    (void)state;
    char text[1000] = "";
    for (int i = 0; i < 300; i++)
        memcpy(text + 2 * i, "a?", 3);
    char subject[400];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    struct pattern pattern = made(subject, text);
    assert_null(pattern_match(&pattern, subject));
    assert_string_equal(pattern.error, "pattern too complex");
}

static void test_pattern__steps_are_bounded(void **state)
{
    (void)state;
    char text[100] = "";
    for (int i = 0; i < 20; i++)
        memcpy(text + 2 * i, "a*", 3);
    memcpy(text + 40, "b", 2);
    struct pattern pattern = made("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", text);
    assert_null(pattern_match(&pattern, pattern.subject));
    assert_true(pattern.too_long);
}

static void test_pattern__plain_texts_are_known(void **state)
{
    (void)state;
    assert_true(pattern_is_plain("abc]", 4));
    assert_false(pattern_is_plain("a.c", 3));
    assert_false(pattern_is_plain("a-", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern__single_characters),
        cmocka_unit_test(test_pattern__sets),
        cmocka_unit_test(test_pattern__repetition),
        cmocka_unit_test(test_pattern__balanced_and_frontier),
        cmocka_unit_test(test_pattern__captures),
        cmocka_unit_test(test_pattern__bad_ones_are_told),
        cmocka_unit_test(test_pattern__depth_is_bounded),
        cmocka_unit_test(test_pattern__steps_are_bounded),
        cmocka_unit_test(test_pattern__plain_texts_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
