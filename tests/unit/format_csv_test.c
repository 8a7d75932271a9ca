/* Tests of core/format/csv_*.c. */
#include "tests/unit/format_kit.h"

#define COIN "csv_column_names = [\"coin\", \"timestamp\", \"value\"]\ncsv_tag_columns = [\"coin\"]\n" \
             "csv_timestamp_column = \"timestamp\"\ncsv_timestamp_format = \"unix_ms\"\n"
#define ABC "csv_column_names = [\"a\", \"b\", \"c\"]\n"
#define METADATA "csv_metadata_rows = 3\ncsv_metadata_separators = [\"=\", \":=\", \":\"]\n" \
                 "csv_metadata_trim_set = \" #\"\ncsv_header_row_count = 1\ncsv_tag_columns = [\"Version\"]\n"
#define TIME(format) "csv_column_names = [\"t\", \"v\"]\ncsv_timestamp_column = \"t\"\n" \
                     "csv_timestamp_format = \"" format "\"\n"
#define ONE "csv_columns = [\"field.s\", \"name\"]\n"
#define T "csv_columns = [\"timestamp\", \"field.f\"]\ncsv_timestamp_format = "

/* ---- Decoding ---- */

static void test_csv_decode__reads_the_line_of_the_old_chain(void **state)
{
    (void)state;
    assert_decodes("csv", COIN, "BTCBUSD,1648522311673,46920.37000000",
                   "input,coin=BTCBUSD value=46920.37 @1648522311673000000\n");
    assert_decodes("csv", COIN, "BTCBUSD,1648522311673,46920.37000000\r\nBTCBUSD,1648522312673,47000\n",
                   "input,coin=BTCBUSD value=46920.37 @1648522311673000000\n"
                   "input,coin=BTCBUSD value=47000i @1648522312673000000\n");
    assert_decodes("csv", COIN "csv_column_types = [\"string\", \"int\", \"float\"]",
                   "BTCBUSD,1648522311673,47000", "input,coin=BTCBUSD value=47000 @1648522311673000000\n");
}

static void test_csv_decode__ends_lines_with_a_carriage_return_too(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_comment = \"#\"", "1,2,3\r\r#x\r\"a\rb\",5,6\r7,8,\"9\"\r\r\n10,11,12\r",
                   "input a=1i,b=2i,c=3i\ninput a=\"a\rb\",b=5i,c=6i\ninput a=7i,b=8i,c=9i\n"
                   "input a=10i,b=11i,c=12i\n");
    assert_decodes("csv", "csv_skip_rows = 2\ncsv_header_row_count = 1", "x\ry\ra,b\r1,2\r", "input a=1i,b=2i\n");
    assert_decodes("csv", ABC, "1,x\"y,3\r\"4\"z,5,6\r7,8,9\r",
                   "input a=7i,b=8i,c=9i\n"
                   "! line 1: a quote stands inside a cell that is not quoted [1,x\"y,3]\n"
                   "! line 1: something follows a closing quote [\"4\"z,5,6]\n");
}

static void test_csv_decode__finds_the_type_of_a_cell(void **state)
{
    (void)state;
    assert_decodes("csv", ABC,
                   "1,2.5,x\n-7,1e3,true\n9223372036854775808,F,1e400\n+5,,.5\nNaN,-Inf,infinity\n",
                   "input a=1i,b=2.5,c=\"x\"\ninput a=-7i,b=1000,c=true\n"
                   "input a=9223372036854776000,b=false,c=\"1e400\"\ninput a=5i,b=\"\",c=0.5\n"
                   "input a=nan,b=-inf,c=inf\n");
}

