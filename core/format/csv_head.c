#include "core/format/csv_head.h"

#include "core/alloc.h"
#include "core/format/codec.h"

#include <stdlib.h>
#include <string.h>

static void forget_names(struct csv_head *head)
{
    for (size_t i = 0; i < head->name_count; i++)
        free(head->names[i]);
    head->name_count = 0;
}

static void forget(struct csv_head *head)
{
    forget_names(head);
    csv_columns_free(head->columns);
    head->columns = NULL;
    for (size_t i = 0; i < head->metadata_count; i++) {
        free((char *)head->metadata[i].key);
        free((char *)head->metadata[i].value);
    }
    head->metadata_count = 0;
}

void csv_head_start(struct csv_head *head, const struct csv_decode_options *options)
{
    forget(head);
    head->options = options;
    head->skip_rows = options->csv_skip_rows;
    head->metadata_rows = options->csv_metadata_rows;
    head->header_rows = options->csv_header_row_count;
}

void csv_head_release(struct csv_head *head)
{
    forget(head);
    free(head->names);
    free(head->metadata);
}

bool csv_head_is_next(const struct csv_head *head)
{
    return head->skip_rows || head->metadata_rows || head->header_rows;
}

/* ---- Lines ---- */

static const char *trim(const char *text, const char **end, const char *cut)
{
    while (text < *end && strchr(cut, *text))
        text++;
    while (text < *end && strchr(cut, (*end)[-1]))
        --*end;
    return text;
}

static void add_metadata(struct csv_head *head, const char *key, const char *key_end, const char *value,
                         const char *value_end)
{
    head->metadata = codec_grow(head->metadata, &head->metadata_room, head->metadata_count + 1,
                                sizeof *head->metadata);
    head->metadata[head->metadata_count++] = (struct vane_tag){
        .key = alloc_text_n(key, (size_t)(key_end - key)),
        .key_length = (uint32_t)(key_end - key),
        .value = alloc_text_n(value, (size_t)(value_end - value)),
        .value_length = (uint32_t)(value_end - value),
    };
}

/* Divides the line at a separator, if that leaves a key. */
static bool divide(struct csv_head *head, const char *line, const char *end, const char *separator)
{
    size_t length = strlen(separator);
    const char *key_end = memmem(line, (size_t)(end - line), separator, length);
    if (!key_end)
        return false;
    const char *value = trim(key_end + length, &end, head->options->csv_metadata_trim_set);
    const char *key = trim(line, &key_end, head->options->csv_metadata_trim_set);
    if (key == key_end)
        return false;
    add_metadata(head, key, key_end, value, end);
    return true;
}

/* Longer separators come before shorter ones. A line that none divides says nothing. */
static void read_metadata(struct csv_head *head, const char *line, const char *end)
{
    const struct vane_strings *separators = &head->options->csv_metadata_separators;
    size_t longest = 0;
    while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (memchr(line, '\0', (size_t)(end - line)))
        return; /* no tag can hold it */
    for (size_t i = 0; i < separators->count; i++)
        if (strlen(separators->items[i]) > longest)
            longest = strlen(separators->items[i]);
    for (size_t length = longest; length > 0; length--)
        for (size_t i = 0; i < separators->count; i++)
            if (strlen(separators->items[i]) == length && divide(head, line, end, separators->items[i]))
                return;
}

char *csv_head_lines(struct csv_head *head, char *next, char *end)
{
    while (next < end && (head->skip_rows || head->metadata_rows)) {
        char *line_end = csv_line_after(next, end);
        if (head->skip_rows) {
            head->skip_rows--;
        } else {
            head->metadata_rows--;
            read_metadata(head, next, line_end);
        }
        next = line_end;
    }
    return next;
}

/* ---- The header ---- */

static void join_name(struct csv_head *head, size_t place, const struct csv_cell *cell)
{
    if (place == head->name_count) {
        head->names = codec_grow(head->names, &head->name_room, place + 1, sizeof *head->names);
        head->names[head->name_count++] = alloc_text("");
    }
    char **name = &head->names[place];
    size_t length = strlen(*name);
    *name = alloc_resize(*name, length + cell->length + 1, 1);
    memcpy(*name + length, cell->text, cell->length + 1);
}

void csv_head_take(struct csv_head *head, const struct csv_cell *cells, size_t count)
{
    head->header_rows--;
    if (head->options->csv_column_names.count)
        return;
    for (size_t i = 0; i < count; i++)
        join_name(head, i, &cells[i]);
    if (head->header_rows)
        return;
    size_t skipped = head->options->csv_skip_columns;
    if (skipped > head->name_count)
        skipped = head->name_count;
    head->columns = csv_columns_new(head->options, (const char *const *)head->names + skipped,
                                    head->name_count - skipped);
    forget_names(head);
}

void csv_head_lose(struct csv_head *head)
{
    head->header_rows = 0;
    forget_names(head);
}
