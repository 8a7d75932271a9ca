/* A role that there is not. */
#include "core/plugin.h"

const struct vane_plugin vane_plugin = { .abi = VANE_ABI, .role = 7, .name = "bad_role", .help = "Test." };
