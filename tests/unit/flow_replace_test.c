/* Reloads: what does not differ goes on, what does is made anew, and nothing is lost in between. */
#include "tests/unit/flow_kit.h"

enum { MOST = 200000, ENOUGH = 300 };

/* What one input emits, and what came of it. */
struct stream {
    atomic_int opened, closed, emitted, gaps;
    atomic_int out_opened, seen, wrong, stuck;
    atomic_int limit;         /* the input ends there; 0: never */
    atomic_int times[MOST];   /* each number was written */
};

/* ---- An input that counts, from where it was ---- */

static enum vane_result count_open(struct vane_self *self)
{
    struct stream *stream = kit_world(self);
    atomic_fetch_add(&stream->opened, 1);
    return VANE_OK;
}

static void count_close(struct vane_self *self)
{
    struct stream *stream = kit_world(self);
    atomic_fetch_add(&stream->closed, 1);
}

static enum vane_result count_up(struct vane_self *self)
{
    struct stream *stream = kit_world(self);
    const struct vane_lane *lane = vane_lane(self, "");
    int64_t next = 0;
    vane_resume(self, lane, &next);
    for (int limit; !(limit = atomic_load(&stream->limit)) || next < limit;) {
        struct vane_batch *batch = kit_batch(self, next, 1);
        vane_batch_lane(batch, lane, next + 1);
        if (!vane_emit(self, batch))
            return VANE_OK;
        atomic_fetch_add(&stream->emitted, 1);
        if (++next >= MOST - 1)
            kit_wait_for_stop(self);
        if (!vane_wait(self, KIT_MS / 50))
            return VANE_OK;
    }
    return VANE_OK;
}

static const struct vane_plugin counter = {
    KIT_PLUGIN(VANE_INPUT, "in"), .remembers = true, .open = count_open, .close = count_close, .run = count_up,
};

static enum vane_result count_live(struct vane_self *self)
{
    struct stream *stream = kit_world(self);
    for (int64_t next = 0; vane_wait(self, KIT_MS / 50) && next < MOST; next++) {
        if (vane_emit(self, kit_batch(self, next, 1)))
            atomic_fetch_add(&stream->emitted, 1);
    }
    return VANE_OK;
}

static const struct vane_plugin live_counter = {
    KIT_PLUGIN(VANE_INPUT, "in"), .live = true, .open = count_open, .close = count_close, .run = count_live,
};

/* ---- A processor that numbers what comes ---- */

static enum vane_result number_process(struct vane_self *self, struct vane_batch *batch)
{
    struct kit_state *own = self->state;
    for (size_t i = 0; i < batch->count; i++)
        vane_set_int(vane_edit(batch, i), "n", own->memory++);
    return VANE_OK;
}

static enum vane_result number_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    const struct kit_state *own = self->state;
    (void)full;
    vane_save(saver, &(struct vane_record){ .lane = "", .key = "n", .data = &own->memory,
                                            .length = sizeof own->memory });
    return VANE_OK;
}

static enum vane_result number_load(struct vane_self *self, const struct vane_record *record)
{
    struct kit_state *own = self->state;
    memcpy(&own->memory, record->data, sizeof own->memory);
    return VANE_OK;
}

static void number_gap(struct vane_self *self, const struct vane_lane *lane)
{
    struct stream *stream = kit_world(self);
    (void)lane;
    atomic_fetch_add(&stream->gaps, 1);
}

static const struct vane_plugin numberer = {
    KIT_PLUGIN(VANE_PROCESSOR, "number"),
    .process = number_process, .save = number_save, .load = number_load, .gap = number_gap,
};

/* ---- An output that notes what came ---- */

static enum vane_result note_open(struct vane_self *self)
{
    struct stream *stream = kit_world(self);
    atomic_fetch_add(&stream->out_opened, 1);
    return VANE_OK;
}

