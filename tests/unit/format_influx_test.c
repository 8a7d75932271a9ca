/* Tests of core/format/influx_decode.c and influx_encode.c: goldens, errors, random metrics and back. */
#include "tests/unit/format_kit.h"

#define assert_reads(bytes, expected) assert_decodes("influx", "", bytes, expected)
#define assert_writes(lines, expected) assert_encodes("influx", "", lines, expected)

/* ---- Decoding ---- */

static void test_influx_decode__reads_every_type(void **state)
{
    (void)state;
    assert_reads("m f=1,g=1.,h=.5,i=-1e5,j=1.5E-3,k=00.42 7\n",
                 "m f=1,g=1,h=0.5,i=-100000,j=0.0015,k=0.42 @7\n");
    assert_reads("m i=3i,j=-9223372036854775808i,k=9223372036854775807i,u=18446744073709551615u\n",
                 "m i=3i,j=-9223372036854775808i,k=9223372036854775807i,u=18446744073709551615u\n");
    assert_reads("m a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE\n",
                 "m a=true,b=true,c=true,d=true,e=true,f=false,g=false,h=false,i=false,j=false\n");
    assert_reads("m s=\"text\",e=\"\" 1\n", "m s=\"text\",e=\"\" @1\n");
    assert_reads("price value=46920.37000000 1648522311673000000\n",
                 "price value=46920.37 @1648522311673000000\n");
}

static void test_influx_decode__reads_every_escape(void **state)
{
    (void)state;
    assert_reads("a\\,b\\ c\\=d,k\\,\\ \\=e=v\\,\\ \\=w f\\,\\ \\=g=1\n", "a,b c\\=d,k, =e=v, =w f, =g=1\n");
    assert_reads("c\\pu,p=C:\\dir f\\x=1\n", "c\\pu,p=C:\\dir f\\x=1\n");
    assert_reads("cpu,host=two\\\\ words v=1\n", "cpu,host=two\\ words v=1\n");
    assert_reads("cpu,host=two\\\\\\ words v=1\n", "cpu,host=two\\\\ words v=1\n");
    assert_reads("m s=\"a\\\"b\\\\c\\d, =\"\n", "m s=\"a\"b\\c\\d, =\"\n");
    assert_reads("m,q=\"x\" \"f\"=1\n", "m,q=\"x\" \"f\"=1\n");
    assert_reads("m,t=\xe2\x82\xac \xc3\xa9=\"\xf0\x9f\x99\x82\"\n",
                 "m,t=\xe2\x82\xac \xc3\xa9=\"\xf0\x9f\x99\x82\"\n");
}

static void test_influx_decode__reads_long_tokens_of_every_length(void **state)
{
    (void)state;
    for (int length = 1; length < 70; length++) {
        char line[400], expected[400], text[80];
        memset(text, 'x', sizeof text);
        snprintf(line, sizeof line, "%.*s,%.*s=%.*s %.*s=\"%.*s\" 5\n", length, text, length, text, length,
                 text, length, text, length, text);
        snprintf(expected, sizeof expected, "%.*s,%.*s=%.*s %.*s=\"%.*s\" @5\n", length, text, length, text,
                 length, text, length, text, length, text);
        kit_assert_decodes("influx", "", line, strlen(line), expected);
    }
}

static void test_influx_decode__sorts_tags(void **state)
{
    (void)state;
    assert_reads("m,z=1,a=2,k=3 f=1\n", "m,a=2,k=3,z=1 f=1\n");
}

static void test_influx_decode__skips_blank_lines_comments_and_spaces(void **state)
{
    (void)state;
    assert_reads("\n  # no metric \"\n\r\n \t m  \tf=1   2  \n\n#x", "m f=1 @2\n");
    assert_reads("m f=1 2\r\nm f=2 3\r\n", "m f=1 @2\nm f=2 @3\n");
    assert_reads("m\tf=1\t2", "m f=1 @2\n");
    assert_reads("", "");
    assert_reads("   ", "");
}

static void test_influx_decode__lets_a_string_span_lines(void **state)
{
    (void)state;
    assert_reads("m s=\"a\nb\r\nc\" 1\nm f=2 2\n", "m s=\"a\nb\r\nc\" @1\nm f=2 @2\n");
    assert_reads("m s=\"a\n#b\\\"\n\",f=1\n", "m s=\"a\n#b\"\n\",f=1\n");
}

