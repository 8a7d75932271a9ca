#include "tests/unit/forecast_doubles.h"

#include "plugins/forecast/saved_model.h"

#include <sys/stat.h>
#include <unistd.h>

static void assert_path(const struct vane_series *series, const char *field, const char *expected)
{
    struct vane_text path = { 0 };
    saved_model_path("m/{series}.json", series, field, &path);
    assert_string_equal(path.data, expected);
    vane_text_release(&path);
}

static void test_saved_model__a_path_says_measurement_tags_and_field(void **state)
{
    (void)state;
    struct vane_tag tags[] = { vane_tag("coin", "BTC"), vane_tag("venue", "x.y") };
    const struct vane_series series = { .name = "mess", .tags = tags, .tag_count = 2 };
    assert_path(&series, "value", "m/mess,coin=BTC,venue=x.y.value.json");
}

static void test_saved_model__no_name_leaves_its_folder_or_is_that_of_another_series(void **state)
{
    (void)state;
    struct vane_tag tags[] = { vane_tag("a", "../b,c=d") };
    const struct vane_series climbing = { .name = "../..", .tags = tags, .tag_count = 1 };
    assert_path(&climbing, "..", "m/%2E.%2F..,a=%2E.%2Fb%2Cc%3Dd.%2E%2E.json");
    const struct vane_series dotted = { .name = "a.b" }, plain = { .name = "a" };
    assert_path(&dotted, "c", "m/a.b.c.json");
    assert_path(&plain, "b.c", "m/a.b%2Ec.json");
}

static void test_saved_model__long_names_end_in_a_hash(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct vane_series one = { .name = name, .hash = 1 }, other = { .name = name, .hash = 2 };
    struct vane_text first = { 0 }, second = { 0 }, third = { 0 };
    saved_model_path("{series}", &one, "v", &first);
    saved_model_path("{series}", &other, "v", &second);
    saved_model_path("{series}", &one, "w", &third);
    assert_int_equal(first.length, 217);
    assert_string_not_equal(first.data, second.data);
    assert_string_not_equal(first.data, third.data);
    vane_text_release(&first);
    vane_text_release(&second);
    vane_text_release(&third);
}

static void test_saved_model__a_file_is_replaced_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/saved_model_XXXXXX", path[64], draft[80];
    struct prophet_error err;
    struct prophet_frame none = { 0 };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/b.json", folder);
    snprintf(draft, sizeof draft, "%s.new", path);
    const struct prophet *model = (const struct prophet *)(const void *)folder; /* the double looks whether it is there */
    for (int i = 0; i < 2; i++)
        assert_true(saved_model_write(path, model, &none, &err));
    assert_int_equal(access(path, R_OK), 0);
    assert_int_not_equal(access(draft, F_OK), 0);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", folder);
    assert_false(saved_model_write(path, model, &none, &err)); /* a folder is there */
    rmdir(path);
    assert_false(saved_model_write("/proc/none/x", model, &none, &err));
    assert_non_null(strstr(err.text, "/proc/none/x.new"));
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_model__a_path_says_measurement_tags_and_field),
        cmocka_unit_test(test_saved_model__no_name_leaves_its_folder_or_is_that_of_another_series),
        cmocka_unit_test(test_saved_model__long_names_end_in_a_hash),
        cmocka_unit_test(test_saved_model__a_file_is_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
