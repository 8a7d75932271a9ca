/* line_state - what a line saves behind a mark: the records of its processors, and when they tick next. */
#include "core/line.h"

#include <stdio.h>

/* When ticks are due is state of the host: with as many workers, each goes on where it was. */
static void name_ticks(const struct instance *instance, char *owner, size_t size)
{
    snprintf(owner, size, "ticks %u/%u of %s", instance->worker, instance->workers, instance->key);
}

static void save_ticks(struct stage *stage, bool full, struct store_records *records)
{
    char owner[512];
    name_ticks(stage->instance, owner, sizeof owner);
    ticks_save(&stage->ticks, owner, full, records);
}

void stage_load_ticks(struct stage *stage)
{
    char owner[512];
    name_ticks(stage->instance, owner, sizeof owner);
    ticks_load(&stage->ticks, owner, stage->line->runtime->store);
}

void line_save(struct line *line)
{
    if (!line->runtime->store)
        return;
    for (struct stage *stage = line->first; stage; stage = stage->next) {
        struct instance *instance = stage->instance;
        if (!instance->plugin->save || !instance->opened)
            continue;
        struct store_records own = { 0 };
        save_ticks(stage, part_full(line->part), &own);
        part_save(line->part, instance, &own);
        store_records_release(&own);
    }
}