static void test_influx_decode__keeps_the_last_of_equal_fields(void **state)
{
    (void)state;
    assert_reads("m a=1,b=2,a=\"x\"\n", "m a=\"x\",b=2\n");
}

static void test_influx_decode__keeps_the_last_of_many_equal_fields(void **state)
{
    (void)state;
    struct vane_text line = { 0 }, expected = { 0 };
    vane_text_addf(&line, "m ");
    vane_text_addf(&expected, "m ");
    for (int i = 0; i < 300; i++)
        vane_text_addf(&line, "f%d=%d,", i % 100, i);
    for (int i = 0; i < 100; i++)
        vane_text_addf(&expected, "f%d=%d%s", i, 200 + i, i < 99 ? "," : "\n");
    line.data[line.length - 1] = '\n';
    kit_assert_decodes("influx", "", line.data, line.length, expected.data);
    vane_text_release(&line);
    vane_text_release(&expected);
}

static void test_influx_decode__scales_timestamps(void **state)
{
    (void)state;
    assert_decodes("influx", "influx_timestamp_precision = \"1ms\"", "m f=1 1648522311673\n",
                   "m f=1 @1648522311673000000\n");
    assert_decodes("influx", "influx_timestamp_precision = \"1s\"", "m f=1 -2\n", "m f=1 @-2000000000\n");
    assert_decodes("influx", "influx_timestamp_precision = \"1us\"", "m f=1 9223372036854776\n",
                   "! line 1: timestamp 9223372036854776 is out of range [m f=1 9223372036854776]\n");
}

static void test_influx_decode__takes_times_that_influxdb_takes(void **state)
{
    (void)state;
    assert_reads("m f=1 -9223372036854775806\nm f=1 9223372036854775806\nm f=1 0\n",
                 "m f=1 @-9223372036854775806\nm f=1 @9223372036854775806\nm f=1 @0\n");
    assert_reads("m f=1 -9223372036854775807\nm f=1 9223372036854775807\n",
                 "! line 1: timestamp -9223372036854775807 is out of range [m f=1 -9223372036854775807]\n"
                 "! line 2: timestamp 9223372036854775807 is out of range [m f=1 9223372036854775807]\n");
}

static void test_influx_decode__refuses_bad_series(void **state)
{
    (void)state;
    assert_reads(",a=b f=1\n", "! line 1: the measurement is missing [,a=b f=1]\n");
    assert_reads("m, f=1\n", "! line 1: a tag has no key [m, f=1]\n");
    assert_reads("m,=b f=1\n", "! line 1: a tag has no key [m,=b f=1]\n");
    assert_reads("m,a f=1\n", "! line 1: tag \"a\" has no '=' [m,a f=1]\n");
    assert_reads("m,a= f=1\n", "! line 1: tag \"a\" has no value [m,a= f=1]\n");
    assert_reads("m,a=,b=c f=1\n", "! line 1: tag \"a\" has no value [m,a=,b=c f=1]\n");
    assert_reads("m,a=b=c f=1\n", "! line 1: the value of tag \"a\" holds a bare '=' [m,a=b=c f=1]\n");
    assert_reads("m,a=1,b=2,a=3 f=1\n", "! line 1: tag \"a\" stands twice [m,a=1,b=2,a=3 f=1]\n");
    assert_reads("m,a=b\\ f=1\n", "! line 1: the value of tag \"a\" holds a bare '=' [m,a=b\\ f=1]\n");
    assert_decodes("influx", "", "m\0x f=1\n",
                   "! line 1: a NUL byte stands in the measurement or a tag [m]\n");
}

