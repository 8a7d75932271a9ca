/* kinds - the models of this folder, one file each; models.c has their table. */
#pragma once
#include "plugins/forecast/model.h"

extern const struct model naive_model, drift_model, ses_model, holt_model, holt_winters_model;
extern const struct model theta_model, ar_model;
extern const struct model anchored_model; /* prophet, from its last residual on */

/* The state of prophet_model inside one of anchored_model. */
const void *anchored_prophet(const void *state);
