/* prophet_model - Prophet behind the interface of all models (model.h).
 *
 * settings->prophet is struct prophet_settings; its columns name the regressors of the observations.
 */
#pragma once

extern const struct model prophet_model;
