#include "plugins/forecast/history.c"
#include "plugins/shared/memory.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { RECORDS = 4096 };

/* What has been written: the newest bytes of each chunk. */
struct shelf {
    char  *bytes[RECORDS]; /* NULL: none, or gone */
    size_t lengths[RECORDS];
    size_t writes, deletes;
};

static void shelve(void *context, uint64_t number, const void *bytes, size_t length)
{
    struct shelf *shelf = context;
    assert_true(number < RECORDS);
    free(shelf->bytes[number]);
    shelf->bytes[number] = NULL;
    shelf->writes += bytes != NULL;
    shelf->deletes += bytes == NULL;
    if (!bytes)
        return;
    shelf->bytes[number] = memory_zero(length);
    memcpy(shelf->bytes[number], bytes, length);
    shelf->lengths[number] = length;
}

static void shelf_empty(struct shelf *shelf)
{
    for (size_t i = 0; i < RECORDS; i++)
        free(shelf->bytes[i]);
    *shelf = (struct shelf){ 0 };
}

static void save(struct history *history, bool full, struct shelf *shelf)
{
    history_save(history, full, &(struct history_writer){ shelve, shelf });
}

static void load(struct history *history, const struct shelf *shelf)
{
    for (uint64_t i = 0; i < RECORDS; i++)
        if (shelf->bytes[i])
            assert_true(history_load(history, i, shelf->bytes[i], shelf->lengths[i]));
}

static void add(struct history *history, int64_t time)
{
    const double row[2] = { (double)time * 10, (double)time * 100 };
    history_add(history, time, row);
}

static void assert_times(const struct history *history, const int64_t *times, size_t count)
{
    assert_int_equal(history->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(history_times(history)[i], times[i]);
}

static void assert_same(const struct history *a, const struct history *b)
{
    assert_int_equal(a->count, b->count);
    if (!a->count)
        return;
    assert_memory_equal(history_times(a), history_times(b), a->count * sizeof(int64_t));
    for (size_t i = 0; i < a->limits->columns; i++)
        assert_memory_equal(history_column(a, i), history_column(b, i), a->count * sizeof(double));
}

static void test_history__keeps_what_is_young_enough(void **state)
{
    (void)state;
    const struct history_limits limits = { .span = 10, .points = 100, .columns = 2 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 1; time <= 100; time++)
        add(&history, time);
    assert_int_equal(history.count, 10);
    assert_int_equal(history_oldest(&history), 91);
    assert_int_equal(history_newest(&history), 100);
    assert_true(history_column(&history, 0)[0] == 910 && history_column(&history, 1)[9] == 10000);
    history_release(&history);
}

static void test_history__keeps_at_most_so_many_points(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 5, .columns = 2 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 0; time < 1000; time++)
        add(&history, time);
    assert_times(&history, (int64_t[]){ 995, 996, 997, 998, 999 }, 5);
    assert_true(history.room <= 64);
    history_release(&history);
}

static void test_history__puts_a_late_point_in_its_place(void **state)
{
    (void)state;
    const struct history_limits limits = { .span = 50, .points = 5, .columns = 2 };
    const double row[2] = { 1, 2 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 10; time <= 40; time += 10)
        assert_int_equal(history_add(&history, time, row), HISTORY_NEWEST);
    assert_int_equal(history_add(&history, 25, row), HISTORY_LATE);
    assert_times(&history, (int64_t[]){ 10, 20, 25, 30, 40 }, 5);
    assert_int_equal(history_add(&history, 5, row), HISTORY_TOO_OLD); /* the oldest of six */
    assert_int_equal(history_add(&history, 15, row), HISTORY_LATE);   /* and now 10 is */
    assert_times(&history, (int64_t[]){ 15, 20, 25, 30, 40 }, 5);
    assert_int_equal(history_add(&history, -10, row), HISTORY_TOO_OLD);
    history_release(&history);
}

