/* Tests of config/options.h: what each kind takes. Several tables: options_tables_test.c; what option
 * tables are sound: options_check_test.c. */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/arena.h"

struct inner { const char *name; int64_t wait; };

struct all {
    const char           *text, *token;
    bool                  flag;
    int64_t               number, wait, secret_wait, when;
    uint64_t              count, size;
    double                real;
    int                   choice;
    const char           *word;
    struct vane_strings   texts;
    struct vane_bools     flags;
    struct vane_ints      numbers, waits, whens;
    struct vane_uints     counts, sizes;
    struct vane_floats    reals;
    struct vane_choices   choices;
    struct vane_pairs     pairs;
    struct options_lists  lists;
    struct vane_values    values;
    struct inner          inner;
    struct vane_tables    inners;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct vane_option inner_options[] = {
    VANE_OPT_STRING(struct inner, name, .required = true, .help = "h"),
    VANE_OPT_DURATION(struct inner, wait, .preset = "\"3s\"", .help = "h"),
    { 0 }
};

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct all, text, .preset = "\"${NOT_REPLACED}\"", .also = "old_text", .help = "h"),
    VANE_OPT_STRING(struct all, token, .secret = true, .help = "h"),
    VANE_OPT_BOOL(struct all, flag, .preset = "true", .help = "h"),
    VANE_OPT_INT(struct all, number, .least = -5, .most = 10, .help = "h"),
    VANE_OPT_DURATION(struct all, wait, .preset = "\"10s\"", .least = 1e9, .most = 1e12, .help = "h"),
    VANE_OPT_DURATION(struct all, secret_wait, .secret = true, .help = "h"),
    VANE_OPT_TIME(struct all, when, .help = "h"),
    VANE_OPT_UINT(struct all, count, .help = "h"),
    VANE_OPT_SIZE(struct all, size, .help = "h"),
    VANE_OPT_FLOAT(struct all, real, .help = "h"),
    VANE_OPT_CHOICE(struct all, choice, .preset = "\"green\"", .choices = colours, .help = "h"),
    VANE_OPT_WORD(struct all, word, .preset = "\"auto\"", .help = "h"),
    VANE_OPT_STRINGS(struct all, texts, .preset = "[\"a\", \"b\"]", .help = "h"),
    VANE_OPT_BOOLS(struct all, flags, .help = "h"),
    VANE_OPT_INTS(struct all, numbers, .help = "h"),
    VANE_OPT_DURATIONS(struct all, waits, .help = "h"),
    VANE_OPT_TIMES(struct all, whens, .help = "h"),
    VANE_OPT_UINTS(struct all, counts, .help = "h"),
    VANE_OPT_SIZES(struct all, sizes, .help = "h"),
    VANE_OPT_FLOATS(struct all, reals, .help = "h"),
    VANE_OPT_CHOICES(struct all, choices, .choices = colours, .help = "h"),
    VANE_OPT_PAIRS(struct all, pairs, .help = "h"),
    VANE_OPTION(VANE_KIND_PAIRS, true, struct options_lists, struct all, lists, .help = "h"),
    VANE_OPT_VALUES(struct all, values, .help = "h"),
    VANE_OPT_TABLE(struct all, inner, struct inner, .options = inner_options, .help = "h"),
    VANE_OPT_TABLES(struct all, inners, .size = sizeof(struct inner), .options = inner_options, .help = "h"),
    { 0 }
};

/* What one text makes of a struct all. */
struct fixture {
    struct arena        *arena;
    struct config_errors errors;
    struct all           all;
    bool                 fine;
};

static struct toml_table *parse(struct fixture *fixture, const char *text)
{
    struct toml_table *table = toml_parse(fixture->arena, "f", text, strlen(text), &fixture->errors);
    if (!table)
        fail_msg("%s", fixture->errors.lines[0]);
    return table;
}

static struct fixture *fill(struct fixture *fixture, const char *text)
{
    *fixture = (struct fixture){ .arena = arena_new(1024) };
    const struct toml_table *table = parse(fixture, text);
    const struct options_source source = { .key = "in.x", .tables = &table, .count = 1 };
    const struct options_target target = { .options = options, .state = &fixture->all };
    fixture->fine = options_fill(&source, &target, 1, fixture->arena, &fixture->errors);
    return fixture;
}

static void release(struct fixture *fixture)
{
    arena_unref(fixture->arena);
    errors_release(&fixture->errors);
}

