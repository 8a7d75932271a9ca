/* Tests of core/format/json_*.c. */
#include "tests/unit/format_kit.h"

#define assert_reads(bytes, expected) assert_decodes("json", "", bytes, expected)
#define assert_writes(lines, expected) assert_encodes("json", "", lines, expected)
#define TIMED "json_time_key = \"t\"\njson_time_format = \"unix\""
#define DOCUMENT "{\"x\":0,\"da.ta\":{\"1\":[7,{\"a\":1},[{\"a\":2},{\"a\":3}],null,\"s\"]}}"
#define EMPTY "{\"fields\":{\"f\":1},\"name\":\"m\",\"tags\":{},\"timestamp\":"
#define LINE "m a=\"{\\\"x\\\": [1, \\\"a b\\\\\\\"\\\"]}\",b=\"[1,\",c=\" 5\" 0\n"

/* ---- Decoding ---- */

static void test_json_decode__flattens_objects(void **state)
{
    (void)state;
    assert_reads("{\"a\":1,\"b\":{\"c\":2.5,\"d\":{\"e\":-3e2}},\"f\":[4,[5,{\"g\":6}]],\"h\":null,\"i\":{},"
                 "\"j\":[]}",
                 "input a=1,b_c=2.5,b_d_e=-300,f_0=4,f_1_0=5,f_1_1_g=6\n");
    assert_reads(" { \"a\" : 1 , \"b\" :\t2 }\r\n", "input a=1,b=2\n");
}

static void test_json_decode__drops_texts_and_booleans_unless_named(void **state)
{
    (void)state;
    assert_reads("{\"a\":1,\"s\":\"x\",\"b\":true}", "input a=1\n");
    assert_reads("{\"s\":\"x\"}", "");
    assert_decodes("json", "json_string_fields = [\"s*\", \"b_?\"]",
                   "{\"s\":\"x\",\"s2\":\"\",\"t\":\"y\",\"b\":{\"c\":true,\"d\":false}}",
                   "input s=\"x\",s2=\"\",b_c=true,b_d=false\n");
}

static void test_json_decode__makes_tags(void **state)
{
    (void)state;
    assert_decodes("json", "tag_keys = [\"z\", \"a_*\"]",
                   "{\"z\":\"t1\",\"f\":1,\"a\":{\"b\":true,\"n\":1.50,\"id\":9007199254740993,\"e\":\"\"}}",
                   "input,a_b=true,a_id=9007199254740993,a_n=1.5,z=t1 f=1\n");
}

static void test_json_decode__takes_name_and_time_from_keys(void **state)
{
    (void)state;
    assert_decodes("json", "json_name_key = \"n\"\njson_time_key = \"t_x\"\njson_time_format = \"unix_ms\"",
                   "{\"n\":\"cpu\",\"t\":{\"x\":1648522311673},\"f\":1}\n"
                   "{\"n\":5,\"t\":{\"x\":\"1648522311673.5\"},\"f\":1}",
                   "cpu f=1 @1648522311673000000\ninput n=5,f=1 @1648522311673500000\n");
    assert_decodes("json", "json_time_key = \"t\"\njson_time_format = \"unix_ns\"",
                   "{\"t\":1648522311673000001,\"f\":1}", "input f=1 @1648522311673000001\n");
    assert_decodes("json",
                   "json_time_key = \"t\"\njson_time_format = \"2006-01-02 15:04\"\n"
                   "json_timezone = \"Europe/Berlin\"",
                   "{\"t\":\"2022-07-01 12:00\",\"f\":1}", "input f=1 @1656669600000000000\n");
}

static void test_json_decode__refuses_bad_times(void **state)
{
    (void)state;
    assert_decodes("json", TIMED,
                   "{\"t\":\"x\",\"f\":1}\n{\"f\":1}\n{\"t\":null,\"f\":1}\n{\"t\":true,\"f\":1}\n"
                   "{\"t\":1,\"f\":1}",
                   "input f=1 @1000000000\n"
                   "! line 1: key \"t\": \"x\" is not a time as json_time_format says [{\"t\":\"x\","
                   "\"f\":1}]\n"
                   "! line 2: the time key \"t\" is missing [{\"f\":1}]\n"
                   "! line 3: the time key \"t\" is missing [{\"t\":null,\"f\":1}]\n"
                   "! line 4: key \"t\": \"\" is not a time [{\"t\":true,\"f\":1}]\n");
}