static void test_history__keeps_points_of_one_time_in_order(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 10, .columns = 1 };
    struct history history;
    history_init(&history, &limits);
    history_add(&history, 1, (double[]){ 1 });
    history_add(&history, 2, (double[]){ 4 });
    history_add(&history, 1, (double[]){ 2 });
    history_add(&history, 1, (double[]){ 3 });
    assert_int_equal(history_add(&history, 2, (double[]){ 5 }), HISTORY_NEWEST);
    for (int i = 0; i < 5; i++)
        assert_true(history_column(&history, 0)[i] == i + 1);
    history_release(&history);
}

static void test_history__times_at_the_edge_of_the_range(void **state)
{
    (void)state;
    const struct history_limits limits = { .span = INT64_MAX, .points = 10, .columns = 2 };
    struct history history;
    history_init(&history, &limits);
    add(&history, INT64_MIN + 1);
    assert_int_equal(history.count, 1);
    add(&history, INT64_MAX);
    assert_times(&history, (int64_t[]){ INT64_MAX }, 1);
    history_release(&history);
}

/* ---- Saving ---- */

static void test_history__a_save_writes_what_came_since_the_last(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 20000, .columns = 2 };
    struct shelf shelf = { 0 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 0; time < 10000; time++)
        add(&history, time);
    save(&history, false, &shelf);
    size_t before = shelf.writes;
    for (int64_t time = 10000; time < 10005; time++)
        add(&history, time);
    save(&history, false, &shelf);
    assert_true(shelf.writes - before <= 2);
    save(&history, false, &shelf);
    assert_true(shelf.writes - before <= 2);
    shelf_empty(&shelf);
    history_release(&history);
}

static void test_history__a_late_point_costs_one_chunk(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 20000, .columns = 2 };
    struct shelf shelf = { 0 };
    struct history history, again;
    history_init(&history, &limits);
    history_init(&again, &limits);
    for (int64_t time = 0; time < 2000; time += 2)
        add(&history, time);
    save(&history, false, &shelf);
    size_t before = shelf.writes;
    add(&history, 501);
    save(&history, false, &shelf);
    assert_int_equal(shelf.writes - before, 1);
    load(&again, &shelf);
    assert_same(&history, &again);
    shelf_empty(&shelf);
    history_release(&history);
    history_release(&again);
}

static void test_history__chunks_that_are_gone_are_deleted(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 100, .columns = 2 };
    struct shelf shelf = { 0 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 0; time < 3000; time++) {
        add(&history, time);
        if (time % 7 == 0)
            save(&history, false, &shelf);
    }
    size_t standing = 0;
    for (size_t i = 0; i < RECORDS; i++)
        standing += shelf.bytes[i] != NULL;
    assert_true(standing <= 100 / HISTORY_CHUNK + 2);
    history_clear(&history);
    save(&history, false, &shelf);
    for (size_t i = 0; i < RECORDS; i++)
        assert_null(shelf.bytes[i]);
    shelf_empty(&shelf);
    history_release(&history);
}

static void test_history__nothing_grows_where_nobody_saves(void **state)
{
    (void)state;
    const struct history_limits limits = { .points = 100, .columns = 2 };
    struct history history;
    history_init(&history, &limits);
    for (int64_t time = 0; time < 100000; time++)
        add(&history, time);
    assert_int_equal(history.gone_count, 0);
    assert_true(history.room <= 256 && history.chunk_room <= 8);
    history_release(&history);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void one_random_run(unsigned seed)
{
    const struct history_limits limits = { .span = 200, .points = 150, .columns = 2 };
    struct shelf shelf = { 0 };
    struct history history;
    history_init(&history, &limits);
    int64_t now = 0;
    for (int i = 0; i < 1500; i++) {
        now += next_random(&seed) % 3;
        add(&history, next_random(&seed) % 5 ? now : now - next_random(&seed) % 250);
        if (next_random(&seed) % 40)
            continue;
        bool full = next_random(&seed) % 5 == 0;
        if (full)
            shelf_empty(&shelf);
        save(&history, full, &shelf);
        struct history again;
        history_init(&again, &limits);
        load(&again, &shelf);
        assert_same(&history, &again);
        if (next_random(&seed) % 3 == 0) { /* a restart */
            history_release(&history);
            history = again;
        } else {
            history_release(&again);
        }
    }
    shelf_empty(&shelf);
    history_release(&history);
}

static void test_history__what_is_loaded_is_what_was_saved(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++)
        one_random_run(seed);
}

