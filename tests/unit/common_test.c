/* Tests of config/common.h. */
#include "config/common.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "core/arena.h"

struct own { const char *topic, *secret; int64_t order; };

static const struct vane_option own_options[] = {
    VANE_OPT_STRING(struct own, topic, .help = "h"),
    VANE_OPT_STRING(struct own, secret, .secret = true, .help = "h"),
    VANE_OPT_INT(struct own, order, .help = "h"),
    { 0 }
};

struct fixture {
    struct arena        *arena;
    struct config        config;
    struct config_errors errors;
    struct agent_options agent;
    struct node_options  node;
    struct own           own;
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
    config_release(&fixture->config);
    errors_release(&fixture->errors);
    arena_unref(fixture->arena);
    return 0;
}

/* Reads the agent, and the first node of the text. */
static bool read(struct fixture *fixture, const char *text)
{
    assert_true(config_add_text(&fixture->config, "f", text, strlen(text), &fixture->errors));
    bool fine = common_read_agent(&fixture->config, &fixture->agent, fixture->arena, &fixture->errors);
    if (!fixture->config.node_count)
        return fine;
    const struct options_target own = { .options = own_options, .state = &fixture->own };
    common_init_node(&fixture->node, &fixture->agent);
    return common_read_node(&fixture->node, &fixture->config.nodes[0], &own, 1, fixture->arena,
                            &fixture->errors) && fine;
}

static void assert_read(struct fixture *fixture, const char *text)
{
    if (!read(fixture, text))
        fail_msg("%s", fixture->errors.lines[0]);
}

static void assert_error(struct fixture *fixture, const char *text, const char *expected)
{
    assert_false(read(fixture, text));
    assert_int_equal(fixture->errors.count, 1);
    assert_string_equal(fixture->errors.lines[0], expected);
}

static void test_common__tables_are_sound(void **state)
{
    (void)state;
    struct error err = { "" };
    if (!options_check_table(common_agent_options, sizeof(struct agent_options), &err))
        fail_msg("%s", err.text);
    for (const struct common_table *table = common_tables; table->options; table++) {
        if (!options_check_table(table->options, sizeof(struct node_options), &err))
            fail_msg("%s", err.text);
    }
}

static void test_common__agent_has_the_defaults_of_the_design(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "");
    const struct agent_options *agent = &fixture->agent;
    assert_true(agent->interval == 10000000000 && agent->round_interval);
    assert_true(agent->flush_interval == 0 && agent->precision == 0);
    assert_true(agent->metric_batch_size == 1000 && agent->metric_buffer_limit == 0);
    assert_true(agent->queue_size == 4000000);
    assert_true(agent->max_unacknowledged == 3600000000000);
    assert_true(agent->checkpoint_interval == 5000000000);
    assert_true(agent->drain_timeout == 20000000000);
    assert_true(agent->logfile_rotation_max_archives == 5);
    assert_int_equal(agent->logformat, COMMON_LOG_TEXT);
}

static void test_common__agent_is_overlaid_by_later_files(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[agent]\ninterval = '1s'\nomit_hostname = true\n[global_tags]\na = '1'\n");
    assert_read(fixture, "[agent]\ninterval = '2s'\n[global_tags]\nb = '2'\n");
    assert_true(fixture->agent.interval == 2000000000);
    assert_true(fixture->agent.omit_hostname);
    assert_int_equal(fixture->agent.global_tags.count, 2);
}

static void test_common__agent_says_what_replaces_telegrafs_options(void **state)
{
    assert_error(*state, "[agent]\nstatefile = 'x'\n",
                 "f:2: agent.statefile: vane keeps state in a folder: use state_directory");
}

static void test_common__agent_wants_an_interval(void **state)
{
    assert_error(*state, "[agent]\ninterval = '0s'\n", "f:2: agent.interval: must be at least 1ns");
}

static void test_common__global_tags_are_strings(void **state)
{
    assert_error(*state, "[global_tags]\na = 1\n", "f:2: global_tags.a: wants a string, not an integer");
}