static void test_json_decode__reads_arrays_of_objects(void **state)
{
    (void)state;
    assert_reads("[{\"a\":1},{\"a\":2}]\n[]\nnull\n[{\"a\":3}]", "input a=1\ninput a=2\ninput a=3\n");
    assert_reads("[{\"a\":1},5]\n[\"x\"]",
                 "! line 1: the document is not an object or an array of objects [[{\"a\":1},5]]\n"
                 "! line 2: the document is not an object or an array of objects [[\"x\"]]\n");
}

static void test_json_decode__takes_nothing_of_an_array_with_a_bad_object(void **state)
{
    (void)state;
    assert_decodes("json", TIMED, "[{\"t\":1,\"a\":1},{\"a\":2},{\"t\":3,\"a\":3}]\n{\"t\":4,\"a\":4}",
                   "input a=4 @4000000000\n! line 1: the time key \"t\" is missing [{\"a\":2}]\n");
    assert_decodes("json", TIMED "\njson_strict = false", "[{\"t\":1,\"a\":1},{\"a\":2},{\"t\":3,\"a\":3}]",
                   "input a=1 @1000000000\ninput a=3 @3000000000\n"
                   "! line 1: the time key \"t\" is missing [{\"a\":2}]\n");
}

static void test_json_decode__lets_documents_span_lines(void **state)
{
    (void)state;
    assert_reads("{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}\n\n{\"a\":3}\n[\n{\"a\":4}\n]\n",
                 "input a=1,b_0=2\ninput a=3\ninput a=4\n");
    assert_reads("\xef\xbb\xbf{\"a\":1}", "input a=1\n");
    assert_reads("", "");
    assert_reads(" \r\n ", "");
}

static void test_json_decode__keeps_the_last_of_equal_keys(void **state)
{
    (void)state;
    assert_decodes("json", "tag_keys = [\"t\"]",
                   "{\"a\":1,\"t\":\"x\",\"b_c\":2,\"A\":3,\"a\":4,\"b\":{\"c\":5},\"t\":\"y\"}",
                   "input,t=y a=4,b_c=5,A=3\n");
}

static void test_json_decode__reads_escapes(void **state)
{
    (void)state;
    assert_decodes("json", "json_string_fields = [\"*\"]",
                   "{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude42\","
                   "\"k\\u0065y\":\"\xe2\x82\xac\"}",
                   "input s=\"\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82\",key=\"\xe2\x82\xac\"\n");
}

static void test_json_decode__follows_the_query(void **state)
{
    (void)state;
    assert_decodes("json", "json_query = \"da\\\\.ta.1.1\"", DOCUMENT, "input a=1\n");
    assert_decodes("json", "json_query = \"da\\\\.ta.1.2\"", DOCUMENT, "input a=2\ninput a=3\n");
    assert_decodes("json", "json_query = \"da\\\\.ta.1.3\"", DOCUMENT, "");
    assert_decodes("json", "json_query = \"nothing.here\"", DOCUMENT, "");
    assert_decodes("json", "json_query = \"da\\\\.ta.1.9\"", DOCUMENT, "");
    assert_decodes("json", "json_query = \"x.y\"", DOCUMENT, "");
    assert_decodes("json", "json_query = \"x\"", DOCUMENT,
                   "! line 1: json_query does not lead to an object or an array of objects [" DOCUMENT "]\n");
}