static void test_csv_decode__reads_typed_columns(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_column_types = [\"int\", \"bool\", \"string\"]",
                   "1,1,1\nx,1,1\n1.5,1,1\n1,yes,1\n2,0,0\n",
                   "input a=1i,b=true,c=\"1\"\ninput a=2i,b=false,c=\"0\"\n"
                   "! line 2: column \"a\": \"x\" is not an int [x,1,1]\n"
                   "! line 3: column \"a\": \"1.5\" is not an int [1.5,1,1]\n"
                   "! line 4: column \"b\": \"yes\" is not a bool [1,yes,1]\n");
    assert_decodes("csv", ABC "csv_column_types = [\"float\", \"float\", \"float\"]", "1,2,\n",
                   "! line 1: column \"c\": \"\" is not a float [1,2,]\n");
}

static void test_csv_decode__wants_a_type_for_each_column_of_a_header(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_header_row_count = 1\ncsv_column_types = [\"int\"]", "a,b\n1\n1,2\n",
                   "input a=1i\n! line 3: column \"b\" has no type in csv_column_types [1,2]\n");
}

static void test_csv_decode__reads_quoted_cells(void **state)
{
    (void)state;
    assert_decodes("csv", ABC, "\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\n\"\",\"1\",\"x\"\"\"",
                   "input a=\"a,b\",b=\"say \"hi\"\",c=\"two\r\nlines\"\ninput a=\"\",b=1i,c=\"x\"\"\n");
}

static void test_csv_decode__skips_blank_lines_and_comments(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_comment = \"#\"", "\n#1,2,3\n1,2,3\r\n\r\n # x,2,3\n#",
                   "input a=1i,b=2i,c=3i\n"
                   "input a=\" # x\",b=2i,c=3i\n");
}

static void test_csv_decode__takes_rows_of_any_length(void **state)
{
    (void)state;
    assert_decodes("csv", ABC, "1\n1,2,3,4\n", "input a=1i\ninput a=1i,b=2i,c=3i\n");
}

static void test_csv_decode__refuses_rows_longer_than_the_header(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_header_row_count = 1\ncsv_skip_columns = 1",
                   "no,a,b\n0,1,2,,\n0,46,920,5\n0,1,2\n",
                   "input a=1i,b=2i\ninput a=1i,b=2i\n"
                   "! line 3: there are more cells (4) than columns in the header (3) [0,46,920,5]\n");
    assert_decodes("csv", ABC "csv_header_row_count = 1", "x\n1,2,3,4\n", "input a=1i,b=2i,c=3i\n");
}

static void test_csv_decode__says_which_columns_there_are_where_the_time_has_none(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_header_row_count = 1\ncsv_timestamp_column = \"time\"\ncsv_timestamp_format = \"unix\"",
                   "date,price\n1,2\n",
                   "! line 2: there is no timestamp column \"time\"; the columns are \"date\", \"price\" [1,2]\n");
}

static void test_csv_decode__takes_other_delimiters(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_delimiter = \";\"", "1,5;2;\"x;y\"\n", "input a=\"1,5\",b=2i,c=\"x;y\"\n");
    assert_decodes("csv", ABC "csv_delimiter = \"\\t\"", "1\t2\t3\n", "input a=1i,b=2i,c=3i\n");
    assert_decodes("csv", ABC "csv_delimiter = \"\xc2\xa7\"", "1\xc2\xa7\"2\"\xc2\xa7\xc2\xa6\n",
                   "input a=1i,b=2i,c=\"\xc2\xa6\"\n");
}

static void test_csv_decode__trims_spaces_if_asked(void **state)
{
    (void)state;
    assert_decodes("csv", ABC, " 1, x,\" y \"\n", "input a=\" 1\",b=\" x\",c=\" y \"\n");
    assert_decodes("csv", ABC "csv_trim_space = true", " 1,\t x , \" y \" \n",
                   "input a=1i,b=\"x\",c=\"y\"\n");
    assert_decodes("csv", ABC "csv_trim_space = true\ncsv_delimiter = \" \"", "  1   2 3\n",
                   "input a=1i,b=2i,c=3i\n");
}

