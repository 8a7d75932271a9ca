/* store_file - one checkpoint file: its bytes, checked and written so that a crash leaves old or new.
 *
 *     "vane checkpoint 2\n"  number  previous (0: full)  position count  record bytes   u64 each
 *     positions: length u32, lane, next i64, newest i64 …
 *     records:   lengths of owner, lane, key, data (UINT32_MAX: gone) u32; series u64; the bytes …
 *     hash u64 of all before it                                        all of the machine's byte order
 */
#pragma once
#include "core/store.h"

struct store_file {
    uint64_t         number, previous;
    size_t           position_count;
    struct vane_text bytes;     /* the whole file */
    const char      *positions; /* in it */
    const char      *records;
    size_t           records_length;
};

bool store_file_read(struct store_file *file, const char *path, struct error *err);
void store_file_release(struct store_file *file);

/* Steps through positions and records: `at` starts at file->positions / ->records. `lane` holds the position's text. */
const char *store_file_position(const char *at, struct vane_text *lane, struct store_position *position);
const char *store_file_record(const char *at, const char *end, struct vane_text texts[3],
                              struct vane_record *record);

void store_file_compose(struct vane_text *out, const struct store_checkpoint *checkpoint, uint64_t previous);
bool store_file_write(const char *directory, const char *name, const struct vane_text *bytes, struct error *err);
