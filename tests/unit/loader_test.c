/* Loading: every plugin that is wrong in one way is refused with the reason, and nothing of it runs. */
#include "core/loader.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[4200]; /* plugins/ beside this program */

static int find_directory(void **state)
{
    (void)state;
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash)
        return -1;
    snprintf(directory, sizeof directory, "%.*s/plugins", (int)(slash - program), program);
    return access(directory, R_OK);
}

static struct loader *open_loader(const char *where)
{
    const char *const directories[] = { where, NULL };
    return loader_new(directories);
}

static void test_loader__each_bad_plugin_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct { enum vane_role role; const char *name, *reason; } bad[] = {
        { VANE_PROCESSOR, "bad_major", "is built for plugin ABI 2, this vane has ABI 1" },
        { VANE_PROCESSOR, "bad_minor", "is built for a newer vane: plugin ABI 1.9, this one has 1.0" },
        { VANE_PROCESSOR, "bad_size", "has a damaged descriptor" },
        { VANE_PROCESSOR, "bad_callbacks", "is a processor and has no process callback" },
        { VANE_PROCESSOR, "bad_role", "has the unknown role 7" },
        { VANE_INPUT, "bad_both", "is an input and must have one of run and tick" },
        { VANE_OUTPUT, "bad_symbol", "is built for a newer vane: it needs vane_no_such_function" },
        { VANE_OUTPUT, "bad_preset", "limit" },
        { VANE_OUTPUT, "bad_offset", "limit" },
        { VANE_PROCESSOR, "bad_option", "workers" },
        { VANE_OUTPUT, "bad_help", "has a descriptor without name or help" },
        { VANE_OUTPUT, "bad_save", "must have both save and load, or neither" },
        { VANE_OUTPUT, "bad_flags", "has callbacks or flags that only an input may have" },
        { VANE_OUTPUT, "bad_int", "exports a vane_plugin that is no struct vane_plugin" },
        { VANE_OUTPUT, "bad_function", "exports a vane_plugin that is no struct vane_plugin" },
        { VANE_OUTPUT, "bad_export", "is not a vane plugin: it does not export vane_plugin" },
    };
    struct loader *loader = open_loader(directory);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = { 0 };
        assert_null(loader_get(loader, bad[i].role, bad[i].name, &err));
        if (!strstr(err.text, bad[i].reason) || !strstr(err.text, bad[i].name))
            fail_msg("%s: %s", bad[i].name, err.text);
    }
    loader_free(loader);
}

static void test_loader__the_ending_of_the_role_may_be_left_out(void **state)
{
    (void)state;
    struct loader *loader = open_loader(directory);
    struct error err;
    const struct vane_plugin *input = loader_get(loader, VANE_INPUT, "good", &err);
    assert_non_null(input);
    assert_string_equal(input->name, "good_in");
    assert_ptr_equal(loader_get(loader, VANE_INPUT, "good_in", &err), input);
    assert_string_equal(loader_get(loader, VANE_OUTPUT, "good", &err)->name, "good_out");
    assert_ptr_equal(loader_find(loader, "good_in", &err), input);
    loader_free(loader);
}

static void test_loader__what_an_older_plugin_does_not_have_is_zero(void **state)
{
    (void)state;
    struct loader *loader = open_loader(directory);
    struct error err;
    const struct vane_plugin *output = loader_get(loader, VANE_OUTPUT, "good", &err);
    assert_non_null(output);
    assert_null(output->save);
    assert_null(output->load);
    assert_string_equal(output->options[0].name, "limit");
    assert_string_equal(output->options[0].preset, "3");
    assert_true(output->options[0].least == 0 && !output->options[0].also);
    assert_null(output->options[1].name);
    loader_free(loader);
}

