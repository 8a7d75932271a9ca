/* pages - the triangles of runs of rows, kept from fit to fit.
 *
 * A page is the rows whose times lie in one stretch of 2^n ns, counted from 1970; n is such that a page has
 * about four rows for each of its columns, so that its triangle is an eighth of them. The columns are
 * [1, u, X, y] ([1, X, y] under flat growth): u is the time since the page's start in lengths of a page, y
 * the value less the page's first one, in units of the largest such difference. So a triangle depends on
 * the page's rows alone: neither on where the history starts and ends nor on the changepoints and scales of
 * one fit. A fit whose history has moved on makes triangles of the new rows only, and of those that
 * changepoints cut.
 *
 * Whether a page's rows are what they were is told by a hash of their times and values. What is kept
 * changes how long a fit takes, never its bits: a page that is not there is made in the same way.
 * Only where X depends on the times alone: without holidays, conditions and regressors. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/design.h"
#include "plugins/forecast/prophet/history.h"

struct page {
    int64_t  number; /* its times / 2^n */
    uint64_t hash;
    double   first, size; /* y = (value - first) / size */
    double  *r;           /* the triangle's rows, each from the diagonal on */
};

struct pages {
    uint64_t     columns; /* a hash of what X and the trend's columns are */
    int          bits;    /* n; 0: no pages in this fit */
    struct page *list;    /* by number */
    size_t       count;
};

/* What a page's triangle is made with; block and triangle are scratch, of as many columns as it has. */
struct page_maker {
    const struct design  *design;
    const struct kernels *kernels;
    const struct rows    *rows;
    size_t                trend; /* columns before X: 1, u; or 1 */
    struct block         *block; /* DESIGN_ROWS rows */
    struct triangle       triangle;
};

/* Before a fit: chooses n, and forgets what is of other columns, of another n, or outside the rows. */
void pages_open(struct pages *pages, const struct page_maker *maker);
void pages_release(struct pages *pages);

/* Is the row the first of its page? */
bool pages_begins(const struct pages *pages, const struct rows *rows, size_t row);

/* The row behind the page that the row `from` is in. */
size_t pages_end(const struct pages *pages, const struct rows *rows, size_t from);

/* The page of the rows first .. last - 1, all that its stretch has; kept, or made now. NULL: not worth it, or
 * its values cannot be scaled. Valid until the next call. */
const struct page *pages_get(struct pages *pages, struct page_maker *maker, size_t first, size_t last);

/* Start of a page and its length, ns. */
int64_t pages_start(const struct pages *pages, const struct page *page);
double  pages_length(const struct pages *pages);
