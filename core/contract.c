/* contract - functions of plugin.h that do a different thing for each role: they find out who calls. */
#include "core/input.h"
#include "core/line.h"
#include "core/output.h"

#include <assert.h>

struct vane_batch *vane_batch_new(struct vane_self *self)
{
    struct batch *batch = batch_new();
    const struct stage *stage = instance_of(self)->stage;
    if (stage) {
        batch->view.lane = stage->lane;
        batch->arrival = stage->arrival;
    }
    return &batch->view;
}

bool vane_emit(struct vane_self *self, struct vane_batch *view)
{
    struct instance *instance = instance_of(self);
    assert(instance->input || instance->stage);
    if (instance->input)
        return input_emit(instance->input, batch_of(view));
    bool going = stage_emit(instance->stage, batch_of(view));
    instance_enter(instance); /* the plugins behind it in the line ran meanwhile */
    return going;
}

bool vane_wait(struct vane_self *self, int64_t ns)
{
    struct instance *instance = instance_of(self);
    assert(instance->input || instance->output);
    return instance->input ? input_wait(instance->input, ns) : output_wait(instance->output, ns);
}

int vane_wait_fd(struct vane_self *self)
{
    struct instance *instance = instance_of(self);
    assert(instance->input || instance->output);
    return instance->input ? input_wait_fd(instance->input) : output_wait_fd(instance->output);
}
