#include "core/test_output.h"

#include <stdio.h>

struct printer {
    struct vane_text line;
};

static void printer_close(struct vane_self *self)
{
    struct printer *printer = self->state;
    vane_text_release(&printer->line);
}

static enum vane_result printer_write(struct vane_self *self, struct vane_write *write)
{
    struct printer *printer = self->state;
    for (size_t i = 0; i < write->count; i++) {
        vane_text_clear(&printer->line);
        if (vane_encode(self, &printer->line, write, i, 1))
            printf("> %s", printer->line.data);
    }
    fflush(stdout);
    return VANE_OK;
}

const struct vane_plugin test_output = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "test", .help = "Prints what would be written.",
    .state_size = sizeof(struct printer), .data_format = "influx", .close = printer_close, .write = printer_write,
};
