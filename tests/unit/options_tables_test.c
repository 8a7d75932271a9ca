/* Tests of config/options.h: several TOML tables, several option tables, one option alone. */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "core/arena.h"

struct one { int64_t number, count; const char *text; };
struct other { const char *name; int64_t wait; };

static const struct vane_option one_options[] = {
    VANE_OPT_INT(struct one, number, .least = 0, .most = 10, .also = "old_number", .help = "h"),
    VANE_OPT_INT(struct one, count, .preset = "3", .help = "h"),
    VANE_OPT_STRING(struct one, text, .help = "h"),
    { 0 }
};

static const struct vane_option other_options[] = {
    VANE_OPT_STRING(struct other, name, .required = true, .help = "the reason"),
    VANE_OPT_DURATION(struct other, wait, .help = "h"),
    { 0 }
};

struct fixture {
    struct arena        *arena;
    struct config_errors errors;
    struct one           one;
    struct other         other;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .arena = arena_new(1024) };
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_unref(fixture->arena);
    errors_release(&fixture->errors);
    return 0;
}

static const struct toml_table *parse(struct fixture *fixture, const char *text)
{
    const struct toml_table *table = toml_parse(fixture->arena, "f", text, strlen(text), &fixture->errors);
    assert_non_null(table);
    return table;
}

/* One text onto the options of `one`, and of `other` with this state and reason. */
static bool fill(struct fixture *fixture, const char *text, void *other, const char *why)
{
    const struct toml_table *table = parse(fixture, text);
    const struct options_source source = { .key = "in.x", .tables = &table, .count = 1 };
    const struct options_target targets[] = { { one_options, &fixture->one, NULL },
                                              { other_options, other, why } };
    return options_fill(&source, targets, 2, fixture->arena, &fixture->errors);
}

static void assert_only_error(const struct fixture *fixture, const char *expected)
{
    assert_int_equal(fixture->errors.count, 1);
    assert_string_equal(fixture->errors.lines[0], expected);
}

static void test_options__without_preset_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    fixture->one.number = 42;
    const struct options_source source = { .key = "in.x", .tables = NULL, .count = 0 };
    const struct options_target target = { .options = one_options, .state = &fixture->one };
    assert_true(options_fill(&source, &target, 1, fixture->arena, &fixture->errors));
    assert_true(fixture->one.number == 42);
    assert_true(fixture->one.count == 3);
    assert_null(fixture->one.text);
}

static void test_options__of_later_tables_win(void **state)
{
    struct fixture *fixture = *state;
    const struct toml_table *tables[] = { parse(fixture, "number = 1\ncount = 1"),
                                          parse(fixture, "count = 2") };
    const struct options_source source = { .key = "in.x", .tables = tables, .count = 2 };
    const struct options_target target = { .options = one_options, .state = &fixture->one };
    assert_true(options_fill(&source, &target, 1, fixture->arena, &fixture->errors));
    assert_true(fixture->one.number == 1);
    assert_true(fixture->one.count == 2);
}

static void test_options__go_to_the_table_that_has_them(void **state)
{
    struct fixture *fixture = *state;
    assert_true(fill(fixture, "name = 'x'\nnumber = 1\nwait = 1", &fixture->other, NULL));
    assert_true(fixture->one.number == 1);
    assert_string_equal(fixture->other.name, "x");
    assert_true(fixture->other.wait == 1000000000);
}

static void test_options__are_suggested_from_all_tables(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fill(fixture, "name = 'x'\nwiat = 1", &fixture->other, NULL));
    assert_only_error(fixture, "f:2: in.x.wiat: there is no such option; did you mean 'wait'?");
}

static void test_options__are_suggested_by_their_second_name(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fill(fixture, "name = 'x'\nold_numbr = 1", &fixture->other, NULL));
    assert_only_error(fixture, "f:2: in.x.old_numbr: there is no such option; did you mean 'old_number'?");
}

static void test_options__of_elsewhere_say_why(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fill(fixture, "name = 'x'", NULL, "belongs to other"));
    assert_only_error(fixture, "f:1: in.x.name: belongs to other");
}

static void test_options__of_elsewhere_may_have_a_reason_each(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fill(fixture, "name = 'x'", NULL, NULL));
    assert_only_error(fixture, "f:1: in.x.name: the reason");
}

static void test_options__of_elsewhere_are_neither_required_nor_suggested(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fill(fixture, "wiat = 1", NULL, NULL));
    assert_only_error(fixture, "f:1: in.x.wiat: there is no such option");
}

static bool peek(struct fixture *fixture, const char *text, const char *name)
{
    const struct toml_table *table = parse(fixture, text);
    const struct options_source source = { .key = "in.x", .tables = &table, .count = 1 };
    return options_peek(&source, options_find(one_options, name), &fixture->one, fixture->arena);
}

static void test_options__can_be_peeked_at(void **state)
{
    struct fixture *fixture = *state;
    assert_true(peek(fixture, "number = 7\nunknown = 1", "number"));
    assert_true(fixture->one.number == 7);
    assert_true(peek(fixture, "old_number = 8", "number"));
    assert_true(fixture->one.number == 8);
}

static void test_options__that_are_not_set_peek_at_the_preset(void **state)
{
    struct fixture *fixture = *state;
    assert_true(peek(fixture, "", "count"));
    assert_true(fixture->one.count == 3);
}

static void test_options__that_are_wrong_are_not_peeked_at(void **state)
{
    assert_false(peek(*state, "number = 99", "number"));
}

static void test_options__merge_tables_of_pairs(void **state)
{
    struct fixture *fixture = *state;
    const struct toml_table *tables[] = { parse(fixture, "a = '1'\nb = '2'\n"),
                                          parse(fixture, "c = '3'\na = '4'"), parse(fixture, "d = '6'\na = '5'") };
    const struct options_source source = { .key = "tags", .tables = tables, .count = 3 };
    struct vane_pairs pairs;
    assert_true(options_read_pairs(&source, &pairs, fixture->arena, &fixture->errors));
    assert_int_equal(pairs.count, 4);
    assert_string_equal(pairs.items[0].value, "5");
    assert_string_equal(pairs.items[1].key, "b");
    assert_string_equal(pairs.items[2].key, "c");
    assert_string_equal(pairs.items[3].value, "6");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_options__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_preset_are_left_alone),
        TEST(of_later_tables_win),
        TEST(go_to_the_table_that_has_them),
        TEST(are_suggested_from_all_tables),
        TEST(are_suggested_by_their_second_name),
        TEST(of_elsewhere_say_why),
        TEST(of_elsewhere_may_have_a_reason_each),
        TEST(of_elsewhere_are_neither_required_nor_suggested),
        TEST(can_be_peeked_at),
        TEST(that_are_not_set_peek_at_the_preset),
        TEST(that_are_wrong_are_not_peeked_at),
        TEST(merge_tables_of_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
