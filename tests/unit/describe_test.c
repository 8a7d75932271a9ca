/* Tests of config/describe.h. */
#include "config/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/common.h"
#include "core/arena.h"

struct inner { const char *name; int64_t wait; struct vane_pairs headers; };

struct state {
    struct vane_strings  brokers, texts;
    struct vane_ints     waits;
    const char          *token, *text, *shown;
    bool                 flag;
    int64_t              number, wait, when;
    uint64_t             size;
    double               real;
    int                  offset;
    struct vane_pairs    pairs;
    struct options_lists lists;
    struct vane_values   values;
    struct inner         inner;
    struct vane_tables   inners;
};

static const char *const offsets[] = { "oldest", "newest", NULL };

static const struct vane_option inner_options[] = {
    VANE_OPT_STRING(struct inner, name, .required = true, .help = "Its name."),
    VANE_OPT_DURATION(struct inner, wait, .preset = "\"3s\"", .help = "How long it waits."),
    VANE_OPT_PAIRS(struct inner, headers, .help = "What goes along."),
    { 0 }
};

static const struct vane_option options[] = {
    VANE_OPT_STRINGS(struct state, brokers, .required = true, .help = "Brokers to ask first."),
    VANE_OPT_STRING(struct state, token, .secret = true, .help = "What to show at the door."),
    VANE_OPT_CHOICE(struct state, offset, .preset = "\"oldest\"", .choices = offsets, .also = "old_offset",
                    .help = "Where to begin where nothing is known yet, which is a sentence | that needs two "
                            "lines."),
    VANE_OPT_STRING(struct state, shown, .example = "\"as this\"", .help = "What a sample shows."),
    VANE_OPT_BOOL(struct state, flag, .preset = "true", .help = "A flag."),
    VANE_OPT_TABLE(struct state, inner, struct inner, .required = true, .options = inner_options,
                   .help = "A table."),
    VANE_OPT_TABLES(struct state, inners, .size = sizeof(struct inner), .options = inner_options,
                    .help = "More tables."),
    { 0 }
};

static const struct vane_option more_options[] = {
    VANE_OPT_INT(struct state, number, .least = 3, .most = 9, .help = "A number."),
    VANE_OPT_DURATION(struct state, wait, .least = 1e9, .most = 2e9, .help = "A duration."),
    VANE_OPT_TIME(struct state, when, .help = "A time."),
    VANE_OPT_SIZE(struct state, size, .help = "A size."),
    VANE_OPT_FLOAT(struct state, real, .help = "A number with a point."),
    VANE_OPT_STRING(struct state, text, .help = "A text."),
    VANE_OPT_STRINGS(struct state, texts, .preset = "[\"a\"]", .help = "Texts."),
    VANE_OPT_DURATIONS(struct state, waits, .help = "Durations."),
    VANE_OPT_PAIRS(struct state, pairs, .help = "Pairs."),
    VANE_OPTION(VANE_KIND_PAIRS, true, struct options_lists, struct state, lists, .help = "Lists."),
    VANE_OPT_VALUES(struct state, values, .help = "Values."),
    { 0 }
};

static const struct describe_section sections[] = {
    { NULL, options },
    { "Of another table", more_options },
};

static const struct describe_subject subject = {
    VANE_INPUT, "kafka_in", "Reads messages of Kafka topics.", sections, 2,
};

/* Takes the hash from every line but those of help: "# name = 1" becomes "name = 1". */
static void uncomment(struct vane_text *out, const char *sample)
{
    while (*sample) {
        const char *end = sample + strcspn(sample, "\n") + 1;
        const char *hash = sample + strspn(sample, " ");
        const char *start = hash[0] == '#' && hash[1] == ' ' ? hash + 2 : sample;
        vane_text_add(out, start, (size_t)(end - start));
        sample = end;
    }
}

static void add(struct config *config, const char *text, struct config_errors *errors)
{
    if (!config_add_text(config, "sample", text, strlen(text), errors))
        fail_msg("%s\n%s", errors->lines[0], text);
}