static void test_csv_decode__names_columns_by_the_header(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_header_row_count = 1\ncsv_tag_columns = [\"coin\"]",
                   "coin,price,\nBTC,1.5,x\n", "input,coin=BTC price=1.5\n");
    assert_decodes("csv", "csv_header_row_count = 2", "fi,sec\nrst,ond\n1,2\n", "input first=1i,second=2i\n");
    assert_decodes("csv", ABC "csv_header_row_count = 1", "x,y,z\n1,2,3\n", "input a=1i,b=2i,c=3i\n");
    assert_decodes("csv", "csv_header_row_count = 1", "\xef\xbb\xbf" "a,\"b\nc\"\n1,2\n",
                   "input a=1i,b\nc=2i\n");
}

static void test_csv_decode__has_no_names_without_the_header(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_header_row_count = 1", "a,b\"c\n1,2\n",
                   "! line 1: a quote stands inside a cell that is not quoted [a,b\"c]\n"
                   "! line 2: the header could not be read, so the columns have no names [1,2]\n");
}

static void test_csv_decode__skips_rows_and_columns(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_skip_rows = 2\ncsv_header_row_count = 1\ncsv_skip_columns = 1",
                   "garbage \"\n\nno,a,b\n1,2,3\n4\n", "input a=2i,b=3i\n"
                   "! line 5: csv_skip_columns skips all cells of the row [4]\n");
    assert_decodes("csv", ABC "csv_skip_columns = 2", "1,2,3,4,5\n", "input a=3i,b=4i,c=5i\n");
}

static void test_csv_decode__makes_tags_of_metadata(void **state)
{
    (void)state;
    assert_decodes("csv", METADATA, "# Version=1.1\n# File: a=b\r\nnothing\nVersion,x\n1.2,3\n",
                   "input,File: a=b,Version=1.1 x=3i\n");
}

static void test_csv_decode__lets_columns_win_over_metadata_if_asked(void **state)
{
    (void)state;
    assert_decodes("csv", METADATA "csv_tag_overwrite = true", "Version := 1\n\n\nVersion,x\n2,3\n,4\n",
                   "input,Version=2 x=3i\ninput,Version=1 x=4i\n");
}

static void test_csv_decode__starts_anew_with_each_message_if_asked(void **state)
{
    (void)state;
    static const char *const modes[] = { "none", "always" };
    static const char *const expected[] = { "input a=1i\ninput a=\"b\"\ninput a=2i\n",
                                            "input a=1i\ninput b=2i\n" };
    for (int i = 0; i < 2; i++) {
        struct kit_decoding kit;
        struct error err;
        char toml[100];
        struct vane_text all = { 0 };
        const struct decode_sink sink = { .bad = kit_bad, .context = &all };
        snprintf(toml, sizeof toml, "csv_header_row_count = 1\ncsv_reset_mode = \"%s\"", modes[i]);
        assert_true(kit_plan(&kit, "csv", toml, &err));
        struct decoder *decoder = decoder_new(kit.plan, "source", &sink);
        struct batch *batch = batch_new();
        decoder_decode(decoder, batch, "a\n1\n", 4, true, 0);
        decoder_decode(decoder, batch, "b\n2\n", 4, true, 0);
        for (size_t k = 0; k < batch->view.count; k++)
            kit_add_metric(&all, batch->view.metrics[k]);
        assert_string_equal(all.data, expected[i]);
        vane_text_release(&all);
        batch_unref(batch);
        decoder_free(decoder);
        kit_release(&kit);
    }
}

static void test_csv_decode__says_when_its_head_is_read(void **state)
{
    (void)state;
    struct kit_decoding kit;
    struct error err;
    const struct decode_sink sink = { .bad = kit_bad };
    assert_true(kit_plan(&kit, "csv", "csv_skip_rows = 1\ncsv_header_row_count = 1", &err));
    struct decoder *decoder = decoder_new(kit.plan, "source", &sink);
    struct batch *batch = batch_new();
    assert_true(decoder_in_head(decoder));
    assert_int_equal(decoder_decode(decoder, batch, "skipped\n", 8, false, 0), 8);
    assert_true(decoder_in_head(decoder));
    assert_int_equal(decoder_decode(decoder, batch, "a\n", 2, false, 8), 2);
    assert_false(decoder_in_head(decoder));
    assert_int_equal(batch->view.count, 0);
    batch_unref(batch);
    decoder_free(decoder);
    kit_release(&kit);
}

