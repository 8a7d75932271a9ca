/* Edges: room in bytes and metrics, what is dropped, order among marks, wakes. */
#include "core/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct ends {
    struct waker source, taker;
    struct edge *edge;
};

static void open_edge(struct ends *ends, size_t bytes, size_t metrics, enum edge_full when_full)
{
    waker_init(&ends->source);
    waker_init(&ends->taker);
    struct edge_limits limits = { .bytes = bytes, .metrics = metrics, .when_full = when_full };
    ends->edge = edge_new(&limits, &ends->source, &ends->taker);
}

static void close_edge(struct ends *ends)
{
    edge_free(ends->edge);
    waker_release(&ends->source);
    waker_release(&ends->taker);
}

/* `count` metrics; the first has the time `id`. */
static struct batch *make(int64_t id, int count)
{
    struct batch *batch = batch_new();
    for (int i = 0; i < count; i++)
        vane_set_int(vane_add(&batch->view, vane_series(&batch->view, "m", NULL, 0), id), "v", id);
    batch_seal(batch, 0);
    return batch;
}

static size_t size_of(int count)
{
    struct batch *batch = make(0, count);
    size_t bytes = batch_bytes(batch);
    batch_unref(batch);
    return bytes;
}

/* The id of the next batch, -mark for a mark, INT64_MIN for nothing. */
static int64_t take(struct ends *ends)
{
    struct edge_item item;
    if (!edge_take(ends->edge, &item))
        return INT64_MIN;
    if (item.kind != EDGE_BATCH)
        return -(int64_t)item.mark;
    int64_t id = item.batch->view.metrics[0]->time;
    batch_unref(item.batch);
    return id;
}

static void put_mark(struct ends *ends, uint64_t mark)
{
    edge_put_item(ends->edge, (struct edge_item){ .kind = EDGE_MARK, .mark = mark });
}

static void test_edge__keeps_the_order_of_batches_and_marks(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 1 << 20, 0, EDGE_BLOCK);
    for (int64_t i = 1; i < 100; i++) {
        edge_put(ends.edge, make(i, 1));
        if (i % 10 == 0)
            put_mark(&ends, (uint64_t)i);
    }
    for (int64_t i = 1; i < 100; i++) {
        assert_int_equal(take(&ends), i);
        if (i % 10 == 0)
            assert_int_equal(take(&ends), -i);
    }
    assert_int_equal(take(&ends), INT64_MIN);
    close_edge(&ends);
}

static void test_edge__has_room_while_it_holds_less_than_its_limit(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, size_of(1) + 1, 0, EDGE_BLOCK);
    assert_true(edge_room(ends.edge, true));
    edge_put(ends.edge, make(1, 1));
    assert_true(edge_room(ends.edge, true));
    edge_put(ends.edge, make(2, 1000)); /* larger than the limit */
    assert_false(edge_room(ends.edge, false));
    put_mark(&ends, 1); /* needs none */
    assert_int_equal(take(&ends), 1);
    assert_false(edge_room(ends.edge, false));
    assert_int_equal(take(&ends), 2);
    assert_true(edge_room(ends.edge, false));
    close_edge(&ends);
}

static void test_edge__tells_the_source_once_there_is_room(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 2 * size_of(1), 0, EDGE_BLOCK);
    for (int i = 1; i <= 4; i++)
        edge_put(ends.edge, make(i, 1));
    assert_true(waker_clear(&ends.taker));
    assert_false(edge_room(ends.edge, true));
    take(&ends);
    take(&ends);
    assert_false(waker_clear(&ends.source)); /* still as much as the limit */
    take(&ends);
    assert_true(waker_clear(&ends.source));
    take(&ends);
    assert_false(waker_clear(&ends.source)); /* once */
    close_edge(&ends);
}

static void test_edge__a_limit_of_metrics_is_a_second_one(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 1 << 30, 10, EDGE_BLOCK);
    edge_put(ends.edge, make(1, 9));
    assert_true(edge_room(ends.edge, false));
    edge_put(ends.edge, make(2, 9));
    assert_false(edge_room(ends.edge, false));
    size_t bytes, metrics;
    edge_load(ends.edge, &bytes, &metrics);
    assert_int_equal(metrics, 18);
    assert_int_equal(bytes, 2 * size_of(9));
    take(&ends);
    take(&ends);
    edge_load(ends.edge, &bytes, &metrics);
    assert_int_equal(bytes + metrics, 0);
    close_edge(&ends);
}

