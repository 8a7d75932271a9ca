/* Tests of config/document.h. */
#include "config/document.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const none[] = { NULL };

/* An empty folder, where the test runs. */
struct fixture {
    char                 folder[64];
    struct config        config;
    struct config_errors errors;
};

static int set_up(void **state)
{
    struct fixture *fixture = test_malloc(sizeof *fixture);
    *fixture = (struct fixture){ .folder = P_tmpdir "/vane-document-XXXXXX" };
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(chdir(fixture->folder), 0);
    unsetenv("VANE_CONFIG_PATH");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", fixture->folder, 1);
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    config_release(&fixture->config);
    errors_release(&fixture->errors);
    assert_int_equal(chdir("/"), 0);
    nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    test_free(fixture);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool add(struct fixture *fixture, const char *text)
{
    return config_add_text(&fixture->config, "f", text, strlen(text), &fixture->errors);
}

static void assert_error(void **state, const char *text, const char *expected)
{
    struct fixture *fixture = *state;
    assert_false(add(fixture, text));
    assert_int_equal(fixture->errors.count, 1);
    assert_string_equal(fixture->errors.lines[0], expected);
    errors_release(&fixture->errors);
}

static bool read_files(struct fixture *fixture, const char *first, const char *second)
{
    const char *const files[] = { first, second, NULL };
    return config_read(&fixture->config, files, none, &fixture->errors);
}

static bool read_folder(struct fixture *fixture, const char *folder)
{
    const char *const folders[] = { folder, NULL };
    return config_read(&fixture->config, none, folders, &fixture->errors);
}

/* "a b c": the plugins of the nodes. */
static void assert_plugins(const struct fixture *fixture, const char *expected)
{
    char names[256] = "";
    for (size_t i = 0, at = 0; i < fixture->config.node_count; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? " " : "",
                               fixture->config.nodes[i].plugin);
    assert_string_equal(names, expected);
}

static void test_document__finds_the_nodes_of_a_file(void **state)
{
    struct fixture *fixture = *state;
    assert_true(add(fixture, "[[inputs.kafka]]\na = 1\n[[outputs.file]]\n[[processors.lua]]\n"
                             "[[inputs.kafka]]\na = 2\n[inputs.single]\n"));
    assert_plugins(fixture, "kafka file lua kafka single");
    const struct config_node *second = &fixture->config.nodes[3];
    assert_int_equal(second->role, VANE_INPUT);
    assert_string_equal(second->source.key, "inputs.kafka");
    assert_int_equal(second->place.line, 5);
    assert_int_equal(toml_get(second->source.tables[0], "a")->value.integer, 2);
    assert_int_equal(fixture->config.nodes[1].role, VANE_OUTPUT);
    assert_int_equal(fixture->config.nodes[2].role, VANE_PROCESSOR);
}

static void test_document__refuses_sections_it_does_not_know(void **state)
{
    assert_error(state, "\n[input]", "f:2: input: there is no such section; did you mean 'inputs'?");
    assert_error(state, "[[cpu]]", "f:1: cpu: there is no such section, only agent, global_tags, inputs, "
                                   "processors and outputs");
}

static void test_document__says_what_replaces_aggregators(void **state)
{
    assert_error(state, "[[aggregators.basicstats]]",
                 "f:1: aggregators: vane has none: use [[processors.window]]");
}

static void test_document__says_what_replaces_secret_stores(void **state)
{
    assert_error(state, "[[secretstores.os]]",
                 "f:1: secretstores: vane has none: use @{file:PATH}, @{credential:NAME} or ${VARIABLE}");
}

static void test_document__wants_tables(void **state)
{
    assert_error(state, "agent = 1", "f:1: agent: wants a table: [agent]");
    assert_error(state, "[[global_tags]]", "f:1: global_tags: wants a table: [global_tags]");
    assert_error(state, "[[inputs]]", "f:1: inputs: wants the name of a plugin: [[inputs.NAME]]");
    assert_error(state, "[inputs]\ncpu = 1", "f:2: inputs.cpu: wants tables: [[inputs.cpu]]");
    assert_error(state, "inputs.cpu = [{}, 1]", "f:1: inputs.cpu: wants tables: [[inputs.cpu]]");
}

static void test_document__wants_names_that_are_no_paths(void **state)
{
    assert_error(state, "[[inputs.\"../x\"]]", "f:1: inputs.../x: that is no name of a plugin");
    assert_error(state, "[[inputs.\"\"]]", "f:1: inputs.: that is no name of a plugin");
    assert_error(state, "[[inputs.\"a\\u0000b\"]]", "f:1: inputs.a: that is no name of a plugin");
}

static void test_document__finds_every_error(void **state)
{
    struct fixture *fixture = *state;
    assert_false(add(fixture, "agent = 1\n[inptus]\n[[aggregators.x]]\n[[inputs.x]]\n"));
    assert_int_equal(fixture->errors.count, 3);
    assert_plugins(fixture, "x");
}

static void test_document__knows_what_is_not_enabled(void **state)
{
    struct fixture *fixture = *state;
    setenv("VANE_T", "false", 1);
    assert_true(add(fixture, "[[inputs.a]]\n[[inputs.b]]\nenabled = false\n"
                             "[[inputs.c]]\nenabled = '${VANE_T}'\n"));
    assert_true(fixture->config.nodes[0].enabled);
    assert_false(fixture->config.nodes[1].enabled);
    assert_false(fixture->config.nodes[2].enabled);
}

static void test_document__sorts_processors_by_order(void **state)
{
    struct fixture *fixture = *state;
    write_file("a.toml", "[[processors.a]]\norder = 2\n[[inputs.x]]\n[[processors.b]]\norder = 1\n"
                         "[[processors.c]]\norder = 1\n[[processors.d]]\n");
    assert_true(read_files(fixture, "a.toml", NULL));
    assert_plugins(fixture, "d x b c a");
}

static void test_document__merges_files(void **state)
{
    struct fixture *fixture = *state;
    write_file("a.toml", "[agent]\ninterval = '1s'\n[global_tags]\na = '1'\n[[inputs.a]]\n");
    write_file("b.toml", "[agent]\ninterval = '2s'\n[tags]\nb = '1'\n[[inputs.b]]\n");
    assert_true(read_files(fixture, "a.toml", "b.toml"));
    assert_plugins(fixture, "a b");
    assert_int_equal(fixture->config.agent.count, 2);
    assert_int_equal(fixture->config.global_tags.count, 2);
    assert_int_equal(fixture->config.warnings.count, 1);
    assert_string_equal(fixture->config.warnings.lines[0],
                        "b.toml:1: agent: stands in a.toml, too: what is set here wins");
}

static void test_document__is_named_after_its_first_file(void **state)
{
    struct fixture *fixture = *state;
    write_file("bit.coin.toml", "");
    write_file("b.toml", "");
    assert_true(read_files(fixture, "bit.coin.toml", "b.toml"));
    assert_string_equal(fixture->config.name, "bit.coin");
}

static void test_document__is_named_after_its_folder(void **state)
{
    struct fixture *fixture = *state;
    mkdir("conf.d", 0700);
    assert_true(read_folder(fixture, "conf.d/"));
    assert_string_equal(fixture->config.name, "conf");
}

/* The error names the whole path, so that one sees in which folder was looked. */
static void assert_missing(const struct fixture *fixture, const char *name)
{
    char folder[512], wanted[1024];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(wanted, sizeof wanted, "%s/%s: No such file or directory", folder, name);
    assert_string_equal(fixture->errors.lines[0], wanted);
}

static void test_document__names_a_file_that_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    write_file("b.toml", "[[inputs.b]]\n");
    assert_false(read_files(fixture, "a.toml", "b.toml"));
    assert_int_equal(fixture->errors.count, 1);
    assert_missing(fixture, "a.toml");
    assert_plugins(fixture, "b");
}

