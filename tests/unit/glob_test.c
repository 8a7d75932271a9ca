/* glob - each rule by example, then random patterns and texts against a matcher that tries everything. */
#include "core/match/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { RANDOM_CASES = 200000 };

static bool matches(const char *pattern, const char *separators, const char *text)
{
    struct error err;
    struct glob_list *list = glob_list_new(&(struct vane_strings){ &pattern, 1 }, separators, &err);
    assert_non_null(list);
    bool matched = glob_list_match(list, text, strlen(text));
    glob_list_free(list);
    return matched;
}

struct example {
    const char *pattern, *separators, *text;
    bool        matched;
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *example = &examples[i];
        if (matches(example->pattern, example->separators, example->text) != example->matched)
            fail_msg("\"%s\" with separators \"%s\" on \"%s\" should %smatch", example->pattern,
                     example->separators, example->text, example->matched ? "" : "not ");
    }
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof *(examples))

static void test_glob__star_takes_any_text(void **state)
{
    static const struct example examples[] = {
        { "cpu*", "", "cpu", true },
        { "cpu*", "", "cpu_total", true },
        { "cpu*", "", "acpu", false },
        { "*cpu", "", "mycpu", true },
        { "*cpu", "", "cpus", false },
        { "*", "", "", true },
        { "*is*a*", "", "this is a", true },
        { "*no*", "", "this is", false },
        { "a*a", "", "a", false },
        { "a*b*c", "", "abbc", true },
        { "a*b*c", "", "acb", false },
        { "*abc", "", "abcabc", true },
        { "**ab**", "", "xxabxx", true },
        { "a***b", "", "ab", true },
        { "*\xc3\xa4", "", "\xc3\xa5\xc3\xa4", true },
    };
    CHECK(examples);
    (void)state;
}

/* Each piece takes as much memory as it is long, not as what is behind it. */
static void test_glob__may_have_very_many_stars(void **state)
{
    (void)state;
    enum { STARS = 200000 };
    char *pattern = malloc(2 * STARS + 1), *text = malloc(STARS + 1);
    for (size_t i = 0; i < STARS; i++) {
        memcpy(pattern + 2 * i, "*a", 2);
        text[i] = 'a';
    }
    pattern[2 * STARS] = text[STARS] = '\0';
    assert_true(matches(pattern, "", text));
    assert_false(matches(pattern, "", text + 1));
    free(pattern);
    free(text);
}

