/* Tests of the small formats: core/format/value.c, template.c, table.c; of format.h's list; of scan.h. */
#include "tests/unit/format_kit.h"

#include "core/format/scan.h"

/* ---- The list ---- */

static void test_format__lists_every_format(void **state)
{
    (void)state;
    static const char *const names[] = { "influx", "csv", "json", "value", "template", "table" };
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(format_at(i)->name, names[i]);
        assert_ptr_equal(format_find(names[i]), format_at(i));
        assert_true(strlen(format_at(i)->help) > 0);
    }
    assert_null(format_at(6));
    assert_null(format_find("xml"));
}

static void test_format__has_sound_option_tables(void **state)
{
    (void)state;
    struct error err;
    for (size_t i = 0; format_at(i); i++) {
        const struct decode_format *decode = format_at(i)->decode;
        const struct encode_format *encode = format_at(i)->encode;
        if (decode && !options_check_table(decode->options, decode->options_size, &err))
            fail_msg("%s: %s", format_at(i)->name, err.text);
        if (encode && !options_check_table(encode->options, encode->options_size, &err))
            fail_msg("%s: %s", format_at(i)->name, err.text);
    }
}

/* ---- Value ---- */

static void test_value_decode__reads_one_value_a_line(void **state)
{
    (void)state;
    assert_decodes("value", "", "42\n\n \t-7 \r\n+1", "input value=42i\ninput value=-7i\ninput value=1i\n");
    assert_decodes("value", "data_type = \"float\"\nvalue_field_name = \"price\"", "46920.37000000\n1e3\nNaN",
                   "input price=46920.37\ninput price=1000\ninput price=nan\n");
    assert_decodes("value", "data_type = \"boolean\"", "true\n0", "input value=true\ninput value=false\n");
    assert_decodes("value", "data_type = \"str\"", " two words \n", "input value=\"two words\"\n");
}

static void test_value_decode__takes_the_last_word_of_a_line(void **state)
{
    (void)state;
    assert_decodes("value", "", "load is 42\n", "input value=42i\n");
}

static void test_value_decode__falls_back_to_a_string(void **state)
{
    (void)state;
    assert_decodes("value", "data_type = \"auto_integer\"", "1\n1.5\nx\n",
                   "input value=1i\ninput value=\"1.5\"\ninput value=\"x\"\n");
    assert_decodes("value", "data_type = \"auto_float\"", "1\nx\n", "input value=1\ninput value=\"x\"\n");
}

static void test_value_decode__refuses_other_types(void **state)
{
    (void)state;
    assert_decodes("value", "", "1.5\n2\n", "input value=2i\n! line 1: \"1.5\" is not an int [1.5]\n");
    assert_decodes("value", "data_type = \"float\"", "x", "! line 1: \"x\" is not a float [x]\n");
    assert_decodes("value", "data_type = \"bool\"", "2", "! line 1: \"2\" is not a bool [2]\n");
    assert_plan_fails("value", "value_field_name = \"\"", "value_field_name: it is empty");
}

static void test_value_encode__writes_one_field(void **state)
{
    (void)state;
    assert_encodes("value", "", "m value=46920.37000000,x=1\nm x=1\nm value=3i\nm value=\"a b\"\n",
                   "46920.37\n3\na b\n! metric 1: it has no field of the name in value_field_name\n");
    assert_encodes("value", "value_field_name = \"x\"", "m x=T\n", "true\n");
}

/* ---- Template ---- */

static void test_template__fills_placeholders(void **state)
{
    (void)state;
    assert_encodes("template", "template = \"{name} {tag.symbol}/{tag.no} {{{field.last}}} {time}\"",
                   "ticker,symbol=BTC last=46920.37000000 1648522311673000000\n",
                   "ticker BTC/ {46920.37} 2022-03-29T02:51:51.673Z\n");
    assert_encodes("template", "template = \"{field.s}\\n\"\ntemplate_timestamp_format = \"unix\"",
                   "m s=\"x\"\nm s=\"y\"\n", "x\ny\n");
    assert_encodes("template", "template = \"{time};\"\ntemplate_timestamp_format = \"unix_ms\"",
                   "m s=1 1648522311673000000\n", "1648522311673;\n");
}

