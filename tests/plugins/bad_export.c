/* A shared object that is no plugin. */
#include "core/plugin.h"

const struct vane_plugin some_plugin = { .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_export", .help = "Test." };
