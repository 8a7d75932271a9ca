/* components - see components.h. They are asked of the fitted prophet itself. Own thread. */
#include "plugins/forecast/components.h"

#include <math.h>
#include <stdlib.h>

#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/prophet/prophet_model.h"
#include "plugins/shared/memory.h"

void components_release(struct components *components)
{
    free(components->names);
    free(components->values);
    free(components->times);
    *components = (struct components){ 0 };
}

static void make_room(struct components *components, size_t rows, size_t steps)
{
    if (rows > components->room) {
        components->names = memory_resize(components->names, rows, sizeof *components->names);
        components->values = memory_resize(components->values, rows * steps, sizeof *components->values);
        components->room = rows;
    }
    if (!components->times)
        components->times = memory_zero(steps * sizeof *components->times);
}

const struct prophet *components_prophet(const struct model *model, const void *state)
{
    if (model == &anchored_model)
        state = anchored_prophet(state);
    else if (model != &prophet_model)
        return NULL;
    const struct prophet *prophet = prophet_model_of(state);
    return prophet_fitted(prophet) ? prophet : NULL;
}

/* A row that is not finite all along is left out. */
static void keep_row(struct components *components, const char *name, size_t steps)
{
    const double *row = components->values + components->count * steps;
    for (size_t i = 0; i < steps; i++)
        if (!isfinite(row[i]))
            return;
    components->names[components->count++] = name;
}

bool components_make(struct components *components, const struct plan *plan, const struct model *model,
                     const void *state, const struct horizon *horizon)
{
    size_t steps = plan->steps;
    struct prophet_error err;
    components->count = 0;
    const struct prophet *prophet = components_prophet(model, state);
    if (!prophet)
        return false;
    size_t parts = prophet_component_count(prophet);
    make_room(components, 1 + parts, steps);
    for (size_t i = 0; i < steps; i++)
        if (__builtin_add_overflow(horizon->origin, (int64_t)(i + 1) * horizon->step, &components->times[i]))
            return false;
    const struct prophet_frame future = { steps, components->times, NULL, horizon->columns };
    struct prophet_forecast forecast = { .trend = components->values };
    if (prophet_predict(prophet, &future, &forecast, &err))
        keep_row(components, "trend", steps);
    for (size_t i = 0; i < parts; i++) {
        double *row = components->values + components->count * steps;
        if (prophet_component(prophet, i, &future, row, &err))
            keep_row(components, prophet_component_name(prophet, i), steps);
    }
    return true;
}
