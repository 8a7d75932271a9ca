/* Logs: levels, repeats that are counted, JSON, one line a fault, rotation. */
#include "core/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static char directory[64], path[96];
static char text[1 << 16];

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/vane-log-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/agent[1].log", directory); /* of characters that mean something to glob() */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    log_close();
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

static void open_log(struct log_settings settings)
{
    struct error err;
    settings.path = path;
    assert_true(log_open(&settings, &err));
}

static const char *logged(void)
{
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void assert_matches(const char *found, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, found, 0, NULL, 0) != 0)
        fail_msg("%s\n does not match %s", found, pattern);
    regfree(&regex);
}

static void test_log__a_line_has_time_level_and_instance(void **state)
{
    (void)state;
    struct log_source source = { .name = "outputs.influx_out::prices", .level = -1 };
    open_log((struct log_settings){ .level = VANE_INFO });
    log_line(&source, VANE_ERROR, "write %s: %s", "http://h", "refused");
    log_line(NULL, VANE_INFO, "started");
    assert_matches(logged(), "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z E! \\[outputs.influx_out::prices\\] "
                             "write http://h: refused\n[^\n]*Z I! \\[agent\\] started\n$");
}

static void test_log__levels_are_the_logs_or_the_sources_own(void **state)
{
    (void)state;
    struct log_source plain = { .name = "plain", .level = -1 }, chatty = { .name = "chatty", .level = VANE_DEBUG };
    open_log((struct log_settings){ .level = VANE_WARN });
    log_line(&plain, VANE_INFO, "a");
    log_line(&plain, VANE_WARN, "b");
    log_line(&chatty, VANE_DEBUG, "c");
    assert_matches(logged(), "^[^\n]*W! \\[plain\\] b\n[^\n]*D! \\[chatty\\] c\n$");
}

static void test_log__repeats_are_counted_not_printed(void **state)
{
    (void)state;
    struct log_source source = { .name = "s", .level = -1 }, other = { .name = "o", .level = -1 };
    open_log((struct log_settings){ .level = VANE_INFO });
    for (int i = 0; i < 100; i++)
        log_line(&source, VANE_WARN, "number %d", i);
    log_line(&other, VANE_WARN, "number %d", 7); /* another one is not silenced */
    assert_matches(logged(), "^[^\n]*\\[s\\] number 0\n[^\n]*\\[o\\] number 7\n$");
    for (size_t i = 0; i < sizeof source.recent / sizeof source.recent[0]; i++)
        source.recent[i].since -= INT64_C(11000000000); /* eleven seconds later */
    log_line(&source, VANE_WARN, "number %d", 100);
    assert_matches(logged(), "\\[s\\] number 100 \\(and 99 more like it\\)\n$");
}

static void test_log__an_error_is_not_silenced_by_a_note_of_the_same_form(void **state)
{
    (void)state;
    struct log_source source = { .name = "s", .level = -1 };
    open_log((struct log_settings){ .level = VANE_INFO });
    for (int i = 0; i < 2; i++)
        log_line(&source, i ? VANE_ERROR : VANE_INFO, "%s", i ? "broker down" : "connected");
    assert_matches(logged(), "connected\n[^\n]*E! \\[s\\] broker down\n$");
}

static void test_log__structured_lines_are_json_whatever_they_say(void **state)
{
    (void)state;
    struct log_source source = { .name = "out\"put\n", .level = -1 };
    open_log((struct log_settings){ .level = VANE_INFO, .structured = true });
    char all[256];
    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    all[255] = '\0';
    log_line(&source, VANE_WARN, "%s", all);
    const char *lines = logged();
    assert_ptr_equal(strchr(lines, '\n'), lines + strlen(lines) - 1);
    cJSON *object = cJSON_Parse(lines);
    assert_non_null(object);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(object, "plugin")), "out\"put\n");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(object, "level")), "warn");
    assert_memory_equal(cJSON_GetStringValue(cJSON_GetObjectItem(object, "msg")), all, 127);
    cJSON_Delete(object);
}

static void test_log__text_stays_one_line(void **state)
{
    (void)state;
    open_log((struct log_settings){ .level = VANE_INFO });
    log_line(NULL, VANE_WARN, "server said: %s", "bad\nE! [agent] forged\r\n\x1b[31m");
    assert_matches(logged(), "^[^\n]*server said: bad E! \\[agent\\] forged[^\n\x1b]*\n$");
}

static void test_log__a_very_long_message_is_cut(void **state)
{
    (void)state;
    static char huge[100000];
    memset(huge, 'x', sizeof huge - 1);
    open_log((struct log_settings){ .level = VANE_INFO });
    log_line(NULL, VANE_WARN, "%s", huge);
    size_t length = strlen(logged());
    assert_in_range(length, 1000, 5000);
    assert_int_equal(text[length - 1], '\n');
}

/* ---- Rotation ---- */

static int count_files(void)
{
    int count = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void test_log__rotates_by_size_and_keeps_so_many_archives(void **state)
{
    (void)state;
    char other[128];
    snprintf(other, sizeof other, "%s/agent1.log.1234567890123456", directory); /* what the pattern would match */
    close(open(other, O_CREAT | O_WRONLY, 0600));
    open_log((struct log_settings){ .level = VANE_INFO, .rotate_size = 200, .archives = 3 });
    for (int i = 0; i < 100; i++)
        log_line(NULL, VANE_INFO, "line %d", i);
    assert_int_equal(count_files(), 1 + 3 + 1);
    assert_int_equal(access(other, F_OK), 0);
    assert_matches(logged(), "line 99\n$");
}

static void test_log__keeps_all_archives_where_that_is_asked_for(void **state)
{
    (void)state;
    open_log((struct log_settings){ .level = VANE_INFO, .rotate_size = 1, .archives = -1 });
    for (int i = 0; i < 10; i++)
        log_line(NULL, VANE_INFO, "line %d", i);
    assert_int_equal(count_files(), 10);
}

static void test_log__rotates_by_age(void **state)
{
    (void)state;
    open_log((struct log_settings){ .level = VANE_INFO, .rotate_every = 1000000, .archives = -1 });
    log_line(NULL, VANE_INFO, "old");
    usleep(2000);
    log_line(NULL, VANE_INFO, "new");
    assert_matches(logged(), "^[^\n]*new\n$");
    assert_int_equal(count_files(), 2);
}

static void *log_often(void *context)
{
    struct log_source source = { .name = context, .level = -1 };
    for (int i = 0; i < 500; i++) {
        source.recent[0].format = NULL;
        log_line(&source, VANE_INFO, "line %d", i);
    }
    return NULL;
}

static void test_log__lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    open_log((struct log_settings){ .level = VANE_INFO });
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_often, i ? "b" : "a"), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    logged();
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line;)
        assert_matches(line, "^[^ ]*Z I! \\[[ab]\\] line [0-9]+$");
}

static void test_log__a_file_that_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct error err;
    snprintf(path, sizeof path, "%s/no/such.log", directory);
    assert_false(log_open(&(struct log_settings){ .path = path }, &err));
    assert_non_null(strstr(err.text, "no/such.log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_log__a_line_has_time_level_and_instance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__levels_are_the_logs_or_the_sources_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__repeats_are_counted_not_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__an_error_is_not_silenced_by_a_note_of_the_same_form, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_log__structured_lines_are_json_whatever_they_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__text_stays_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__a_very_long_message_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__rotates_by_size_and_keeps_so_many_archives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__keeps_all_archives_where_that_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__rotates_by_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__lines_of_several_threads_do_not_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log__a_file_that_cannot_be_opened_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
