/* An input that shares its name with an output. */
#include "core/plugin.h"

static enum vane_result run(struct vane_self *self)
{
    (void)self;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "good_in", .help = "The good input.", .run = run,
};
