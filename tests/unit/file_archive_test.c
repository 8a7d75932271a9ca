/* Tests of plugins/file_out/archive.h: in a folder of its own that is the current one. */
#include "plugins/file_out/archive.c"
#include "plugins/shared/memory.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static const int64_t NOON = INT64_C(1648522311673046000);

static int make_folder(void **state)
{
    static char folder[] = "/tmp/vane-archive-XXXXXX";
    *state = mkdtemp(folder);
    return !*state || chdir(folder) != 0;
}

static int remove_folder(void **state)
{
    return chdir("/") != 0 || rmdir(*state) != 0;
}

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void test_archive__names_tell_the_time(void **state)
{
    (void)state;
    struct vane_text name = { 0 };
    archive_name(&name, "logs/m.lp", NOON);
    assert_string_equal(name.data, "logs/m.lp.20220329-025151-673046");
    assert_true(archive_is_of(name.data + 5, "m.lp"));
    vane_text_release(&name);
}

static void test_archive__other_names_are_none(void **state)
{
    (void)state;
    assert_false(archive_is_of("m.lp", "m.lp"));
    assert_false(archive_is_of("m.lp.1", "m.lp"));
    assert_false(archive_is_of("m.lp.20220329-025151-67304", "m.lp"));
    assert_false(archive_is_of("m.lp.20220329-025151-673046.gz", "m.lp"));
    assert_false(archive_is_of("m.lp.2022032x-025151-673046", "m.lp"));
    assert_false(archive_is_of("n.lp.20220329-025151-673046", "m.lp"));
}

static void test_archive__list_is_sorted_by_age(void **state)
{
    (void)state;
    static const int64_t ages[] = { 86400, 1, 3600, 0 };
    struct vane_text name = { 0 };
    struct archives archives = { 0 };
    make_file("m.lp");
    make_file("m.lp.1");
    for (size_t i = 0; i < 4; i++) {
        vane_text_clear(&name);
        archive_name(&name, "m.lp", NOON - ages[i] * SECOND);
        make_file(name.data);
    }
    archives_list(&archives, "./m.lp");
    assert_int_equal(archives.count, 4);
    assert_string_equal(archives.items[0], "./m.lp.20220328-025151-673046");
    assert_string_equal(archives.items[3], "./m.lp.20220329-025151-673046");
    for (size_t i = 0; i < archives.count; i++)
        unlink(archives.items[i]);
    unlink("m.lp");
    unlink("m.lp.1");
    archives_release(&archives);
    vane_text_release(&name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive__names_tell_the_time),
        cmocka_unit_test(test_archive__other_names_are_none),
        cmocka_unit_test(test_archive__list_is_sorted_by_age),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
