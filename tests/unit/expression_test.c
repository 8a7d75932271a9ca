/* expression - what it accepts, what it answers, and what it says of mistakes. The answers were compared with
 * those of cel-go. */
#include "core/expression/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TAG(key, value) { key, value, sizeof key - 1, sizeof value - 1 }
#define FIELD(name, kind) .key = name, .key_length = sizeof name - 1, .type = kind

static const struct vane_tag tags[] = {
    TAG("host", "Hugin"), TAG("source", "myserver@mycompany.com"), TAG("status", "ok"),
};

static const struct vane_field fields[] = {
    { FIELD("value", VANE_FLOAT), .f = 15.0 },
    { FIELD("id", VANE_STRING), .s = "24cxnwr3480k", .length = 12 },
    { FIELD("on", VANE_BOOL), .b = true },
    { FIELD("count", VANE_INT), .i = 18 },
    { FIELD("errors", VANE_INT), .i = 29 },
    { FIELD("total", VANE_INT), .i = 129 },
    { FIELD("u", VANE_UINT), .u = 7 },
    { FIELD("word", VANE_STRING), .s = "h\xc3\xa4\xc3\x9f", .length = 5 },
};

static const struct vane_series series = { .name = "cpu", .name_length = 3, .tag_count = 3, .tags = tags };

/* 2023-04-24T23:30:15.000000042Z */
static const struct vane_metric metric = {
    .series = &series,
    .time = 1682379015000000042,
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
};

enum { NOW_SECONDS = 1700000000 };

static enum expression_answer ask(const char *text, struct error *err)
{
    struct expression *expression = expression_new(text, err);
    if (!expression)
        fail_msg("%s: %s", text, err->text);
    enum expression_answer answer = expression_eval(expression, &metric, NOW_SECONDS * INT64_C(1000000000),
                                                    err);
    expression_free(expression);
    return answer;
}

static void check(enum expression_answer wanted, const char *const *texts, size_t count)
{
    static const char *const names[] = { "false", "true", "an error" };
    for (size_t i = 0; i < count; i++) {
        struct error err = { "" };
        enum expression_answer answer = ask(texts[i], &err);
        if (answer != wanted)
            fail_msg("%s: is %s, not %s %s", texts[i], names[answer], names[wanted], err.text);
    }
}

#define CHECK(wanted, texts) check(wanted, texts, sizeof(texts) / sizeof *(texts))

static void check_error(const char *text, const char *wanted)
{
    struct error err = { "" };
    assert_int_equal(ask(text, &err), EXPRESSION_ERROR);
    assert_string_equal(err.text, wanted);
}

static void check_refused(const char *text, const char *wanted)
{
    struct error err = { "" };
    struct expression *expression = expression_new(text, &err);
    expression_free(expression);
    if (expression)
        fail_msg("%s should be refused: %s", text, wanted);
    assert_string_equal(err.text, wanted);
}

/* ---- What Telegraf tests ---- */

static void test_expression__answers_as_telegraf_tests_it(void **state)
{
    static const char *const yes[] = {
        "name == \"cpu\"",
        "tags.host.lowerAscii() == \"hugin\"",
        "tags.source.matches(\"^[0-9a-zA-z-_]+@mycompany.com$\")",
        "fields.count > 10",
        "time.getFullYear() == 2023",
        "now() > time",
        "fields.count + fields.errors < fields.total",
        "(name.startsWith(\"t\") || fields.on) && \"id\" in fields && fields.id.contains(\"nwr\")",
        "time >= timestamp(\"2023-04-25T00:00:00Z\") - duration(\"24h\")",
        "fields.exists(f, type(fields[f]) in [int, uint, double] && fields[f] > 20.0)",
        "(\"state\" in tags && tags.state == \"on\") || time > timestamp(\"2023-04-24T00:00:00Z\")",
    };
    static const char *const no[] = {
        "name == \"test\"",
        "fields.exists_one(f, type(fields[f]) in [int, uint, double] && fields[f] > 20.0)",
    };
    CHECK(EXPRESSION_TRUE, yes);
    CHECK(EXPRESSION_FALSE, no);
    (void)state;
}

/* ---- Language ---- */

