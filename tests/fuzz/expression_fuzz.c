/* expression - any text as a condition; what is accepted is evaluated on a metric. */
#include "core/expression/expression.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct vane_tag tags[] = { { "host", "a", 4, 1 }, { "zone", "\xc3\xa4\xff", 4, 3 } };
static const struct vane_series series = { .name = "cpu", .name_length = 3, .tag_count = 2, .tags = tags };
static const struct vane_field fields[] = {
    { .key = "f", .key_length = 1, .type = VANE_FLOAT, .f = 1.5 },
    { .key = "i", .key_length = 1, .type = VANE_INT, .i = INT64_MIN },
    { .key = "u", .key_length = 1, .type = VANE_UINT, .u = UINT64_MAX },
    { .key = "b", .key_length = 1, .type = VANE_BOOL, .b = true },
    { .key = "s", .key_length = 1, .type = VANE_STRING, .s = "1h \xe2\x82\xac 12", .length = 9 },
};
static const struct vane_metric metric = {
    .series = &series, .time = INT64_MIN, .fields = fields, .field_count = 5
};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    struct error err;
    struct expression *expression = expression_new(text, &err);
    if (expression)
        expression_eval(expression, &metric, INT64_MAX, &err);
    expression_free(expression);
    free(text);
    return 0;
}
