#include "plugins/kafka_out/target.c"
#include "plugins/shared/memory.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "core/batch.h"

/* The topic of a series with the tags coin=btc, venue=a b; NULL: none, and why. */
static const char *expand(const char *template, struct vane_text *name, struct target_reason *reason)
{
    struct batch *batch = batch_new();
    struct vane_tag tags[] = { vane_tag("coin", "btc"), vane_tag("venue", "a b") };
    struct target target = { 0 };
    assert_true(target_compile(&target, template, reason));
    bool good = target_expand(&target, vane_series(&batch->view, "m", tags, 2), name, reason);
    target_release(&target);
    vane_batch_free(&batch->view);
    return good ? name->data : NULL;
}

static void test_target__puts_tags_into_the_name(void **state)
{
    (void)state;
    struct vane_text name = { 0 };
    struct target_reason reason;
    assert_string_equal(expand("prices", &name, &reason), "prices");
    assert_string_equal(expand("prices_{coin}", &name, &reason), "prices_btc");
    assert_string_equal(expand("{coin}", &name, &reason), "btc");
    assert_string_equal(expand("{coin}{coin}.x", &name, &reason), "btcbtc.x");
    vane_text_release(&name);
}

static void test_target__tells_which_tag_is_missing(void **state)
{
    (void)state;
    struct vane_text name = { 0 };
    struct target_reason reason;
    assert_null(expand("prices_{symbol}", &name, &reason));
    assert_non_null(strstr(reason.text, "\"symbol\""));
    vane_text_release(&name);
}

static void test_target__refuses_names_that_kafka_refuses(void **state)
{
    (void)state;
    struct vane_text name = { 0 };
    struct target_reason reason;
    assert_null(expand("prices_{venue}", &name, &reason));
    assert_string_equal(reason.text, "\"prices_a b\" is not a name that Kafka allows for a topic");
    vane_text_release(&name);
}

static void test_target__knows_when_it_is_constant(void **state)
{
    (void)state;
    struct target target = { 0 };
    struct target_reason reason;
    assert_true(target_compile(&target, "prices", &reason));
    assert_true(target_is_constant(&target));
    target_release(&target);
    assert_true(target_compile(&target, "prices{x}", &reason));
    assert_false(target_is_constant(&target));
    target_release(&target);
}

static void test_target__refuses_bad_templates(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "a{", "a{b", "{}", "a b", "a/b", "a}", ".", "..", "pr\xc3\xa9s" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct target target = { 0 };
        struct target_reason reason;
        if (target_compile(&target, bad[i], &reason))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_memory_equal(reason.text, "topic: ", 7);
        target_release(&target);
    }
}

static void test_target__knows_topics(void **state)
{
    (void)state;
    char name[251];
    memset(name, 'a', sizeof name - 1);
    name[250] = '\0';
    assert_false(target_is_topic(name, 250));
    name[249] = '\0';
    assert_true(target_is_topic(name, 249));
    assert_true(target_is_topic("a.B_c-9", 7));
    assert_true(target_is_topic("...", 3));
    assert_false(target_is_topic("..", 2));
    assert_false(target_is_topic("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target__puts_tags_into_the_name),
        cmocka_unit_test(test_target__tells_which_tag_is_missing),
        cmocka_unit_test(test_target__refuses_names_that_kafka_refuses),
        cmocka_unit_test(test_target__knows_when_it_is_constant),
        cmocka_unit_test(test_target__refuses_bad_templates),
        cmocka_unit_test(test_target__knows_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
