/* An output that says of itself what only an input can be. */
#include "core/plugin.h"

static enum vane_result write_metrics(struct vane_self *self, struct vane_write *write)
{
    (void)self, (void)write;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_flags", .help = "Test.", .live = true, .write = write_metrics,
};
