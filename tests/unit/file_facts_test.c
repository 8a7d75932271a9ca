/* Tests of plugins/shared/file_facts.h: in a folder of its own that is the current one. */
#include "plugins/shared/file_facts.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static int make_folder(void **state)
{
    static char folder[] = "/tmp/vane-facts-XXXXXX";
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

static void test_facts__identity_stays_with_the_file(void **state)
{
    (void)state;
    struct file_facts first, renamed, second;
    make_file("a");
    assert_true(file_facts_at("a", &first));
    assert_int_equal(rename("a", "b"), 0);
    make_file("a");
    assert_true(file_facts_at("b", &renamed));
    assert_true(file_facts_at("a", &second));
    assert_string_equal(first.id, renamed.id);
    assert_string_not_equal(first.id, second.id);
    unlink("a");
    unlink("b");
}

static void test_facts__size_and_missing_files(void **state)
{
    (void)state;
    struct file_facts facts;
    int fd = open("s", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "12345", 5), 5);
    assert_true(file_facts_of(fd, &facts));
    assert_int_equal(facts.size, 5);
    assert_true(S_ISREG(facts.mode));
    close(fd);
    unlink("s");
    assert_false(file_facts_at("s", &facts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts__identity_stays_with_the_file),
        cmocka_unit_test(test_facts__size_and_missing_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
