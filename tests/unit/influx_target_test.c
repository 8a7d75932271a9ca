/* Tests of plugins/influx_out/target.h. */
#include "plugins/influx_out/target.c"
#include "plugins/shared/url.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void check_url(const struct influx *influx, const char *bucket, const char *policy,
                      const char *expected)
{
    struct vane_text url = { 0 };
    struct server server = { .base = (char[]){ "http://h:1/p" } };
    target_add_write_url(&url, influx, &server, &(struct target){ bucket, policy });
    assert_string_equal(url.data, expected);
    vane_text_release(&url);
}

static void test_target__urls_of_the_apis(void **state)
{
    (void)state;
    struct influx influx = { .api = INFLUX_V1, .precision = INFLUX_US };
    check_url(&influx, "a b", "", "http://h:1/p/write?db=a%20b&precision=u&consistency=any");
    check_url(&influx, "a", "r/1", "http://h:1/p/write?db=a&rp=r%2F1&precision=u&consistency=any");
    influx = (struct influx){ .api = INFLUX_V2, .organization = "\xc3\xb6&", .precision = INFLUX_US };
    check_url(&influx, "a", "", "http://h:1/p/api/v2/write?org=%C3%B6%26&bucket=a&precision=us");
    influx = (struct influx){ .api = INFLUX_V3, .precision = INFLUX_NS };
    check_url(&influx, "a", "", "http://h:1/p/api/v3/write_lp?db=a&precision=nanosecond");
}

static void test_target__a_missing_organization_is_left_out(void **state)
{
    (void)state;
    struct influx influx = { .api = INFLUX_V2, .organization = "" };
    check_url(&influx, "a", "", "http://h:1/p/api/v2/write?bucket=a&precision=ns");
}

static void check_api(struct influx influx, enum influx_api expected)
{
    const char *why = NULL;
    assert_int_equal(target_api(&influx, &why), expected);
    assert_int_equal(why == NULL, expected != INFLUX_AUTO);
}

static void test_target__the_api_follows_from_the_options(void **state)
{
    (void)state;
    check_api((struct influx){ .bucket = "b" }, INFLUX_V2);
    check_api((struct influx){ .bucket_tag = "b", .token = "t" }, INFLUX_V2);
    check_api((struct influx){ .database = "d", .bucket = "" }, INFLUX_V1);
    check_api((struct influx){ .database_tag = "d" }, INFLUX_V1);
    check_api((struct influx){ .api = INFLUX_V3, .database = "d" }, INFLUX_V3);
    check_api((struct influx){ .api = INFLUX_V1, .bucket = "b" }, INFLUX_V1);
    check_api((struct influx){ .token = "t" }, INFLUX_AUTO);
    check_api((struct influx){ .api = INFLUX_V2 }, INFLUX_AUTO);
    check_api((struct influx){ .database = "d", .bucket = "b" }, INFLUX_AUTO);
}

static void test_target__bucket_and_database_stand_for_each_other(void **state)
{
    (void)state;
    struct influx influx = { .api = INFLUX_V1, .bucket = "b", .bucket_tag = "t", .retention_policy = "r" };
    assert_string_equal(target_default(&influx).bucket, "b");
    assert_string_equal(target_default(&influx).policy, "r");
    assert_string_equal(target_bucket_tag(&influx), "t");
    influx.database = "d";
    assert_string_equal(target_default(&influx).bucket, "d");
    influx.api = INFLUX_V2;
    assert_string_equal(target_default(&influx).bucket, "b");
    assert_string_equal(target_default(&influx).policy, "");
}

static void test_target__names_of_databases_are_quoted(void **state)
{
    (void)state;
    struct vane_text form = { 0 };
    target_add_create_form(&form, &(struct target){ "a\"b\\&", "" });
    assert_string_equal(form.data, "q=CREATE%20DATABASE%20%22a%5C%22b%5C%5C%26%22");
    vane_text_release(&form);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target__urls_of_the_apis),
        cmocka_unit_test(test_target__a_missing_organization_is_left_out),
        cmocka_unit_test(test_target__the_api_follows_from_the_options),
        cmocka_unit_test(test_target__bucket_and_database_stand_for_each_other),
        cmocka_unit_test(test_target__names_of_databases_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