static void test_loader__a_plugin_of_another_role_is_not_taken_for_it(void **state)
{
    (void)state;
    struct loader *loader = open_loader(directory);
    struct error err;
    assert_null(loader_get(loader, VANE_INPUT, "good_out", &err));
    assert_string_equal(err.text, "'good_out' is one of the outputs, not of the inputs");
    loader_free(loader);
}

static void test_loader__a_missing_plugin_is_told_with_the_places(void **state)
{
    (void)state;
    struct loader *loader = open_loader(directory);
    struct error err;
    assert_null(loader_get(loader, VANE_OUTPUT, "nobody", &err));
    assert_non_null(strstr(err.text, "there is no output plugin 'nobody': looked for nobody_out.so and nobody.so in "));
    assert_non_null(strstr(err.text, directory));
    assert_null(loader_get(loader, VANE_OUTPUT, "../plugins/good_out", &err));
    loader_free(loader);
}

/* A copy of the good output in a folder of its own. */
static void copy_good(char folder[32], char path[64])
{
    char command[8600];
    snprintf(folder, 32, "/tmp/vane-plugins-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, 64, "%s/good_out.so", folder);
    snprintf(command, sizeof command, "cp '%s/good_out.so' '%s'", directory, path);
    assert_int_equal(system(command), 0);
}

static void test_loader__a_file_that_everybody_may_write_to_is_refused(void **state)
{
    (void)state;
    char folder[32], path[64];
    struct error err;
    copy_good(folder, path);
    assert_int_equal(chmod(path, 0666), 0);
    struct loader *loader = open_loader(folder);
    assert_null(loader_get(loader, VANE_OUTPUT, "good", &err));
    assert_non_null(strstr(err.text, "may be written to by everybody"));
    assert_int_equal(chmod(path, 0644), 0);
    assert_non_null(loader_get(loader, VANE_OUTPUT, "good", &err));
    loader_free(loader);
    unlink(path);
    rmdir(folder);
}

static void assert_refused(const char *folder, const char *name, const char *reason)
{
    struct error err = { 0 };
    struct loader *loader = open_loader(folder);
    assert_null(loader_get(loader, VANE_OUTPUT, name, &err));
    if (!strstr(err.text, reason) || !strstr(err.text, folder))
        fail_msg("not '%s': %s", reason, err.text);
    loader_free(loader);
}

/* Mapped as it is, such a file is a SIGBUS. */
static void test_loader__a_shared_object_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    char folder[32], path[64];
    struct stat status;
    copy_good(folder, path);
    assert_int_equal(stat(path, &status), 0);
    for (off_t length = status.st_size - 1; length >= 64; length -= status.st_size / 50) {
        assert_int_equal(truncate(path, length), 0);
        assert_refused(folder, "good", "is damaged: its headers speak of more than its");
    }
    assert_int_equal(truncate(path, 63), 0);
    assert_refused(folder, "good", "is not a shared object (it has 63 bytes)");
    unlink(path);
    rmdir(folder);
}

/* Writes bytes into the ELF header of a good plugin. */
static void spoil(const char *path, off_t at, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, bytes, length, at), length);
    close(fd);
}

