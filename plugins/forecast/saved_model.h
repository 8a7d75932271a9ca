/* saved_model - models of Prophet as files, in Prophet's own JSON (serialize.model_to_json).
 *
 * Own thread.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/forecast/prophet/prophet.h"

/* The model in a file; NULL: err says why. `base` as in prophet_json_read. */
struct prophet *saved_model_read(const char *path, const struct prophet_settings *base, struct prophet_error *err);

/* Replaces the file in one step (write, fsync, rename), and makes the folders it lies in. `history`: what the model was
 * fitted to. */
bool saved_model_write(const char *path, const struct prophet *model, const struct prophet_frame *history,
                       struct prophet_error *err);

/* Does the pattern give each series a file of its own? */
bool saved_model_is_pattern(const char *pattern);

/* Where in the pattern a brace begins that is not {series}; NULL: nowhere. */
const char *saved_model_unknown(const char *pattern);

/* The pattern with {series} replaced by "measurement,tag=value.field". Of a name, letters, digits and _ - stand as they
 * are, the dot as well but at its beginning and in fields; any other byte is %XX: so two series never have one file.
 * A text of more than 200 bytes ends in the hash of the series instead. */
void saved_model_path(const char *pattern, const struct vane_series *series, const char *field, struct vane_text *path);
