#include "core/write.h"

#include "core/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { MAGIC = 0x65746977 };

struct write *write_new(size_t room)
{
    struct write *write = alloc_zero(sizeof *write);
    write->magic = MAGIC;
    write->metrics = alloc_array(room, sizeof(struct vane_metric *));
    write->settled = alloc_array(room, sizeof *write->settled);
    write->view.metrics = write->metrics;
    return write;
}

void write_free(struct write *write)
{
    for (size_t i = 0; i < write->batch_count; i++)
        batch_unref(write->batches[i]);
    free(write->batches);
    free(write->metrics);
    free(write->settled);
    write->magic = 0;
    free(write);
}

struct write *write_of(struct vane_write *view)
{
    struct write *write = (struct write *)view;
    assert(write->magic == MAGIC);
    return write;
}

void write_add(struct write *write, struct batch *batch, size_t first, size_t end)
{
    memcpy(write->metrics + write->view.count, batch->metrics + first, (end - first) * sizeof *write->metrics);
    write->view.count += end - first;
    write->left += end - first;
    if ((write->batch_count & (write->batch_count + 1)) == 0) /* room for 1, 3, 7, … */
        write->batches = alloc_resize(write->batches, 2 * write->batch_count + 1, sizeof(struct batch *));
    write->batches[write->batch_count++] = batch_ref(batch);
}

size_t write_settle(struct write *write, size_t first, size_t count)
{
    assert(first <= write->view.count && count <= write->view.count - first);
    size_t fresh = 0;
    for (size_t i = first; i < first + count; i++) {
        fresh += !write->settled[i];
        write->settled[i] = true;
    }
    write->left -= fresh;
    return fresh;
}

void write_shrink(struct write *write)
{
    size_t kept = 0;
    for (size_t i = 0; i < write->view.count; i++)
        if (!write->settled[i])
            write->metrics[kept++] = write->metrics[i];
    write->view.count = kept;
    memset(write->settled, 0, kept * sizeof *write->settled);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t *sorted_hashes(const struct write *write)
{
    uint64_t *hashes = alloc_array(write->view.count, sizeof *hashes);
    for (size_t i = 0; i < write->view.count; i++)
        hashes[i] = write->metrics[i]->series->hash;
    qsort(hashes, write->view.count, sizeof *hashes, compare_hashes);
    return hashes;
}

bool write_shares_series(const struct write *write, const struct write *other)
{
    uint64_t *mine = sorted_hashes(write), *theirs = sorted_hashes(other);
    bool shared = false;
    for (size_t i = 0, j = 0; i < write->view.count && j < other->view.count && !shared;) {
        shared = mine[i] == theirs[j];
        if (mine[i] < theirs[j])
            i++;
        else
            j++;
    }
    free(mine);
    free(theirs);
    return shared;
}
