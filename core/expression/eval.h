/* expression_eval - what a node is worth. */
#pragma once
#include "core/expression/node.h"

struct expression_value expression_evaluate(struct expression_run *run, const struct expression_node *node);