static void test_template__rejects_what_has_none_of_its_fields(void **state)
{
    (void)state;
    assert_encodes("template", "template = \"{field.a}-{field.b}\"", "m a=1\nm c=1\nm b=2\n",
                   "1-\n-2\n! metric 1: it has none of the fields in the template\n");
}

static void test_template__checks_its_text(void **state)
{
    (void)state;
    assert_encoder_fails("template", "template = \"{foo}\"",
                         "template: {foo} is neither {name}, {time}, {tag.KEY} nor {field.KEY}");
    assert_encoder_fails("template", "template = \"{tag.}\"",
                         "template: {tag.} is neither {name}, {time}, {tag.KEY} nor {field.KEY}");
    assert_encoder_fails("template", "template = \"a {name\"", "template: a single '{' at \"{name\"");
    assert_encoder_fails("template", "template = \"a } b\"", "template: a single '}' at \"} b\"");
    assert_encoder_fails("template", "template = \"x\"\ntemplate_timestamp_format = \"x\"",
                         "template_timestamp_format: \"x\" is no time format: unix, unix_ms, unix_us, "
                         "unix_ns, RFC3339 or a "
                         "layout such as \"2006-01-02 15:04:05\"");
}

/* ---- Table ---- */

static void test_table__looks_like_sparks_console(void **state)
{
    (void)state;
    assert_encodes("table", "", "mess,coin=BTCBUSD value=46920.37000000 1648522311000000000\n"
                   "mess,coin=ETHBUSD value=3300i,note=\"a text that is longer than that\" "
                   "1648522312673000000\n",
                   "-------------------------------------------\n"
                   "Batch: 0\n"
                   "-------------------------------------------\n"
                   "+------------------------+----+-------+--------+--------------------+\n"
                   "|                    time|name|   coin|   value|                note|\n"
                   "+------------------------+----+-------+--------+--------------------+\n"
                   "|    2022-03-29T02:51:51Z|mess|BTCBUSD|46920.37|                null|\n"
                   "|2022-03-29T02:51:52.673Z|mess|ETHBUSD|    3300|a text that is lo...|\n"
                   "+------------------------+----+-------+--------+--------------------+\n"
                   "\n");
}

static void test_table__shows_whole_cells_on_the_left_if_asked(void **state)
{
    (void)state;
    assert_encodes("table", "table_truncate = 0\ntable_title = false",
                   "m s=\"a text that is longer than that\" 0\nm s=\"\xc3\xa9\xc3\xa9\n\",b=T 0\n",
                   "+--------------------+----+-------------------------------+----+\n"
                   "|time                |name|s                              |b   |\n"
                   "+--------------------+----+-------------------------------+----+\n"
                   "|1970-01-01T00:00:00Z|m   |a text that is longer than that|null|\n"
                   "|1970-01-01T00:00:00Z|m   |\xc3\xa9\xc3\xa9\\n                           |true|\n"
                   "+--------------------+----+-------------------------------+----+\n"
                   "\n");
}

static void test_table__cuts_to_few_characters_without_dots(void **state)
{
    (void)state;
    assert_encodes("table", "table_truncate = 3\ntable_title = false",
                   "m,tag=\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 longer=1 0\n",
                   "+--------------------+---+---+---+\n"
                   "|                time|nam|tag|lon|\n"
                   "+--------------------+---+---+---+\n"
                   "|1970-01-01T00:00:00Z|  m|\xc3\xa9\xc3\xa9\xc3\xa9|  1|\n"
                   "+--------------------+---+---+---+\n"
                   "\n");
}

