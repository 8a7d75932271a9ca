/* expression_value - the values of CEL and what all of them can do: being equal, having an order.
 *
 * An error is a value too: it travels up the expression until an operator decides without it.
 * Texts and lists lie in the metric, in the compiled expression, or in the memory of an evaluation.
 */
#pragma once
#include "core/arena.h"
#include "core/plugin.h"

enum expression_kind {
    KIND_NONE,
    KIND_DYN, /* of types only: known when it is evaluated */
    KIND_ERROR, KIND_NULL, KIND_BOOL, KIND_INT, KIND_UINT, KIND_DOUBLE, KIND_STRING, KIND_LIST, KIND_MAP,
    KIND_TIMESTAMP, KIND_DURATION, KIND_TYPE,
    KIND_COUNT
};

extern const char *const expression_kind_names[KIND_COUNT];

struct expression_value {
    enum expression_kind kind;
    int32_t              nanos; /* of a timestamp: 0 .. 999999999 */
    union {
        bool     b;
        int64_t  i; /* also the seconds of a timestamp (since 1970), the nanoseconds of a duration */
        uint64_t u;
        double   f;
        enum expression_kind type;
        struct { const char *data; size_t length; } text;
        struct { const struct expression_value *items; size_t count; } list;
        struct { const struct vane_metric *metric; bool fields; } map; /* the fields, else the tags */
        struct { const char *what, *detail; } error; /* detail may be NULL */
    };
};

/* What an evaluation works with. */
enum { EXPRESSION_LOOPS = 8, EXPRESSION_STEPS = 1000000, EXPRESSION_MEMORY = 1 << 20 };

struct expression_run {
    const struct vane_metric *metric;
    int64_t                   now;
    struct arena             *memory;
    size_t                    taken; /* of EXPRESSION_MEMORY bytes */
    size_t                    steps; /* of EXPRESSION_STEPS */
    struct expression_value   locals[EXPRESSION_LOOPS];
};

struct expression_value expression_bool(bool b);
struct expression_value expression_int(int64_t i);
struct expression_value expression_text(const char *data, size_t length);
struct expression_value expression_error(const char *what, const char *detail); /* both live on */
struct expression_value expression_no_overload(void);
struct expression_value expression_overflow(void);

/* NULL: the evaluation has taken too much. */
void *expression_take(struct expression_run *run, size_t size);
struct expression_value expression_too_much(void);

/* CEL's ==: numbers by value, whatever their types; of other types nothing is equal. */
bool expression_equal(const struct expression_value *a, const struct expression_value *b);

/* CEL's <: the answer of a compared with b. Error: these have no order. Unordered: one is NaN. */
enum expression_order { ORDER_LESS, ORDER_SAME, ORDER_MORE, ORDER_NONE, ORDER_ERROR };
enum expression_order expression_compare(const struct expression_value *a, const struct expression_value *b);

/* Maps: their keys are strings. */
bool expression_map_get(const struct expression_value *map, const char *key, size_t length,
                        struct expression_value *value);
size_t expression_map_count(const struct expression_value *map);
struct expression_value expression_map_key(const struct expression_value *map, size_t i);
