/* Tests of config/nearest.h. */
#include "config/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const names[] = { "brokers", "topic", "topics", "hostname", "kafka_in", "csv_metadata_rows",
                                     "csv_header_row_count", NULL };

static const char *nearest_to(const char *word)
{
    struct nearest nearest = { .word = word };
    for (size_t i = 0; names[i]; i++)
        nearest_offer(&nearest, names[i]);
    return nearest.name;
}

static void test_nearest__counts_each_slip_once(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("topics", "topics"), 0);
    assert_int_equal(nearest_distance("topics", "topcs"), 1);
    assert_int_equal(nearest_distance("topics", "toppics"), 1);
    assert_int_equal(nearest_distance("topics", "topixs"), 1);
    assert_int_equal(nearest_distance("topics", "topisc"), 1);
    assert_int_equal(nearest_distance("", "abc"), 3);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
}

static void test_nearest__ignores_case(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("Brokers", "bROKERS"), 0);
}

static void test_nearest__finds_the_name_that_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("broker"), "brokers");
    assert_string_equal(nearest_to("borkers"), "brokers");
    assert_string_equal(nearest_to("tpoics"), "topics");
}

static void test_nearest__takes_the_first_of_equally_near_ones(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("topicx"), "topic");
}

static void test_nearest__knows_a_name_by_its_beginning(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("host"), "hostname");
    assert_string_equal(nearest_to("kafka"), "kafka_in");
}

static void test_nearest__prefers_the_name_that_begins_alike(void **state)
{
    (void)state;
    assert_string_equal(nearest_to("csv_header_rows"), "csv_header_row_count");
}

static void test_nearest__finds_nothing_near_another_word(void **state)
{
    (void)state;
    assert_null(nearest_to("compression"));
    assert_null(nearest_to("x"));
    assert_null(nearest_to(""));
}

static void test_nearest__is_not_near_a_word_without_end(void **state)
{
    (void)state;
    char word[NEAREST_LENGTH_LIMIT + 100];
    for (size_t i = 0; i < sizeof word; i++)
        word[i] = 't';
    word[sizeof word - 1] = '\0';
    assert_null(nearest_to(word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest__counts_each_slip_once),
        cmocka_unit_test(test_nearest__ignores_case),
        cmocka_unit_test(test_nearest__finds_the_name_that_was_meant),
        cmocka_unit_test(test_nearest__takes_the_first_of_equally_near_ones),
        cmocka_unit_test(test_nearest__knows_a_name_by_its_beginning),
        cmocka_unit_test(test_nearest__prefers_the_name_that_begins_alike),
        cmocka_unit_test(test_nearest__finds_nothing_near_another_word),
        cmocka_unit_test(test_nearest__is_not_near_a_word_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