static void assert_fills(const char *text)
{
    struct config config = { 0 };
    struct config_errors errors = { 0 };
    struct arena *arena = arena_new(1024);
    struct agent_options agent;
    struct node_options node;
    struct state state = { 0 };
    const struct options_target own[] = { { options, &state, NULL }, { more_options, &state, NULL } };
    add(&config, text, &errors);
    common_read_agent(&config, &agent, arena, &errors);
    common_init_node(&node, &agent);
    assert_int_equal(config.node_count, 1);
    if (!common_read_node(&node, &config.nodes[0], own, 2, arena, &errors))
        fail_msg("%s\n%s", errors.lines[0], text);
    assert_string_equal(state.brokers.items[0], "...");
    assert_string_equal(state.shown, "as this");
    config_release(&config);
    errors_release(&errors);
    arena_unref(arena);
}

static void test_describe__sample_can_be_read_as_it_is(void **state)
{
    (void)state;
    struct vane_text sample = { 0 };
    describe_sample(&sample, &subject);
    assert_fills(sample.data);
    vane_text_release(&sample);
}

static void test_describe__sample_can_be_read_when_all_is_uncommented(void **state)
{
    (void)state;
    struct vane_text sample = { 0 }, all = { 0 };
    describe_sample(&sample, &subject);
    uncomment(&all, sample.data);
    assert_non_null(strstr(all.data, "\nnumber = 3\n"));
    assert_non_null(strstr(all.data, "\n[inputs.kafka_in.inner.headers]\n"));
    assert_fills(all.data);
    vane_text_release(&sample);
    vane_text_release(&all);
}

/* The common options as if they were a plugin's own. */
static void assert_common_sample(enum vane_role role)
{
    struct describe_section common[16];
    size_t count = 0;
    for (const struct common_table *table = common_tables; table->options; table++) {
        if (table->title && (table->roles & (1u << role)))
            common[count++] = (struct describe_section){ table->title, table->options };
    }
    struct describe_subject all = { role, "x", "X.", common, count };
    struct vane_text sample = { 0 }, text = { 0 };
    describe_sample_agent(&sample);
    describe_sample(&sample, &all);
    uncomment(&text, sample.data);

    struct config config = { 0 };
    struct config_errors errors = { 0 };
    struct arena *arena = arena_new(1024);
    struct agent_options agent;
    struct node_options node;
    add(&config, text.data, &errors);
    bool fine = common_read_agent(&config, &agent, arena, &errors);
    common_init_node(&node, &agent);
    fine &= common_read_node(&node, &config.nodes[0], NULL, 0, arena, &errors);
    if (!fine)
        fail_msg("%s\n%s", errors.lines[0], text.data);
    assert_int_equal(agent.global_tags.count, 1);
    config_release(&config);
    errors_release(&errors);
    arena_unref(arena);
    vane_text_release(&sample);
    vane_text_release(&text);
}

static void test_describe__samples_of_common_options_can_be_read(void **state)
{
    (void)state;
    assert_common_sample(VANE_INPUT);
    assert_common_sample(VANE_PROCESSOR);
    assert_common_sample(VANE_OUTPUT);
}

static void assert_narrow(const char *text)
{
    for (; *text; text += strcspn(text, "\n") + 1)
        assert_in_range(strcspn(text, "\n"), 0, DESCRIBE_WIDTH);
}

static void test_describe__keeps_to_its_width(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    describe_help(&text, &subject);
    describe_sample(&text, &subject);
    assert_narrow(text.data);
    vane_text_release(&text);
}

static void test_describe__sample_shows_what_there_is(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    describe_sample(&text, &subject);
    const char *start = "## Reads messages of Kafka topics.\n"
                        "[[inputs.kafka_in]]\n"
                        "  ## Brokers to ask first.\n"
                        "  brokers = [\"...\"]\n"
                        "  ## What to show at the door. May be @{file:PATH} or @{credential:NAME}.\n"
                        "  # token = \"\"\n";
    assert_memory_equal(text.data, start, strlen(start));
    vane_text_release(&text);
}

