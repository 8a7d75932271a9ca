/* A default that is not of the option's kind. */
#include "core/plugin.h"

struct state {
    int64_t limit;
};

static const struct vane_option options[] = {
    VANE_OPT_INT(struct state, limit, .preset = "\"many\"", .help = "How many."),
    { 0 }
};

static enum vane_result write_metrics(struct vane_self *self, struct vane_write *write)
{
    (void)self, (void)write;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_preset", .help = "Test.", .state_size = sizeof(struct state),
    .options = options, .write = write_metrics,
};
