/* A descriptor that cannot be: smaller than its own first member. */
#include "core/plugin.h"

static enum vane_result process(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = { 1, 0, 4, sizeof(struct vane_option) }, .role = VANE_PROCESSOR, .name = "bad_size",
    .help = "Test.", .process = process,
};