/* Each of these alone, with a good document behind it that must be read. */
static void test_json_decode__refuses_what_is_no_json(void **state)
{
    (void)state;
    static const struct { const char *text, *reason; } cases[] = {
        { "{\"a\":01}", "a number begins with 0, at byte 8" },
        { "{\"a\":-01}", "a number begins with 0, at byte 9" },
        { "{\"a\":1.}", "a digit is missing, at byte 8" },
        { "{\"a\":.5}", "a value is missing, at byte 6" },
        { "{\"a\":+1}", "a value is missing, at byte 6" },
        { "{\"a\":1e}", "a digit is missing, at byte 8" },
        { "{\"a\":-}", "a digit is missing, at byte 7" },
        { "{\"a\":1e400}", "a number is out of range, at byte 11" },
        { "{\"a\":NaN}", "a value is missing, at byte 6" },
        { "{\"a\":tru}", "a value is missing, at byte 9" },
        { "{\"a\":nul1}", "a value is missing, at byte 9" },
        { "{\"a\":'x'}", "a value is missing, at byte 6" },
        { "{\"a\":1,}", "a key in quotes is missing, at byte 8" },
        { "{\"a\":[1,]}", "a value is missing, at byte 9" },
        { "{\"a\":[1 2]}", "',' or ']' is missing, at byte 9" },
        { "{\"a\" 1}", "':' is missing behind a key, at byte 6" },
        { "{\"a\":1 \"b\":2}", "',' or '}' is missing, at byte 8" },
        { "{a:1}", "a key in quotes is missing, at byte 2" },
        { "{1:1}", "a key in quotes is missing, at byte 2" },
        { "{\"a\":\"\x01\"}", "a string holds a control character, or is not closed, at byte 7" },
        { "{\"a\":\"x", "a string holds a control character, or is not closed, at byte 8" },
        { "{\"a\":\"\\x\"}", "there is no such escape, at byte 8" },
        { "{\"a\":\"\\u12g4\"}", "\\u wants four hexadecimal digits, at byte 11" },
        { "{\"a\":\"\\ud800\"}", "half a surrogate pair stands alone, at byte 13" },
        { "{\"a\":\"\\ud800\\u0041\"}", "half a surrogate pair stands alone, at byte 19" },
        { "{\"a\":\"\\udc00\"}", "half a surrogate pair stands alone, at byte 13" },
        { "{\"a\":\"\xff\"}", "a string is not UTF-8, at byte 7" },
        { "{\"a\":\"\xc0\xaf\"}", "a string is not UTF-8, at byte 7" },
        { "{\"a\":1} x", "something follows the document, at byte 9" },
        { "{\"a\":1}{\"a\":2}", "something follows the document, at byte 8" },
        { "{\"a\":1}}", "something follows the document, at byte 8" },
        { "5", "an object or array is missing, at byte 1" },
        { "\"x\"", "an object or array is missing, at byte 1" },
        { "true", "an object or array is missing, at byte 1" },
        { "nul", "a value is missing, at byte 4" },
        { "# no", "an object or array is missing, at byte 1" },
        { "{\"a\":", "',' or '}' is missing, at byte 15" },
        { "[", "',' or ']' is missing, at byte 11" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100], expected[400];
        snprintf(text, sizeof text, "%s\n{\"b\":1}\n{\"b\":2}\n", cases[i].text);
        snprintf(expected, sizeof expected, "input b=1\ninput b=2\n! line 1: %s [%s]\n", cases[i].reason,
                 cases[i].text);
        kit_assert_decodes("json", "", text, strlen(text), expected);
    }
}

static void test_json_decode__says_when_a_document_is_cut(void **state)
{
    (void)state;
    assert_reads("{\"a\":1}\n{\"a\":", "input a=1\n! line 2: the document is not complete [{\"a\":]\n");
    assert_reads("{\"a\":\"\\u00", "! line 1: the document is not complete [{\"a\":\"\\u00]\n");
    assert_reads("{\n\"a\":1\n", "! line 1: the document is not complete [{\n\"a\":1]\n");
}

static void test_json_decode__leaves_out_a_mark_at_the_very_beginning_only(void **state)
{
    (void)state;
    assert_reads("\xef\xbb\xbf{\"a\":1}\n", "input a=1\n");
    assert_reads("\t\xef\xbb\xbf\n\n{\"a\":1}\n",
                 "input a=1\n! line 1: an object or array is missing, at byte 1 [\xef\xbb\xbf\n]\n");
}

static void test_json_decode__bounds_the_depth(void **state)
{
    (void)state;
    char text[700];
    for (int depth = 128; depth <= 129; depth++) {
        size_t at = 0;
        for (int i = 0; i < depth - 1; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, i ? "[" : "{\"a\":");
        at += (size_t)snprintf(text + at, sizeof text - at, "{\"b\":1}");
        for (int i = depth - 2; i >= 0; i--)
            at += (size_t)snprintf(text + at, sizeof text - at, i ? "]" : "}");
        struct kit_decoding kit;
        struct error err;
        assert_true(kit_plan(&kit, "json", "", &err));
        char *got = kit_decode_in_pieces(kit.plan, text, &at, 1);
        assert_int_equal(strncmp(got, depth == 128 ? "input a_0_0" : "! line 1: it is nested too deeply", 11),
                         0);
        free(got);
        kit_release(&kit);
    }
}

static void test_json_decode__refuses_nul_characters_where_they_cannot_be(void **state)
{
    (void)state;
    assert_decodes("json", "json_string_fields = [\"s\"]\ntag_keys = [\"t\"]\njson_name_key = \"n\"",
                   "{\"s\":\"a\\u0000b\"}\n{\"t\":\"\\u0000\",\"f\":1}\n{\"\\u0000\":1}\n{\"n\":\"\\u0000\"}",
                   "input s=\"a\\0b\"\n"
                   "! line 2: key \"t\": \"\" is not a tag: it holds a NUL character [{\"t\":\"\\u0000\","
                   "\"f\":1}]\n"
                   "! line 3: a key holds a NUL character [{\"\\u0000\":1}]\n"
                   "! line 4: key \"n\": \"\" is not a name: it holds a NUL character "
                   "[{\"n\":\"\\u0000\"}]\n");
}