static void test_table__numbers_its_batches(void **state)
{
    (void)state;
    struct kit_encoding kit;
    struct error err;
    struct batch *batch = kit_batch("m f=1 0\n"), *none = batch_new();
    assert_true(kit_encoder(&kit, "table", "", &err));
    assert_int_equal(kit_encode(&kit, none), 0);
    assert_int_equal(kit_encode(&kit, batch), 1);
    assert_non_null(strstr(kit.out.data, "Batch: 0\n"));
    assert_int_equal(kit_encode(&kit, batch), 1);
    assert_non_null(strstr(kit.out.data, "Batch: 1\n"));
    kit_encoder_release(&kit);
    batch_unref(none);
    batch_unref(batch);
}

/* Each metric has the fields k0 .. kN of its number N: a column for each, under the right value. */
static void test_table__puts_many_columns_in_their_places(void **state)
{
    (void)state;
    enum { COLUMNS = 300 };
    struct vane_text line = { 0 };
    struct kit_encoding kit;
    struct error err;
    for (int i = 0; i < COLUMNS; i++)
        vane_text_addf(&line, "m k0=0i%s%d=%di 0\n", i ? ",k" : ",k0=0i,j", i, i);
    struct batch *batch = kit_batch(line.data);
    assert_true(kit_encoder(&kit, "table", "table_title = false", &err));
    assert_int_equal(kit_encode(&kit, batch), COLUMNS);
    const char *row = kit.out.data;
    for (int i = 0; i < 3 + 1; i++) /* a rule, the header, a rule; then the row of k0 alone */
        row = strchr(row, '\n') + 1;
    for (int i = 1; i < COLUMNS; i++, row = strchr(row, '\n') + 1) {
        const char *cell = row;
        for (int k = 0; k < 4 + i; k++) /* time, name, k0, j0, then k1 .. */
            cell = strchr(cell, '|') + 1;
        char *end;
        long value = strtol(cell, &end, 10);
        assert_int_equal(value, i);
        assert_int_equal(*end, '|');
    }
    kit_encoder_release(&kit);
    batch_unref(batch);
    vane_text_release(&line);
}

/* ---- Scan ---- */

static void test_scan__stops_where_a_loop_over_bytes_does(void **state)
{
    (void)state;
    static const char sets[][4] = { { '=', ',', '\\', ' ' }, { '"', '\\', '"', '\0' },
                                    { ';', '"', '"', '\r' } };
    char text[64 + SCAN_PADDING];
    srand(3);
    for (int round = 0; round < 30000; round++) {
        const char *set = sets[round % 3];
        memset(text, 0, sizeof text);
        for (int i = 0; i < 64; i++)
            text[i] = (char)(rand() % 256);
        if (round % 2)
            memset(text, 'x', (size_t)(rand() % 64));
        size_t at = 0;
        while (!memchr(set, text[at], 3) && (unsigned char)text[at] > (unsigned char)set[3])
            at++;
        assert_ptr_equal(scan_for(text, set[0], set[1], set[2], set[3]), text + at);
        assert_ptr_equal(scan_words_for(text, set[0], set[1], set[2], set[3]), text + at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format__lists_every_format),
        cmocka_unit_test(test_format__has_sound_option_tables),
        cmocka_unit_test(test_value_decode__reads_one_value_a_line),
        cmocka_unit_test(test_value_decode__takes_the_last_word_of_a_line),
        cmocka_unit_test(test_value_decode__falls_back_to_a_string),
        cmocka_unit_test(test_value_decode__refuses_other_types),
        cmocka_unit_test(test_value_encode__writes_one_field),
        cmocka_unit_test(test_template__fills_placeholders),
        cmocka_unit_test(test_template__rejects_what_has_none_of_its_fields),
        cmocka_unit_test(test_template__checks_its_text),
        cmocka_unit_test(test_table__looks_like_sparks_console),
        cmocka_unit_test(test_table__shows_whole_cells_on_the_left_if_asked),
        cmocka_unit_test(test_table__cuts_to_few_characters_without_dots),
        cmocka_unit_test(test_table__numbers_its_batches),
        cmocka_unit_test(test_table__puts_many_columns_in_their_places),
        cmocka_unit_test(test_scan__stops_where_a_loop_over_bytes_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
