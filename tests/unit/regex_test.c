/* regex - each piece of the syntax by example. The answers are those of Go's regexp. */
#include "core/match/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct example {
    const char *pattern, *text;
    bool        matched;
};

static bool matches(const char *pattern, const char *text)
{
    struct error err = { "" };
    struct automaton *regex = regex_new(pattern, strlen(pattern), &err);
    if (!regex)
        fail_msg("%s: %s", pattern, err.text);
    bool matched = automaton_match(regex, text, strlen(text), true);
    automaton_free(regex);
    return matched;
}

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (matches(examples[i].pattern, examples[i].text) != examples[i].matched)
            fail_msg("\"%s\" on \"%s\" should %smatch", examples[i].pattern, examples[i].text,
                     examples[i].matched ? "" : "not ");
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof *(examples))

static void test_regex__looks_anywhere_unless_it_is_tied(void **state)
{
    static const struct example examples[] = {
        { "b", "abc", true },
        { "^b", "abc", false },
        { "c$", "abc", true },
        { "^abc$", "abc", true },
        { "", "abc", true },
        { "^$", "", true },
        { "^$", "a", false },
        { "\\Ab|c\\z", "abc", true },
        { "^b", "a\nb", false },
        { "(?m)^b", "a\nb", true },
        { "(?m)a$", "a\nb", true },
        { "a$", "a\n", false },
        { "\\bcpu\\b", "a cpu", true },
        { "\\bcpu\\b", "acpu", false },
        { "a\\Bb", "ab", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__repeats(void **state)
{
    static const struct example examples[] = {
        { "^ab*c$", "ac", true },      { "^ab+c$", "ac", false },      { "^ab?c$", "abbc", false },
        { "^a{2}$", "aa", true },      { "^a{2}$", "aaa", false },     { "^a{2,}$", "aaaa", true },
        { "^a{2,}$", "a", false },     { "^a{1,3}$", "aaa", true },    { "^a{1,3}$", "aaaa", false },
        { "^a{0}b$", "b", true },      { "^(ab){2,3}$", "ababab", true }, { "^(ab){2,3}$", "ab", false },
        { "^a*?b+?$", "aabb", true },  { "^(a*)*$", "aaa", true },     { "a{,2}", "a{,2}", true },
        { "^(a|b){0,2}c$", "abc", true }, { "^(a{2}){2}$", "aaaa", true }, { "^(a?){3}$", "aa", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__alternatives_and_groups(void **state)
{
    static const struct example examples[] = {
        { "^(cpu|mem)$", "mem", true }, { "^cpu|mem$", "cpux", true }, { "^(?:a|b|)c$", "c", true },
        { "^(?P<x>a)(?<y>b)$", "ab", true }, { "^(a|(b|c)d)$", "cd", true }, { "^(a|(b|c)d)$", "c", false },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__classes(void **state)
{
    static const struct example examples[] = {
        { "^[a-c]$", "b", true },         { "^[^a-c]$", "b", false },
        { "^[^a]$", "\n", true },         { "^[]a]$", "]", true },
        { "^[a-]$", "-", true },          { "^[\\d.]$", "7", true },
        { "^[^\\D]$", "7", true },        { "^[[:alpha:]_]$", "Q", true },
        { "^[[:^alpha:]]$", "Q", false }, { "^\\w\\W\\d\\D\\s\\S$", "a-1- x", true },
        { "^.$", "\n", false },           { "(?s)^.$", "\n", true },
        { "^.$", "\xc3\xa4", true },      { "^[\xc3\xa4-\xc3\xbc]$", "\xc3\xb6", true },
        { "^.$", "\xff", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__escapes(void **state)
{
    static const struct example examples[] = {
        { "^\\.\\*\\[\\\\$", ".*[\\", true }, { "^\\x41\\x{20ac}\\101$", "A\xe2\x82\xac" "A", true },
        { "^\\t\\n\\r\\f\\v\\a$", "\t\n\r\f\v\a", true }, { "^\\_\\-$", "_-", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__flags_end_with_their_group(void **state)
{
    static const struct example examples[] = {
        { "(?i)^cpu[x-z]$", "CPUY", true }, { "^((?i)a)b$", "Ab", true }, { "^((?i)a)b$", "AB", false },
        { "^(?i:a)b$", "Ab", true },        { "^(?i)a(?-i)b$", "AB", false }, { "(?i)^[^a]$", "A", false },
    };
    CHECK(examples);
    (void)state;
}

static void test_regex__mistakes_are_told(void **state)
{
    static const struct { const char *pattern, *why;
    } wrong[] = {
        { "(", "( without )" },
        { "a)", ") without (" },
        { "*a", "a repetition with nothing to repeat" },
        { "a**", "a repetition of a repetition: put the inner one in parentheses" },
        { "[a", "[ without ]" },
        { "[b-a]", "a range goes from the lower to the higher character" },
        { "a\\", "a backslash with nothing behind it" },
        { "\\q", "\\q is not known" },
        { "[[:nope:]]", "[:nope:] is not known" },
        { "a{3,2}", "{3,2}: counts go up, and to 1000 at most" },
        { "((a{1000}){1000}){1000}", "the pattern is too large" },
        { "(?x)a", "(? with what is neither a group nor one of the flags i, m, s, U" },
        { "(?P<a", "(?P<name without >" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = { "" };
        assert_null(regex_new(wrong[i].pattern, strlen(wrong[i].pattern), &err));
        assert_string_equal(err.text, wrong[i].why);
    }
    (void)state;
}

/* Backtracking takes 2^5000 steps for this. */
static void test_regex__time_is_not_exponential(void **state)
{
    char text[5001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    clock_t begun = clock();
    assert_false(matches("^(a+)+(a|a)*(a?){100}$b", text));
    assert_true(clock() - begun < 5 * CLOCKS_PER_SEC);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regex__looks_anywhere_unless_it_is_tied),
        cmocka_unit_test(test_regex__repeats),
        cmocka_unit_test(test_regex__alternatives_and_groups),
        cmocka_unit_test(test_regex__classes),
        cmocka_unit_test(test_regex__escapes),
        cmocka_unit_test(test_regex__flags_end_with_their_group),
        cmocka_unit_test(test_regex__mistakes_are_told),
        cmocka_unit_test(test_regex__time_is_not_exponential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
