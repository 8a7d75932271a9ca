/* prophet_json_fuzz - any bytes as a model in Prophet's JSON: refused with a reason, or a model that
 * predicts. */
#include "plugins/forecast/prophet/prophet.h"

#include "core/plugin.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 20 };

static void predict(struct prophet *model)
{
    static const double levels[] = { 0.1, 0.9 };
    const struct prophet_settings *settings = prophet_settings_of(model);
    struct prophet_parameters p = prophet_parameters(model);
    struct prophet_error err;
    int64_t times[ROWS];
    double ones[ROWS], yhat[ROWS], quantiles[2 * ROWS];
    for (int i = 0; i < ROWS; i++) {
        times[i] = p.start + i * (int64_t)86400000000000;
        ones[i] = 1;
    }
    const double **columns = calloc(settings->column_count + 1, sizeof *columns);
    for (size_t i = 0; i < settings->column_count; i++)
        columns[i] = ones;
    struct prophet_frame frame = { ROWS, times, ones, columns };
    struct prophet_forecast out = { .yhat = yhat, .levels = levels, .level_count = 2,
                                    .quantiles = quantiles };
    if (prophet_predict(model, &frame, &out, &err))
        for (int i = 0; i < ROWS; i++)
            assert(isfinite(yhat[i]) && isfinite(quantiles[i]) && quantiles[i] <= quantiles[ROWS + i]);
    struct vane_text text = { 0 };
    prophet_json_write(model, &frame, &text);
    vane_text_release(&text);
    free(columns);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct prophet_error err = { "" };
    struct prophet *model = prophet_json_read((const char *)data, size, NULL, &err);
    assert(model || err.text[0]);
    if (model)
        predict(model);
    prophet_free(model);
    return 0;
}
