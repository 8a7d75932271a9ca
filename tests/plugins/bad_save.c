/* Saves what it never loads. */
#include "core/plugin.h"

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
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "bad_save", .help = "Test.", .write = write_metrics, .save = save,
};
