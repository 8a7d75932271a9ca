/* Tests of options_check_table in config/options.h: what is wrong with the option table of a plugin. */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct inner { int64_t number; };

struct state {
    const char         *text;
    int64_t             number;
    int                 choice;
    struct vane_strings texts;
    struct inner        inner;
    struct vane_tables  inners;
};

static const char *const colours[] = { "red", "green", NULL };
static const char *const no_colours[] = { NULL };

static const struct vane_option inner_options[] = {
    VANE_OPT_INT(struct inner, number, .preset = "1", .help = "h"),
    { 0 }
};

static const struct vane_option bad_inner_options[] = {
    VANE_OPT_INT(struct inner, number, .preset = "\"one\"", .help = "h"),
    { 0 }
};

static void test_options_check__lets_a_sound_table_pass(void **state)
{
    (void)state;
    const struct vane_option options[] = {
        VANE_OPT_STRING(struct state, text, .preset = "\"${NOT_SET}\"", .also = "old_text", .help = "h"),
        VANE_OPT_INT(struct state, number, .preset = "5", .least = 1, .most = 10, .help = "h"),
        VANE_OPT_CHOICE(struct state, choice, .preset = "\"green\"", .choices = colours, .help = "h"),
        VANE_OPT_STRINGS(struct state, texts, .preset = "[\"a\"]", .help = "h"),
        VANE_OPT_TABLE(struct state, inner, struct inner, .options = inner_options, .help = "h"),
        VANE_OPT_TABLES(struct state, inners, .size = sizeof(struct inner), .options = inner_options,
                        .help = "h"),
        { 0 }
    };
    struct error err = { "" };
    if (!options_check_table(options, sizeof(struct state), &err))
        fail_msg("%s", err.text);
    assert_true(options_check_table(NULL, 0, &err));
}

static void assert_unsound(struct vane_option option, const char *why)
{
    const struct vane_option options[] = {
        VANE_OPT_STRING(struct state, text, .also = "taken", .help = "h"),
        option,
        { 0 }
    };
    struct error err = { "" };
    assert_false(options_check_table(options, sizeof(struct state), &err));
    assert_string_equal(err.text, why);
}

#define NUMBER(...) (struct vane_option) VANE_OPT_INT(struct state, number, __VA_ARGS__)
#define CHOICE(...) (struct vane_option) VANE_OPT_CHOICE(struct state, choice, __VA_ARGS__)
#define TABLES(...) (struct vane_option) VANE_OPT_TABLES(struct state, inners, __VA_ARGS__)
#define BY_HAND(...) (struct vane_option){ .kind = VANE_KIND_INT, .help = "h", __VA_ARGS__ }

static void test_options_check__wants_help(void **state)
{
    (void)state;
    assert_unsound(NUMBER(.preset = "1"), "option number: it has no help");
    assert_unsound(NUMBER(.help = ""), "option number: it has no help");
}

static void test_options_check__wants_names_that_are_bare_keys(void **state)
{
    (void)state;
    assert_unsound(BY_HAND(.name = "Number"), "option Number: a name is made of a-z, 0-9 and _");
    assert_unsound(BY_HAND(.name = "a b"), "option a b: a name is made of a-z, 0-9 and _");
    assert_unsound(NUMBER(.also = "", .help = "h"), "option number: a name is made of a-z, 0-9 and _");
}

static void test_options_check__wants_names_to_be_unique(void **state)
{
    (void)state;
    assert_unsound(BY_HAND(.name = "taken"), "option taken: another option has its name");
    assert_unsound(NUMBER(.also = "text", .help = "h"), "option number: another option has its name");
}

static void test_options_check__wants_a_kind_it_knows(void **state)
{
    (void)state;
    assert_unsound((struct vane_option){ .name = "x", .kind = (enum vane_kind)99, .help = "h" },
                   "option x: its kind is unknown (99)");
    assert_unsound((struct vane_option){ .name = "x", .help = "h" }, "option x: its kind is unknown (0)");
}

static void test_options_check__wants_choices_where_they_belong(void **state)
{
    (void)state;
    const char *why = "option choice: choices belong to CHOICE, and it needs some";
    assert_unsound(CHOICE(.help = "h"), why);
    assert_unsound(CHOICE(.choices = no_colours, .help = "h"), why);
    assert_unsound(NUMBER(.choices = colours, .help = "h"),
                   "option number: choices belong to CHOICE, and it needs some");
}