static void test_common__node_inherits_from_the_agent(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[agent]\ninterval = '1s'\nmetric_batch_size = 5\nquiet = true\n[[inputs.x]]\n");
    assert_true(fixture->node.interval == 1000000000);
    assert_true(fixture->node.metric_batch_size == 5);
    assert_true(fixture->node.max_unacknowledged == 3600000000000);
    assert_int_equal(fixture->node.log_level, VANE_ERROR);
    assert_int_equal(fixture->node.startup_error_behavior, COMMON_STARTUP_ERROR);
    assert_true(fixture->node.enabled);
}

static void test_common__node_overrides_the_agent(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[agent]\ninterval = '1s'\n[[inputs.x]]\ninterval = 3\nlog_level = 'trace'\n");
    assert_true(fixture->node.interval == 3000000000);
    assert_int_equal(fixture->node.log_level, VANE_DEBUG);
}

static void test_common__node_has_filters(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[[outputs.x]]\nnamepass = ['a*']\nfieldpass = ['f']\n[outputs.x.tagpass]\n"
                         "cpu = ['cpu0', 'cpu1']\n");
    assert_string_equal(fixture->node.namepass.items[0], "a*");
    assert_string_equal(fixture->node.fieldinclude.items[0], "f");
    assert_string_equal(fixture->node.tagpass.items[0].key, "cpu");
    assert_int_equal(fixture->node.tagpass.items[0].values.count, 2);
}

static void test_common__node_knows_telegrafs_oldest_names(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[[inputs.x]]\npass = ['a']\ndrop = ['b']\n");
    assert_string_equal(fixture->node.fieldinclude.items[0], "a");
    assert_string_equal(fixture->node.fieldexclude.items[0], "b");
}

static void test_common__node_leaves_to_the_plugin_what_is_its_own(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[[inputs.x]]\ntopic = 't'\norder = 7\n");
    assert_string_equal(fixture->own.topic, "t");
    assert_true(fixture->own.order == 7);
    assert_true(fixture->node.order == 0);
}

static void test_common__node_says_which_role_an_option_is_of(void **state)
{
    assert_error(*state, "[[inputs.x]]\nmax_in_flight = 1\n",
                 "f:2: inputs.x.max_in_flight: is an option of outputs only");
}

static void test_common__node_says_what_is_an_option_of_the_agent(void **state)
{
    assert_error(*state, "[[inputs.x]]\nomit_hostname = true\n",
                 "f:2: inputs.x.omit_hostname: is an option of [agent] only");
}

static void test_common__agent_says_what_is_an_option_of_plugins(void **state)
{
    assert_error(*state, "[agent]\nnamepass = ['y']\n",
                 "f:2: agent.namepass: is an option of plugins, not of the agent");
}

static void test_common__node_takes_from_nobody_if_it_is_an_input(void **state)
{
    assert_error(*state, "[[inputs.x]]\nfrom = ['y']\n", "f:2: inputs.x.from: inputs take from nobody");
}

static void test_common__node_suggests_common_options(void **state)
{
    assert_error(*state, "[[inputs.x]]\nnamepas = []\n",
                 "f:2: inputs.x.namepas: there is no such option; did you mean 'namepass'?");
}

static void test_common__node_says_what_replaces_labels(void **state)
{
    assert_error(*state, "[[inputs.x]]\n[inputs.x.labels]\na = 'b'\n",
                 "f:2: inputs.x.labels: vane has no --select: use enabled = \"${NAME}\"");
}

static void test_common__node_says_what_replaces_options_of_telegraf(void **state)
{
    assert_error(*state, "[[inputs.x]]\nbalance_strategy = 'range'\n",
                 "f:2: inputs.x.balance_strategy: it is always cooperative-sticky: leave it out");
}

static void test_common__node_says_what_replaces_an_option_by_its_role(void **state)
{
    assert_error(*state, "[[outputs.x]]\ncompression_codec = 1\n",
                 "f:2: outputs.x.compression_codec: use compression = \"zstd\", or another name");
}

