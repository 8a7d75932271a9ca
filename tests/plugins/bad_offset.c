/* An option whose field lies outside the state. */
#include "core/plugin.h"

struct state {
    int64_t limit;
};

static const struct vane_option options[] = {
    VANE_OPT_INT(struct state, limit, .preset = "1", .help = "How many."),
    { 0 }
};

static enum vane_result write_metrics(struct vane_self *self, struct vane_write *write)
{
    (void)self, (void)write;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_offset", .help = "Test.", .state_size = 4,
    .options = options, .write = write_metrics,
};