static void test_document__does_not_read_a_folder_as_a_file(void **state)
{
    struct fixture *fixture = *state;
    assert_false(read_files(fixture, ".", NULL));
    assert_string_equal(fixture->errors.lines[0], ".: is a directory: name it with --config-directory");
}

static void test_document__does_not_wait_for_pipes_and_devices(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkfifo("pipe.toml", 0600), 0);
    assert_false(read_files(fixture, "pipe.toml", "/dev/zero"));
    assert_string_equal(fixture->errors.lines[0], "pipe.toml: is not a file, but a pipe or a device");
    assert_string_equal(fixture->errors.lines[1], "/dev/zero: is not a file, but a pipe or a device");
}

static void test_document__refuses_a_file_that_is_too_large(void **state)
{
    struct fixture *fixture = *state;
    write_file("a.toml", "");
    assert_int_equal(truncate("a.toml", CONFIG_SIZE_LIMIT), 0);
    assert_false(read_files(fixture, "a.toml", NULL));
    assert_null(strstr(fixture->errors.lines[0], "is larger"));
    write_file("b.toml", "");
    assert_int_equal(truncate("b.toml", 100 << 20), 0);
    assert_false(read_files(fixture, "b.toml", NULL));
    assert_string_equal(fixture->errors.lines[fixture->errors.count - 1], "b.toml: is larger than 16 MiB");
}