static const struct all *fill_well(struct fixture *fixture, const char *text)
{
    fill(fixture, text);
    if (!fixture->fine)
        fail_msg("%s: %s", text, fixture->errors.lines[0]);
    return &fixture->all;
}

static void assert_error(const char *text, const char *expected)
{
    struct fixture fixture;
    fill(&fixture, text);
    if (fixture.fine)
        fail_msg("'%s' was taken", text);
    assert_int_equal(fixture.errors.count, 1);
    assert_string_equal(fixture.errors.lines[0], expected);
    release(&fixture);
}

static void test_options__have_their_presets(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture, "");
    assert_string_equal(all->text, "${NOT_REPLACED}");
    assert_true(all->flag);
    assert_true(all->wait == 10000000000);
    assert_int_equal(all->choice, 1);
    assert_int_equal(all->texts.count, 2);
    assert_string_equal(all->texts.items[1], "b");
    assert_true(all->inner.wait == 3000000000);
    release(&fixture);
}

static void test_options__fill_scalars(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture,
        "text = 'x'\nflag = false\nnumber = -5\nwait = '1m30s'\ncount = 7\n"
        "size = '4KiB'\nreal = 2.5\nchoice = 'red'\nwhen = 1970-01-01T00:00:01Z\n");
    assert_string_equal(all->text, "x");
    assert_false(all->flag);
    assert_true(all->number == -5);
    assert_true(all->wait == 90000000000);
    assert_true(all->count == 7);
    assert_true(all->size == 4096);
    assert_true(all->real == 2.5);
    assert_int_equal(all->choice, 0);
    assert_true(all->when == 1000000000);
    release(&fixture);
}

static void test_options__take_other_ways_to_write_a_scalar(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture,
        "wait = 2\nsize = 12\nreal = 3\nwhen = '1970-01-01T01:00:00+01:00'\n");
    assert_true(all->wait == 2000000000);
    assert_true(all->size == 12);
    assert_true(all->real == 3.0);
    assert_true(all->when == 0);
    release(&fixture);
    all = fill_well(&fixture, "wait = 1.5\nwhen = '1970-01-01 00:00:00.5Z'");
    assert_true(all->wait == 1500000000);
    assert_true(all->when == 500000000);
    release(&fixture);
}

static void test_options__fill_lists(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture,
        "texts = ['x', 'y', 'z']\nflags = [true, false]\nnumbers = [1, -2]\n"
        "waits = ['1s', 2]\nwhens = [1970-01-01T00:00:01Z]\ncounts = [3]\n"
        "sizes = ['1KB', 2]\nreals = [1, 2.5]\nchoices = ['green', 'red']\n");
    assert_int_equal(all->texts.count, 3);
    assert_string_equal(all->texts.items[2], "z");
    assert_true(all->flags.items[0] && !all->flags.items[1]);
    assert_true(all->numbers.items[1] == -2);
    assert_true(all->waits.items[0] == 1000000000 && all->waits.items[1] == 2000000000);
    assert_true(all->whens.items[0] == 1000000000);
    assert_true(all->counts.items[0] == 3);
    assert_true(all->sizes.items[0] == 1000 && all->sizes.items[1] == 2);
    assert_true(all->reals.items[0] == 1 && all->reals.items[1] == 2.5);
    assert_true(all->choices.items[0] == 1 && all->choices.items[1] == 0);
    release(&fixture);
}

static void test_options__take_an_empty_list(void **state)
{
    (void)state;
    struct fixture fixture;
    assert_int_equal(fill_well(&fixture, "texts = []")->texts.count, 0);
    release(&fixture);
}

static void test_options__fill_tables_of_free_keys(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture,
        "[pairs]\nb = '1'\na = '2'\n[lists]\ncpu = ['cpu0', 'cpu1']\nempty = []\n"
        "[values]\ni = 1\nf = 1.5\nb = true\ns = 'x'\n");
    assert_int_equal(all->pairs.count, 2);
    assert_string_equal(all->pairs.items[0].key, "b");
    assert_string_equal(all->pairs.items[1].value, "2");
    assert_int_equal(all->lists.count, 2);
    assert_string_equal(all->lists.items[0].key, "cpu");
    assert_string_equal(all->lists.items[0].values.items[1], "cpu1");
    assert_int_equal(all->lists.items[1].values.count, 0);
    const enum vane_type types[] = { VANE_INT, VANE_FLOAT, VANE_BOOL, VANE_STRING };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(all->values.items[i].type, types[i]);
    assert_int_equal(all->values.items[3].length, 1);
    assert_int_equal(all->values.items[3].key_length, 1);
    release(&fixture);
}

