#include "core/format/csv_columns.h"

#include "core/alloc.h"
#include "core/format/codec.h"
#include "core/match/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 1000000 };

static const char *const types[] = { "int", "float", "bool", "string", NULL };
static const char *const reset_modes[] = { "none", "always", NULL };

#define OPTION_OF(kind, ...) kind(struct csv_decode_options, __VA_ARGS__)

const struct vane_option csv_decode_options[] = {
    OPTION_OF(VANE_OPT_UINT, csv_header_row_count, .preset = "0", .most = ROWS_MOST,
              .help = "Rows of the header; of several the names are joined. csv_column_names override them."),
    OPTION_OF(VANE_OPT_STRINGS, csv_column_names,
              .help = "Names of the columns, behind the skipped ones; one without a name is ignored, and so are "
                      "columns behind the last."),
    OPTION_OF(VANE_OPT_CHOICES, csv_column_types, .choices = types,
              .help = "Types of the columns; without them each cell is what it looks like: 47000 is an int, "
                      "46920.37 a float."),
    OPTION_OF(VANE_OPT_UINT, csv_skip_rows, .preset = "0", .most = ROWS_MOST,
              .help = "Lines to skip before anything else."),
    OPTION_OF(VANE_OPT_UINT, csv_skip_columns, .preset = "0", .most = ROWS_MOST,
              .help = "Columns to skip, in the header too."),
    OPTION_OF(VANE_OPT_UINT, csv_metadata_rows, .preset = "0", .most = ROWS_MOST,
              .help = "Lines of key and value before the header, which become tags."),
    OPTION_OF(VANE_OPT_STRINGS, csv_metadata_separators,
              .help = "What divides key and value in metadata lines."),
    OPTION_OF(VANE_OPT_STRING, csv_metadata_trim_set, .preset = "\"\"",
              .help = "Characters to cut from both ends of metadata keys and values."),
    OPTION_OF(VANE_OPT_STRING, csv_delimiter, .preset = "\",\"", .help = "The character that divides cells."),
    OPTION_OF(VANE_OPT_STRING, csv_comment, .preset = "\"\"",
              .help = "Lines that begin with this character are skipped; empty: none."),
    OPTION_OF(VANE_OPT_BOOL, csv_trim_space, .preset = "false",
              .help = "Cut spaces from both ends of cells."),
    OPTION_OF(VANE_OPT_STRINGS, csv_tag_columns, .help = "Columns that become tags; others become fields."),
    OPTION_OF(VANE_OPT_BOOL, csv_tag_overwrite, .preset = "false",
              .help = "Tags from columns win over tags from metadata lines."),
    OPTION_OF(VANE_OPT_STRING, csv_measurement_column, .preset = "\"\"",
              .help = "The column that holds the name of the metric."),
    OPTION_OF(VANE_OPT_STRING, csv_timestamp_column, .preset = "\"\"",
              .help = "The column that holds the time; empty: metrics are stamped when they arrive."),
    OPTION_OF(VANE_OPT_STRING, csv_timestamp_format, .preset = "\"\"",
              .help = "unix, unix_ms, unix_us, unix_ns, RFC3339 or a layout such as "
                      "\"2006-01-02 15:04:05\"."),
    OPTION_OF(VANE_OPT_STRING, csv_timezone, .preset = "\"\"",
              .help = "Time zone of times without one, such as Europe/Berlin; empty: UTC."),
    OPTION_OF(VANE_OPT_STRINGS, csv_skip_values, .help = "Cells that hold one of these count as absent."),
    OPTION_OF(VANE_OPT_BOOL, csv_skip_errors, .preset = "false",
              .help = "Accepted for Telegraf's sake: a bad row never takes good ones with it."),
    OPTION_OF(VANE_OPT_CHOICE, csv_reset_mode, .preset = "\"none\"", .choices = reset_modes,
              .help = "always: every message or file begins with skipped rows, metadata and header again."),
    { 0 },
};

/* ---- Columns ---- */