static void test_influx_decode__refuses_bad_fields(void **state)
{
    (void)state;
    assert_reads("m\n", "! line 1: there are no fields [m]\n");
    assert_reads("m,a=b  \n", "! line 1: there are no fields [m,a=b  ]\n");
    assert_reads("m 123\n", "! line 1: field \"123\" has no '=' [m 123]\n");
    assert_reads("m =1\n", "! line 1: a field key is missing [m =1]\n");
    assert_reads("m f=1,\n", "! line 1: a field key is missing [m f=1,]\n");
    assert_reads("m f=1, g=2\n", "! line 1: a field key is missing [m f=1, g=2]\n");
    assert_reads("m f=\n", "! line 1: field \"f\" has no value [m f=]\n");
    assert_reads("m f= 1\n", "! line 1: field \"f\" has no value [m f= 1]\n");
    assert_reads("m f=howdy\n",
                 "! line 1: field \"f\": \"howdy\" is neither number, string nor boolean [m f=howdy]\n");
    assert_reads("m f=tRUE\n",
                 "! line 1: field \"f\": \"tRUE\" is neither number, string nor boolean [m f=tRUE]\n");
    assert_reads("m f=\"x\"y\n", "! line 1: something follows the value of field \"f\" [m f=\"x\"y]\n");
    assert_reads("m f=1\rx\n", "! line 1: something follows the value of field \"f\" [m f=1\rx]\n");
}

static void test_influx_decode__refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const values[] = { "1e400", "1e", ".", "-", "-.", "0x10", "1_0", "1.5i", "1.0u", "-1u",
                                          "1ii",
                                          "9223372036854775808i", "18446744073709551616u", "1e5i", "--1" };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char line[64], expected[200];
        snprintf(line, sizeof line, "m f=%s 5\n", values[i]);
        snprintf(expected, sizeof expected,
                 "! line 1: field \"f\": \"%s\" is not a number, or out of range [m f=%s 5]\n",
                 values[i], values[i]);
        kit_assert_decodes("influx", "", line, strlen(line), expected);
    }
    assert_reads("m f=+1\n",
                 "! line 1: field \"f\": \"+1\" is neither number, string nor boolean [m f=+1]\n");
    assert_reads("m f=NaN\n",
                 "! line 1: field \"f\": \"NaN\" is neither number, string nor boolean [m f=NaN]\n");
    assert_reads("m f=i\n", "! line 1: field \"f\": \"i\" is neither number, string nor boolean [m f=i]\n");
}

static void test_influx_decode__refuses_bad_timestamps(void **state)
{
    (void)state;
    assert_reads("m f=1 x\n", "! line 1: \"x\" is not a timestamp [m f=1 x]\n");
    assert_reads("m f=1 1.5\n", "! line 1: \"1.5\" is not a timestamp [m f=1 1.5]\n");
    assert_reads("m f=1 +5\n", "! line 1: \"+5\" is not a timestamp [m f=1 +5]\n");
    assert_reads("m f=1 \"5\"\n", "! line 1: \"\"5\"\" is not a timestamp [m f=1 \"5\"]\n");
    assert_reads("m f=1 5 6\n", "! line 1: something follows the timestamp [m f=1 5 6]\n");
    assert_reads("m f=1 99999999999999999999\n",
                 "! line 1: \"99999999999999999999\" is not a timestamp [m f=1 99999999999999999999]\n");
}

static void test_influx_decode__goes_on_behind_a_bad_line(void **state)
{
    (void)state;
    assert_reads("m f=1 1\ncpu value=howdy,value2=42\ncpu\nm f=2 2",
                 "m f=1 @1\nm f=2 @2\n"
                 "! line 2: field \"value\": \"howdy\" is neither number, string nor boolean [cpu "
                 "value=howdy,value2=42]\n"
                 "! line 3: there are no fields [cpu]\n");
    assert_reads("m s=\"a\nb\",f=x 1\nm f=2\n",
                 "m f=2\n! line 1: field \"f\": \"x\" is neither number, string nor boolean [m s=\"a\n"
                 "b\",f=x 1]\n");
}

static void test_influx_decode__loses_one_line_to_a_quote_that_never_closes(void **state)
{
    (void)state;
    assert_reads("m f=\"abc\nm g=1\n\nm h=2\n",
                 "m g=1\nm h=2\n! line 1: the string of field \"f\" is not closed [m f=\"abc]\n");
}

static void test_influx_decode__loses_one_line_to_a_quote_that_closes_in_another(void **state)
{
    (void)state;
    assert_reads("m f=\"abc\nm g=\"x\\\"y\" 3\nm h=2\n",
                 "m g=\"x\"y\" @3\nm h=2\n"
                 "! line 1: something follows the value of field \"f\" [m f=\"abc]\n");
}

