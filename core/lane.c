#include "core/lane.h"

#include "core/alloc.h"

#include <stdlib.h>

struct lane *lane_find(struct lane **lanes, const char *input, const char *name)
{
    for (struct lane *lane = *lanes; lane; lane = lane->next)
        if (strcmp(lane->name, name) == 0)
            return lane;
    struct lane *lane = alloc_zero(sizeof *lane);
    struct vane_text text = { 0 };
    vane_text_addf(&text, name[0] ? "%s/%s" : "%s", input, name);
    lane->text = text.data;
    lane->name = alloc_text(name);
    lane->view = (struct vane_lane){ .name = lane->name, .input = input };
    lane->newest = INT64_MIN;
    lane->next = *lanes;
    *lanes = lane;
    return lane;
}

void lane_free_all(struct lane **lanes)
{
    while (*lanes) {
        struct lane *lane = *lanes;
        *lanes = lane->next;
        free(lane->name);
        free(lane->text);
        free(lane);
    }
}

const char *vane_lane_text(const struct vane_lane *lane)
{
    return ((const struct lane *)lane)->text;
}