static void test_csv_decode__takes_the_name_from_a_column(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_measurement_column = \"a\"", "cpu,1,2\n1.0,1,2\n,3,4\n\"\",5\n",
                   "cpu b=1i,c=2i\n1.0 b=1i,c=2i\ninput b=3i,c=4i\ninput b=5i\n");
}

static void test_csv_decode__skips_values(void **state)
{
    (void)state;
    assert_decodes("csv",
                   ABC "csv_skip_values = [\"\", \"-\"]\ncsv_tag_columns = [\"a\"]\n"
                       "csv_column_types = [\"string\", \"int\", \"int\"]",
                   "-,1,\n-,-,-\nx,,2\n", "input b=1i\ninput,a=x c=2i\n");
}

static void test_csv_decode__keeps_the_last_of_columns_of_one_name(void **state)
{
    (void)state;
    assert_decodes("csv", "csv_column_names = [\"a\", \"b\", \"a\", \"\"]", "1,2,3,4\n1,2\n",
                   "input a=3i,b=2i\ninput a=1i,b=2i\n");
}

static void test_csv_decode__reads_times(void **state)
{
    (void)state;
    assert_decodes("csv", TIME("unix"), "1648522311.673,1\n", "input v=1i @1648522311673000000\n");
    assert_decodes("csv", TIME("2006-01-02 15:04:05") "csv_timezone = \"Europe/Berlin\"",
                   "2022-03-29 04:51:51.673,1\n", "input v=1i @1648522311673000000\n");
    assert_decodes("csv", TIME("unix") "csv_skip_values = [\"-\"]", "x,1\n,2\n-,3\n",
                   "! line 1: column \"t\": \"x\" is not a time as csv_timestamp_format says [x,1]\n"
                   "! line 2: column \"t\": \"\" is not a time as csv_timestamp_format says [,2]\n"
                   "! line 3: there is no cell of the timestamp column \"t\" [-,3]\n");
}

static void test_csv_decode__goes_on_behind_a_bad_row(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_skip_errors = true", "1\na\"b,2\n\"x\"y,1\n2\n", "input a=1i\ninput a=2i\n"
                   "! line 2: a quote stands inside a cell that is not quoted [a\"b,2]\n"
                   "! line 3: something follows a closing quote [\"x\"y,1]\n");
}

static void test_csv_decode__loses_one_line_to_a_quote_that_never_closes(void **state)
{
    (void)state;
    assert_decodes("csv", ABC, "1\n\"x,2\n2,\"\"\"3\"\n3", "input a=1i\ninput a=2i,b=\"\"3\"\ninput a=3i\n"
                   "! line 2: something follows a closing quote [\"x,2]\n");
    assert_decodes("csv", ABC, "1\n\"x,2\n2\n3", "input a=1i\ninput a=2i\ninput a=3i\n"
                   "! line 2: a quoted cell is not closed [\"x,2]\n");
}

static void test_csv_decode__refuses_nul_bytes_in_tags(void **state)
{
    (void)state;
    assert_decodes("csv", ABC "csv_tag_columns = [\"a\"]", "x\0y,1\n",
                   "! line 1: column \"a\": \"x\" is not a tag: it holds a NUL byte [x]\n");
}

