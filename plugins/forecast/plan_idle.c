/* plan_idle - options of prophet that are set where nothing is prophet. Set is what differs from its preset, so a table
 * that only repeats presets is not told. */
#include "plugins/forecast/plan.h"

#include <stdlib.h>

static bool is_text(const char *value, const char *preset)
{
    size_t length = preset ? strlen(preset) : 0;
    if (!value || !*value)
        return length <= 2;
    return length == strlen(value) + 2 && memcmp(value, preset + 1, length - 2) == 0; /* between quotes */
}

static bool is_preset(const struct vane_option *option, const void *at)
{
    if (option->list && option->kind == VANE_KIND_TIME)
        return ((const struct vane_ints *)at)->count == 0;
    switch (option->kind) {
    case VANE_KIND_TABLES: return ((const struct vane_tables *)at)->count == 0;
    case VANE_KIND_STRING:
    case VANE_KIND_WORD:   return is_text(*(const char *const *)at, option->preset);
    case VANE_KIND_CHOICE: return is_text(option->choices[*(const int *)at], option->preset);
    case VANE_KIND_INT:    return *(const int64_t *)at == strtoll(option->preset, NULL, 10);
    case VANE_KIND_FLOAT:  return *(const double *)at == strtod(option->preset, NULL);
    default:               return true;
    }
}

const char *plan_idle_option(const struct plan *plan)
{
    for (size_t i = 0; i < plan->candidate_count; i++)
        if (strcmp(plan->candidates[i]->name, "prophet") == 0)
            return NULL;
    const struct vane_option *option = forecast_options;
    while (option->name && option->kind != VANE_KIND_TABLE)
        option++;
    for (const struct vane_option *of = option->options; of->name; of++)
        if (!is_preset(of, (const char *)&plan->options->prophet + of->offset))
            return of->name;
    return NULL;
}
