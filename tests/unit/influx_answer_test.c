/* Tests of plugins/influx_out/answer.h. */
#include "plugins/influx_out/answer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static enum answer_verdict judged(int status, const char *body)
{
    struct answer answer;
    answer_read(&answer, status, body, strlen(body));
    answer_release(&answer);
    return answer.verdict;
}

static void test_answer__2xx_delivers(void **state)
{
    (void)state;
    for (int status = 200; status < 300; status++)
        assert_int_equal(judged(status, "partial write: x"), ANSWER_DELIVERED);
}

static void test_answer__statuses_mean_what_the_table_says(void **state)
{
    (void)state;
    static const struct { int status; enum answer_verdict verdict; } rows[] = {
        { 400, ANSWER_BAD_POINTS }, { 406, ANSWER_BAD_POINTS }, { 422, ANSWER_BAD_POINTS },
        { 401, ANSWER_REFUSED },    { 403, ANSWER_REFUSED },    { 404, ANSWER_UNEXPECTED },
        { 405, ANSWER_UNEXPECTED }, { 408, ANSWER_LATER },      { 413, ANSWER_TOO_LARGE },
        { 429, ANSWER_LATER },      { 500, ANSWER_LATER },      { 502, ANSWER_LATER },
        { 503, ANSWER_LATER },      { 504, ANSWER_LATER },      { 301, ANSWER_REFUSED },
        { 100, ANSWER_REFUSED },    { 999, ANSWER_REFUSED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(judged(rows[i].status, ""), rows[i].verdict);
        assert_int_equal(judged(rows[i].status, "{\"error\":\"some\"}"), rows[i].verdict);
    }
}

static void test_answer__texts_go_before_statuses(void **state)
{
    (void)state;
    assert_int_equal(judged(500, "{\"error\":\"hinted handoff queue not empty\"}"), ANSWER_DELIVERED);
    assert_int_equal(judged(500, "{\"message\":\"x: partial write: y dropped=1\"}"), ANSWER_BAD_POINTS);
    assert_int_equal(judged(404, "{\"error\":\"database not found: \\\"x\\\"\"}"), ANSWER_NO_DATABASE);
    assert_int_equal(judged(500, "{\"error\":\"retention policy not found: x\"}"), ANSWER_REFUSED);
    assert_int_equal(judged(400, "{\"error\":\"database is required\"}"), ANSWER_REFUSED);
    assert_int_equal(judged(401, "{\"error\":\"unable to parse 'x'\"}"), ANSWER_REFUSED);
}

static void test_answer__a_line_that_reads_like_a_request_error_is_still_a_bad_line(void **state)
{
    (void)state;
    static const char body[] = "{\"error\":\"unable to parse 'm s=invalid precision': x\"}";
    assert_int_equal(judged(400, body), ANSWER_BAD_POINTS);
}

static void test_answer__message_is_the_error_the_message_or_the_body(void **state)
{
    (void)state;
    static const char *const bodies[] = { "{\"error\":\"why\"}", "{\"code\":\"x\",\"message\":\"why\"}",
                                          "why" };
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        answer_read(&answer, 400, bodies[i], strlen(bodies[i]));
        assert_string_equal(answer.message, "why");
        answer_release(&answer);
    }
}

static void test_answer__counts_what_was_dropped(void **state)
{
    (void)state;
    struct answer answer;
    static const char body[] = "{\"error\":\"partial write: points beyond retention policy dropped=12\"}";
    answer_read(&answer, 400, body, sizeof body - 1);
    assert_int_equal(answer.dropped, 12);
    answer_release(&answer);
}

static void test_answer__lines_are_named_by_number(void **state)
{
    (void)state;
    static const char body[] = "{\"error\":\"partial write of line protocol occurred\",\"data\":["
                               "{\"line_number\":3,\"error_message\":\"bad\"},{\"line_number\":-1},7,"
                               "{\"line_number\":9}]}";
    struct answer answer;
    struct answer_line line;
    size_t at = 0;
    answer_read(&answer, 400, body, sizeof body - 1);
    assert_true(answer_next_line(&answer, &at, &line));
    assert_int_equal(line.number, 3);
    assert_string_equal(line.reason, "bad");
    assert_true(answer_next_line(&answer, &at, &line));
    assert_int_equal(line.number, 9);
    assert_false(answer_next_line(&answer, &at, &line));
    answer_release(&answer);
}