static void test_influx_decode__counts_lines_over_calls_and_anew_for_each_message(void **state)
{
    (void)state;
    struct kit_decoding kit;
    struct error err;
    struct vane_text bad = { 0 };
    const struct decode_sink sink = { .bad = kit_bad, .context = &bad };
    assert_true(kit_plan(&kit, "influx", "", &err));
    struct decoder *decoder = decoder_new(kit.plan, "source", &sink);
    struct batch *batch = batch_new();
    assert_int_equal(decoder_decode(decoder, batch, "m f=1\n\n#\nm f=", 13, false, 0), 9);
    assert_int_equal(decoder_decode(decoder, batch, "m f=", 4, true, 9), 4);
    assert_int_equal(decoder_decode(decoder, batch, "x", 1, true, 10), 1);
    assert_string_equal(bad.data,
                        "! line 4: field \"f\" has no value [m f=]\n! line 1: there are no fields [x]\n");
    vane_text_release(&bad);
    batch_unref(batch);
    decoder_free(decoder);
    kit_release(&kit);
}

static void note_place(void *context, const struct bad_record *bad)
{
    assert_string_equal(bad->source, "topic/3");
    *(int64_t *)context = bad->place * 1000 + (int64_t)bad->offset;
}

static void test_influx_decode__says_where_a_bad_record_stands(void **state)
{
    (void)state;
    struct kit_decoding kit;
    struct error err;
    int64_t noted = 0;
    const struct decode_sink sink = { .bad = note_place, .context = &noted };
    assert_true(kit_plan(&kit, "influx", "", &err));
    struct decoder *decoder = decoder_new(kit.plan, "topic/3", &sink);
    struct batch *batch = batch_new();
    decoder_decode(decoder, batch, "m f=1\nx", 7, true, 77);
    assert_int_equal(noted, 77006);
    batch_unref(batch);
    decoder_free(decoder);
    kit_release(&kit);
}

static void test_influx_decode__makes_a_series_once(void **state)
{
    (void)state;
    struct batch *batch = kit_batch("m,a=1,b=2 f=1\nm,a=1,b=2 f=2\nm,b=2,a=1 f=3\nm,a=1 f=4\n");
    assert_ptr_equal(batch->view.metrics[0]->series, batch->view.metrics[1]->series);
    assert_ptr_equal(batch->view.metrics[0]->series, batch->view.metrics[2]->series);
    assert_ptr_not_equal(batch->view.metrics[0]->series, batch->view.metrics[3]->series);
    batch_unref(batch);
}

/* ---- Encoding ---- */

static void test_influx_encode__writes_every_type(void **state)
{
    (void)state;
    assert_writes("m f=1.50,g=46920.37000000,i=-3i,u=4u,b=T,c=f,s=\"x\" 5\n",
                  "m f=1.5,g=46920.37,i=-3i,u=4i,b=true,c=false,s=\"x\" 5\n");
    assert_writes("m f=1e21,g=1e-7,z=-0 -5\n", "m f=1000000000000000000000,g=0.0000001,z=-0 -5\n");
}

static void test_influx_encode__clips_unsigned_integers_unless_supported(void **state)
{
    (void)state;
    assert_writes("m u=18446744073709551615u 1\n", "m u=9223372036854775807i 1\n");
    assert_encodes("influx", "influx_uint_support = true", "m u=18446744073709551615u 1\n",
                   "m u=18446744073709551615u 1\n");
}

static void test_influx_encode__escapes(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    struct vane_tag tags[] = { vane_tag("t, =\t\n\r\f", "v, =\t"), vane_tag("end\\\\", "back\\"),
                               vane_tag("\\", "gone") };
    struct vane_metric *metric = vane_add(&batch->view, vane_series(&batch->view, "n, =\n", tags, 3), 1);
    vane_set_string(metric, "k, =\t\\", "a\"b\\c\nd", 7);
    kit_assert_batch("influx", "", batch,
                     "n\\,\\ =\\n,end=back,t\\,\\ \\=\\t\\n\\r\\f=v\\,\\ \\=\\t k\\,\\ \\=\\t=\"a\\\"b\\\\c\n"
                     "d\" 1\n");
}