static void test_document__reads_folders_sorted_and_deep(void **state)
{
    struct fixture *fixture = *state;
    mkdir("d", 0700);
    mkdir("d/b", 0700);
    write_file("d/c.toml", "[[inputs.third]]\n");
    write_file("d/a.conf", "[[inputs.first]]\n");
    write_file("d/b/x.toml", "[[inputs.second]]\n");
    assert_true(read_folder(fixture, "d"));
    assert_plugins(fixture, "first second third");
    assert_string_equal(fixture->config.nodes[1].place.file, "d/b/x.toml");
}

static void test_document__leaves_other_files_in_folders_alone(void **state)
{
    struct fixture *fixture = *state;
    mkdir("d", 0700);
    mkdir("d/..data", 0700);
    write_file("d/..data/x.toml", "[[inputs.no]]\n");
    write_file("d/..x.toml", "[[inputs.no]]\n");
    write_file("d/x.toml~", "[[inputs.no]]\n");
    write_file("d/x.txt", "[[inputs.no]]\n");
    write_file("d/.toml", "[[inputs.no]]\n");
    assert_true(read_folder(fixture, "d"));
    assert_int_equal(fixture->config.node_count, 0);
}

static void test_document__follows_links_to_files_only(void **state)
{
    struct fixture *fixture = *state;
    mkdir("d", 0700);
    mkdir("d/..data", 0700);
    write_file("d/..data/x.toml", "[[inputs.x]]\n");
    assert_int_equal(symlink("..data/x.toml", "d/x.toml"), 0);
    assert_int_equal(symlink(".", "d/loop"), 0);
    assert_true(read_folder(fixture, "d"));
    assert_plugins(fixture, "x");
}

static void test_document__names_a_folder_that_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    assert_false(read_folder(fixture, "d"));
    assert_missing(fixture, "d");
}

static void test_document__is_found_by_the_environment(void **state)
{
    struct fixture *fixture = *state;
    write_file("x.toml", "[[inputs.x]]\n");
    setenv("VANE_CONFIG_PATH", "x.toml", 1);
    assert_true(config_read(&fixture->config, none, none, &fixture->errors));
    assert_plugins(fixture, "x");
    assert_string_equal(fixture->config.name, "x");
}

static void test_document__is_found_in_the_users_folder(void **state)
{
    struct fixture *fixture = *state;
    mkdir("xdg", 0700);
    mkdir("xdg/vane", 0700);
    write_file("xdg/vane/vane.toml", "[[inputs.x]]\n");
    setenv("XDG_CONFIG_HOME", "xdg", 1);
    assert_true(config_read(&fixture->config, none, none, &fixture->errors));
    assert_plugins(fixture, "x");
}

static void test_document__is_found_in_the_home_folder(void **state)
{
    struct fixture *fixture = *state;
    mkdir(".config", 0700);
    mkdir(".config/vane", 0700);
    write_file(".config/vane/vane.toml", "[[inputs.x]]\n");
    assert_true(config_read(&fixture->config, none, none, &fixture->errors));
    assert_plugins(fixture, "x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_document__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_the_nodes_of_a_file),
        TEST(refuses_sections_it_does_not_know),
        TEST(says_what_replaces_aggregators),
        TEST(says_what_replaces_secret_stores),
        TEST(wants_tables),
        TEST(wants_names_that_are_no_paths),
        TEST(finds_every_error),
        TEST(knows_what_is_not_enabled),
        TEST(sorts_processors_by_order),
        TEST(merges_files),
        TEST(is_named_after_its_first_file),
        TEST(is_named_after_its_folder),
        TEST(names_a_file_that_cannot_be_read),
        TEST(does_not_read_a_folder_as_a_file),
        TEST(does_not_wait_for_pipes_and_devices),
        TEST(refuses_a_file_that_is_too_large),
        TEST(reads_folders_sorted_and_deep),
        TEST(leaves_other_files_in_folders_alone),
        TEST(follows_links_to_files_only),
        TEST(names_a_folder_that_is_not_there),
        TEST(is_found_by_the_environment),
        TEST(is_found_in_the_users_folder),
        TEST(is_found_in_the_home_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
