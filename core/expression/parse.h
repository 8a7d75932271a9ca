/* expression_parse - the grammar. */
#pragma once
#include "core/expression/node.h"

/* The tree of all of the text; NULL: an error was noted. */
struct expression_node *expression_parse(struct expression_builder *builder);
