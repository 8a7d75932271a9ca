/* format_bench - line protocol decoded and encoded on one core: three tags and three fields a line,
 * batches of 1,000 lines, 100 series. Prints metrics per second, the median of several rounds.
 *
 *     format_bench [rounds]
 */
#include "core/format/format.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINES = 1000, SERIES = 100, REPEATS = 200, ROUNDS = 9, ROUNDS_MOST = 999 };

/* influx_options of the decoder and of the encoder, as their tables lay them out. */
static const int64_t decode_options = 1;
static const struct { uint64_t max_line_bytes; bool sort_fields, uint_support,
                      omit_timestamp; } encode_options;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(void *context, const struct bad_record *bad)
{
    (void)context;
    fprintf(stderr, "line %llu: %s\n", (unsigned long long)bad->line, bad->reason);
    exit(1);
}

static void reject(void *context, size_t index, const char *reason)
{
    (void)context;
    fprintf(stderr, "metric %zu: %s\n", index, reason);
    exit(1);
}

/* Two floats as they come from an exchange, one counter, time in nanoseconds. */
static void write_lines(struct vane_text *text)
{
    srand(1);
    for (int i = 0; i < LINES; i++)
        vane_text_addf(text,
                       "ticker,exchange=binance,region=eu-west-%d,symbol=BTC%03d "
                       "last=%d.%d%d,spread=0.00%d%d,trades=%di %lld\n",
                       i % SERIES % 4, i % SERIES, 40000 + rand() % 9999, rand() % 10, 1 + rand() % 9,
                       rand() % 10, 1 + rand() % 9, rand() % 100000, 1648522311673000000LL + i * 1000000LL);
}

static struct batch *decode(struct decoder *decoder, const struct vane_text *text)
{
    struct batch *batch = batch_new();
    decoder_decode(decoder, batch, text->data, text->length, true, 0);
    batch_seal(batch, 0);
    return batch;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, double *rates, int rounds)
{
    qsort(rates, (size_t)rounds, sizeof *rates, compare);
    printf("%-22s %8.2f million metrics/s (%.0f ns each; best %.2f)\n", what, rates[rounds / 2] / 1e6,
           1e9 / rates[rounds / 2], rates[rounds - 1] / 1e6);
}

static double time_decode(struct decoder *decoder, const struct vane_text *text)
{
    double start = now();
    for (int i = 0; i < REPEATS; i++)
        batch_unref(decode(decoder, text));
    return (double)LINES * REPEATS / (now() - start);
}

static double time_encode(struct encoder *encoder, struct vane_text *out, const struct batch *batch)
{
    static const struct encode_sink sink = { .reject = reject };
    double start = now();
    for (int i = 0; i < REPEATS; i++) {
        vane_text_clear(out);
        encoder_encode(encoder, out, batch->view.metrics, batch->view.count, &sink);
    }
    return (double)LINES * REPEATS / (now() - start);
}

int main(int argc, char **argv)
{
    static double rates[2][ROUNDS_MOST];
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS;
    if (rounds < 1 || rounds > ROUNDS_MOST)
        return 2;
    mallopt(M_TRIM_THRESHOLD, 4 << 20); /* as the agent has it: see core/agent.c */
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
    const struct format *format = format_find("influx");
    const struct decode_sink sink = { .bad = fail };
    struct error err;
    struct decode_plan *plan = decode_plan_new(format, &decode_options, "bench", &err);
    struct decoder *decoder = decoder_new(plan, "bench", &sink);
    struct encoder *encoder = encoder_new(format, &encode_options, &err);
    struct vane_text text = { 0 }, out = { 0 };
    write_lines(&text);
    struct batch *batch = decode(decoder, &text);
    for (long i = 0; i < rounds; i++) {
        rates[0][i] = time_decode(decoder, &text);
        rates[1][i] = time_encode(encoder, &out, batch);
    }
    if (out.length != text.length || memcmp(out.data, text.data, text.length) != 0)
        fprintf(stderr, "what was encoded is not what was decoded\n");
    report("line protocol decode", rates[0], (int)rounds);
    report("line protocol encode", rates[1], (int)rounds);
    batch_unref(batch);
    decoder_free(decoder);
    decode_plan_free(plan);
    encoder_free(encoder);
    vane_text_release(&text);
    vane_text_release(&out);
    return 0;
}
