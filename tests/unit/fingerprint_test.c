/* Fingerprints: what makes a reload replace a node, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/fingerprint.h"

static uint64_t of(const char *text)
{
    struct config_errors errors = { 0 };
    struct arena *arena = arena_new(1024);
    const struct toml_table *table = toml_parse(arena, "test", text, strlen(text), &errors);
    assert_non_null(table);
    const struct options_source source = { .key = "test", .tables = &table, .count = 1 };
    uint64_t hash = fingerprint_of(&source, (const char *const[]){ "left_out", NULL });
    arena_unref(arena);
    errors_release(&errors);
    return hash;
}

static void test_fingerprint__is_of_what_a_table_says(void **state)
{
    (void)state;
    uint64_t first = of("a = 1\nb = [\"x\", \"y\"]\n[c]\nd = 1.5\n");
    assert_true(of("# other words\nb = [ 'x', 'y' ]\na = 0x1\nc = { d = 15e-1 }\n") == first);
    assert_true(of("left_out = true\na = 1\nb = [\"x\", \"y\"]\n[c]\nd = 1.5\n") == first);
    static const char *const others[] = {
        "a = 2\nb = [\"x\", \"y\"]\n[c]\nd = 1.5\n", "a = 1\nb = [\"y\", \"x\"]\n[c]\nd = 1.5\n",
        "a = 1\nb = [\"x\"]\n[c]\nd = 1.5\n", "a = 1\nb = [\"x\", \"y\"]\n[c]\nd = 2.5\n",
        "a = 1.0\nb = [\"x\", \"y\"]\n[c]\nd = 1.5\n",
        "b = [\"x\", \"y\"]\n[c]\nd = 1.5\n", "a = true\nb = [\"x\", \"y\"]\n[c]\nd = 1.5\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(of(others[i]) != first);
}

static void append(const char *path)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("more", file);
    fclose(file);
}

static void test_fingerprint__sees_that_a_file_has_changed_unless_it_is_data(void **state)
{
    (void)state;
    static const struct { const char *format; bool data; } cases[] = {
        { "script = \"%s\"", false }, { "token = \"@{file:%s}\"", false }, { "tls = { ca = \"%s\" }", false },
        { "files = [\"%s\"]", true }, { "dead_letter = \"%s\"", true },
    };
    char path[] = "/tmp/vane-fingerprint-XXXXXX", text[200];
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, cases[i].format, path);
        uint64_t before = of(text);
        append(path);
        assert_int_equal(of(text) == before, cases[i].data);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprint__is_of_what_a_table_says),
        cmocka_unit_test(test_fingerprint__sees_that_a_file_has_changed_unless_it_is_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
