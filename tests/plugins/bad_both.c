/* An input that both runs and is called every interval. */
#include "core/plugin.h"

static enum vane_result run(struct vane_self *self)
{
    (void)self;
    return VANE_OK;
}

static enum vane_result tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    (void)self, (void)lane, (void)now;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "bad_both", .help = "Test.", .run = run, .tick = tick,
};