static void test_edge__drops_the_oldest_and_keeps_the_marks_in_their_places(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 3 * size_of(1), 0, EDGE_DROP_OLDEST);
    put_mark(&ends, 1);
    edge_put(ends.edge, make(1, 1));
    edge_put(ends.edge, make(2, 1));
    put_mark(&ends, 2);
    edge_put(ends.edge, make(3, 1));
    assert_true(edge_room(ends.edge, true)); /* always */
    assert_int_equal(edge_put(ends.edge, make(4, 1)), 1);
    assert_int_equal(edge_put(ends.edge, make(5, 1)), 1);
    static const int64_t left[] = { -1, -2, 3, 4, 5, INT64_MIN };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_int_equal(take(&ends), left[i]);
    close_edge(&ends);
}

static void test_edge__drops_the_oldest_round_and_round(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 5 * size_of(1), 0, EDGE_DROP_OLDEST);
    size_t dropped = 0;
    int64_t taken = 0, last = 0;
    for (int64_t i = 1; i <= 1000; i++) {
        dropped += edge_put(ends.edge, make(i, 1));
        if (i % 7 == 0)
            put_mark(&ends, (uint64_t)i);
        int64_t id = i % 3 == 0 ? take(&ends) : 0;
        if (id > 0) {
            assert_true(id > last);
            last = id;
            taken++;
        }
    }
    for (int64_t id; (id = take(&ends)) != INT64_MIN;)
        taken += id > 0;
    assert_int_equal((int64_t)dropped + taken, 1000);
    close_edge(&ends);
}

static void test_edge__drops_the_newest(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 2 * size_of(1), 0, EDGE_DROP_NEWEST);
    assert_int_equal(edge_put(ends.edge, make(1, 1)), 0);
    assert_int_equal(edge_put(ends.edge, make(2, 1)), 0);
    assert_true(edge_room(ends.edge, true));
    assert_int_equal(edge_put(ends.edge, make(3, 7)), 7);
    assert_int_equal(take(&ends), 1);
    assert_int_equal(edge_put(ends.edge, make(4, 1)), 0);
    assert_int_equal(take(&ends), 2);
    assert_int_equal(take(&ends), 4);
    close_edge(&ends);
}

static void test_edge__one_batch_larger_than_the_limit_gets_in_where_the_oldest_is_dropped(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 1, 0, EDGE_DROP_OLDEST);
    assert_int_equal(edge_put(ends.edge, make(1, 100)), 0);
    assert_int_equal(edge_put(ends.edge, make(2, 100)), 100);
    assert_int_equal(take(&ends), 2);
    close_edge(&ends);
}

static void test_edge__frees_what_was_not_taken(void **state)
{
    (void)state;
    struct ends ends;
    open_edge(&ends, 1 << 20, 0, EDGE_BLOCK);
    for (int i = 0; i < 20; i++)
        edge_put(ends.edge, make(i, 3));
    put_mark(&ends, 1);
    assert_int_equal(edge_drop_all(ends.edge), 60);
    edge_put(ends.edge, make(1, 3));
    assert_false(edge_stopped(ends.edge));
    edge_put_item(ends.edge, (struct edge_item){ .kind = EDGE_STOP });
    assert_true(edge_stopped(ends.edge));
    close_edge(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge__keeps_the_order_of_batches_and_marks),
        cmocka_unit_test(test_edge__has_room_while_it_holds_less_than_its_limit),
        cmocka_unit_test(test_edge__tells_the_source_once_there_is_room),
        cmocka_unit_test(test_edge__a_limit_of_metrics_is_a_second_one),
        cmocka_unit_test(test_edge__drops_the_oldest_and_keeps_the_marks_in_their_places),
        cmocka_unit_test(test_edge__drops_the_oldest_round_and_round),
        cmocka_unit_test(test_edge__drops_the_newest),
        cmocka_unit_test(test_edge__one_batch_larger_than_the_limit_gets_in_where_the_oldest_is_dropped),
        cmocka_unit_test(test_edge__frees_what_was_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
