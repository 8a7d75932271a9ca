/* models - the table of all models by name.
 *
 * What a caller does when a model answers false (fit or predict): it says the named reason once in a while,
 * and answers with naive, which can predict from one observation on. Under `auto` the candidate just does
 * not take part.
 */
#pragma once
#include "plugins/forecast/model.h"
#include "plugins/forecast/models/model_settings.h"

enum { MODELS_LIMIT = 12 };

/* NULL: no such model. `prophet` with .anchor is its anchored form, under the same name. */
const struct model *models_find(const char *name, const struct model_settings *settings);

/* The i-th of all; NULL: no more. naive is the first. */
const struct model *models_at(size_t i);

/* Who runs under `auto` with these settings, naive first: all but holt_winters without a season. Answers
 * how many. */
size_t models_candidates(const struct model_settings *settings, const struct model *candidates[MODELS_LIMIT]);
