/* Needs a function that no vane has yet. */
#include "core/plugin.h"

extern void vane_no_such_function(struct vane_self *self);

static enum vane_result write_metrics(struct vane_self *self, struct vane_write *write)
{
    (void)write;
    vane_no_such_function(self);
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_symbol", .help = "Test.", .write = write_metrics,
};