static void test_csv_decode__checks_its_options(void **state)
{
    (void)state;
    assert_plan_fails("csv", "", "csv_column_names: they are needed where csv_header_row_count is 0");
    assert_plan_fails("csv", ABC "csv_column_types = [\"int\"]",
                      "csv_column_types: there are 1, and 3 csv_column_names");
    assert_plan_fails("csv", ABC "csv_delimiter = \"ab\"",
                      "csv_delimiter: \"ab\" is not one character that may divide cells");
    assert_plan_fails("csv", ABC "csv_delimiter = \"\\\"\"",
                      "csv_delimiter: \"\"\" is not one character that may divide cells");
    assert_plan_fails("csv", ABC "csv_comment = \"//\"",
                      "csv_comment: \"//\" is not one character that may begin a comment");
    assert_plan_fails("csv", ABC "csv_comment = \",\"", "csv_comment: it is the delimiter too");
    assert_plan_fails("csv", ABC "csv_timestamp_column = \"a\"",
                      "csv_timestamp_format: csv_timestamp_column needs it");
    assert_plan_fails("csv", ABC "csv_timestamp_column = \"d\"\ncsv_timestamp_format = \"unix\"",
                      "csv_timestamp_column: \"d\" is none of csv_column_names");
    assert_plan_fails("csv",
                      ABC "csv_timestamp_column = \"a\"\ncsv_timestamp_format = \"unix\"\n"
                          "csv_tag_columns = [\"a\"]",
                      "csv_timestamp_column: \"a\" is one of csv_tag_columns");
    assert_plan_fails("csv", ABC "csv_timestamp_column = \"a\"\ncsv_timestamp_format = \"15:04\"",
                      "csv_timestamp_format: \"15:04\" has no year");
    assert_plan_fails("csv",
                      ABC "csv_timestamp_column = \"a\"\ncsv_timestamp_format = \"unix\"\n"
                          "csv_timezone = \"../x\"",
                      "csv_timezone: \"../x\" is no name of a time zone");
    assert_plan_fails("csv", ABC "csv_metadata_rows = 1",
                      "csv_metadata_separators: csv_metadata_rows need them");
    assert_plan_fails("csv", ABC "csv_metadata_separators = [\"\"]",
                      "csv_metadata_separators: an empty text divides nothing");
}

/* ---- Encoding ---- */

static void test_csv_encode__writes_the_line_of_the_old_chain(void **state)
{
    (void)state;
    assert_encodes("csv",
                   "csv_columns = [\"tag.symbol\", \"timestamp\", \"field.open\"]\n"
                   "csv_timestamp_format = \"unix_ms\"",
                   "ticker,symbol=BTCBUSD last=1,open=46920.37000000 1648522311673000000\n", "BTCBUSD,"
                                                                                             "1648522311673,"
                                                                                             "46920.37\n");
}

static void test_csv_encode__writes_all_columns(void **state)
{
    (void)state;
    assert_encodes("csv", "", "m,t=x,a=y f=1.5,e=2i,s=\"q\" 1648522311673000000\nm,t=x f=2 2\n",
                   "1648522311,m,y,x,2,1.5,q\n0,m,x,2\n");
}

/* The head, then the first metric. */
static void assert_begins(const char *toml, const char *line, const char *expected)
{
    struct kit_encoding kit;
    struct error err;
    struct batch *batch = kit_batch(line);
    assert_true(kit_encoder(&kit, "csv", toml, &err));
    encoder_encode_head(kit.encoder, &kit.out, batch->view.metrics[0]);
    kit_encode(&kit, batch);
    assert_string_equal(kit.out.data, expected);
    kit_encoder_release(&kit);
    batch_unref(batch);
}

static void test_csv_encode__begins_with_a_header_if_asked(void **state)
{
    (void)state;
    static const char line[] = "m,t=x,a=y f=1.5,e=2i 1648522311673000000\n";
    assert_begins("", line, "1648522311,m,y,x,2,1.5\n");
    assert_begins("csv_header = true", line, "timestamp,measurement,a,t,e,f\n1648522311,m,y,x,2,1.5\n");
    assert_begins("csv_header = true\ncsv_column_prefix = true", line,
                  "timestamp,measurement,tag_a,tag_t,field_e,field_f\n1648522311,m,y,x,2,1.5\n");
}

