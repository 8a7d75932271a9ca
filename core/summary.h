/* summary - what a flow has done, as lines of the log. Any thread. */
#pragma once
#include "core/flow.h"

/* Metrics that an output has taken and not settled. */
uint64_t summary_held(const struct instance *instance);

void summary_log(const struct flow *flow); /* of all of it, and of each output */
void summary_log_outputs(const struct flow *flow);
