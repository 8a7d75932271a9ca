#include "plugins/kafka_in/text.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_text__takes_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "BTCBUSD", "a b", "~", "\xc3\xa9", "\xe2\x82\xbf", "\xf0\x9f\x9a\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\xa0",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!text_is_plain(good[i], strlen(good[i])))
            fail_msg("number %zu was refused", i);
}

static void test_text__refuses_the_rest(void **state)
{
    (void)state;
    static const struct { const char *bytes; size_t length; } bad[] = {
        { "a\0b", 3 }, { "\n", 1 }, { "\x7f", 1 }, { "\xc2\x85", 2 }, { "\xff\xfe", 2 }, { "\x80", 1 },
        { "\xc3", 1 },
        { "\xe2\x82", 2 }, { "\xf0\x9f\x9a", 3 }, { "\xc0\xaf", 2 }, { "\xc1\xbf", 2 }, { "\xe0\x9f\xbf", 3 },
        { "\xf0\x8f\xbf\xbf", 4 }, { "\xed\xa0\x80", 3 }, { "\xed\xbf\xbf", 3 }, { "\xf4\x90\x80\x80", 4 },
        { "\xf8\x88\x80\x80\x80", 5 }, { "\xc3(", 2 }, { "ok\xe2(\xa1", 5 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_is_plain(bad[i].bytes, bad[i].length))
            fail_msg("number %zu was taken", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text__takes_utf8),
        cmocka_unit_test(test_text__refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
