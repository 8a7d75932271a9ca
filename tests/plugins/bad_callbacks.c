/* A processor that cannot process. */
#include "core/plugin.h"

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "bad_callbacks", .help = "Test.",
};