static void test_glob__star_stops_at_separators_and_two_stars_do_not(void **state)
{
    static const struct example examples[] = {
        { "cpu.*", ".", "cpu.usage", true },
        { "cpu.*", ".", "cpu.usage.idle", false },
        { "cpu.**", ".", "cpu.usage.idle", true },
        { "*", ".", "a.b", false },
        { "**", ".", "a.b", true },
        { "*.google.*", ".", "www.google.com", true },
        { "*.google.*", ".", "google.com", false },
        { "*_*", "_.", "a_b", true },
        { "*_*", "_.", "a_b.c", false },
        { "a*\xe2\x82\xac*", "\xe2\x82\xac", "ab\xe2\x82\xacz", true },
        { "a*", "\xe2\x82\xac", "a\xe2\x82\xac", false },
        { "plain", ".", "plain", true },
        { "{a,b}", ".", "a", true },
        { "{a,b}", ".", "{a,b}", false },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__question_mark_takes_one_character(void **state)
{
    static const struct example examples[] = {
        { "?at", "", "cat", true },
        { "?at", "", "at", false },
        { "???", "", "abc", true },
        { "?", "", "", false },
        { "?", "", "\xc3\xa4", true },
        { "?*?", "", "ac", true },
        { "?*?", "", "a", false },
        { "?at", "f", "fat", false },
        { "a?z", "", "a\xffz", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__class_is_a_list_or_a_range(void **state)
{
    static const struct example examples[] = {
        { "[abc]x", "", "bx", true },
        { "[abc]x", "", "dx", false },
        { "[!abc]x", "", "dx", true },
        { "[!abc]x", "", "ax", false },
        { "[a-c]x", "", "bx", true },
        { "[a-c]x", "", "dx", false },
        { "[!a-c]x", "", "dx", true },
        { "[!a-c]x", "", "bx", false },
        { "[abc-z]", "", "-", true },
        { "[abc-z]", "", "m", false },
        { "[a\\]]", "", "]", true },
        { "[!a]*", "", "", false },
        { "[\xc3\xa4-\xc3\xb6]", "", "\xc3\xa5", true },
        { "[-a]", "", "-", true },
        { "[!a]", ".", ".", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__braces_are_alternatives(void **state)
{
    static const struct example examples[] = {
        { "{abc,def}gh*", "", "defgh", true },
        { "{abc,abcd}a*", "", "abcda", true },
        { "{a,ab}{bc,f}*", "", "abc", true },
        { "*//{,*.}example.com", "", "http://example.com", true },
        { "{a,{b,c}d}*", "", "cd", true },
        { "{a,{b,c}d}*", "", "c", false },
        { "{*,**}{a,b}", "", "ac", false },
        { "a,b*", "", "a,bc", true },
        { "a}*", "", "a}b", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__backslash_takes_the_next_character_as_it_is(void **state)
{
    static const struct example examples[] = {
        { "a\\*b*", "", "a*bc", true }, { "a\\*b*", "", "axbc", false }, { "\\{a,b\\}*", "", "{a,b}", true },
        { "\\[a]?", "", "[a]x", true }, { "a\\\\*", "", "a\\b", true }, { "{a\\,b,c}*", "", "a,b", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__list_without_wildcards_is_plain_text(void **state)
{
    static const struct example examples[] = {
        { "{a,b}", "", "{a,b}", true }, { "{a,b}", "", "a", false }, { "a\\b", "", "a\\b", true },
        { "a\\", "", "a\\", true },     { "{a", "", "{a", true },    { "]", "", "]", true },
    };
    CHECK(examples);
    (void)state;
}

static void test_glob__one_wildcard_makes_the_whole_list_globs(void **state)
{
    const char *patterns[] = { "{a,b}", "c*" };
    struct error err;
    struct glob_list *list = glob_list_new(&(struct vane_strings){ patterns, 2 }, NULL, &err);
    assert_true(glob_list_match(list, "b", 1));
    assert_false(glob_list_match(list, "{a,b}", 5));
    glob_list_free(list);
    (void)state;
}

static void test_glob__list_matches_what_any_of_its_patterns_matches(void **state)
{
    const char *plain[] = { "swap", "cpu", "mem", "diskio", "" }, *mixed[] = { "cpu", "net*", "?x" };
    struct error err;
    struct glob_list *exact = glob_list_new(&(struct vane_strings){ plain, 5 }, "", &err);
    struct glob_list *globs = glob_list_new(&(struct vane_strings){ mixed, 3 }, "", &err);
    for (size_t i = 0; i < 5; i++)
        assert_true(glob_list_match(exact, plain[i], strlen(plain[i])));
    assert_false(glob_list_match(exact, "me", 2));
    assert_false(glob_list_match(exact, "disk", 4));
    assert_true(glob_list_match(globs, "network", 7));
    assert_true(glob_list_match(globs, "ax", 2));
    assert_false(glob_list_match(globs, "swap", 4));
    glob_list_free(exact);
    glob_list_free(globs);
    (void)state;
}

static void test_glob__empty_list_matches_nothing(void **state)
{
    struct error err;
    struct glob_list *list = glob_list_new(&(struct vane_strings){ 0 }, ".", &err);
    assert_false(glob_list_match(list, "", 0));
    glob_list_free(list);
    (void)state;
}

static void test_glob__wrong_patterns_are_named_with_the_reason(void **state)
{
    static const char *const wrong[] = { "a[",    "a[b", "[]*", "[!]*", "[a-zA-Z]",
                                         "[z-a]", "[a-", "{a*", "*\\",  "\xff*" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = { "" };
        assert_null(glob_list_new(&(struct vane_strings){ &wrong[i], 1 }, NULL, &err));
        assert_memory_equal(err.text, "pattern \"", 9);
        assert_non_null(strstr(err.text, wrong[i]));
    }
    (void)state;
}

static void test_glob__too_large_a_pattern_is_an_error(void **state)
{
    enum { LENGTH = 6000 };
    char *pattern = test_malloc(LENGTH + 1);
    memset(pattern, '?', LENGTH);
    pattern[LENGTH] = '\0';
    struct error err;
    const char *item = pattern;
    assert_null(glob_list_new(&(struct vane_strings){ &item, 1 }, NULL, &err));
    assert_non_null(strstr(err.text, "too large"));
    test_free(pattern);
    (void)state;
}

/* Backtracking would take longer than the universe has. */
static void test_glob__time_is_not_exponential(void **state)
{
    char text[5000];
    memset(text, 'a', sizeof text);
    const char *pattern = "{a*,*a,?*}{a*,*a}{a*,*a}{a*,*a}{a*,*a}{a*,*a}{a*,*a}*a*a*a*a*a*a*a*b";
    struct error err;
    struct glob_list *list = glob_list_new(&(struct vane_strings){ &pattern, 1 }, NULL, &err);
    clock_t begun = clock();
    assert_false(glob_list_match(list, text, sizeof text));
    assert_true(clock() - begun < 5 * CLOCKS_PER_SEC);
    glob_list_free(list);
    (void)state;
}

/* ---- Against a reference: every way to read the pattern is tried ---- */

/* A pattern as items, so that the reference needs no parser: rendered for the room under test. */
enum item_kind { ITEM_TEXT, ITEM_STAR, ITEM_STARS, ITEM_ONE, ITEM_CLASS, ITEM_NOT_CLASS, ITEM_CHOICE };

struct item {
    enum item_kind kind;
    char           character; /* of TEXT; of a class the first of two */
    const char    *choices[3];
};

static const char alphabet[] = "ab.*";

static bool in_class(const struct item *item, char c)
{
    return c == item->character || c == 'b';
}

static bool reference(const struct item *item, const struct item *end, const char *text)
{
    if (item == end)
        return *text == '\0';
    switch (item->kind) {
    case ITEM_TEXT:
        return *text == item->character && reference(item + 1, end, text + 1);
    case ITEM_ONE:
        return *text && *text != '.' && reference(item + 1, end, text + 1);
    case ITEM_CLASS:
        return *text && in_class(item, *text) && reference(item + 1, end, text + 1);
    case ITEM_NOT_CLASS:
        return *text && !in_class(item, *text) && reference(item + 1, end, text + 1);
    case ITEM_STAR:
    case ITEM_STARS:
        if (reference(item + 1, end, text))
            return true;
        return *text && (*text != '.' || item->kind == ITEM_STARS) && reference(item, end, text + 1);
    case ITEM_CHOICE:
        for (size_t i = 0; i < 3; i++)
            if (strncmp(text, item->choices[i], strlen(item->choices[i])) == 0
                && reference(item + 1, end, text + strlen(item->choices[i])))
                return true;
        return false;
    }
    return false;
}

static void render(struct vane_text *out, const struct item *item)
{
    char c = item->character;
    switch (item->kind) {
    case ITEM_TEXT:      vane_text_addf(out, c == '*' ? "\\%c" : "%c", c); break;
    case ITEM_STAR:      vane_text_addf(out, "*"); break;
    case ITEM_STARS:     vane_text_addf(out, "**"); break;
    case ITEM_ONE:       vane_text_addf(out, "?"); break;
    case ITEM_CLASS:     vane_text_addf(out, "[%cb]", c); break;
    case ITEM_NOT_CLASS: vane_text_addf(out, "[!%cb]", c); break;
    case ITEM_CHOICE:
        vane_text_addf(out, "{%s,%s,%s}", item->choices[0], item->choices[1], item->choices[2]);
        break;
    }
}

static uint32_t next_random(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static struct item random_item(uint32_t *seed)
{
    static const char *const texts[] = { "", "a", "b", "ab", "ba", ".a" };
    struct item item = { .kind = (enum item_kind)next_random(seed, ITEM_CHOICE + 1) };
    item.character = alphabet[next_random(seed, 4)];
    for (size_t i = 0; i < 3; i++)
        item.choices[i] = texts[next_random(seed, 6)];
    return item;
}

static bool item_is_star(const struct item *item)
{
    return item->kind == ITEM_STAR || item->kind == ITEM_STARS;
}

static void check_random(uint32_t *seed)
{
    struct item items[6];
    char text[10] = "";
    struct vane_text pattern = { 0 };
    vane_text_add(&pattern, "", 0);
    size_t count = next_random(seed, 6), length = next_random(seed, 9);
    for (size_t i = 0; i < count; i++) {
        items[i] = random_item(seed);
        bool joins = i && item_is_star(&items[i]) && item_is_star(&items[i - 1]);
        if (joins) /* "***" reads in one way only */
            items[i].kind = ITEM_ONE;
        render(&pattern, &items[i]);
    }
    for (size_t i = 0; i < length; i++)
        text[i] = alphabet[next_random(seed, 4)];
    text[length] = '\0';
    bool wanted = reference(items, items + count, text);
    if (matches(pattern.data, ".", text) != wanted)
        fail_msg("\"%s\" on \"%s\" should %smatch", pattern.data, text, wanted ? "" : "not ");
    vane_text_release(&pattern);
}

static void test_glob__agrees_with_a_naive_matcher(void **state)
{
    uint32_t seed = 1;
    for (int i = 0; i < RANDOM_CASES; i++)
        check_random(&seed);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glob__star_takes_any_text),
        cmocka_unit_test(test_glob__may_have_very_many_stars),
        cmocka_unit_test(test_glob__star_stops_at_separators_and_two_stars_do_not),
        cmocka_unit_test(test_glob__question_mark_takes_one_character),
        cmocka_unit_test(test_glob__class_is_a_list_or_a_range),
        cmocka_unit_test(test_glob__braces_are_alternatives),
        cmocka_unit_test(test_glob__backslash_takes_the_next_character_as_it_is),
        cmocka_unit_test(test_glob__list_without_wildcards_is_plain_text),
        cmocka_unit_test(test_glob__one_wildcard_makes_the_whole_list_globs),
        cmocka_unit_test(test_glob__list_matches_what_any_of_its_patterns_matches),
        cmocka_unit_test(test_glob__empty_list_matches_nothing),
        cmocka_unit_test(test_glob__wrong_patterns_are_named_with_the_reason),
        cmocka_unit_test(test_glob__too_large_a_pattern_is_an_error),
        cmocka_unit_test(test_glob__time_is_not_exponential),
        cmocka_unit_test(test_glob__agrees_with_a_naive_matcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
