/* An option with the name of one that every plugin has. */
#include "core/plugin.h"

struct state {
    int64_t workers;
};

static const struct vane_option options[] = {
    VANE_OPT_INT(struct state, workers, .preset = "1", .help = "How many."),
    { 0 }
};

static enum vane_result process(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "bad_option", .help = "Test.", .state_size = sizeof(struct state),
    .options = options, .process = process,
};