static bool is_listed(const struct vane_strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

static enum csv_role role_of(const struct csv_decode_options *options, const char *name, size_t place)
{
    if (!*name)
        return CSV_IGNORED;
    if (is_listed(&options->csv_tag_columns, name))
        return CSV_TAG;
    if (strcmp(options->csv_timestamp_column, name) == 0)
        return CSV_TIME;
    if (strcmp(options->csv_measurement_column, name) == 0)
        return CSV_NAME;
    size_t types_given = options->csv_column_types.count;
    return types_given && place >= types_given ? CSV_UNTYPED : CSV_FIELD;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool repeats(const char *const *names, size_t count)
{
    const char **sorted = alloc_array(count, sizeof *sorted);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = names[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++)
        found = found || strcmp(sorted[i - 1], sorted[i]) == 0;
    free(sorted);
    return found;
}

struct csv_columns *csv_columns_new(const struct csv_decode_options *options, const char *const *names,
                                    size_t count)
{
    const struct vane_choices *chosen = &options->csv_column_types;
    struct csv_columns *columns = alloc_zero(sizeof *columns);
    columns->items = alloc_array(count, sizeof *columns->items);
    columns->count = count;
    for (size_t i = 0; i < count; i++) {
        struct csv_column *column = &columns->items[i];
        column->name = alloc_text(names[i]);
        column->length = strlen(names[i]);
        column->role = role_of(options, names[i], i);
        column->any = chosen->count == 0;
        column->type = i < chosen->count ? (enum cell_type)chosen->items[i] : CELL_STRING;
    }
    columns->repeat = repeats(names, count);
    return columns;
}

void csv_columns_free(struct csv_columns *columns)
{
    if (!columns)
        return;
    for (size_t i = 0; i < columns->count; i++)
        free(columns->items[i].name);
    free(columns->items);
    free(columns);
}

/* ---- Checking ---- */

bool csv_is_mark(const char *text)
{
    size_t length = strlen(text);
    return length && utf8_sequence(text, text + length) == length && !strchr("\"\r\n", *text);
}

static bool check_delimiter(const struct csv_decode_options *options, struct error *err)
{
    return csv_is_mark(options->csv_delimiter)
        || error_set(err, "csv_delimiter: \"%s\" is not one character that may divide cells", options->csv_delimiter);
}

static bool check_comment(const struct csv_decode_options *options, struct error *err)
{
    if (*options->csv_comment && !csv_is_mark(options->csv_comment))
        return error_set(err, "csv_comment: \"%s\" is not one character that may begin a comment",
                         options->csv_comment);
    if (strcmp(options->csv_comment, options->csv_delimiter) == 0)
        return error_set(err, "csv_comment: it is the delimiter too");
    return true;
}

static bool check_time_column(const struct csv_decode_options *options, struct error *err)
{
    const char *column = options->csv_timestamp_column;
    if (!*column)
        return true;
    if (is_listed(&options->csv_tag_columns, column))
        return error_set(err, "csv_timestamp_column: \"%s\" is one of csv_tag_columns", column);
    if (options->csv_column_names.count && !is_listed(&options->csv_column_names, column))
        return error_set(err, "csv_timestamp_column: \"%s\" is none of csv_column_names", column);
    return true;
}

static bool check_time_format(const struct csv_decode_options *options, struct error *err)
{
    return !*options->csv_timestamp_column || *options->csv_timestamp_format
        || error_set(err, "csv_timestamp_format: csv_timestamp_column needs it");
}

static bool check_names(const struct csv_decode_options *options, struct error *err)
{
    size_t names = options->csv_column_names.count, kinds = options->csv_column_types.count;
    if (!options->csv_header_row_count && !names)
        return error_set(err, "csv_column_names: they are needed where csv_header_row_count is 0");
    if (names && kinds && names != kinds)
        return error_set(err, "csv_column_types: there are %zu, and %zu csv_column_names", kinds, names);
    return true;
}

static bool check_metadata(const struct csv_decode_options *options, struct error *err)
{
    if (options->csv_metadata_rows && !options->csv_metadata_separators.count)
        return error_set(err, "csv_metadata_separators: csv_metadata_rows need them");
    if (is_listed(&options->csv_metadata_separators, ""))
        return error_set(err, "csv_metadata_separators: an empty text divides nothing");
    return true;
}

bool csv_options_check(const struct csv_decode_options *options, struct error *err)
{
    static bool (*const checks[])(const struct csv_decode_options *options, struct error *err) = {
        check_names, check_metadata, check_delimiter, check_comment, check_time_format, check_time_column,
    };
    bool good = true;
    err->text[0] = '\0';
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct error one;
        good = codec_join(err, checks[i](options, &one), &one) && good;
    }
    return good;
}