static void test_loader__a_file_that_is_no_shared_object_is_refused(void **state)
{
    (void)state;
    static const struct { off_t at; const char *bytes; size_t length; const char *reason; } spoilt[] = {
        { 0, "#!/bin", 6, "is not a shared object (no ELF file)" },
        { offsetof(Elf64_Ehdr, e_type), "\1\0", 2, "is not a shared object (another kind of ELF file)" },
        { offsetof(Elf64_Ehdr, e_machine), "\x16\0", 2, "is built for another kind of machine" },
        { EI_CLASS, "\1", 1, "is built for another kind of machine" },
        { offsetof(Elf64_Ehdr, e_phoff), "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "is damaged" },
        { offsetof(Elf64_Ehdr, e_shoff), "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "is damaged" },
        { offsetof(Elf64_Ehdr, e_phentsize), "\1\0", 2, "is damaged: its program headers are of an unknown size" },
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        char folder[32], path[64];
        copy_good(folder, path);
        spoil(path, spoilt[i].at, spoilt[i].bytes, spoilt[i].length);
        assert_refused(folder, "good", spoilt[i].reason);
        unlink(path);
        rmdir(folder);
    }
}

static void test_loader__what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    char folder[32], path[64];
    copy_good(folder, path);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(folder, "good", "good_out.so is not a file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(folder, "good", "good_out.so is not a file");
    rmdir(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_refused(folder, "good", "good_out.so"); /* everybody may write to it, or it is none */
    unlink(path);
    rmdir(folder);
}

static void test_loader__offers_the_nearest_of_the_role(void **state)
{
    (void)state;
    static const struct { enum vane_role role; const char *name, *hint; } missing[] = {
        { VANE_INPUT, "god_in", "there is no input plugin 'god_in' (did you mean 'good_in'?): looked for " },
        { VANE_OUTPUT, "godo", "there is no output plugin 'godo' (did you mean 'good'?): looked for " },
        { VANE_OUTPUT, "coun", "there is no output plugin 'coun': looked for " },
        { VANE_PROCESSOR, "good", "there is no processor plugin 'good': looked for " },
        { VANE_INPUT, "tail", "there is no input plugin 'tail' (use inputs.file with tail = true): looked for " },
        { VANE_INPUT, "cpu", "there is no input plugin 'cpu' (Telegraf's plugin of this name is not there yet): " },
        { VANE_OUTPUT, "cpu", "there is no output plugin 'cpu': looked for " },
        { VANE_PROCESSOR, "starlark", "there is no processor plugin 'starlark' (use processors.lua): looked for " },
    };
    struct loader *loader = open_loader(directory);
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct error err = { 0 };
        assert_null(loader_get(loader, missing[i].role, missing[i].name, &err));
        if (!strstr(err.text, missing[i].hint))
            fail_msg("%s", err.text);
    }
    struct error err;
    assert_null(loader_find(loader, "god_out", &err));
    assert_non_null(strstr(err.text, "there is no plugin 'god_out' (did you mean 'good_out'?): looked for "));
    loader_free(loader);
}

struct visited {
    int good, bad;
};

static void note(void *context, const char *file, const struct vane_plugin *plugin, const char *error)
{
    struct visited *visited = context;
    if (strncmp(file, directory, strlen(directory)) != 0)
        return;
    visited->good += plugin != NULL;
    visited->bad += error != NULL;
    assert_int_equal(plugin == NULL, error != NULL);
}

static void test_loader__a_visit_tells_of_all_good_and_bad_ones(void **state)
{
    (void)state;
    struct loader *loader = open_loader(directory);
    struct visited visited = { 0 };
    loader_visit(loader, note, &visited);
    assert_true(visited.good >= 2);
    assert_true(visited.bad >= 14);
    loader_free(loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loader__each_bad_plugin_is_refused_with_its_reason),
        cmocka_unit_test(test_loader__the_ending_of_the_role_may_be_left_out),
        cmocka_unit_test(test_loader__what_an_older_plugin_does_not_have_is_zero),
        cmocka_unit_test(test_loader__a_plugin_of_another_role_is_not_taken_for_it),
        cmocka_unit_test(test_loader__a_missing_plugin_is_told_with_the_places),
        cmocka_unit_test(test_loader__a_file_that_everybody_may_write_to_is_refused),
        cmocka_unit_test(test_loader__a_shared_object_that_is_cut_off_is_refused),
        cmocka_unit_test(test_loader__what_is_no_file_is_refused_at_once),
        cmocka_unit_test(test_loader__offers_the_nearest_of_the_role),
        cmocka_unit_test(test_loader__a_file_that_is_no_shared_object_is_refused),
        cmocka_unit_test(test_loader__a_visit_tells_of_all_good_and_bad_ones),
    };
    return cmocka_run_group_tests(tests, find_directory, NULL);
}
