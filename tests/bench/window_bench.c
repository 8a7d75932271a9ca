/* window_bench - what the window plugin costs: tumbling count, mean, min and max over 1,000 series; the
 * memory of a million open series, what saving them costs, how long they take to close at once; and what comes
 * of twice as many as it may keep.
 *
 *     window_bench [METRICS [SERIES]]
 *
 * The plugin is called directly, on one core, with batches of 1,000 metrics that are made beforehand; what it
 * emits is thrown away. Arrival and event time pass a window every 100 batches.
 */
#include "core/batch.h"
#include "tests/unit/window_saved.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 1000, BATCHES = 64 };

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* A batch as an edge brings it: sealed, its series shared within it. */
static struct batch *make_batch(size_t first, size_t series)
{
    struct batch *batch = batch_new();
    for (size_t i = 0; i < BATCH; i++) {
        char host[24];
        snprintf(host, sizeof host, "host%zu", (first + i) % series);
        struct vane_tag tags[] = { vane_tag("host", host), vane_tag("region", "eu-central-1") };
        const struct vane_series *of = vane_series(&batch->view, "cpu", tags, 2);
        vane_set_float(vane_add(&batch->view, of, KIT_START), "value", (double)((first + i) * 7919 % 1000));
    }
    batch_seal(batch, KIT_START);
    return batch;
}

static void set_time(struct batch *batch, int64_t time)
{
    for (size_t i = 0; i < batch->view.count; i++) {
        struct vane_metric *metric = (struct vane_metric *)batch->metrics[i];
        metric->time = metric->arrival = time;
    }
}

static void open_kit_of(struct window_kit *kit, size_t max_series)
{
    static const char *const names[] = { "count", "mean", "min", "max" };
    window_kit_open(kit, &(struct options){ .every = 10 * KIT_SECOND, .aggregates = { names, 4 },
                                            .max_series = max_series, .max_memory = 1000000000 });
}

static void open_kit(struct window_kit *kit)
{
    open_kit_of(kit, 0);
}

static void measure_speed(size_t metrics)
{
    struct window_kit kit;
    struct batch *batches[BATCHES];
    open_kit(&kit);
    for (size_t i = 0; i < BATCHES; i++)
        batches[i] = make_batch(i * BATCH, 1000);
    double used = 0;
    for (size_t done = 0; done < metrics; done += BATCH) {
        struct batch *batch = batches[done / BATCH % BATCHES];
        set_time(batch, KIT_START + (int64_t)(done / BATCH) * KIT_SECOND / 10);
        double before = cpu_seconds();
        window_kit_process(&kit, batch);
        used += cpu_seconds() - before;
    }
    printf("tumbling count, mean, min, max over 1000 series: %.1f million metrics/s a core (%.0f ns each)\n",
           (double)metrics / used / 1e6, used * 1e9 / (double)metrics);
    window_kit_close(&kit);
    for (size_t i = 0; i < BATCHES; i++)
        batch_unref(batches[i]);
}

static double megabytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / 1e6;
}

/* One metric for each series, all at that second. */
static void open_series(struct window_kit *kit, size_t first, size_t series, int second)
{
    for (size_t done = 0; done < series; done += BATCH) {
        struct batch *batch = make_batch(first + done, SIZE_MAX);
        set_time(batch, KIT_START + second * KIT_SECOND);
        window_kit_process(kit, batch);
        batch_unref(batch);
    }
}

static double seconds_to_save(struct window_kit *kit, bool full, size_t *records)
{
    struct vane_saver saver = { 0 };
    double begun = cpu_seconds();
    vane_plugin.save(&kit->instance->self, &saver, full);
    double used = cpu_seconds() - begun;
    *records = saver.count;
    window_saved_release(&saver);
    return used;
}

/* Between two marks, five seconds, so many of the series change. */
static void measure_saving(struct window_kit *kit, size_t series)
{
    enum { CHANGED = 50000, MARK_SECONDS = 5 };
    size_t records;
    double all = seconds_to_save(kit, true, &records);
    printf("saved whole: %zu records in %.2f s\n", records, all);
    open_series(kit, series / 2, CHANGED, 1);
    double some = seconds_to_save(kit, false, &records);
    printf("saved of %zu series: %zu changed records in %.3f s (%.2f %% of the time)\n", series, records, some,
           100 * some / MARK_SECONDS);
}

static void measure_memory(size_t series)
{
    struct window_kit kit;
    open_kit(&kit);
    double before = megabytes_in_use(), begun = cpu_seconds();
    open_series(&kit, 0, series, 0);
    double used = megabytes_in_use() - before, opened = cpu_seconds();
    printf("%zu open series: %.0f MB (%.0f by its own count), opened in %.1f s\n", series, used,
           (double)window_kit_state(&kit)->budget.used / 1e6, opened - begun);
    measure_saving(&kit, series);
    double saved = cpu_seconds();
    vane_plugin.end(&kit.instance->self);
    printf("all closed at once in %.1f s\n", cpu_seconds() - saved);
    window_kit_close(&kit);
}

static void measure_limit(size_t series)
{
    struct window_kit kit;
    open_kit_of(&kit, series);
    double before = megabytes_in_use();
    open_series(&kit, 0, 2 * series, 0);
    printf("%zu series where %zu may be kept: %.0f MB, %zu kept, %llu metrics refused\n", 2 * series, series,
           megabytes_in_use() - before, window_kit_state(&kit)->members.count,
           (unsigned long long)window_kit_counter(&kit, "metrics_refused"));
    window_kit_close(&kit);
}

int main(int argc, char **argv)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    measure_speed(argc > 1 ? strtoul(argv[1], NULL, 10) : 20000000);
    size_t series = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    measure_memory(series);
    measure_limit(series);
    return 0;
}