static enum vane_result note_write(struct vane_self *self, struct vane_write *write)
{
    struct stream *stream = kit_world(self);
    if (atomic_load(&stream->stuck))
        return vane_retry(self, "it is stuck");
    for (size_t i = 0; i < write->count; i++) {
        int64_t value = vane_get(write->metrics[i], "v")->i;
        const struct vane_field *number = vane_get(write->metrics[i], "n");
        atomic_fetch_add(&stream->wrong, number && number->i != value);
        atomic_fetch_add(&stream->times[value], 1);
    }
    atomic_fetch_add(&stream->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin noter = {
    KIT_PLUGIN(VANE_OUTPUT, "out"), .open = note_open, .write = note_write,
};

/* ---- Flows: in -> (number ->) out, twice side by side ---- */

struct change {
    struct kit     kit, fresh;
    struct stream *a, *b;
};

static void add_chain(struct kit *kit, const struct vane_plugin *input, const char *const names[3],
                      struct stream *stream)
{
    kit_add(kit, input, names[0], stream)->graph.aliased = true;
    const char *last = names[0];
    if (names[1]) {
        struct flow_node *node = kit_add(kit, &numberer, names[1], stream);
        node->graph.aliased = true;
        kit_from(kit, node, last);
        last = names[1];
    }
    struct flow_node *node = kit_add(kit, &noter, names[2], stream);
    node->graph.aliased = true;
    kit_from(kit, node, last);
}

static void add_chains(struct kit *kit, const struct change *change, const struct vane_plugin *b_input)
{
    add_chain(kit, &counter, (const char *const[]){ "a_in", NULL, "a_out" }, change->a);
    add_chain(kit, b_input, (const char *const[]){ "b_in", "b_number", "b_out" }, change->b);
}

static struct change *start(const struct vane_plugin *b_input)
{
    struct change *change = alloc_zero(sizeof *change);
    change->a = alloc_zero(sizeof *change->a);
    change->b = alloc_zero(sizeof *change->b);
    kit_init(&change->kit);
    kit_open_store(&change->kit);
    add_chains(&change->kit, change, b_input);
    kit_start(&change->kit);
    return change;
}

static struct flow_node *named(struct kit *kit, const char *name)
{
    struct flow_node *node = kit->nodes;
    while (strcmp(node->graph.name, name) != 0)
        node++;
    return node;
}

/* The flow of `fresh`, whose nodes are there, takes over. Answers how many nodes went on. */
static size_t replace(struct change *change, int64_t limit, bool drains)
{
    struct kit *kit = &change->kit, *fresh = &change->fresh;
    struct flow_settings settings = { .runtime = &kit->runtime, .checkpoint_interval = kit->interval };
    struct graph_report report = { .say = kit_say, .context = kit, .nearest = kit_nearest };
    struct flow *flow = flow_new(&settings, fresh->nodes, fresh->count, &report);
    assert_non_null(flow);
    size_t going_on = flow_replace(flow, kit->flow);
    assert_int_equal(flow_stop(kit->flow, limit, -1, NULL, NULL), drains);
    flow_free(kit->flow);
    struct vane_text notes = { 0 };
    store_load(kit->runtime.store, &notes);
    assert_int_equal(notes.length, 0);
    flow_start(flow);
    kit->flow = flow;
    return going_on;
}

static void wait_for_more(struct change *change, struct stream *stream)
{
    kit_wait(&change->kit, &stream->seen, atomic_load(&stream->seen) + ENOUGH);
}

static void stop(struct change *change)
{
    assert_true(kit_stop_within(&change->kit, KIT_PATIENCE));
}

static void finish(struct change *change)
{
    kit_release(&change->kit);
    free(change->a);
    free(change->b);
    free(change);
}

static void assert_each_once(const struct stream *stream)
{
    int count = atomic_load(&stream->emitted);
    assert_true(count > 0 && count < MOST);
    for (int i = 0; i < count; i++)
        if (atomic_load(&stream->times[i]) != 1)
            fail_msg("number %d of %d was written %d times", i, count, atomic_load(&stream->times[i]));
    assert_int_equal(stream->wrong, 0);
}

/* ---- Tests ---- */

static void test_replace__nothing_that_differs_is_nothing_that_stops(void **state)
{
    (void)state;
    struct change *change = start(&counter);
    wait_for_more(change, change->b);
    add_chains(&change->fresh, change, &counter);
    assert_int_equal(replace(change, KIT_PATIENCE, true), 5);
    wait_for_more(change, change->a);
    wait_for_more(change, change->b);
    assert_int_equal(change->a->opened + change->b->opened + change->a->out_opened + change->b->out_opened, 4);
    stop(change);
    assert_each_once(change->a);
    assert_each_once(change->b);
    finish(change);
}

static void check_change_of_an_output(const struct vane_plugin *b_input)
{
    struct change *change = start(b_input);
    wait_for_more(change, change->b);
    add_chains(&change->fresh, change, b_input);
    named(&change->fresh, "b_out")->fingerprint = 1;
    assert_int_equal(replace(change, KIT_PATIENCE, true), 3); /* a_in, a_out, b_in */
    wait_for_more(change, change->a);
    wait_for_more(change, change->b);
    stop(change);
    assert_int_equal(change->a->opened, 1);
    assert_int_equal(change->a->out_opened, 1);
    assert_int_equal(change->b->opened, 1);
    assert_int_equal(change->b->out_opened, 2);
    assert_each_once(change->a);
    assert_each_once(change->b); /* numbered as before: the state went over, too */
    assert_int_equal(change->b->gaps, b_input == &live_counter);
    finish(change);
}

static void test_replace__an_input_goes_on_while_what_it_feeds_is_made_anew(void **state)
{
    (void)state;
    check_change_of_an_output(&counter);
}

static void test_replace__a_live_input_misses_nothing(void **state)
{
    (void)state;
    check_change_of_an_output(&live_counter);
}

static void test_replace__what_cannot_be_delivered_is_read_again(void **state)
{
    (void)state;
    struct change *change = start(&counter);
    wait_for_more(change, change->b);
    atomic_store(&change->b->stuck, 1);
    kit_wait(&change->kit, &change->b->emitted, atomic_load(&change->b->emitted) + ENOUGH);
    add_chains(&change->fresh, change, &counter);
    named(&change->fresh, "b_out")->fingerprint = 1;
    replace(change, 50 * KIT_MS, false);
    atomic_store(&change->b->stuck, 0);
    wait_for_more(change, change->b);
    assert_int_equal(change->b->opened, 2);
    assert_int_equal(change->b->closed, 1);
    stop(change);
    int missing = 0;
    while (atomic_load(&change->b->times[missing]) > 0) /* twice is what came between the checkpoint and the end */
        missing++;
    assert_true(missing >= ENOUGH);
    for (int i = missing; i < MOST; i++)
        assert_int_equal(change->b->times[i], 0);
    assert_int_equal(change->b->wrong, 0);
    finish(change);
}

/* A node that comes, one that goes, and an arrow that changes make their component differ, and no other. */
static void test_replace__other_arrows_are_another_flow(void **state)
{
    (void)state;
    struct change *change = start(&counter);
    wait_for_more(change, change->b);
    add_chain(&change->fresh, &counter, (const char *const[]){ "a_in", NULL, "a_out" }, change->a);
    add_chain(&change->fresh, &counter, (const char *const[]){ "b_in", NULL, "b_out" }, change->b);
    assert_int_equal(replace(change, KIT_PATIENCE, true), 3);
    wait_for_more(change, change->b);
    assert_int_equal(change->b->opened, 1);
    assert_int_equal(change->b->out_opened, 2);
    stop(change);
    finish(change);
}

static void test_replace__again_and_again_loses_nothing(void **state)
{
    (void)state;
    struct change *change = start(&live_counter);
    struct kit *held[12] = { 0 };
    change->a->limit = 40 * ENOUGH;
    for (unsigned turn = 0; turn < 12; turn++) {
        held[turn] = alloc_zero(sizeof *held[turn]);
        add_chains(held[turn], change, &live_counter);
        named(held[turn], turn % 3 ? "b_number" : "b_out")->fingerprint = turn + 1;
        named(held[turn], turn % 2 ? "a_out" : "a_in")->fingerprint = turn / 4;
        change->fresh = *held[turn];
        for (size_t i = 0; i < held[turn]->count; i++) { /* what nodes point to is the kit's own */
            change->fresh.nodes[i].settings.options = &held[turn]->options[i];
            change->fresh.nodes[i].settings.state = &held[turn]->states[i];
            if (change->fresh.nodes[i].graph.has_from)
                change->fresh.nodes[i].graph.from.items = held[turn]->from[i];
        }
        kit_wait(&change->kit, &change->b->seen, atomic_load(&change->b->seen) + 20);
        replace(change, KIT_PATIENCE, true);
    }
    kit_wait(&change->kit, &change->a->seen, change->a->limit);
    wait_for_more(change, change->b);
    stop(change);
    assert_each_once(change->a);
    assert_each_once(change->b);
    assert_int_equal(change->a->emitted, change->a->limit);
    assert_int_equal(change->b->opened, 1);
    kit_release(&change->kit);
    for (unsigned turn = 0; turn < 12; turn++)
        free(held[turn]);
    free(change->a);
    free(change->b);
    free(change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replace__nothing_that_differs_is_nothing_that_stops),
        cmocka_unit_test(test_replace__an_input_goes_on_while_what_it_feeds_is_made_anew),
        cmocka_unit_test(test_replace__a_live_input_misses_nothing),
        cmocka_unit_test(test_replace__what_cannot_be_delivered_is_read_again),
        cmocka_unit_test(test_replace__other_arrows_are_another_flow),
        cmocka_unit_test(test_replace__again_and_again_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