static void test_options_check__wants_sub_tables_where_they_belong(void **state)
{
    (void)state;
    const char *why = "option inners: options and size belong to TABLE and TABLES, and they need both";
    assert_unsound(TABLES(.help = "h"), why);
    assert_unsound(TABLES(.options = inner_options, .help = "h"), why);
    assert_unsound(NUMBER(.options = inner_options, .size = 8, .help = "h"),
                   "option number: options and size belong to TABLE and TABLES, and they need both");
}

static void test_options_check__looks_into_sub_tables(void **state)
{
    (void)state;
    assert_unsound(TABLES(.options = bad_inner_options, .size = sizeof(struct inner), .help = "h"),
                   "option inners: option number: preset: number: wants an integer, not a string");
    assert_unsound(TABLES(.options = inner_options, .size = 4, .help = "h"),
                   "option inners: option number: its field lies outside of the state of 4 bytes");
}

static void test_options_check__has_an_end_where_tables_hold_themselves(void **state)
{
    (void)state;
    struct vane_option options[] = { TABLES(.size = sizeof(struct state), .help = "h"), { 0 } };
    struct error err = { "" };
    options[0].options = options;
    assert_false(options_check_table(options, sizeof(struct state), &err));
    assert_non_null(strstr(err.text, "more than 8 tables lie within each other"));
}

static void test_options_check__wants_a_range_of_numbers(void **state)
{
    (void)state;
    const char *why = "option number: its range is empty, or not of a number";
    assert_unsound(NUMBER(.least = 2, .most = 1, .help = "h"), why);
    assert_unsound(CHOICE(.choices = colours, .most = 1, .help = "h"),
                   "option choice: its range is empty, or not of a number");
}

static void test_options_check__reads_presets(void **state)
{
    (void)state;
    assert_unsound(NUMBER(.preset = "ten", .help = "h"), "option number: preset: number: ten is not TOML");
    assert_unsound(NUMBER(.preset = "1\nx = 2", .help = "h"),
                   "option number: preset: number: 1?x = 2 is not TOML");
    assert_unsound(NUMBER(.preset = "\"10\"", .help = "h"),
                   "option number: preset: number: wants an integer, not a string");
    assert_unsound(NUMBER(.preset = "11", .most = 10, .help = "h"),
                   "option number: preset: number: must be from 0 to 10");
    assert_unsound(CHOICE(.preset = "\"blue\"", .choices = colours, .help = "h"),
                   "option choice: preset: choice: wants one of \"red\", \"green\", not \"blue\"");
}

static void test_options_check__wants_no_preset_that_is_never_used(void **state)
{
    (void)state;
    assert_unsound(NUMBER(.preset = "1", .required = true, .help = "h"),
                   "option number: it is required or a table, so a preset is never used");
}

static void test_options_check__wants_fields_inside_of_the_state(void **state)
{
    (void)state;
    const struct vane_option options[] = { NUMBER(.help = "h"), { 0 } };
    struct error err = { "" };
    assert_false(options_check_table(options, offsetof(struct state, number) + 7, &err));
    assert_true(options_check_table(options, offsetof(struct state, number) + 8, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_check__lets_a_sound_table_pass),
        cmocka_unit_test(test_options_check__wants_help),
        cmocka_unit_test(test_options_check__wants_names_that_are_bare_keys),
        cmocka_unit_test(test_options_check__wants_names_to_be_unique),
        cmocka_unit_test(test_options_check__wants_a_kind_it_knows),
        cmocka_unit_test(test_options_check__wants_choices_where_they_belong),
        cmocka_unit_test(test_options_check__wants_sub_tables_where_they_belong),
        cmocka_unit_test(test_options_check__looks_into_sub_tables),
        cmocka_unit_test(test_options_check__has_an_end_where_tables_hold_themselves),
        cmocka_unit_test(test_options_check__wants_a_range_of_numbers),
        cmocka_unit_test(test_options_check__reads_presets),
        cmocka_unit_test(test_options_check__wants_no_preset_that_is_never_used),
        cmocka_unit_test(test_options_check__wants_fields_inside_of_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
