#include "plugins/kafka_out/group.c"
#include "plugins/shared/memory.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct group_key key(const char *text)
{
    return (struct group_key){ text, text ? strlen(text) : 0 };
}

static void test_groups__know_what_came_last(void **state)
{
    (void)state;
    int topic = 0, other = 0;
    struct groups groups;
    groups_init(&groups, 4);
    size_t *last = groups_last(&groups, &topic, key("a"));
    assert_true(*last == GROUPS_NONE);
    *last = 7;
    char same[] = "a";
    assert_int_equal(*groups_last(&groups, &topic, key(same)), 7);
    assert_true(*groups_last(&groups, &other, key("a")) == GROUPS_NONE);
    assert_true(*groups_last(&groups, &topic, key("b")) == GROUPS_NONE);
    groups_release(&groups);
}

static void test_groups__tell_no_key_from_an_empty_one(void **state)
{
    (void)state;
    int topic = 0;
    struct groups groups;
    groups_init(&groups, 2);
    *groups_last(&groups, &topic, key(NULL)) = 1;
    assert_true(*groups_last(&groups, &topic, key("")) == GROUPS_NONE);
    assert_int_equal(*groups_last(&groups, &topic, key(NULL)), 1);
    groups_release(&groups);
}

static void test_groups__hold_as_many_as_were_asked_for(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static char texts[COUNT][8];
    int topic = 0;
    struct groups groups;
    groups_init(&groups, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "k%zu", i);
        *groups_last(&groups, &topic, key(texts[i])) = i;
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(*groups_last(&groups, &topic, key(texts[i])), i);
    groups_release(&groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups__know_what_came_last),
        cmocka_unit_test(test_groups__tell_no_key_from_an_empty_one),
        cmocka_unit_test(test_groups__hold_as_many_as_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
