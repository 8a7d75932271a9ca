/* Fan-out: what one taker edits the others do not see. */
#include "tests/unit/flow_kit.h"

struct world {
    atomic_int seen, wrong;
};

static enum vane_result emit_many(struct vane_self *self)
{
    for (int64_t at = 0; at < 300; at++)
        vane_emit(self, kit_batch(self, at * 10, 10));
    return VANE_OK;
}

static enum vane_result edit_all(struct vane_self *self, struct vane_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct vane_metric *metric = vane_edit(batch, i);
        vane_set_int(metric, "v", -1);
        vane_set_string(metric, self->name, "edited", 6);
        vane_set_tag(batch, metric, "by", self->name);
        metric->time = -metric->time;
        if (i % 3 == 0)
            vane_drop(batch, i);
    }
    return VANE_OK;
}

static enum vane_result check_plain(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_metric *metric = write->metrics[i];
        bool plain = metric->field_count == 1 && metric->fields[0].i == metric->time && metric->series->tag_count == 0;
        atomic_fetch_add(&world->wrong, !plain);
    }
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static enum vane_result check_edited(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_metric *metric = write->metrics[i];
        const char *by = vane_get_tag(metric->series, "by");
        bool edited = by && metric->field_count == 2 && metric->fields[0].i == -1 && vane_get(metric, by)
                      && metric->time <= 0;
        atomic_fetch_add(&world->wrong, !edited);
    }
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static void test_outlet__an_edit_on_one_path_is_not_seen_on_another(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_many };
    static const struct vane_plugin editor = { KIT_PLUGIN(VANE_PROCESSOR, "editor"), .process = edit_all };
    static const struct vane_plugin plain = { KIT_PLUGIN(VANE_OUTPUT, "plain"), .write = check_plain };
    static const struct vane_plugin edited = { KIT_PLUGIN(VANE_OUTPUT, "edited"), .write = check_edited };
    struct world world = { 0 }, theirs = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_from(&kit, kit_add(&kit, &editor, "a", &world), "in");
    kit_from(&kit, kit_add(&kit, &editor, "b", &world), "in");
    kit_from(&kit, kit_add(&kit, &plain, "plain", &world), "in");
    struct flow_node *out = kit_add(&kit, &edited, "out", &theirs);
    kit_from(&kit, out, "a");
    kit_from(&kit, out, "b");
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    assert_int_equal(world.seen, 3000);
    assert_int_equal(theirs.seen, 2 * 300 * 6);
    assert_int_equal(world.wrong + theirs.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_outlet__an_edit_on_one_path_is_not_seen_on_another) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