static void check_match(const struct answer_line *line, const char *text, const char *expected)
{
    size_t length = 0;
    const char *reason = answer_match(line, text, strlen(text), &length);
    if (!expected) {
        assert_null(reason);
        return;
    }
    assert_non_null(reason);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(reason, expected, length);
}

static void test_answer__lines_are_named_by_their_text(void **state)
{
    (void)state;
    static const char body[] = "{\"error\":\"partial write: unable to parse 'm v=1u 1': invalid number\\n"
                               "unable to parse 'm s=\\\"it's': x\\\"': no end dropped=0\"}";
    struct answer answer;
    struct answer_line line;
    size_t at = 0;
    answer_read(&answer, 400, body, sizeof body - 1);
    assert_true(answer_next_line(&answer, &at, &line));
    check_match(&line, "m v=1u 1", "invalid number");
    check_match(&line, "m v=1u", NULL);
    check_match(&line, "m v=1u 11", NULL);
    check_match(&line, "", NULL);
    assert_true(answer_next_line(&answer, &at, &line));
    check_match(&line, "m s=\"it's': x\"", "no end");
    assert_false(answer_next_line(&answer, &at, &line));
    answer_release(&answer);
}

static void test_answer__a_type_conflict_tells_its_field(void **state)
{
    (void)state;
    static const char body[] = "{\"error\":\"partial write: field type conflict: input field \\\"la st\\\" "
                               "on measurement \\\"ticker\\\" is type integer, already exists as type "
                               "float dropped=2\"}";
    struct answer answer;
    struct answer_conflict conflict;
    answer_read(&answer, 400, body, sizeof body - 1);
    assert_true(answer_read_conflict(&answer, &conflict));
    assert_int_equal(conflict.field_length, 5);
    assert_memory_equal(conflict.field, "la st", 5);
    assert_int_equal(conflict.measurement_length, 6);
    assert_memory_equal(conflict.measurement, "ticker", 6);
    assert_int_equal(conflict.type, VANE_INT);
    answer_release(&answer);
}

static void test_answer__half_a_type_conflict_tells_nothing(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "input field \"x",
                                          "input field \"x\" on measurement \"m\" is type odd, y" };
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        struct answer_conflict conflict;
        answer_read(&answer, 400, bodies[i], strlen(bodies[i]));
        assert_false(answer_read_conflict(&answer, &conflict));
        answer_release(&answer);
    }
}

static const char *query_error(struct answer *answer, const char *body)
{
    return answer_query_error(answer, body, strlen(body));
}

static void test_answer__a_query_may_fail_inside_a_200(void **state)
{
    (void)state;
    struct answer answer;
    assert_null(query_error(&answer, "{\"results\":[{\"statement_id\":0}]}"));
    answer_release(&answer);
    assert_string_equal(query_error(&answer, "{\"results\":[{\"error\":\"no\"}]}"), "no");
    answer_release(&answer);
    assert_string_equal(query_error(&answer, "{\"error\":\"not you\"}"), "not you");
    answer_release(&answer);
    assert_null(query_error(&answer, "garbage"));
    answer_release(&answer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer__2xx_delivers),
        cmocka_unit_test(test_answer__statuses_mean_what_the_table_says),
        cmocka_unit_test(test_answer__texts_go_before_statuses),
        cmocka_unit_test(test_answer__a_line_that_reads_like_a_request_error_is_still_a_bad_line),
        cmocka_unit_test(test_answer__message_is_the_error_the_message_or_the_body),
        cmocka_unit_test(test_answer__counts_what_was_dropped),
        cmocka_unit_test(test_answer__lines_are_named_by_number),
        cmocka_unit_test(test_answer__lines_are_named_by_their_text),
        cmocka_unit_test(test_answer__a_type_conflict_tells_its_field),
        cmocka_unit_test(test_answer__half_a_type_conflict_tells_nothing),
        cmocka_unit_test(test_answer__a_query_may_fail_inside_a_200),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