static void test_csv_encode__writes_the_header_of_its_columns(void **state)
{
    (void)state;
    assert_begins("csv_header = true\ncsv_columns = [\"name\", \"field.g\", \"tag.no\", \"field.f\", "
                  "\"tag.a\"]",
                  "m,a=x f=1u,g=T 5\n", "name,g,no,f,a\nm,true,,1,x\n");
    assert_begins("csv_header = true\ncsv_column_prefix = true\n"
                  "csv_columns = [\"timestamp\", \"field.f\", \"tag.a\"]",
                  "m,a=x f=1u 5\n", "timestamp,field_f,tag_a\n0,1,x\n");
}

static void test_csv_encode__quotes_only_where_needed(void **state)
{
    (void)state;
    assert_encodes("csv", ONE,
                   "m s=\"a,b\"\nm s=\"a\\\"b\"\nm s=\"a\nb\"\nm s=\"a b;\"\nm s=\" x\"\nm s=\"\"\n"
                   "m s=\"\\.\"\n",
                   "\"a,b\",m\n\"a\"\"b\",m\n\"a\nb\",m\na b;,m\n\" x\",m\n,m\n\"\\.\",m\n");
    assert_encodes("csv", ONE "csv_separator = \";\"", "m s=\"a,b\"\nm s=\"a;b\"\n", "a,b;m\n\"a;b\";m\n");
}

static void test_csv_encode__never_writes_a_blank_line_for_a_row(void **state)
{
    (void)state;
    assert_encodes("csv", "csv_columns = [\"field.s\"]", "m s=\"\"\nm s=\"x\"\n", "\"\"\nx\n");
}

static void test_csv_encode__rejects_what_has_none_of_the_columns(void **state)
{
    (void)state;
    assert_encodes("csv", "csv_columns = [\"timestamp\", \"field.a\", \"field.b\"]", "m c=1 5\nm b=1 5\n",
                   "0,,1\n! metric 0: it has none of the fields in csv_columns\n");
}

static void test_csv_encode__writes_times(void **state)
{
    (void)state;
    assert_encodes("csv", T "\"unix_us\"", "m f=1 1648522311673000999\n", "1648522311673000,1\n");
    assert_encodes("csv", T "\"unix_ns\"", "m f=1 1648522311673000999\n", "1648522311673000999,1\n");
    assert_encodes("csv", T "\"rfc3339\"", "m f=1 1648522311673000999\n", "2022-03-29T02:51:51Z,1\n");
    assert_encodes("csv", T "\"Jan 2, 2006 15:04:05.000\"", "m f=1 1648522311673000999\n",
                   "\"Mar 29, 2022 02:51:51.673\",1\n");
}

static void test_csv_encode__checks_its_options(void **state)
{
    (void)state;
    assert_encoder_fails("csv", "csv_columns = [\"value\"]",
                         "csv_columns: \"value\" is neither timestamp, name, tag.KEY nor field.KEY");
    assert_encoder_fails("csv", "csv_columns = [\"tag.\"]",
                         "csv_columns: \"tag.\" is neither timestamp, name, tag.KEY nor field.KEY");
    assert_encoder_fails("csv", "csv_separator = \"\"",
                         "csv_separator: \"\" is not one character that may divide cells");
    assert_encoder_fails("csv", "csv_timestamp_format = \"foo\"",
                         "csv_timestamp_format: \"foo\" is no time format: unix, unix_ms, unix_us, unix_ns, "
                         "RFC3339 or a "
                         "layout such as \"2006-01-02 15:04:05\"");
}

/* ---- There and back ---- */

static struct batch *random_row(uint64_t *seed)
{
    static const char letters[] = "ab ,\"\n\r;\t\xc3\xa9" "1";
    char text[12];
    size_t length = kit_random(seed) % sizeof text;
    for (size_t i = 0; i < length; i++)
        text[i] = letters[kit_random(seed) % (sizeof letters - 1)];
    struct batch *batch = batch_new();
    const struct vane_series *series = vane_series(&batch->view, "m", NULL, 0);
    struct vane_metric *metric = vane_add(&batch->view, series, (int64_t)kit_random(seed) / 4);
    vane_set_string(metric, "s", text, length);
    vane_set_float(metric, "f", (double)(int64_t)kit_random(seed) / 1e7);
    return batch;
}

