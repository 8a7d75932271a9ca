/* Tests of config/secret.h. */
#include "config/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* A folder that holds the file "token". */
struct fixture {
    char folder[64], path[80], reference[96];
};

static int set_up(void **state)
{
    struct fixture *fixture = test_malloc(sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "%s/vane-secret-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/token", fixture->folder);
    snprintf(fixture->reference, sizeof fixture->reference, "@{file:%s}", fixture->path);
    setenv("CREDENTIALS_DIRECTORY", fixture->folder, 1);
    setenv("VANE_T", "hunter2", 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    remove(fixture->path);
    rmdir(fixture->folder);
    test_free(fixture);
    return 0;
}

static void write_token(const struct fixture *fixture, const char *bytes, size_t length)
{
    FILE *file = fopen(fixture->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void assert_resolves(const char *text, const char *expected)
{
    struct vane_text out = { 0 };
    struct error err = { "" };
    vane_text_add(&out, "", 0);
    if (!secret_resolve(&out, text, strlen(text), &err))
        fail_msg("%s", err.text);
    assert_string_equal(out.data, expected);
    vane_text_release(&out);
}

static void assert_refused(const char *text, const char *why)
{
    struct vane_text out = { 0 };
    struct error err = { "" };
    assert_false(secret_resolve(&out, text, strlen(text), &err));
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
    assert_null(strstr(err.text, "hunter2"));
    vane_text_release(&out);
}

static void test_secret__may_stand_in_the_configuration(void **state)
{
    (void)state;
    assert_resolves("abc=", "abc=");
    assert_resolves("", "");
    assert_resolves("@{", "@{");
}

static void test_secret__may_be_in_the_environment(void **state)
{
    (void)state;
    assert_resolves("${VANE_T}", "hunter2");
    assert_resolves("Bearer ${VANE_T}", "Bearer hunter2");
}

static void test_secret__may_be_in_a_file(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "abc", 3);
    assert_resolves(fixture->reference, "abc");
}

static void test_secret__loses_one_newline(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, " a\nb \n", 6);
    assert_resolves(fixture->reference, " a\nb ");
    write_token(fixture, "abc\r\n", 5);
    assert_resolves(fixture->reference, "abc");
    write_token(fixture, "abc\n\n", 5);
    assert_resolves(fixture->reference, "abc\n");
}

static void test_secret__may_be_a_credential(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "abc\n", 4);
    assert_resolves("@{credential:token}", "abc");
}

static void test_secret__of_a_file_may_be_named_by_a_variable(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "abc", 3);
    assert_resolves("@{file:${CREDENTIALS_DIRECTORY}/token}", "abc");
}

static void test_secret__is_not_looked_into(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "${VANE_T}@{file:/x}", 19);
    assert_resolves(fixture->reference, "${VANE_T}@{file:/x}");
    setenv("VANE_T", "@{file:/x}", 1);
    assert_resolves("${VANE_T}", "@{file:/x}");
}

static void test_secret__names_the_file_that_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture->reference, fixture->path);
    assert_refused(fixture->reference, "No such file");
}

static void test_secret__wants_a_regular_file(void **state)
{
    struct fixture *fixture = *state;
    assert_refused("@{file:/dev/zero}", "Invalid argument");
    assert_refused("@{file:/}", "Is a directory");
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_refused(fixture->reference, "Invalid argument");
}

static void test_secret__is_neither_empty_nor_endless_nor_binary(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "\n", 1);
    assert_refused(fixture->reference, "is empty");
    write_token(fixture, "hunter2\0x", 9);
    assert_refused(fixture->reference, "NUL");
    static char large[SECRET_SIZE_LIMIT + 1];
    memset(large, 'x', sizeof large);
    write_token(fixture, large, sizeof large);
    assert_refused(fixture->reference, "File too large");
    write_token(fixture, large, sizeof large - 1);
    struct vane_text out = { 0 };
    struct error err;
    assert_true(secret_resolve(&out, fixture->reference, strlen(fixture->reference), &err));
    vane_text_release(&out);
}

static void test_secret__wants_the_name_of_a_credential(void **state)
{
    (void)state;
    assert_refused("@{credential:}", "is no name");
    assert_refused("@{credential:../token}", "is no name");
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_refused("@{credential:token}", "CREDENTIALS_DIRECTORY is not set");
}

static void test_secret__has_no_other_store(void **state)
{
    (void)state;
    assert_refused("@{vault:token}", "nowhere else");
    assert_refused("@{}", "nowhere else");
    assert_refused("@{file:${VANE_T}", "has no }");
}

static void test_secret__is_the_whole_value(void **state)
{
    struct fixture *fixture = *state;
    write_token(fixture, "abc", 3);
    assert_refused("Bearer @{file:/etc/token}", "whole value");
    assert_refused("@{credential:token}!", "whole value");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_secret__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(may_stand_in_the_configuration),
        TEST(may_be_in_the_environment),
        TEST(may_be_in_a_file),
        TEST(loses_one_newline),
        TEST(may_be_a_credential),
        TEST(of_a_file_may_be_named_by_a_variable),
        TEST(is_not_looked_into),
        TEST(names_the_file_that_is_not_there),
        TEST(wants_a_regular_file),
        TEST(is_neither_empty_nor_endless_nor_binary),
        TEST(wants_the_name_of_a_credential),
        TEST(has_no_other_store),
        TEST(is_the_whole_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
