/* random_walk - an input that makes up prices: a whole plugin, for reading. */
#include "core/plugin.h"

struct random_walk {
    const char *symbol; /* the options, by their names */
    double      step;

    double   price; /* and what it needs itself */
    uint64_t state;
};

/* Knuth's MMIX generator: the same numbers on every machine. -1 .. 1 */
static double next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)*state / 9223372036854775808.0;
}

static enum vane_result check(struct vane_self *self)
{
    const struct random_walk *walk = self->state;
    return walk->symbol[0] ? VANE_OK : vane_fail(self, "symbol: it is empty");
}

static enum vane_result open(struct vane_self *self)
{
    struct random_walk *walk = self->state;
    walk->price = 100;
    return VANE_OK;
}

static enum vane_result tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    (void)lane; /* is of processors */
    struct random_walk *walk = self->state;
    walk->price += walk->step * next_random(&walk->state);
    struct vane_batch *batch = vane_batch_new(self);
    struct vane_tag tag = vane_tag("symbol", walk->symbol);
    struct vane_metric *metric = vane_add(batch, vane_series(batch, "walk", &tag, 1), now);
    vane_set_float(metric, "price", walk->price);
    vane_emit(self, batch);
    return VANE_OK;
}

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct random_walk, symbol, .required = true, .help = "Tag of the prices."),
    VANE_OPT_FLOAT(struct random_walk, step, .preset = "1.0", .least = 0, .most = 1e9,
                   .help = "The price moves by this at most, each interval."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "random_walk", .help = "Makes up prices.",
    .state_size = sizeof(struct random_walk), .options = options, .check = check, .open = open, .tick = tick,
};