static void test_csv__brings_texts_and_numbers_back(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int round = 0; round < 2000; round++)
        kit_assert_comes_back("csv", "csv_columns = [\"field.s\", \"field.f\", \"name\", \"timestamp\"]\n"
                              "csv_timestamp_format = \"unix_ns\"",
                              "csv_column_names = [\"s\", \"f\", \"n\", \"t\"]\n"
                              "csv_column_types = [\"string\", \"float\", \"string\", \"int\"]\n"
                              "csv_timestamp_column = \"t\"\ncsv_timestamp_format = \"unix_ns\"\n"
                              "csv_measurement_column = \"n\"", random_row(&seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_decode__reads_the_line_of_the_old_chain),
        cmocka_unit_test(test_csv_decode__ends_lines_with_a_carriage_return_too),
        cmocka_unit_test(test_csv_decode__finds_the_type_of_a_cell),
        cmocka_unit_test(test_csv_decode__reads_typed_columns),
        cmocka_unit_test(test_csv_decode__wants_a_type_for_each_column_of_a_header),
        cmocka_unit_test(test_csv_decode__reads_quoted_cells),
        cmocka_unit_test(test_csv_decode__skips_blank_lines_and_comments),
        cmocka_unit_test(test_csv_decode__takes_rows_of_any_length),
        cmocka_unit_test(test_csv_decode__refuses_rows_longer_than_the_header),
        cmocka_unit_test(test_csv_decode__says_which_columns_there_are_where_the_time_has_none),
        cmocka_unit_test(test_csv_decode__takes_other_delimiters),
        cmocka_unit_test(test_csv_decode__trims_spaces_if_asked),
        cmocka_unit_test(test_csv_decode__names_columns_by_the_header),
        cmocka_unit_test(test_csv_decode__has_no_names_without_the_header),
        cmocka_unit_test(test_csv_decode__skips_rows_and_columns),
        cmocka_unit_test(test_csv_decode__makes_tags_of_metadata),
        cmocka_unit_test(test_csv_decode__lets_columns_win_over_metadata_if_asked),
        cmocka_unit_test(test_csv_decode__starts_anew_with_each_message_if_asked),
        cmocka_unit_test(test_csv_decode__says_when_its_head_is_read),
        cmocka_unit_test(test_csv_decode__takes_the_name_from_a_column),
        cmocka_unit_test(test_csv_decode__skips_values),
        cmocka_unit_test(test_csv_decode__keeps_the_last_of_columns_of_one_name),
        cmocka_unit_test(test_csv_decode__reads_times),
        cmocka_unit_test(test_csv_decode__goes_on_behind_a_bad_row),
        cmocka_unit_test(test_csv_decode__loses_one_line_to_a_quote_that_never_closes),
        cmocka_unit_test(test_csv_decode__refuses_nul_bytes_in_tags),
        cmocka_unit_test(test_csv_decode__checks_its_options),
        cmocka_unit_test(test_csv_encode__writes_the_line_of_the_old_chain),
        cmocka_unit_test(test_csv_encode__writes_all_columns),
        cmocka_unit_test(test_csv_encode__begins_with_a_header_if_asked),
        cmocka_unit_test(test_csv_encode__writes_the_header_of_its_columns),
        cmocka_unit_test(test_csv_encode__quotes_only_where_needed),
        cmocka_unit_test(test_csv_encode__never_writes_a_blank_line_for_a_row),
        cmocka_unit_test(test_csv_encode__rejects_what_has_none_of_the_columns),
        cmocka_unit_test(test_csv_encode__writes_times),
        cmocka_unit_test(test_csv_encode__checks_its_options),
        cmocka_unit_test(test_csv__brings_texts_and_numbers_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
