/* Tests of plugins/file_in/paths.h: in a folder of its own that is the current one. */
#include "plugins/file_in/paths.c"
#include "plugins/shared/memory.c"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/vane-paths-XXXXXX";

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int make_tree(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    static const char *const folders[] = { "a", "a/b", "a/b/c", "a/.hidden", "z" };
    static const char *const files[] = { "1.lp", "2.lp", "10.lp", ".dot.lp", "a/x.lp",
                                         "a/b/x.lp", "a/b/c/x.lp", "a/b/c/y.txt", "a/.hidden/x.lp",
                                         "z/x.lp", "z/[x].lp" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(folders[i], 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        make_file(files[i]);
    assert_int_equal(symlink("..", "a/b/up"), 0);
    assert_int_equal(symlink("../z", "a/link"), 0);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return remove(path);
}

static int remove_tree(void **state)
{
    (void)state;
    return chdir("/") != 0 || nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}

/* The paths in one text, divided by spaces. */
static void check_list(const struct paths *paths, const char *expected)
{
    struct vane_text text = { 0 };
    vane_text_add(&text, "", 0);
    for (size_t i = 0; i < paths->count; i++)
        vane_text_addf(&text, "%s%s", i ? " " : "", paths->items[i]);
    assert_string_equal(text.data, expected);
    vane_text_release(&text);
}

static void check_pattern(const char *pattern, const char *expected_files, const char *expected_folders)
{
    struct paths files = { 0 }, folders = { 0 };
    paths_expand(&files, &folders, pattern);
    check_list(&files, expected_files);
    if (expected_folders)
        check_list(&folders, expected_folders);
    paths_release(&files);
    paths_release(&folders);
}

static void test_paths__star_stays_in_its_folder(void **state)
{
    (void)state;
    check_pattern("*.lp", "1.lp 10.lp 2.lp", ".");
    check_pattern("?.lp", "1.lp 2.lp", ".");
    check_pattern("[!1].lp", "2.lp", ".");
    check_pattern("*/x.lp", "a/x.lp z/x.lp", ".");
    check_pattern("a/*/x.lp", "a/b/x.lp a/link/x.lp", "a");
}

static void test_paths__folders_and_hidden_files_are_left_out(void **state)
{
    (void)state;
    check_pattern("*", "1.lp 10.lp 2.lp", ".");
    check_pattern(".*.lp", ".dot.lp", ".");
    check_pattern("a/.h*/x.lp", "a/.hidden/x.lp", "a");
}

static void test_paths__two_stars_go_deep_and_not_through_links(void **state)
{
    (void)state;
    check_pattern("a/**/x.lp", "a/b/c/x.lp a/b/x.lp a/x.lp", "a a/b a/b/c");
    check_pattern("a/**.lp", "a/b/c/x.lp a/b/x.lp a/x.lp", "a a/b a/b/c");
    check_pattern("a/**", "a/b/c/x.lp a/b/c/y.txt a/b/x.lp a/x.lp", "a a/b a/b/c");
    check_pattern("**/c/**/*.txt", "a/b/c/y.txt", NULL);
    check_pattern("****.txt", "a/b/c/y.txt", NULL);
}

static void test_paths__a_file_is_named_once(void **state)
{
    (void)state;
    check_pattern("**/**/x.lp", "a/b/c/x.lp a/b/x.lp a/x.lp z/x.lp", ". a a/b a/b/c z");
}

static void test_paths__absolute_patterns_and_double_slashes(void **state)
{
    (void)state;
    struct vane_text pattern = { 0 }, expected = { 0 };
    vane_text_addf(&pattern, "%s//a//*.lp", folder);
    vane_text_addf(&expected, "%s/a/x.lp", folder);
    check_pattern(pattern.data, expected.data, NULL);
    vane_text_release(&pattern);
    vane_text_release(&expected);
}

static void test_paths__a_backslash_takes_the_meaning(void **state)
{
    (void)state;
    check_pattern("z/\\[x\\].l*", "z/[x].lp", "z");
}

static void test_paths__what_does_not_exist_is_nothing(void **state)
{
    (void)state;
    check_pattern("none/*.lp", "", "none");
    check_pattern("1.lp/*", "", "1.lp");
    check_pattern("*/", "", ".");
}

static void test_paths__folder_of_a_path(void **state)
{
    (void)state;
    struct paths folders = { 0 };
    paths_add_folder_of(&folders, "x.lp");
    paths_add_folder_of(&folders, "/x.lp");
    paths_add_folder_of(&folders, "/a/b/x.lp");
    check_list(&folders, ". / /a/b");
    paths_release(&folders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths__star_stays_in_its_folder),
        cmocka_unit_test(test_paths__folders_and_hidden_files_are_left_out),
        cmocka_unit_test(test_paths__two_stars_go_deep_and_not_through_links),
        cmocka_unit_test(test_paths__a_file_is_named_once),
        cmocka_unit_test(test_paths__absolute_patterns_and_double_slashes),
        cmocka_unit_test(test_paths__a_backslash_takes_the_meaning),
        cmocka_unit_test(test_paths__what_does_not_exist_is_nothing),
        cmocka_unit_test(test_paths__folder_of_a_path),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
