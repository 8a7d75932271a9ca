/* csv_columns - what the columns of a csv stream are, compiled from their names and the options.
 * For core/format/ only.
 */
#pragma once
#include "core/error.h"
#include "core/format/cell.h"
#include "core/format/csv_row.h"
#include "core/format/timestamp.h"

struct csv_decode_options {
    uint64_t            csv_header_row_count;
    struct vane_strings csv_column_names;
    struct vane_choices csv_column_types; /* of enum cell_type */
    uint64_t            csv_skip_rows, csv_skip_columns;
    uint64_t            csv_metadata_rows;
    struct vane_strings csv_metadata_separators;
    const char         *csv_metadata_trim_set;
    const char         *csv_delimiter, *csv_comment;
    bool                csv_trim_space;
    struct vane_strings csv_tag_columns;
    bool                csv_tag_overwrite;
    const char         *csv_measurement_column, *csv_timestamp_column, *csv_timestamp_format, *csv_timezone;
    struct vane_strings csv_skip_values;
    bool                csv_skip_errors;
    int                 csv_reset_mode;
};

extern const struct vane_option csv_decode_options[];

enum csv_role {
    CSV_FIELD, CSV_TAG, CSV_TIME, CSV_NAME, CSV_IGNORED,
    CSV_UNTYPED, /* a field for which csv_column_types has no type */
};

struct csv_column {
    char          *name;
    size_t         length;
    enum csv_role  role;
    bool           any; /* the type is found cell by cell */
    enum cell_type type;
};

struct csv_columns {
    struct csv_column *items; /* behind csv_skip_columns */
    size_t             count;
    bool               repeat; /* two have one name */
};

/* Takes copies of the names. */
struct csv_columns *csv_columns_new(const struct csv_decode_options *options, const char *const *names,
                                    size_t count);
void csv_columns_free(struct csv_columns *columns); /* NULL is fine */

/* Do the options make sense? The error has a line for each fault, which begins with the option's name. */
bool csv_options_check(const struct csv_decode_options *options, struct error *err);

/* Is the text one character that may divide cells or begin a comment? */
bool csv_is_mark(const char *text);