static void test_expression__literals(void **state)
{
    static const char *const yes[] = {
        "0x10 == 16",
        "-9223372036854775808 < 0",
        "7u == fields.u",
        "1.0e+3 == 1000.0 && 1E3 == 1000.0",
        ".5 == 0.5",
        "'a' == \"a\"",
        "'\\u00e9\\xe9\\U000000e9' == '\xc3\xa9\xc3\xa9\xc3\xa9'",
        "'\\101\\n\\'\\\\' == \"A\\x0a'\\x5c\"",
        "r'\\d' == '\\\\d'",
        "'''a\nb'c''' == 'a\\nb\\'c'",
        "[1, 'a', 2.0,][1] == 'a'",
        "[] == [] && null == null",
        "name == 'cpu' // the end",
        "true && !false",
    };
    CHECK(EXPRESSION_TRUE, yes);
    (void)state;
}

static void test_expression__operators_bind_as_in_cel(void **state)
{
    static const char *const yes[] = {
        "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 10 - 2 - 3 == 5 && 8 / 2 / 2 == 2 && 7 % 4 == 3",
        "true || false && false",
        "1 < 2 == true",
        "'a' in tags == false",
        "!true == false",
        "--5 == 5 && - -5 == 5",
        "false ? true : true",
        "!!true",
        "true ? (false ? false : true) : false",
        "1 - -1 == 2",
        "-7 / 2 == -3 && -5 % 3 == -2",
    };
    CHECK(EXPRESSION_TRUE, yes);
    (void)state;
}

