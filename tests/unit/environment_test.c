/* Tests of config/environment.h. */
#include "config/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static int set_variables(void **state)
{
    (void)state;
    setenv("VANE_T_SET", "value", 1);
    setenv("VANE_T_EMPTY", "", 1);
    setenv("VANE_T_DOLLAR", "${VANE_T_SET}", 1);
    unsetenv("VANE_T_NONE");
    return 0;
}

static void assert_expands(const char *text, const char *expected)
{
    struct vane_text out = { 0 };
    struct error err = { "" };
    vane_text_add(&out, "", 0);
    if (!environment_expand(&out, text, strlen(text), &err))
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(out.data, expected);
    vane_text_release(&out);
}

static void assert_refused(const char *text, const char *why)
{
    struct vane_text out = { 0 };
    struct error err = { "" };
    assert_false(environment_expand(&out, text, strlen(text), &err));
    if (!strstr(err.text, why))
        fail_msg("%s: '%s' does not say '%s'", text, err.text, why);
    vane_text_release(&out);
}

static void test_environment__puts_in_what_is_set(void **state)
{
    (void)state;
    assert_expands("", "");
    assert_expands("plain", "plain");
    assert_expands("${VANE_T_SET}", "value");
    assert_expands("a ${VANE_T_SET}, ${VANE_T_EMPTY}${VANE_T_SET}.", "a value, value.");
}

static void test_environment__refuses_what_is_not_set(void **state)
{
    (void)state;
    assert_refused("${VANE_T_NONE}", "VANE_T_NONE is not set");
}

static void test_environment__takes_the_default(void **state)
{
    (void)state;
    assert_expands("${VANE_T_NONE:-x y}", "x y");
    assert_expands("${VANE_T_EMPTY:-x}", "x");
    assert_expands("${VANE_T_SET:-x}", "value");
    assert_expands("${VANE_T_NONE-x}", "x");
    assert_expands("${VANE_T_EMPTY-x}", "");
    assert_expands("${VANE_T_NONE:-}", "");
    assert_expands("${VANE_T_NONE:-a:-b}", "a:-b");
}

static void test_environment__reads_variables_in_defaults(void **state)
{
    (void)state;
    assert_expands("${VANE_T_NONE:-<${VANE_T_SET}>}", "<value>");
    assert_expands("${VANE_T_NONE:-${VANE_T_EMPTY:-${VANE_T_SET}}}", "value");
}

static void test_environment__leaves_an_unused_default_alone(void **state)
{
    (void)state;
    assert_expands("${VANE_T_SET:-${VANE_T_NONE}}", "value");
}

static void test_environment__gives_the_message_asked_for(void **state)
{
    (void)state;
    assert_refused("${VANE_T_NONE:?set it in the unit}", "not set: set it in the unit");
    assert_refused("${VANE_T_EMPTY:?do}", "empty: do");
    assert_refused("${VANE_T_NONE?do}", "not set: do");
    assert_expands("${VANE_T_EMPTY?do}", "");
    assert_expands("${VANE_T_SET:?do}", "value");
}

static void test_environment__leaves_other_dollars_alone(void **state)
{
    (void)state;
    assert_expands("$VANE_T_SET", "$VANE_T_SET");
    assert_expands("^a$", "^a$");
    assert_expands("$$ $1 {x} }", "$$ $1 {x} }");
}

static void test_environment__has_an_escape(void **state)
{
    (void)state;
    assert_expands("$${VANE_T_SET}", "${VANE_T_SET}");
    assert_expands("$${1}${VANE_T_SET}", "${1}value");
    assert_expands("${VANE_T_NONE:-$${x}", "${x");
}

static void test_environment__does_not_look_into_values(void **state)
{
    (void)state;
    assert_expands("${VANE_T_DOLLAR}", "${VANE_T_SET}");
}

static void test_environment__refuses_what_is_malformed(void **state)
{
    (void)state;
    assert_refused("${VANE_T_SET", "has no }");
    assert_refused("${VANE_T_NONE:-${VANE_T_SET}", "has no }");
    assert_refused("${}", "no name");
    assert_refused("${1}", "no name");
    assert_refused("${A B}", "no name");
    assert_refused("${VANE_T_SET:}", "no name");
    assert_refused("${VANE_T_SET:+x}", "no name");
}

static void test_environment__limits_depth(void **state)
{
    (void)state;
    assert_refused("${N_:-${N_:-${N_:-${N_:-${N_:-${N_:-${N_:-${N_:-${N_:-${N_:-x}}}}}}}}}}", "within");
}

static void test_environment__keeps_values_out_of_errors(void **state)
{
    (void)state;
    struct vane_text out = { 0 };
    struct error err = { "" };
    const char *text = "${VANE_T_SET} ${VANE_T_NONE}";
    assert_false(environment_expand(&out, text, strlen(text), &err));
    assert_null(strstr(err.text, "value"));
    vane_text_release(&out);
}

static bool is_variable(const char *text)
{
    return environment_is_variable(text, strlen(text));
}

static void test_environment__knows_a_lone_variable(void **state)
{
    (void)state;
    assert_true(is_variable("${A}"));
    assert_true(is_variable("${A:-${B}}"));
    assert_false(is_variable("${A}${B}"));
    assert_false(is_variable("1${A}"));
    assert_false(is_variable("${A} "));
    assert_false(is_variable("$${A}"));
    assert_false(is_variable("${A"));
    assert_false(is_variable(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment__puts_in_what_is_set),
        cmocka_unit_test(test_environment__refuses_what_is_not_set),
        cmocka_unit_test(test_environment__takes_the_default),
        cmocka_unit_test(test_environment__reads_variables_in_defaults),
        cmocka_unit_test(test_environment__leaves_an_unused_default_alone),
        cmocka_unit_test(test_environment__gives_the_message_asked_for),
        cmocka_unit_test(test_environment__leaves_other_dollars_alone),
        cmocka_unit_test(test_environment__has_an_escape),
        cmocka_unit_test(test_environment__does_not_look_into_values),
        cmocka_unit_test(test_environment__refuses_what_is_malformed),
        cmocka_unit_test(test_environment__limits_depth),
        cmocka_unit_test(test_environment__keeps_values_out_of_errors),
        cmocka_unit_test(test_environment__knows_a_lone_variable),
    };
    return cmocka_run_group_tests(tests, set_variables, NULL);
}
