/* pages - see pages.h. Own thread. */
#include "plugins/forecast/prophet/pages.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BITS_MOST = 62,
    ROWS_PER_COLUMN = 4,
    ROWS_PER_COLUMN_LEAST = 2, /* with fewer a triangle is hardly smaller than the rows */
};

/* ---- Which pages there are ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 0: X knows more than the time of a row. */
static uint64_t hash_columns(const struct page_maker *maker)
{
    uint64_t hash = mix(1, maker->trend);
    for (size_t i = 0; i < maker->design->count; i++) {
        const struct term *term = &maker->design->terms[i];
        if (term->kind != TERM_SEASONALITY || term->column != NO_COLUMN)
            return 0;
        hash = mix(mix(hash, bits_of(term->period)), term->count);
    }
    return hash;
}

static int choose_bits(const struct rows *rows, size_t columns)
{
    double length = (double)rows->times[rows->count - 1] - (double)rows->times[0];
    double bits = log2(length / (double)(rows->count - 1) * (double)(ROWS_PER_COLUMN * columns));
    return bits < 1 ? 1 : bits > BITS_MOST ? BITS_MOST : (int)(bits + 0.5);
}

static int64_t number_of(const struct pages *pages, int64_t time)
{
    int64_t length = (int64_t)1 << pages->bits;
    return time / length - (time % length < 0);
}

/* Forgets all pages but those of the numbers first .. last. */
static void keep_only(struct pages *pages, int64_t first, int64_t last)
{
    size_t kept = 0;
    for (size_t i = 0; i < pages->count; i++) {
        if (pages->list[i].number >= first && pages->list[i].number <= last)
            pages->list[kept++] = pages->list[i];
        else
            free(pages->list[i].r);
    }
    pages->count = kept;
}

void pages_open(struct pages *pages, const struct page_maker *maker)
{
    const struct rows *rows = maker->rows;
    uint64_t columns = hash_columns(maker);
    int bits = columns ? choose_bits(rows, maker->triangle.columns) : 0;
    if (columns != pages->columns || bits != pages->bits)
        keep_only(pages, 1, 0);
    pages->columns = columns;
    pages->bits = bits;
    if (bits)
        keep_only(pages, number_of(pages, rows->times[0]), number_of(pages, rows->times[rows->count - 1]));
}

void pages_release(struct pages *pages)
{
    keep_only(pages, 1, 0);
    free(pages->list);
    *pages = (struct pages){ 0 };
}

bool pages_begins(const struct pages *pages, const struct rows *rows, size_t row)
{
    return row == 0 || number_of(pages, rows->times[row - 1]) != number_of(pages, rows->times[row]);
}

size_t pages_end(const struct pages *pages, const struct rows *rows, size_t from)
{
    uint64_t length = (uint64_t)1 << pages->bits;
    uint64_t start = (uint64_t)number_of(pages, rows->times[from]) * length;
    while (from < rows->count && (uint64_t)rows->times[from] - start < length)
        from++;
    return from;
}

int64_t pages_start(const struct pages *pages, const struct page *page)
{
    return page->number * ((int64_t)1 << pages->bits);
}

double pages_length(const struct pages *pages)
{
    return ldexp(1, pages->bits);
}

/* ---- One page ---- */

static void fill(const struct pages *pages, const struct page *page, const struct page_maker *maker,
                 const struct design_rows *rows)
{
    const struct block *block = maker->block;
    double *one = block->data, *y = block->data + (maker->triangle.columns - 1) * block->stride;
    memset(one, 0, maker->trend * block->stride * sizeof *one);
    memset(y, 0, block->stride * sizeof *y);
    design_fill(maker->design, maker->kernels, rows, block, maker->trend);
    for (size_t i = 0; i < rows->count; i++) {
        one[i] = 1;
        y[i] = (maker->rows->values[rows->first + i] - page->first) / page->size;
        if (maker->trend == 2)
            one[block->stride + i] = (double)(rows->times[rows->first + i] - pages_start(pages, page))
                                     / pages_length(pages);
    }
}

static void make(const struct pages *pages, struct page *page, struct page_maker *maker, size_t first,
                 size_t last)
{
    size_t columns = maker->triangle.columns;
    triangle_clear(&maker->triangle);
    for (size_t at = first; at < last; at += DESIGN_ROWS) {
        size_t count = last - at < DESIGN_ROWS ? last - at : DESIGN_ROWS;
        struct design_rows rows = { maker->rows->times, maker->rows->columns, at, count };
        fill(pages, page, maker, &rows);
        struct block block = *maker->block;
        block.rows = (count + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS;
        triangle_append(&maker->triangle, maker->kernels, &block, 0, columns);
    }
    double *out = page->r = memory_zero(columns * (columns + 1) / 2 * sizeof *out);
    for (size_t row = 0; row < columns; out += columns - row++)
        memcpy(out, maker->triangle.r + row * columns + row, (columns - row) * sizeof *out);
}

static struct page describe(const struct pages *pages, const struct rows *rows, size_t first, size_t last)
{
    struct page page = { .number = number_of(pages, rows->times[first]), .first = rows->values[first] };
    for (size_t i = first; i < last; i++) {
        page.hash = mix(mix(page.hash, (uint64_t)rows->times[i]), bits_of(rows->values[i]));
        page.size = fmax(page.size, fabs(rows->values[i] - page.first));
    }
    if (page.size == 0)
        page.size = 1;
    return page;
}

const struct page *pages_get(struct pages *pages, struct page_maker *maker, size_t first, size_t last)
{
    if (last - first < ROWS_PER_COLUMN_LEAST * maker->triangle.columns)
        return NULL;
    struct page page = describe(pages, maker->rows, first, last);
    if (!isfinite(page.size))
        return NULL;
    size_t at = 0;
    for (size_t high = pages->count; at < high;) {
        size_t middle = (at + high) / 2;
        if (pages->list[middle].number < page.number)
            at = middle + 1;
        else
            high = middle;
    }
    bool there = at < pages->count && pages->list[at].number == page.number;
    if (there && pages->list[at].hash == page.hash)
        return &pages->list[at];
    make(pages, &page, maker, first, last);
    if (there) {
        free(pages->list[at].r);
    } else {
        pages->list = memory_resize(pages->list, pages->count + 1, sizeof *pages->list);
        memmove(&pages->list[at + 1], &pages->list[at], (pages->count++ - at) * sizeof *pages->list);
    }
    pages->list[at] = page;
    return &pages->list[at];
}