static void assert_warning(struct fixture *fixture, const char *text, const char *expected)
{
    assert_read(fixture, text);
    assert_int_equal(fixture->config.warnings.count, expected != NULL);
    if (expected)
        assert_string_equal(fixture->config.warnings.lines[0], expected);
}

static void test_common__node_warns_of_a_variable_without_braces(void **state)
{
    assert_warning(*state, "[[inputs.x]]\ntopic = '$SOME_TOPIC'\n",
                   "f:2: inputs.x.topic: is taken as it stands; where a variable is meant, write \"${SOME_TOPIC}\"");
}

static void test_common__node_shows_no_secret_in_a_warning(void **state)
{
    assert_warning(*state, "[[inputs.x]]\nsecret = '$PSST'\n",
                   "f:2: inputs.x.secret: is taken as it stands; where a variable is meant, write \"${NAME}\"");
}

static void test_common__node_warns_of_a_secret_in_another_option(void **state)
{
    assert_warning(*state, "[[inputs.x]]\nname_override = '@{file:tok}'\n",
                   "f:2: inputs.x.name_override: is taken as it stands, since this option is no secret; write "
                   "\"${VARIABLE}\"");
}

static void test_common__node_warns_of_no_other_dollar(void **state)
{
    assert_warning(*state, "[[inputs.x]]\ntopic = '^a$'\nsecret = '$ecret'\nname_override = '$'\n", NULL);
}

static void test_common__output_blocks_when_it_is_full(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[[outputs.x]]\n");
    assert_int_equal(fixture->node.when_full, COMMON_FULL_BLOCK);
}

static void test_common__output_of_best_effort_drops(void **state)
{
    struct fixture *fixture = *state;
    assert_read(fixture, "[[outputs.x]]\nack = 'best_effort'\n");
    assert_int_equal(fixture->node.when_full, COMMON_FULL_DROP_OLDEST);
}

static void test_common__output_of_best_effort_cannot_block(void **state)
{
    assert_error(*state, "[[outputs.x]]\nack = 'best_effort'\nwhen_full = 'block'\n",
                 "f:3: outputs.x.when_full: cannot be \"block\" where ack is \"best_effort\"");
}

static void test_common__finds_names_that_every_plugin_has(void **state)
{
    (void)state;
    struct error err = { "" };
    assert_true(common_check_table(VANE_INPUT, own_options, sizeof(struct own), &err));
    assert_false(common_check_table(VANE_PROCESSOR, own_options, sizeof(struct own), &err));
    assert_string_equal(err.text, "option order: every plugin of this role has one of that name");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_common__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables_are_sound),
        TEST(agent_has_the_defaults_of_the_design),
        TEST(agent_is_overlaid_by_later_files),
        TEST(agent_says_what_replaces_telegrafs_options),
        TEST(agent_wants_an_interval),
        TEST(global_tags_are_strings),
        TEST(node_inherits_from_the_agent),
        TEST(node_overrides_the_agent),
        TEST(node_has_filters),
        TEST(node_knows_telegrafs_oldest_names),
        TEST(node_leaves_to_the_plugin_what_is_its_own),
        TEST(node_says_which_role_an_option_is_of),
        TEST(node_says_what_is_an_option_of_the_agent),
        TEST(agent_says_what_is_an_option_of_plugins),
        TEST(node_takes_from_nobody_if_it_is_an_input),
        TEST(node_suggests_common_options),
        TEST(node_says_what_replaces_labels),
        TEST(node_warns_of_a_variable_without_braces),
        TEST(node_shows_no_secret_in_a_warning),
        TEST(node_warns_of_a_secret_in_another_option),
        TEST(node_warns_of_no_other_dollar),
        TEST(node_says_what_replaces_options_of_telegraf),
        TEST(node_says_what_replaces_an_option_by_its_role),
        TEST(output_blocks_when_it_is_full),
        TEST(output_of_best_effort_drops),
        TEST(output_of_best_effort_cannot_block),
        TEST(finds_names_that_every_plugin_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