static void test_influx_encode__drops_fields_that_are_not_finite(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const struct vane_series *series = vane_series(&batch->view, "m", NULL, 0);
    struct vane_metric *metric = vane_add(&batch->view, series, 1);
    vane_set_float(metric, "a", NAN);
    vane_set_float(metric, "b", 2);
    vane_set_float(metric, "c", -INFINITY);
    vane_set_float(vane_add(&batch->view, series, 2), "a", INFINITY);
    vane_set_float(vane_add(&batch->view, series, 3), "a", 3);
    kit_assert_batch("influx", "", batch, "m b=2 1\nm a=3 3\n! metric 1: it has no finite field\n");
}

static void test_influx_encode__rejects_names_that_no_line_can_have(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    static const char *const names[] = { "", "\\\\", "#x", "x#" };
    for (int i = 0; i < 4; i++)
        vane_set_int(vane_add(&batch->view, vane_series(&batch->view, names[i], NULL, 0), i), "f", i);
    kit_assert_batch("influx", "", batch,
                     "x# f=3i 3\n! metric 0: the name is empty\n! metric 1: the name is empty\n"
                     "! metric 2: the name begins with '#': its line would be a comment\n");
}

static void test_influx_encode__sorts_fields_if_asked(void **state)
{
    (void)state;
    assert_writes("m b=1,a=2,ab=3 1\n", "m b=1,a=2,ab=3 1\n");
    assert_encodes("influx", "influx_sort_fields = true", "m b=1,a=2,ab=3 1\n", "m a=2,ab=3,b=1 1\n");
}

static void test_influx_encode__omits_the_timestamp_if_asked(void **state)
{
    (void)state;
    assert_encodes("influx", "influx_omit_timestamp = true", "m a=1 1\nm a=2 2\n", "m a=1\nm a=2\n");
}

static void test_influx_encode__splits_long_lines(void **state)
{
    (void)state;
    assert_encodes("influx", "influx_max_line_bytes = 13", "m,t=x a=1,b=2,c=3 7\n",
                   "m,t=x a=1 7\nm,t=x b=2 7\nm,t=x c=3 7\n");
    assert_encodes("influx", "influx_max_line_bytes = 16", "m,t=x a=1,b=2,c=3 7\n",
                   "m,t=x a=1,b=2 7\nm,t=x c=3 7\n");
    assert_encodes("influx", "influx_max_line_bytes = 20", "m,t=x a=1,b=2,c=3 7\n", "m,t=x a=1,b=2,c=3 7\n");
}

static void test_influx_encode__rejects_whole_what_cannot_be_split(void **state)
{
    (void)state;
    assert_encodes("influx", "influx_max_line_bytes = 16",
                   "m,t=x a=1,b=\"long, long\",c=3 7\nm f=1 2\nm,t=x a=1 3\n",
                   "m f=1 2\nm,t=x a=1 3\n"
                   "! metric 0: a field does not fit into a line of influx_max_line_bytes\n");
}

static void test_influx_encode__copies_the_text_of_a_series_it_has_written(void **state)
{
    (void)state;
    struct vane_text lines = { 0 };
    for (int i = 0; i < 3000; i++)
        vane_text_addf(&lines, "m,host=h%d,x=y\\ z f=%d %d\n", i % 700, i, i);
    struct kit_encoding kit;
    struct error err;
    struct batch *batch = kit_batch(lines.data);
    assert_true(kit_encoder(&kit, "influx", "", &err));
    for (int i = 0; i < 2; i++) {
        vane_text_clear(&kit.out);
        assert_int_equal(kit_encode(&kit, batch), 3000);
        assert_string_equal(kit.out.data, lines.data);
    }
    kit_encoder_release(&kit);
    batch_unref(batch);
    vane_text_release(&lines);
}

/* ---- There and back ---- */

/* Of letters that need care; without what line protocol cannot carry: other white space, a last backslash. */
static void random_text(uint64_t *seed, char *text, bool name)
{
    static const char letters[] = "abcxyz,= \\\"#0123456789.-_:\xc3\xa9";
    size_t length = 1 + kit_random(seed) % 20;
    for (size_t i = 0; i < length; i++)
        text[i] = letters[kit_random(seed) % (sizeof letters - 1)];
    if (text[length - 1] == '\\' || (name && text[0] == '#'))
        text[length - 1] = text[0] = 'e';
    text[length] = '\0';
}