static void test_history__refuses_what_is_no_chunk(void **state)
{
    (void)state;
    const struct history_limits two = { .points = 100, .columns = 2 }, one = { .points = 100, .columns = 1 };
    struct shelf shelf = { 0 };
    struct history history, other;
    history_init(&history, &two);
    history_init(&other, &one);
    add(&history, 1);
    save(&history, false, &shelf);
    assert_false(history_load(&other, 0, shelf.bytes[0], shelf.lengths[0]));
    assert_false(history_load(&history, 0, shelf.bytes[0], shelf.lengths[0] - 1));
    assert_false(history_load(&history, 0, "", 0));
    shelf_empty(&shelf);
    history_release(&history);
    history_release(&other);
}

/* A chunk of two points as it is written: head, times, values. */
static bool loads(const int64_t times[2], const double values[2], uint64_t number)
{
    static const struct history_limits limits = { .points = 100, .columns = 1 };
    struct { uint64_t columns, count; int64_t times[2]; double values[2]; } chunk = {
        1, 2, { times[0], times[1] }, { values[0], values[1] } };
    struct history history;
    history_init(&history, &limits);
    bool first = history_load(&history, 3, &chunk, sizeof chunk);
    bool again = first && history_load(&history, number, &chunk, sizeof chunk);
    history_release(&history);
    return again;
}

static void test_history__refuses_chunks_that_it_cannot_have_written(void **state)
{
    (void)state;
    assert_true(loads((int64_t[]){ 5, 5 }, (double[]){ 1, 2 }, 4));
    assert_false(loads((int64_t[]){ 5, 4 }, (double[]){ 1, 2 }, 4));
    assert_false(loads((int64_t[]){ 5, 6 }, (double[]){ 1, 2 }, 4)); /* the second time its beginning is before its end */
    assert_false(loads((int64_t[]){ 5, 5 }, (double[]){ 1, NAN }, 4));
    assert_false(loads((int64_t[]){ 5, 5 }, (double[]){ INFINITY, 2 }, 4));
    assert_false(loads((int64_t[]){ 5, 5 }, (double[]){ 1, 2 }, 3));
    assert_false(loads((int64_t[]){ 5, 5 }, (double[]){ 1, 2 }, UINT64_MAX));
}

static void test_history__a_refused_chunk_is_deleted(void **state)
{
    (void)state;
    static const struct history_limits limits = { .points = 100, .columns = 1 };
    struct shelf shelf = { 0 };
    struct history history;
    history_init(&history, &limits);
    assert_false(history_load(&history, 7, "x", 1));
    save(&history, false, &shelf);
    assert_int_equal(shelf.deletes, 1);
    shelf_empty(&shelf);
    history_release(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history__keeps_what_is_young_enough),
        cmocka_unit_test(test_history__keeps_at_most_so_many_points),
        cmocka_unit_test(test_history__puts_a_late_point_in_its_place),
        cmocka_unit_test(test_history__keeps_points_of_one_time_in_order),
        cmocka_unit_test(test_history__times_at_the_edge_of_the_range),
        cmocka_unit_test(test_history__a_save_writes_what_came_since_the_last),
        cmocka_unit_test(test_history__a_late_point_costs_one_chunk),
        cmocka_unit_test(test_history__chunks_that_are_gone_are_deleted),
        cmocka_unit_test(test_history__nothing_grows_where_nobody_saves),
        cmocka_unit_test(test_history__what_is_loaded_is_what_was_saved),
        cmocka_unit_test(test_history__refuses_what_is_no_chunk),
        cmocka_unit_test(test_history__refuses_chunks_that_it_cannot_have_written),
        cmocka_unit_test(test_history__a_refused_chunk_is_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
