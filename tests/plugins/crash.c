/* crash - a processor that goes wrong on a metric with a certain field: for tests of what happens then. */
#include <stdlib.h>

#include "core/plugin.h"

enum how { SEGFAULT, ABORT, DIVIDE, LOOP, FAIL };

struct crash {
    const char *field;
    int         how;
};

static enum vane_result go_wrong(struct vane_self *self)
{
    const struct crash *crash = self->state;
    volatile int *nowhere = NULL, zero = 0, going = 1;
    switch ((enum how)crash->how) {
    case SEGFAULT: return (enum vane_result)*nowhere;
    case ABORT:    abort();
    case DIVIDE:   return (enum vane_result)(1 / zero);
    case LOOP:
        while (going)
            ;
        break;
    case FAIL: break;
    }
    return vane_fail(self, "there is a field %s", crash->field);
}

static enum vane_result process(struct vane_self *self, struct vane_batch *batch)
{
    const struct crash *crash = self->state;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->metrics[i] && vane_get(batch->metrics[i], crash->field))
            return go_wrong(self);
    return VANE_OK;
}

static const char *const ways[] = { "segfault", "abort", "divide", "loop", "fail", NULL };

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct crash, field, .preset = "\"crash\"", .help = "The field that makes it go wrong."),
    VANE_OPT_CHOICE(struct crash, how, .preset = "\"segfault\"", .choices = ways,
                    .help = "What it does: a signal, a loop without end, or answer FAIL."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "crash", .help = "Goes wrong on a certain field.",
    .state_size = sizeof(struct crash), .options = options, .process = process,
};
