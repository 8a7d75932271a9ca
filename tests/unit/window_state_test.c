/* What the window plugin saves, and what it makes of records that are damaged. */
#include "core/batch.h"
#include "tests/unit/window_saved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const asked[] = { "count", "mean", "interval", "derivative", "integral", "median", "mode" };

static struct options tumbling(void)
{
    return (struct options){ .every = 10 * KIT_SECOND, .quantile_method = 1,
                             .aggregates = { asked, sizeof asked / sizeof *asked } };
}

/* A value for each of the series s0, s1, … from the first to before the last. */
static void take(struct window_kit *kit, unsigned first, unsigned end, int64_t seconds)
{
    struct batch *batch = batch_new();
    int64_t time = KIT_START + seconds * KIT_SECOND;
    vane_batch_arrival(&batch->view, time);
    for (unsigned i = first; i < end; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%u", i);
        struct vane_tag tag = vane_tag("series", name);
        vane_set_float(vane_add(&batch->view, vane_series(&batch->view, "m", &tag, 1), time), "value", i % 7);
    }
    batch_seal(batch, time);
    window_kit_process(kit, batch);
    batch_unref(batch);
}

/* ---- How much ---- */

static void test_window_state__saves_only_what_has_changed(void **state)
{
    (void)state;
    struct vane_saver saver = { 0 };
    struct window_kit kit;
    struct options options = tumbling();
    window_kit_open(&kit, &options);
    take(&kit, 0, 3000, 1);
    window_saved_save(&saver, &kit, false);
    assert_int_equal(saver.count, 3000);
    window_saved_save(&saver, &kit, false);
    assert_int_equal(saver.count, 0);
    take(&kit, 100, 117, 2);
    take(&kit, 100, 117, 3);
    window_saved_save(&saver, &kit, false);
    assert_int_equal(saver.count, 17);
    for (size_t i = 0; i < saver.count; i++)
        assert_non_null(strstr(saver.items[i].key, ":s1")); /* s100 .. s116 */
    window_saved_save(&saver, &kit, true);
    assert_int_equal(saver.count, 3000);
    window_saved_save(&saver, &kit, false);
    assert_int_equal(saver.count, 0);
    window_kit_close(&kit);
    window_saved_release(&saver);
}

static void test_window_state__deletes_the_record_of_a_series_that_made_room(void **state)
{
    (void)state;
    struct vane_saver saver = { 0 };
    struct window_kit kit;
    struct options options = tumbling();
    options.idle = 30 * KIT_SECOND;
    options.max_series = 2;
    window_kit_open(&kit, &options);
    take(&kit, 0, 2, 1);
    window_saved_save(&saver, &kit, false);
    vane_plugin.tick(&kit.instance->self, NULL, KIT_START + 60 * KIT_SECOND);
    take(&kit, 2, 3, 61);
    window_saved_save(&saver, &kit, false);
    assert_int_equal(saver.deleted, 1);
    assert_int_equal(saver.count, 3); /* the deletion, the other that was closed, the new one */
    assert_null(saver.items[0].data);
    window_kit_close(&kit);
    window_saved_release(&saver);
}

/* ---- Damage ---- */

/* Loads all, and works on with it, if nothing was refused. */
static bool goes_on(const struct options *options, const struct vane_saver *saver)
{
    struct window_kit kit;
    bool good = true;
    window_kit_open(&kit, options);
    for (size_t i = 0; i < saver->count; i++)
        good = window_saved_load(&kit, &saver->items[i]) && good;
    take(&kit, 0, 4, 15);
    take(&kit, 0, 4, 3);
    take(&kit, 0, 4, 35);
    vane_plugin.end(&kit.instance->self);
    window_kit_close(&kit);
    return good;
}

static void make_records(struct vane_saver *saver, const struct options *options)
{
    struct window_kit kit;
    window_kit_open(&kit, options);
    take(&kit, 0, 3, 1);
    take(&kit, 0, 2, 2);
    take(&kit, 0, 1, 12);
    window_saved_save(saver, &kit, true);
    window_kit_close(&kit);
}

static void break_each_byte(const struct options *options)
{
    static const unsigned char flips[] = { 0x01, 0x02, 0x7f, 0x80, 0xff };
    struct vane_saver saver = { 0 };
    make_records(&saver, options);
    assert_true(goes_on(options, &saver));
    size_t refused = 0;
    for (size_t at = 0; at < saver.items[0].length; at++)
        for (size_t i = 0; i < sizeof flips; i++) {
            unsigned char *byte = (unsigned char *)saver.items[0].data + at;
            *byte ^= flips[i];
            refused += !goes_on(options, &saver);
            *byte ^= flips[i];
        }
    assert_true(refused > 0);
    window_saved_release(&saver);
}

static void test_window_state__survives_any_byte_that_is_wrong(void **state)
{
    (void)state;
    struct options kinds[] = { tumbling(), tumbling(), tumbling(), tumbling(), tumbling() };
    kinds[1].fill = FILL_LINEAR;
    kinds[1].fill_limit = 5;
    kinds[2] = (struct options){ .gap = 2 * KIT_SECOND, .aggregates = kinds[0].aggregates };
    kinds[3] = (struct options){ .period = 5 * KIT_SECOND, .aggregates = kinds[0].aggregates, .quantile_method = 1 };
    kinds[4] = (struct options){ .every_count = 9, .aggregates = kinds[0].aggregates };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        break_each_byte(&kinds[i]);
}

static void test_window_state__refuses_a_record_at_whatever_length_it_ends(void **state)
{
    (void)state;
    struct vane_saver saver = { 0 };
    struct options options = tumbling();
    make_records(&saver, &options);
    size_t whole = saver.items[0].length;
    for (size_t length = sizeof(uint64_t); length < whole; length++) {
        saver.items[0].length = length;
        assert_false(goes_on(&options, &saver));
    }
    window_saved_release(&saver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_state__saves_only_what_has_changed),
        cmocka_unit_test(test_window_state__deletes_the_record_of_a_series_that_made_room),
        cmocka_unit_test(test_window_state__survives_any_byte_that_is_wrong),
        cmocka_unit_test(test_window_state__refuses_a_record_at_whatever_length_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
