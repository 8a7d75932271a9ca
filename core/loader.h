/* loader - finds a plugin's .so, checks it, and answers with its descriptor.
 *
 * Directories, in this order: --plugin-dir, $VANE_PLUGIN_PATH (with colons), the installed one, then
 * beside the program: ../lib/vane/plugins, and plugins/ of a build tree. Of [[inputs.kafka]] first
 * kafka_in.so is looked for, then kafka.so. Nothing of a plugin runs before its ABI is checked; a file that
 * everybody may write to or that is cut off is refused. Plugins stay loaded until the process ends. Own thread.
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

struct loader;

struct loader *loader_new(const char *const *directories); /* of --plugin-dir; ends with NULL */
void loader_free(struct loader *loader);                   /* descriptors go with it */

/* NULL with one sentence that names the file looked for. The descriptor is a copy of the host's size,
 * validated: what is in it can be relied on. */
const struct vane_plugin *loader_get(struct loader *loader, enum vane_role role, const char *name,
                                     struct error *err);

/* Calls visit for every plugin that there is, by name; what cannot be loaded comes with an error. */
void loader_visit(struct loader *loader,
                  void (*visit)(void *context, const char *file, const struct vane_plugin *plugin, const char *error),
                  void *context);

/* Is there one, of any role where that is 0, and can it be loaded? */
bool loader_has(struct loader *loader, enum vane_role role, const char *name);

/* Calls visit for every .so there is, links among them, without loading it; the length is that of the name
 * without its ending. */
typedef void loader_file(void *context, const char *path, const char *name, size_t length);
void loader_files(const struct loader *loader, loader_file *visit, void *context);

/* Of any role, for `vane help kafka_in`. */
const struct vane_plugin *loader_find(struct loader *loader, const char *name, struct error *err);
