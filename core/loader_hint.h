/* loader_hint - what to say of a plugin that there is none of: which one may be meant, or what there is in
 * place of one that users know from Telegraf. Own thread.
 */
#pragma once
#include "core/loader.h"

/* " (did you mean 'kafka'?)", " (use inputs.file with tail = true)", or nothing; appended. role 0: any. */
void loader_hint(struct loader *loader, enum vane_role role, const char *name, struct vane_text *out);