static void test_json_decode__refuses_values_under_an_empty_key(void **state)
{
    (void)state;
    assert_decodes("json", "json_string_fields = [\"*\"]", "{\"\":1,\"a\":1}\n{\"\":\"x\"}\n",
                   "! line 1: a key is empty, and no field or tag can be called so [{\"\":1,\"a\":1}]\n"
                   "! line 2: a key is empty, and no field or tag can be called so [{\"\":\"x\"}]\n");
    assert_reads("{\"\":\"text\",\"a\":1}\n{\"\":null,\"a\":2}\n{\"a\":{\"\":3}}\n{\"\":{\"b\":4}}\n",
                 "input a=1\ninput a=2\ninput a_=3\ninput b=4\n");
}

static void test_json_decode__checks_its_options(void **state)
{
    (void)state;
    assert_plan_fails("json", "json_time_key = \"t\"", "json_time_format: json_time_key needs it");
    assert_plan_fails("json", "json_time_key = \"t\"\njson_time_format = \"x\"",
                      "json_time_format: \"x\" is no time format: unix, unix_ms, unix_us, unix_ns, RFC3339 "
                      "or a layout such "
                      "as \"2006-01-02 15:04:05\"");
    assert_plan_fails("json", "json_query = \"a.#.b\"",
                      "json_query: '#' in \"a.#.b\": only keys and places divided by dots are known");
    assert_plan_fails("json", "json_query = \"a..b\"", "json_query: an empty key in \"a..b\"");
    struct kit_decoding kit;
    struct error err = { "" };
    assert_false(kit_plan(&kit, "json", "tag_keys = [\"[a\"]", &err));
    assert_int_equal(strncmp(err.text, "tag_keys: ", 10), 0);
    kit_release(&kit);
}

/* ---- Encoding ---- */

static void test_json_encode__writes_a_metric(void **state)
{
    (void)state;
    assert_writes("ticker,symbol=BTCBUSD,a=b last=46920.37000000,n=-3i,u=18446744073709551615u,b=T,"
                  "s=\"q\\\"\\\\\n\x01\" 1648522311673000000\n",
                  "{\"fields\":{\"b\":true,\"last\":46920.37,\"n\":-3,\"s\":\"q\\\"\\\\\\u000a\\u0001\","
                  "\"u\":18446744073709551615},"
                  "\"name\":\"ticker\",\"tags\":{\"a\":\"b\",\"symbol\":\"BTCBUSD\"},"
                  "\"timestamp\":1648522311}\n");
    assert_writes("m f=1e21,g=1e-7,h=123456789012,i=0.1 -1\n",
                  "{\"fields\":{\"f\":1e+21,\"g\":1e-7,\"h\":123456789012,\"i\":0.1},\"name\":\"m\","
                  "\"tags\":{},\"timestamp\":0}\n");
}

static void test_json_encode__frames_several_metrics(void **state)
{
    (void)state;
    assert_writes("m f=1 1000000000\nn f=2 2000000000\n",
                  "{\"metrics\":[{\"fields\":{\"f\":1},\"name\":\"m\",\"tags\":{},\"timestamp\":1},"
                  "{\"fields\":{\"f\":2},\"name\":\"n\",\"tags\":{},\"timestamp\":2}]}\n");
}

static void test_json_encode__leaves_out_what_is_not_finite(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const struct vane_series *series = vane_series(&batch->view, "m", NULL, 0);
    vane_set_float(vane_add(&batch->view, series, 0), "a", NAN);
    struct vane_metric *metric = vane_add(&batch->view, series, 0);
    vane_set_float(metric, "a", INFINITY);
    vane_set_float(metric, "b", 1);
    kit_assert_batch("json", "", batch,
                     "{\"metrics\":[{\"fields\":{\"b\":1},\"name\":\"m\",\"tags\":{},\"timestamp\":0}]}\n"
                     "! metric 0: it has no finite field\n");
}

static void test_json_encode__writes_times(void **state)
{
    (void)state;
    assert_encodes("json", "json_timestamp_units = \"1ms\"", "m f=1 1648522311673999999\n",
                   EMPTY "1648522311673}\n");
    assert_encodes("json", "json_timestamp_units = \"1ns\"", "m f=1 1648522311673999999\n",
                   EMPTY "1648522311673999999}\n");
    assert_encodes("json", "json_timestamp_units = \"25ms\"", "m f=1 1648522311673999999\n",
                   EMPTY "164852231167}\n");
    assert_encodes("json", "json_timestamp_format = \"2006-01-02T15:04:05.000Z07:00\"",
                   "m f=1 1648522311673999999\n", EMPTY "\"2022-03-29T02:51:51.673Z\"}\n");
}

