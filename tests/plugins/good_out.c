/* An output as an older vane knew it: its descriptor and its rows end earlier than those of this one. */
#include "core/plugin.h"

struct state {
    int64_t limit;
};

struct old_option {
    const char    *name;
    enum vane_kind kind;
    bool           list, required, secret;
    size_t         offset, size;
    const char    *preset, *help;
    const char *const *choices;
    const struct vane_option *options;
};

static const struct old_option options[] = {
    { .name = "limit", .kind = VANE_KIND_INT, .offset = offsetof(struct state, limit), .preset = "3",
      .help = "How many." },
    { 0 }
};

static enum vane_result write_metrics(struct vane_self *self, struct vane_write *write)
{
    (void)self, (void)write;
    return VANE_OK;
}

static enum vane_result save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    (void)self, (void)saver, (void)full;
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = { 1, 0, offsetof(struct vane_plugin, save), sizeof(struct old_option) }, .role = VANE_OUTPUT,
    .name = "good_out", .help = "The good output.", .state_size = sizeof(struct state),
    .options = (const struct vane_option *)options, .write = write_metrics,
    .save = save, /* behind the end of the older descriptor */
};
