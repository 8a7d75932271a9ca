/* intake - one metric into the windows it belongs to. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

void intake_batch(struct window *window, struct vane_batch *batch);
