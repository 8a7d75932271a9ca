/* models - see models.h. Tables only; nothing here changes. */
#include "plugins/forecast/models/models.h"

#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/prophet/prophet_model.h"

#include <string.h>

static const struct model *const table[] = {
    &naive_model, &drift_model, &ses_model, &holt_model, &holt_winters_model, &theta_model, &ar_model,
    &prophet_model,
};

enum { MODELS = sizeof table / sizeof table[0] };

const struct model *models_at(size_t i)
{
    return i < MODELS ? table[i] : NULL;
}

static const struct model *form_of(const struct model *model, const struct model_settings *settings)
{
    return model == &prophet_model && settings->anchor == MODEL_ANCHOR_AR1 ? &anchored_model : model;
}

const struct model *models_find(const char *name, const struct model_settings *settings)
{
    for (size_t i = 0; i < MODELS; i++)
        if (strcmp(table[i]->name, name) == 0)
            return form_of(table[i], settings);
    return NULL;
}

size_t models_candidates(const struct model_settings *settings, const struct model *candidates[MODELS_LIMIT])
{
    size_t count = 0;
    for (size_t i = 0; i < MODELS; i++)
        if (table[i] != &holt_winters_model || settings->season > 0)
            candidates[count++] = form_of(table[i], settings);
    return count;
}