static void test_expression__numbers_of_all_types_compare_but_do_not_mix(void **state)
{
    static const char *const yes[] = {
        "fields.count == 18.0", "fields.value > 10", "fields.u < 7.5", "dyn(1u) == dyn(1)", "1 < 1.5",
        "fields.count in [1, 18.0, 'a']", "!(double('NaN') == double('NaN'))", "!(double('NaN') < 1.0)",
        "fields.id != 5",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("fields.count + 1.0 > 1.0", "no such overload");
    check_error("fields.id > 5", "no such overload");
    check_refused("1 == 1.0", "column 3: no comparison of int and double");
    check_refused("name > 1", "column 6: no comparison of string and int");
    check_refused("1 + 1.0 > 2.0", "column 3: no '+' for (int, double)");
    (void)state;
}

static void test_expression__arithmetic_that_does_not_fit_is_an_error(void **state)
{
    check_error("9223372036854775807 + fields.count > 0", "integer overflow");
    check_error("0u - fields.u == 0u", "integer overflow");
    check_error("-9223372036854775808 / -1 > 0", "integer overflow");
    check_error("fields.count / 0 == 1", "division by zero");
    check_error("fields.count % 0 == 1", "modulus by zero");
    static const char *const yes[] = { "1.0 / 0.0 > 1e308", "7 / 2 == 3",
                                       "18446744073709551615u % 10u == 5u" };
    CHECK(EXPRESSION_TRUE, yes);
    (void)state;
}

static void test_expression__missing_keys_are_errors_that_has_and_in_avoid(void **state)
{
    static const char *const yes[] = {
        "has(tags.host) && !has(tags.nope) && has(fields.on)",
        "'host' in tags && !('nope' in fields)",
        "!has(fields.value.x)",
        "tags['host'] == 'Hugin' && fields['count'] == 18",
        "has(tags.nope) ? tags.nope == 'a' : true",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("tags.nope == 'a'", "no such key: nope");
    check_error("fields['no' + 'pe'] == 1", "no such key: nope");
    check_error("has(fields.nope.x)", "no such key: nope");
    check_error("[1, 2][fields.count] == 1", "index out of bounds");
    (void)state;
}

static void test_expression__logic_absorbs_errors_on_either_side(void **state)
{
    static const char *const yes[] = { "tags.nope == 'a' || true", "true || tags.nope == 'a'",
                                       "fields.count || true" };
    static const char *const no[] = { "tags.nope == 'a' && false", "false && tags.nope == 'a'" };
    CHECK(EXPRESSION_TRUE, yes);
    CHECK(EXPRESSION_FALSE, no);
    check_error("tags.nope == 'a' || false", "no such key: nope");
    check_error("true && tags.nope == 'a'", "no such key: nope");
    check_error("fields.count && true", "no such overload");
    check_error("fields.count ? true : false", "no such overload");
    (void)state;
}

static void test_expression__loops(void **state)
{
    static const char *const yes[] = {
        "tags.all(t, t != '')",
        "fields.exists(f, f == 'value' && fields[f] > 1)",
        "[1, 2, 3].exists_one(x, x > 2)",
        "[1, 2, 3].filter(x, x > 1) == [2, 3]",
        "[1, 2].map(x, x * 2) == [2, 4]",
        "[1, 2].map(x, x > 1, x * 2) == [4]",
        "tags.filter(t, t.startsWith('s')).size() == 2",
        "[].all(x, false) && ![].exists(x, true)",
        "[1, 'a', 2].exists(x, x > 1)",
        "[[1], [2]].exists(l, l.all(x, x == 2))",
        "[1].exists(name, name == 1)",
        "[1, 2].exists(x, [3, 2].exists(y, x == y)) && [2].exists(x, x == 2)",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("[1, 'a', 0].exists(x, x > 1)", "no such overload");
    check_error("[1].exists_one(x, fields.nope == x)", "no such key: nope");
    check_error("fields.value.exists(x, true)", "neither a list nor a map to go over");
    check_refused("name.exists(x, true)", "column 1: expected a list or a map to go over, not a string");
    check_refused("[1].exists(x, x)", "column 15: expected a bool, not a int");
    check_refused("[1].exists('x', true)", "column 12: expected the name of a variable, not ''x''");
    check_refused("[1].exists(x)", "column 13: expected ',', not ')'");
    (void)state;
}

/* ---- Functions ---- */

static void test_expression__functions_of_text(void **state)
{
    static const char *const yes[] = {
        "name.contains('p') && name.startsWith('cp') && name.endsWith('pu') && !name.contains('x')",
        "size(fields.word) == 3 && fields.word.size() == 3 && size([1, 2]) == 2 && tags.size() == 3",
        "name.upperAscii() == 'CPU' && 'T\xc3\x84'.lowerAscii() == 't\xc3\x84'",
        "' \\u00a0a b '.trim() == 'a b' && '  '.trim() == ''",
        "fields.word.charAt(1) == '\xc3\xa4' && 'a'.charAt(1) == ''",
        "fields.word.indexOf('\xc3\x9f') == 2 && name.indexOf('x') == -1",
        "'hello'.substring(1, 3) == 'el' && fields.word.substring(1) == '\xc3\xa4\xc3\x9f'",
        "'hello'.replace('l', 'LL') == 'heLLLLo' && 'ab'.replace('', '-') == '-a-b-'",
        "name.matches('^c.u$') && !name.matches('^p') && matches(name, 'p')",
        "fields.id.matches(r'\\d{4}k$')",
        "name.matches('(?i)CPU|mem')",
        "name + tags.host == 'cpuHugin'",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("name.charAt(4) == ''", "index out of range");
    check_error("name.substring(2, 1) == ''", "index out of range");
    check_refused("name.matches('(')", "column 14: ( without )");
    check_refused("name.matches(tags.host)", "column 19: the pattern of matches() is to be a constant text");
    (void)state;
}

static void test_expression__conversions(void **state)
{
    static const char *const yes[] = {
        "int(3.7) == 3 && int(-3.7) == -3 && int('-12') == -12 && int(7u) == 7 && uint(3.7) == 3u",
        "double('1.5') == 1.5 && double(2) == 2.0 && double('-inf') < 0.0",
        "bool('T') && !bool('0')",
        "string(1.0) == '1' && string(0.1) == '0.1'",
        "string(1e21) == '1e+21' && string(123456789.0) == '1.23456789e+08'",
        "string(0.00001) == '1e-05' && string(-0.0) == '-0'",
        "string(double('NaN')) == 'NaN' && string(true) == 'true'",
        "string(time) == '2023-04-24T23:30:15.000000042Z' && string(duration('90.5s')) == '90.5s'",
        "string(18u) == '18'",
        "type(1) == int && type(name) == string",
        "type(null) == null_type && type(tags) == map && type(int) == type",
        "int(time) == 1682379015 && int(duration('1s')) == 1000000000",
        "timestamp(0) == timestamp('1970-01-01T00:00:00Z')",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("int(fields.id) == 1", "not an int: 24cxnwr3480k");
    check_error("uint(0 - fields.count) == 1u", "integer overflow");
    check_refused("int('x') == 1", "column 5: 'x': not an int");
    check_refused("string([1]) == ''", "column 1: no 'string' for (list)");
    (void)state;
}

static void test_expression__times(void **state)
{
    static const char *const yes[] = {
        "time.getFullYear() == 2023 && time.getMonth() == 3",
        "time.getDate() == 24 && time.getDayOfMonth() == 23",
        "time.getDayOfWeek() == 1 && time.getDayOfYear() == 113",
        "time.getHours() == 23 && time.getMinutes() == 30",
        "time.getSeconds() == 15 && time.getMilliseconds() == 0",
        "time.getHours('+02:00') == 1 && time.getDate('-23:31') == 23",
        "timestamp('2024-02-29T12:00:00.5+05:30') == timestamp('2024-02-29T06:30:00.5Z')",
        "timestamp('1969-12-31T23:59:59.25Z').getMilliseconds() == 250",
        "time - time == duration('0')",
        "duration('1h30m') == duration('90m')",
        "duration('-1.5h') < duration('1us') && duration('.5s') == duration('500ms')",
        "duration('1h30m5s').getMinutes() == 90",
        "duration('90m').getHours() == 1 && duration('2s').getMilliseconds() == 2000",
        "time + duration('1h') > time && duration('1h') + time > time && now() - time > duration('24h')",
        "timestamp('9999-12-31T23:59:59Z') > time && timestamp('0001-01-01T00:00:00Z') < time",
    };
    CHECK(EXPRESSION_TRUE, yes);
    check_error("timestamp('9999-12-31T23:59:59Z') + duration('1s') > time", "timestamp overflow");
    check_error("timestamp('9999-12-31T23:59:59Z') - time > duration('1s')", "integer overflow");
    check_refused("time > timestamp('2023-02-29T00:00:00Z')",
                  "column 18: '2023-02-29T00:00:00Z': not a timestamp such as 2023-04-24T23:30:15Z");
    check_refused("duration('1d') > duration('1h')",
                  "column 10: '1d': not a duration such as 1h30m (units ns us ms s m h)");
    check_refused("time.getHours('Europe/Berlin') == 1",
                  "column 15: expected the time zone as UTC or +hh:mm");
    (void)state;
}

static void test_expression__math(void **state)
{
    static const char *const yes[] = {
        "math.abs(-1) == 1 && math.abs(-1.5) == 1.5 && math.abs(fields.count) == 18",
        "math.ceil(1.2) == 2.0 && math.floor(1.8) == 1.0",
        "math.round(-1.5) == -2.0 && math.trunc(-1.7) == -1.0",
        "math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(fields.value)",
    };
    CHECK(EXPRESSION_TRUE, yes);
    (void)state;
}

/* ---- Mistakes ---- */

static void test_expression__mistakes_are_told_with_their_column(void **state)
{
    check_refused("", "column 1: expected a value, not the end");
    check_refused("name = 'cpu'", "column 6: '=' is no part of an expression: equality is ==");
    check_refused("name == 'cpu", "column 9: this text has no end: expected '");
    check_refused("name == 'cpu' and true", "column 15: expected an operator or the end, not 'and'");
    check_refused("(name == 'cpu'", "column 15: expected ')', not the end");
    check_refused("'\xc3\xa4' == foo", "column 8: there is no 'foo': expected name, tags, fields or time");
    check_refused("name ==\n  1 +", "line 2, column 6: expected a value, not the end");
    check_refused("name.foo()", "column 6: there is no function 'foo'");
    check_refused("contains(name, 'c')", "column 1: there is no function 'contains': it is called as x.f()");
    check_refused("name.contains(5)", "column 6: no 'contains' for (string, int)");
    check_refused("tags.host.x == 'a'", "column 11: a string has no 'x'");
    check_refused("has(name)", "column 5: has() wants one key of a map: has(tags.host), has(fields.value)");
    check_refused("'\\q' == 'q'", "column 2: this escape is none of \\n \\t \\\" \\x41 \\u20ac \\101 ...; "
                                  "r'...' takes backslashes as they are");
    check_refused("9223372036854775808 > 0", "column 1: this int does not fit into 64 bits");
    check_refused("name && true", "column 1: expected a bool, not a string");
    check_refused("(true ? 1 : 'a') == 1", "column 7: no choice of int and string");
    (void)state;
}

static void test_expression__wants_a_bool(void **state)
{
    check_refused("fields.on",
                  "it may be anything, where a bool is wanted: compare it, as in fields.on == true");
    check_refused("fields.count + 1", "it is a int, where a bool is wanted");
    (void)state;
}

/* ---- Limits ---- */

static void test_expression__depth_is_limited(void **state)
{
    char text[4096];
    memset(text, '(', sizeof text);
    text[sizeof text - 1] = '\0';
    check_refused(text, "column 65: this is nested too deeply");
    struct vane_text chain = { 0 };
    for (int i = 0; i < 300; i++)
        vane_text_addf(&chain, "name == '%d' || ", i);
    vane_text_addf(&chain, "true");
    check_refused(chain.data, "column 4138: this is nested too deeply");
    vane_text_release(&chain);
    (void)state;
}

static void test_expression__memory_and_time_are_limited(void **state)
{
    struct vane_text steps = { 0 }, memory = { 0 };
    static const char list[] = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]";
    for (int i = 0; i < 6; i++)
        vane_text_addf(&steps, "%s.all(x%d, ", list, i);
    vane_text_addf(&steps, "fields.count == 18))))))");
    check_error(steps.data, "it takes too long");
    for (int i = 0; i < 4; i++)
        vane_text_addf(&memory, "%s.map(x%d, ", list, i);
    vane_text_addf(&memory, "fields.count)))) == [[[[1]]]]");
    check_error(memory.data, "it takes too much memory");
    vane_text_release(&steps);
    vane_text_release(&memory);
    (void)state;
}

static void test_expression__memory_does_not_grow_from_metric_to_metric(void **state)
{
    struct error err;
    struct expression *expression = expression_new("(tags.host + fields.id + name).size() == 20", &err);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(expression_eval(expression, &metric, 0, &err), EXPRESSION_TRUE);
    expression_free(expression);
    (void)state;
}

static void test_expression__knows_whether_the_series_decides(void **state)
{
    static const struct { const char *text; bool of_series; } cases[] = {
        { "name == 'cpu' && tags.host.startsWith('H')", true }, { "fields.on == true", false },
        { "time > timestamp(0)", false }, { "now() > timestamp(0)", false }, { "true", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct expression *expression = expression_new(cases[i].text, &err);
        assert_int_equal(expression_of_series(expression), cases[i].of_series);
        expression_free(expression);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expression__answers_as_telegraf_tests_it),
        cmocka_unit_test(test_expression__literals),
        cmocka_unit_test(test_expression__operators_bind_as_in_cel),
        cmocka_unit_test(test_expression__numbers_of_all_types_compare_but_do_not_mix),
        cmocka_unit_test(test_expression__arithmetic_that_does_not_fit_is_an_error),
        cmocka_unit_test(test_expression__missing_keys_are_errors_that_has_and_in_avoid),
        cmocka_unit_test(test_expression__logic_absorbs_errors_on_either_side),
        cmocka_unit_test(test_expression__loops),
        cmocka_unit_test(test_expression__functions_of_text),
        cmocka_unit_test(test_expression__conversions),
        cmocka_unit_test(test_expression__times),
        cmocka_unit_test(test_expression__math),
        cmocka_unit_test(test_expression__mistakes_are_told_with_their_column),
        cmocka_unit_test(test_expression__wants_a_bool),
        cmocka_unit_test(test_expression__depth_is_limited),
        cmocka_unit_test(test_expression__memory_and_time_are_limited),
        cmocka_unit_test(test_expression__memory_does_not_grow_from_metric_to_metric),
        cmocka_unit_test(test_expression__knows_whether_the_series_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
