/* utf8 - there and back for every code point, and what is not UTF-8. */
#include "core/match/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static bool is_surrogate(uint32_t rune)
{
    return rune >= 0xd800 && rune <= 0xdfff;
}

static void test_utf8__every_code_point_is_read_as_it_was_written(void **state)
{
    for (uint32_t rune = 0; rune <= UTF8_LAST; rune++) {
        char text[UTF8_MAX];
        size_t length = utf8_write(text, rune);
        const char *at = text;
        uint32_t wanted = is_surrogate(rune) ? UTF8_BAD : rune;
        if (utf8_next(&at, text + length) != wanted || at != text + length)
            fail_msg("U+%04X is not read back", (unsigned)rune);
    }
    (void)state;
}

static void test_utf8__what_is_no_sequence_counts_byte_by_byte(void **state)
{
    static const struct { const char *text; size_t count;
    } cases[] = {
        { "", 0 },
        { "h\xc3\xa4\xc3\x9f", 3 },
        { "\xff", 1 },
        { "\xc3", 1 },
        { "\xc0\x80", 2 },
        { "\xe0\x80\x80", 3 },
        { "\xed\xa0\x80", 3 },
        { "\xf4\x90\x80\x80", 4 },
        { "\xe2\x82", 2 },
        { "\xe2\x82z", 3 },
        { "\xf0\x9f\x98\x80", 1 },
        { "\x80z", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_count(cases[i].text, strlen(cases[i].text)), cases[i].count);
    (void)state;
}

static void test_utf8__beyond_the_last_code_point_is_bad(void **state)
{
    char text[UTF8_MAX];
    assert_int_equal(utf8_write(text, UTF8_LAST + 1), 3);
    assert_memory_equal(text, "\xef\xbf\xbd", 3);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__every_code_point_is_read_as_it_was_written),
        cmocka_unit_test(test_utf8__what_is_no_sequence_counts_byte_by_byte),
        cmocka_unit_test(test_utf8__beyond_the_last_code_point_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
