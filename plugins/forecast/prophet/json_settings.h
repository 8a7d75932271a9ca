/* json_settings - the settings in a model's JSON. What they point to belongs to the model. Own thread. */
#pragma once
#include "plugins/forecast/prophet/state.h"

#include <cjson/cJSON.h>

/* Sets model->own and the holidays it was trained with. */
bool json_settings_read(struct prophet *model, const cJSON *json, const struct prophet_settings *base,
                        struct prophet_error *err);

/* The JSON inside of a string attribute; NULL: there is none. The caller deletes it. */
cJSON *json_inner(const cJSON *json, const char *name);
