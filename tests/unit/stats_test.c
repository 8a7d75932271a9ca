/* Counters, gauges, latencies. */
#include "core/stats.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void test_stats__counters_add_up_from_all_threads(void **state)
{
    (void)state;
    struct stats stats = { 0 };
    stats_add(&stats, STATS_OUT, 3);
    stats_add(&stats, STATS_OUT, 4);
    assert_int_equal(stats_get(&stats, STATS_OUT), 7);
    assert_int_equal(stats_get(&stats, STATS_IN), 0);
    stats_release(&stats);
}

static void test_stats__a_name_is_found_again_by_its_text(void **state)
{
    (void)state;
    struct stats stats = { 0 };
    char name[] = "reconnects";
    struct stats_named *first = stats_find(&stats, "reconnects", false);
    assert_ptr_equal(stats_find(&stats, name, false), first);
    assert_ptr_not_equal(stats_find(&stats, "lag", true), first);
    assert_ptr_equal(stats_find(&stats, "reconnects", false), first);
    stats_release(&stats);
    assert_null(atomic_load(&stats.named));
}

static void test_stats__latency_quantiles_are_within_a_quarter_octave(void **state)
{
    (void)state;
    static const int64_t times[] = { 2000, 50000, 1000000, 123456789, 5000000000, 3600000000000 };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct stats stats = { 0 };
        stats_latency(&stats, times[i], 100);
        double found = (double)stats_latency_quantile(&stats, 0.5), exact = (double)times[i];
        assert_true(found >= exact * 0.999 && found <= exact * 1.2);
        assert_true(stats_latency_quantile(&stats, 0.99) == stats_latency_quantile(&stats, 0.01));
    }
}

static void test_stats__quantiles_part_the_metrics(void **state)
{
    (void)state;
    struct stats stats = { 0 };
    assert_int_equal(stats_latency_quantile(&stats, 0.5), 0);
    stats_latency(&stats, 1000000, 90);
    stats_latency(&stats, 1000000000, 10);
    assert_true(stats_latency_quantile(&stats, 0.5) < 2000000);
    assert_true(stats_latency_quantile(&stats, 0.9) < 2000000);
    assert_true(stats_latency_quantile(&stats, 0.99) >= 1000000000);
}

static void test_stats__times_out_of_range_are_at_the_low_end_or_not_counted(void **state)
{
    (void)state;
    struct stats stats = { 0 };
    stats_latency(&stats, -5, 1);
    stats_latency(&stats, 0, 1);
    assert_true(stats_latency_quantile(&stats, 1) <= 1200);
    stats_latency(&stats, INT64_MAX, 1); /* of a replay */
    assert_true(stats_latency_quantile(&stats, 1) <= 1200);
}

struct racing {
    struct stats stats;
    atomic_bool  done;
};

static void *read_names(void *context)
{
    struct racing *racing = context;
    size_t wrong = 0;
    while (!atomic_load(&racing->done))
        for (struct stats_named *named = atomic_load(&racing->stats.named); named; named = named->next)
            wrong += named->name[0] != 'n' || atomic_load(&named->count) > 1;
    return wrong ? context : NULL;
}

static void test_stats__names_may_be_read_while_they_are_added(void **state)
{
    (void)state;
    static char names[200][8];
    struct racing racing = { 0 };
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_names, &racing), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        atomic_fetch_add(&stats_find(&racing.stats, names[i], false)->count, 1);
    }
    atomic_store(&racing.done, true);
    void *wrong;
    pthread_join(reader, &wrong);
    assert_null(wrong);
    stats_release(&racing.stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats__counters_add_up_from_all_threads),
        cmocka_unit_test(test_stats__a_name_is_found_again_by_its_text),
        cmocka_unit_test(test_stats__latency_quantiles_are_within_a_quarter_octave),
        cmocka_unit_test(test_stats__quantiles_part_the_metrics),
        cmocka_unit_test(test_stats__times_out_of_range_are_at_the_low_end_or_not_counted),
        cmocka_unit_test(test_stats__names_may_be_read_while_they_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