static void test_describe__help_shows_what_there_is(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    describe_help(&text, &subject);
    const char *start = "kafka_in (input): Reads messages of Kafka topics.\n"
                        "\n"
                        "Options\n"
                        "  brokers         list of strings, required\n"
                        "                  Brokers to ask first.\n"
                        "  token           string\n"
                        "                  What to show at the door. May be @{file:PATH} or\n"
                        "                  @{credential:NAME}.\n"
                        "  offset          string, one of \"oldest\", \"newest\", default \"oldest\"\n";
    assert_memory_equal(text.data, start, strlen(start));
    assert_non_null(strstr(text.data, "\n  inner.headers   table of strings\n"));
    assert_non_null(strstr(text.data, "\nEvery input\n  interval "));
    vane_text_release(&text);
}

/* What help says of one option; its refusal. */
static void assert_option(const char *name, const char *words)
{
    struct vane_text text = { 0 };
    struct error err = { "" };
    describe_option(&text, &subject, name, &err);
    const char *said = text.length ? text.data : err.text;
    if (!strstr(said, words))
        fail_msg("\"%s\" is not in \"%s\"", words, said);
    vane_text_release(&text);
}

static void test_describe__help_shows_a_table_or_an_option_alone(void **state)
{
    (void)state;
    assert_option("inner", "  inner.wait     duration, default \"3s\"\n");
    assert_option("inners.name", "  inners.name   string, required\n                Its name.\n");
    assert_option("alias", "  alias         string\n");
    assert_option("innner", "kafka_in has no option 'innner'; did you mean 'inner'?");
    assert_option("inner.wit", "kafka_in has no option 'inner.wit'; did you mean 'wait'?");
    assert_option("flag.x", "kafka_in has no option 'flag.x'; `vane help kafka_in` lists them");
}

static void test_describe__table_escapes_bars(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    describe_table(&text, &subject);
    assert_non_null(strstr(text.data, "\n| `brokers` | list of strings | required | Brokers to ask"));
    assert_non_null(strstr(text.data, "sentence \\| that needs two lines. Another name of it is"));
    assert_non_null(strstr(text.data, "\n| `inner.wait` | duration | `\"3s\"` | How long it waits. |\n"));
    vane_text_release(&text);
}

static void test_describe__readme_is_replaced_between_its_marks(void **state)
{
    (void)state;
    const struct describe_subject bare = { VANE_INPUT, "x", "X.", NULL, 0 };
    const char *old = "# x\n<!-- options -->\nold\n<!-- /options -->\nrest\n";
    struct vane_text once = { 0 }, twice = { 0 };
    struct error err = { "" };
    assert_true(describe_readme(&once, old, strlen(old), &bare, &err));
    assert_string_equal(once.data, "# x\n<!-- options -->\n\n| option | type | default | meaning |\n"
                                   "|---|---|---|---|\n\n<!-- /options -->\nrest\n");
    assert_true(describe_readme(&twice, once.data, once.length, &bare, &err));
    assert_string_equal(twice.data, once.data);
    vane_text_release(&once);
    vane_text_release(&twice);
}

static void assert_no_marks(const char *readme, const char *why)
{
    struct vane_text out = { 0 };
    struct error err = { "" };
    assert_false(describe_readme(&out, readme, strlen(readme), &subject, &err));
    assert_non_null(strstr(err.text, why));
    assert_int_equal(out.length, 0);
}

static void test_describe__readme_needs_both_marks(void **state)
{
    (void)state;
    assert_no_marks("", "no line <!-- options -->");
    assert_no_marks("<!-- /options -->\n<!-- options -->\n", "no line <!-- /options -->");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe__sample_can_be_read_as_it_is),
        cmocka_unit_test(test_describe__sample_can_be_read_when_all_is_uncommented),
        cmocka_unit_test(test_describe__samples_of_common_options_can_be_read),
        cmocka_unit_test(test_describe__keeps_to_its_width),
        cmocka_unit_test(test_describe__sample_shows_what_there_is),
        cmocka_unit_test(test_describe__help_shows_what_there_is),
        cmocka_unit_test(test_describe__help_shows_a_table_or_an_option_alone),
        cmocka_unit_test(test_describe__table_escapes_bars),
        cmocka_unit_test(test_describe__readme_is_replaced_between_its_marks),
        cmocka_unit_test(test_describe__readme_needs_both_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
