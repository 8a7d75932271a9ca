/* Built for another major version of the contract. */
#include "core/plugin.h"

static enum vane_result process(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = { 2, 0, sizeof(struct vane_plugin), sizeof(struct vane_option) },
    .role = VANE_PROCESSOR, .name = "bad_major", .help = "Test.", .process = process,
};
