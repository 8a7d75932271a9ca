/* prophet_model - Prophet behind the interface of all models (model.h).
 *
 * settings->prophet is struct prophet_settings; its columns name the regressors of the observations. With
 * settings->model predictions are that model's, and a fit does nothing.
 */
#pragma once

extern const struct model prophet_model;

struct prophet;

/* The model in a state that prophet_model.new made; it stays the state's. */
const struct prophet *prophet_model_of(const void *state);