static void test_options__fill_sub_tables(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct all *all = fill_well(&fixture,
        "[inner]\nname = 'n'\n[[inners]]\nname = 'a'\n[[inners]]\nname = 'b'\n"
        "wait = '1s'\n");
    const struct inner *inners = all->inners.items;
    assert_string_equal(all->inner.name, "n");
    assert_true(all->inner.wait == 3000000000);
    assert_int_equal(all->inners.count, 2);
    assert_string_equal(inners[0].name, "a");
    assert_true(inners[0].wait == 3000000000 && inners[1].wait == 1000000000);
    release(&fixture);
}

static void test_options__know_second_names(void **state)
{
    (void)state;
    struct fixture fixture;
    assert_string_equal(fill_well(&fixture, "old_text = 'x'")->text, "x");
    release(&fixture);
    assert_error("text = 'a'\nold_text = 'b'\n",
                 "f:2: in.x.old_text: is another name of 'text', set on line 1");
}

static void test_options__take_a_word_for_its_text(void **state)
{
    (void)state;
    static const struct { const char *toml, *word; } cases[] = {
        { "", "auto" }, { "word = 'x'", "x" }, { "word = true", "true" }, { "word = false", "false" },
        { "word = 10", "10" }, { "word = -9223372036854775808", "-9223372036854775808" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        assert_string_equal(fill_well(&fixture, cases[i].toml)->word, cases[i].word);
        release(&fixture);
    }
    assert_error("word = 1.5", "f:1: in.x.word: wants a string, true, false or an integer, not a float");
    assert_error("word = [1]", "f:1: in.x.word: wants a string, true, false or an integer, not an array");
}

static void test_options__name_the_nearest_of_what_is_unknown(void **state)
{
    (void)state;
    assert_error("\nnumbr = 1", "f:2: in.x.numbr: there is no such option; did you mean 'number'?");
    assert_error("[inner]\nname = 'x'\nwiat = 1",
                 "f:3: in.x.inner.wiat: there is no such option; did you mean 'wait'?");
    assert_error("zzzzzzzz = 1", "f:1: in.x.zzzzzzzz: there is no such option");
    assert_error("\"te\\u0000xt\" = 1", "f:1: in.x.te: there is no such option");
}

static void test_options__refuse_another_type(void **state)
{
    (void)state;
    assert_error("text = 1", "f:1: in.x.text: wants a string, not an integer");
    assert_error("flag = 'true'", "f:1: in.x.flag: wants a boolean, not a string");
    assert_error("number = 1.5", "f:1: in.x.number: wants an integer, not a float");
    assert_error("real = 'x'", "f:1: in.x.real: wants a number, not a string");
    assert_error("wait = true", "f:1: in.x.wait: wants a duration, not a boolean");
    assert_error("size = 1.5", "f:1: in.x.size: wants a size, not a float");
    assert_error("when = 1", "f:1: in.x.when: wants a time, not an integer");
    assert_error("texts = 1", "f:1: in.x.texts: wants a list of strings, not an integer");
    assert_error("pairs = 1", "f:1: in.x.pairs: wants a table of strings, not an integer");
    assert_error("inner = 1", "f:1: in.x.inner: wants a table, not an integer");
    assert_error("inners = 1", "f:1: in.x.inners: wants a list of tables, not an integer");
}

static void test_options__say_how_a_list_is_written(void **state)
{
    (void)state;
    assert_error("texts = 'x'", "f:1: in.x.texts: wants a list of strings, not a string: put it in [ ]");
    assert_error("[inners]\nname = 'x'",
                 "f:1: in.x.inners: wants a list of tables, not a table: write it in [[ ]]");
}

static void test_options__say_which_element_is_wrong(void **state)
{
    (void)state;
    assert_error("texts = [\n'x',\n5]", "f:3: in.x.texts, element 2: wants a string, not an integer");
    assert_error("pairs = { a = 1 }", "f:1: in.x.pairs.a: wants a string, not an integer");
    assert_error("lists.cpu = ['a', 1]", "f:1: in.x.lists.cpu, element 2: wants a string, not an integer");
    assert_error("lists.cpu = 'a'",
                 "f:1: in.x.lists.cpu: wants a list of strings, not a string: put it in [ ]");
    assert_error("values.d = 2020-01-01",
                 "f:1: in.x.values.d: wants a string, a number or a boolean, not a date or time");
}

static void test_options__refuse_what_is_malformed(void **state)
{
    (void)state;
    assert_error("wait = '10 apples'",
                 "f:1: in.x.wait: wants a duration such as \"10s\" or \"1h30m\", not \"10 apples\"");
    assert_error("size = '1m'", "f:1: in.x.size: wants a size such as \"4MB\" or \"64KiB\", not \"1m\"");
    assert_error("when = 'noon'",
                 "f:1: in.x.when: wants a time such as \"2024-05-01T12:00:00Z\", not \"noon\"");
    assert_error("when = 2020-01-01T00:00:00",
                 "f:1: in.x.when: has no offset: add Z for UTC, or +01:00 and the like");
    assert_error("choice = 'blue'", "f:1: in.x.choice: wants one of \"red\", \"green\", not \"blue\"");
    assert_error("real = nan", "f:1: in.x.real: wants a number, and nan is none");
    assert_error("count = -1", "f:1: in.x.count: must not be negative");
    assert_error("size = -1", "f:1: in.x.size: must not be negative");
    assert_error("wait = 1e300", "f:1: in.x.wait: is more seconds than can be counted");
    assert_error("text = \"a\\u0000b\"", "f:1: in.x.text: must not hold a NUL byte");
    assert_error("pairs = { \"a\\u0000b\" = 'x' }", "f:1: in.x.pairs.a: a name must not hold a NUL byte");
}

static void test_options__cut_a_long_value_between_characters(void **state)
{
    (void)state;
    assert_error("wait = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\u00e4yyy'",
                 "f:1: in.x.wait: wants a duration such as \"10s\" or \"1h30m\", not "
                 "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
}

static void test_options__keep_to_their_range(void **state)
{
    (void)state;
    assert_error("number = 11", "f:1: in.x.number: must be from -5 to 10");
    assert_error("number = -6", "f:1: in.x.number: must be from -5 to 10");
    assert_error("wait = '999ms'", "f:1: in.x.wait: must be from 1s to 1000s");
}

static void test_options__miss_what_is_required(void **state)
{
    (void)state;
    assert_error("[inner]\nwait = '1s'", "f:1: in.x.inner.name: is required");
    assert_error("flag = true\n[[inners]]\nname = 'a'\n[[inners]]\n", "f:4: in.x.inners.name: is required");
}

static void test_options__report_every_error(void **state)
{
    (void)state;
    struct fixture fixture;
    fill(&fixture, "text = 1\nnumbr = 2\ntexts = [1, 2]\n[[inners]]\nwait = 'x'\n");
    assert_false(fixture.fine);
    assert_int_equal(fixture.errors.count, 6);
    release(&fixture);
}

static void test_options__tell_which_table_an_option_is_of(void **state)
{
    (void)state;
    assert_error("[inner]\nname = 'a'\nnumber = 3",
                 "f:3: in.x.inner.number: there is no such option here, but in the table in.x");
    assert_error("[[inners]]\nname = 'a'\nflag = 3",
                 "f:3: in.x.inners.flag: there is no such option here, but in the table in.x");
    assert_error("name = 'a'", "f:1: in.x.name: there is no such option here, but in the table in.x.inner");
}

static void test_options__put_in_variables(void **state)
{
    (void)state;
    struct fixture fixture;
    setenv("VANE_T", "5", 1);
    unsetenv("VANE_T_NONE");
    const struct all *all = fill_well(&fixture,
        "text = 'a${VANE_T}'\nwait = '${VANE_T}s'\ntexts = ['${VANE_T}']\n"
        "pairs = { a = '${VANE_T}' }\nchoice = '${VANE_T_NONE:-red}'\n");
    assert_string_equal(all->text, "a5");
    assert_true(all->wait == 5000000000);
    assert_string_equal(all->texts.items[0], "5");
    assert_string_equal(all->pairs.items[0].value, "5");
    assert_int_equal(all->choice, 0);
    release(&fixture);
    assert_error("text = '${VANE_T_NONE}'",
                 "f:1: in.x.text: the environment variable VANE_T_NONE is not set; "
                 "${VANE_T_NONE:-default} gives it a default");
}

static void test_options__show_what_a_variable_holds_and_where_it_is_from(void **state)
{
    (void)state;
    setenv("VANE_T", "1M", 1);
    unsetenv("VANE_T_NONE");
    assert_error("wait = '${VANE_T}'", "f:1: in.x.wait: wants a duration such as \"10s\" or \"1h30m\", not \"1M\" "
                 "(from \"${VANE_T}\")");
    assert_error("choice = '${VANE_T_NONE:-pink}'", "f:1: in.x.choice: wants one of \"red\", \"green\", not "
                 "\"pink\" (from \"${VANE_T_NONE:-pink}\")");
    setenv("VANE_T", "-7", 1);
    assert_error("count = '${VANE_T}'", "f:1: in.x.count: must not be negative: it is \"-7\" (from \"${VANE_T}\")");
}

static void test_options__keep_secrets_out_of_errors(void **state)
{
    (void)state;
    setenv("VANE_TOKEN", "hunter2", 1);
    assert_error("wait = '${VANE_TOKEN}'",
                 "f:1: in.x.wait: wants a duration such as \"10s\" or \"1h30m\", not \"${VANE_TOKEN}\"");
    assert_error("secret_wait = '${VANE_TOKEN}'",
                 "f:1: in.x.secret_wait: wants a duration such as \"10s\" or \"1h30m\"");
    assert_error("secret_wait = 'hunter2'",
                 "f:1: in.x.secret_wait: wants a duration such as \"10s\" or \"1h30m\"");
}

static void test_options__take_numbers_and_booleans_from_variables(void **state)
{
    (void)state;
    struct fixture fixture;
    setenv("VANE_T", "5", 1);
    setenv("VANE_T_FLAG", "false", 1);
    const struct all *all = fill_well(&fixture,
        "number = '${VANE_T}'\ncount = '${VANE_T_NONE:-6}'\nreal = '${VANE_T}'\n"
        "flag = '${VANE_T_FLAG}'\nnumbers = ['${VANE_T}', 1]\n");
    assert_true(all->number == 5 && all->count == 6 && all->real == 5);
    assert_false(all->flag);
    assert_true(all->numbers.items[0] == 5);
    release(&fixture);
}

static void test_options__refuse_a_variable_of_another_type(void **state)
{
    (void)state;
    setenv("VANE_T", "five", 1);
    assert_error("number = '${VANE_T}'",
                 "f:1: in.x.number: wants an integer, not \"five\" (from \"${VANE_T}\")");
    setenv("VANE_T", "1\nflag = true", 1);
    assert_error("number = '${VANE_T}'",
                 "f:1: in.x.number: wants an integer, not \"1?flag = true\" (from \"${VANE_T}\")");
    setenv("VANE_T", "1.5", 1);
    assert_error("number = '${VANE_T}'", "f:1: in.x.number: wants an integer, not \"1.5\" (from \"${VANE_T}\")");
    assert_error("number = '1${VANE_T}'", "f:1: in.x.number: wants an integer, not a string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options__have_their_presets),
        cmocka_unit_test(test_options__fill_scalars),
        cmocka_unit_test(test_options__take_other_ways_to_write_a_scalar),
        cmocka_unit_test(test_options__fill_lists),
        cmocka_unit_test(test_options__take_an_empty_list),
        cmocka_unit_test(test_options__fill_tables_of_free_keys),
        cmocka_unit_test(test_options__fill_sub_tables),
        cmocka_unit_test(test_options__know_second_names),
        cmocka_unit_test(test_options__take_a_word_for_its_text),
        cmocka_unit_test(test_options__name_the_nearest_of_what_is_unknown),
        cmocka_unit_test(test_options__refuse_another_type),
        cmocka_unit_test(test_options__say_how_a_list_is_written),
        cmocka_unit_test(test_options__say_which_element_is_wrong),
        cmocka_unit_test(test_options__refuse_what_is_malformed),
        cmocka_unit_test(test_options__cut_a_long_value_between_characters),
        cmocka_unit_test(test_options__keep_to_their_range),
        cmocka_unit_test(test_options__miss_what_is_required),
        cmocka_unit_test(test_options__report_every_error),
        cmocka_unit_test(test_options__tell_which_table_an_option_is_of),
        cmocka_unit_test(test_options__put_in_variables),
        cmocka_unit_test(test_options__show_what_a_variable_holds_and_where_it_is_from),
        cmocka_unit_test(test_options__keep_secrets_out_of_errors),
        cmocka_unit_test(test_options__take_numbers_and_booleans_from_variables),
        cmocka_unit_test(test_options__refuse_a_variable_of_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