static void random_field(uint64_t *seed, struct vane_metric *metric)
{
    char key[32], text[32];
    union { uint64_t bits; double value; } pun = { .bits = kit_random(seed) };
    random_text(seed, key, false);
    random_text(seed, text, false);
    switch (kit_random(seed) % 6) {
    case 0: vane_set_int(metric, key, (int64_t)kit_random(seed)); break;
    case 1: vane_set_uint(metric, key, kit_random(seed)); break;
    case 2: vane_set_bool(metric, key, kit_random(seed) % 2); break;
    case 3: vane_set_string(metric, key, text, strlen(text)); break;
    case 4: vane_set_float(metric, key, (double)(int64_t)(kit_random(seed) % 100000000) / 100); break;
    default: vane_set_float(metric, key, isfinite(pun.value) ? pun.value : 1.5); break;
    }
}

static struct batch *random_batch(uint64_t *seed)
{
    struct batch *batch = batch_new();
    for (int i = 0; i < 20; i++) {
        char name[32], texts[6][32];
        struct vane_tag tags[3];
        random_text(seed, name, true);
        for (int k = 0; k < 6; k++)
            random_text(seed, texts[k], false);
        for (int k = 0; k < 3; k++)
            tags[k] = vane_tag(texts[k], texts[k + 3]);
        int64_t time = (int64_t)(kit_random(seed) >> 1) - INT64_MAX / 2;
        struct vane_metric *metric = vane_add(&batch->view,
                                              vane_series(&batch->view, name, tags,
                                                          kit_random(seed) % 4), time);
        for (uint64_t k = 0; k <= kit_random(seed) % 5; k++)
            random_field(seed, metric);
    }
    return batch;
}

static void test_influx__brings_random_metrics_back_bit_for_bit(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 300; round++)
        kit_assert_comes_back("influx", "influx_uint_support = true", "", random_batch(&seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_influx_decode__reads_every_type),
        cmocka_unit_test(test_influx_decode__reads_every_escape),
        cmocka_unit_test(test_influx_decode__reads_long_tokens_of_every_length),
        cmocka_unit_test(test_influx_decode__sorts_tags),
        cmocka_unit_test(test_influx_decode__skips_blank_lines_comments_and_spaces),
        cmocka_unit_test(test_influx_decode__lets_a_string_span_lines),
        cmocka_unit_test(test_influx_decode__keeps_the_last_of_equal_fields),
        cmocka_unit_test(test_influx_decode__keeps_the_last_of_many_equal_fields),
        cmocka_unit_test(test_influx_decode__scales_timestamps),
        cmocka_unit_test(test_influx_decode__takes_times_that_influxdb_takes),
        cmocka_unit_test(test_influx_decode__refuses_bad_series),
        cmocka_unit_test(test_influx_decode__refuses_bad_fields),
        cmocka_unit_test(test_influx_decode__refuses_what_is_no_number),
        cmocka_unit_test(test_influx_decode__refuses_bad_timestamps),
        cmocka_unit_test(test_influx_decode__goes_on_behind_a_bad_line),
        cmocka_unit_test(test_influx_decode__loses_one_line_to_a_quote_that_never_closes),
        cmocka_unit_test(test_influx_decode__loses_one_line_to_a_quote_that_closes_in_another),
        cmocka_unit_test(test_influx_decode__counts_lines_over_calls_and_anew_for_each_message),
        cmocka_unit_test(test_influx_decode__says_where_a_bad_record_stands),
        cmocka_unit_test(test_influx_decode__makes_a_series_once),
        cmocka_unit_test(test_influx_encode__writes_every_type),
        cmocka_unit_test(test_influx_encode__clips_unsigned_integers_unless_supported),
        cmocka_unit_test(test_influx_encode__escapes),
        cmocka_unit_test(test_influx_encode__drops_fields_that_are_not_finite),
        cmocka_unit_test(test_influx_encode__rejects_names_that_no_line_can_have),
        cmocka_unit_test(test_influx_encode__sorts_fields_if_asked),
        cmocka_unit_test(test_influx_encode__omits_the_timestamp_if_asked),
        cmocka_unit_test(test_influx_encode__splits_long_lines),
        cmocka_unit_test(test_influx_encode__rejects_whole_what_cannot_be_split),
        cmocka_unit_test(test_influx_encode__copies_the_text_of_a_series_it_has_written),
        cmocka_unit_test(test_influx__brings_random_metrics_back_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