static void test_json_encode__nests_texts_that_hold_json(void **state)
{
    (void)state;
    assert_encodes("json", "json_nested_fields_include = [\"*\"]\njson_nested_fields_exclude = [\"z\"]", LINE,
                   "{\"fields\":{\"a\":{\"x\":[1,\"a b\\\"\"]},\"b\":\"[1,\",\"c\":5},\"name\":\"m\","
                   "\"tags\":{},\"timestamp\":0}\n");
    assert_encodes("json", "json_nested_fields_exclude = [\"a\"]", LINE,
                   "{\"fields\":{\"a\":\"{\\\"x\\\": [1, \\\"a b\\\\\\\"\\\"]}\",\"b\":\"[1,\",\"c\":5},"
                   "\"name\":\"m\",\"tags\":{},\"timestamp\":0}\n");
    assert_encodes("json", "json_nested_fields_include = [\"b\"]", "m c=\"5\" 0\n",
                   "{\"fields\":{\"c\":\"5\"},\"name\":\"m\",\"tags\":{},\"timestamp\":0}\n");
}

static void test_json_encode__checks_its_options(void **state)
{
    (void)state;
    assert_encoder_fails("json", "json_timestamp_format = \"none\"",
                         "json_timestamp_format: \"none\" is no time format: unix, unix_ms, unix_us, unix_ns,"
                         " RFC3339 or a "
                         "layout such as \"2006-01-02 15:04:05\"");
    struct kit_encoding kit;
    struct error err = { "" };
    assert_false(kit_encoder(&kit, "json", "json_nested_fields_include = [\"[a\"]", &err));
    assert_int_equal(strncmp(err.text, "json_nested_fields_include: ", 28), 0);
    kit_encoder_release(&kit);
}

/* ---- There and back ---- */

static void test_json__brings_doubles_back_bit_for_bit(void **state)
{
    (void)state;
    uint64_t seed = 4711;
    for (int round = 0; round < 3000; round++) {
        union { uint64_t bits; double value; } pun = { .bits = kit_random(&seed) };
        if (!isfinite(pun.value))
            continue;
        struct batch *batch = batch_new();
        const struct vane_series *series = vane_series(&batch->view, "input", NULL, 0);
        vane_set_float(vane_add(&batch->view, series, VANE_NO_TIME), "f \"\xc3\xa9\\", pun.value);
        kit_assert_comes_back("json", "", "json_query = \"fields\"", batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_decode__flattens_objects),
        cmocka_unit_test(test_json_decode__drops_texts_and_booleans_unless_named),
        cmocka_unit_test(test_json_decode__makes_tags),
        cmocka_unit_test(test_json_decode__takes_name_and_time_from_keys),
        cmocka_unit_test(test_json_decode__refuses_bad_times),
        cmocka_unit_test(test_json_decode__reads_arrays_of_objects),
        cmocka_unit_test(test_json_decode__takes_nothing_of_an_array_with_a_bad_object),
        cmocka_unit_test(test_json_decode__lets_documents_span_lines),
        cmocka_unit_test(test_json_decode__keeps_the_last_of_equal_keys),
        cmocka_unit_test(test_json_decode__reads_escapes),
        cmocka_unit_test(test_json_decode__follows_the_query),
        cmocka_unit_test(test_json_decode__refuses_what_is_no_json),
        cmocka_unit_test(test_json_decode__says_when_a_document_is_cut),
        cmocka_unit_test(test_json_decode__leaves_out_a_mark_at_the_very_beginning_only),
        cmocka_unit_test(test_json_decode__bounds_the_depth),
        cmocka_unit_test(test_json_decode__refuses_nul_characters_where_they_cannot_be),
        cmocka_unit_test(test_json_decode__refuses_values_under_an_empty_key),
        cmocka_unit_test(test_json_decode__checks_its_options),
        cmocka_unit_test(test_json_encode__writes_a_metric),
        cmocka_unit_test(test_json_encode__frames_several_metrics),
        cmocka_unit_test(test_json_encode__leaves_out_what_is_not_finite),
        cmocka_unit_test(test_json_encode__writes_times),
        cmocka_unit_test(test_json_encode__nests_texts_that_hold_json),
        cmocka_unit_test(test_json_encode__checks_its_options),
        cmocka_unit_test(test_json__brings_doubles_back_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
