/* test_output - what stands in for every output under --test: prints "> " and line protocol.
 */
#pragma once
#include "core/plugin.h"

extern const struct vane_plugin test_output;
