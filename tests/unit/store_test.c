/* Checkpoints: written whole, found again, damaged ones passed over, old ones removed. */
#include "core/store.h"

#include "core/alloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/vane-store-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

static struct store *open_store(struct vane_text *notes)
{
    struct error err;
    struct store *store = store_open(directory, notes, &err);
    assert_non_null(store);
    return store;
}

/* One record key=value and a position, as checkpoint `number` of part "p". */
static void write_one(struct store *store, uint64_t number, bool full, const char *key, const char *value, int64_t next)
{
    struct store_records records = { 0 };
    struct vane_record record = { .lane = "in/0", .key = key, .data = value, .length = value ? strlen(value) : 0,
                                  .series = 7 };
    store_records_add(&records, "counter", &record);
    struct store_position position = { "in/0", next, next + 5 };
    struct store_checkpoint checkpoint = { .part = "p", .number = number, .full = full, .positions = &position,
                                           .position_count = 1, .records = &records };
    struct error err;
    assert_true(store_write(store, &checkpoint, &err));
    store_records_release(&records);
}

static bool note_record(const struct vane_record *record, void *context)
{
    vane_text_addf(context, "%s:%s=%.*s;", record->lane, record->key, (int)record->length,
                   record->data ? (const char *)record->data : "");
    assert_int_equal(record->series, 7);
    return true;
}

static void assert_records(struct store *store, const char *expected)
{
    struct vane_text found = { 0 };
    vane_text_addf(&found, "%s", "");
    store_visit(store, "counter", note_record, &found);
    assert_string_equal(found.data ? found.data : "", expected);
    vane_text_release(&found);
}

static void test_store__an_empty_directory_knows_nothing(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    struct store_position position;
    assert_false(store_position(store, "in/0", &position));
    assert_records(store, "");
    assert_true(store_wants_full(store, "p"));
    store_close(store);
}

static void test_store__finds_changes_in_order_behind_the_full_one(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    write_one(store, 1, true, "a", "1", 10);
    write_one(store, 2, false, "b", "2", 20);
    write_one(store, 3, false, "a", NULL, 30);
    store_close(store);

    store = open_store(&notes);
    struct store_position position;
    assert_true(store_position(store, "in/0", &position));
    assert_int_equal(position.next, 30);
    assert_int_equal(position.newest, 35);
    assert_int_equal(store_newest(store), 3);
    assert_records(store, "in/0:a=1;in/0:b=2;in/0:a=;");
    assert_int_equal(notes.length, 0);
    store_close(store);
}

static void damage(const char *file)
{
    char path[128];
    snprintf(path, sizeof path, "%s/p/%s", directory, file);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "?", 1, 60), 1);
    close(fd);
}

static void test_store__a_damaged_file_costs_one_checkpoint(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    write_one(store, 1, true, "a", "1", 10);
    write_one(store, 2, false, "a", "2", 20);
    store_close(store);
    damage("2.checkpoint");

    store = open_store(&notes);
    struct store_position position;
    assert_true(store_position(store, "in/0", &position));
    assert_int_equal(position.next, 10);
    assert_records(store, "in/0:a=1;");
    assert_non_null(strstr(notes.data, "2.checkpoint is damaged"));
    assert_int_equal(store_newest(store), 2); /* the next number is not given twice */
    store_close(store);
    vane_text_release(&notes);
}

static void test_store__keeps_the_chain_before_the_newest_full_one(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    write_one(store, 1, true, "a", "1", 10);
    write_one(store, 2, true, "a", "2", 20);
    write_one(store, 3, true, "a", "3", 30);
    store_close(store);
    char path[128];
    snprintf(path, sizeof path, "%s/p/1.checkpoint", directory);
    assert_int_equal(access(path, F_OK), -1);
    damage("3.checkpoint");

    store = open_store(&notes);
    assert_records(store, "in/0:a=2;");
    store_close(store);
    vane_text_release(&notes);
}

static void test_store__the_first_checkpoint_of_a_run_is_full(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    write_one(store, 1, true, "a", "1", 10);
    assert_false(store_wants_full(store, "p"));
    store_close(store);
    store = open_store(&notes);
    assert_true(store_wants_full(store, "p"));
    store_close(store);
}

static void test_store__a_second_agent_is_kept_out(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    struct error err;
    assert_null(store_open(directory, &notes, &err));
    assert_non_null(strstr(err.text, "in use by another agent"));
    store_close(store);
    store_close(open_store(&notes));
}

/* As write_one, of another part and owner. */
static void write_other(struct store *store, const char *part, uint64_t number, const char *owner, const char *value)
{
    struct store_records records = { 0 };
    store_records_add(&records, owner, &(struct vane_record){ .lane = "", .key = "k", .data = value,
                                                              .length = strlen(value), .series = 7 });
    struct store_checkpoint checkpoint = { .part = part, .number = number, .full = true, .records = &records };
    struct error err;
    assert_true(store_write(store, &checkpoint, &err));
    store_records_release(&records);
}

static void test_store__any_name_of_a_part_is_found_again(void **state)
{
    (void)state;
    static const char *const names[] = { "a/b", "..", ".hidden", "lock", "p\xc3\xa4rt 1", "../../up", "%41" };
    struct vane_text notes = { 0 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct store *store = open_store(&notes);
        write_other(store, names[i], i + 1, "counter", names[i]);
        store_close(store);
        struct vane_text expected = { 0 };
        vane_text_addf(&expected, ":k=%s;", names[i]);
        store = open_store(&notes);
        assert_records(store, expected.data); /* the newest part that knows the owner */
        store_close(store);
        vane_text_release(&expected);
    }
    assert_int_equal(notes.length, 0);
}

static void test_store__records_can_be_loaded_until_they_are_forgotten(void **state)
{
    (void)state;
    struct vane_text notes = { 0 };
    struct store *store = open_store(&notes);
    write_other(store, "old", 1, "counter", "1");
    write_other(store, "new", 2, "counter", "2");
    store_close(store);
    store = open_store(&notes);
    write_other(store, "old", 3, "other", "3"); /* the node is now in another part, which writes before it has loaded */
    assert_records(store, ":k=2;");
    write_other(store, "new", 4, "other", "4");
    assert_records(store, ":k=2;");
    store_forget(store);
    assert_records(store, "");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store__an_empty_directory_knows_nothing, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_store__finds_changes_in_order_behind_the_full_one, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(test_store__a_damaged_file_costs_one_checkpoint, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(test_store__keeps_the_chain_before_the_newest_full_one, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(test_store__the_first_checkpoint_of_a_run_is_full, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(test_store__a_second_agent_is_kept_out, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_store__any_name_of_a_part_is_found_again, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(test_store__records_can_be_loaded_until_they_are_forgotten,
                                        make_directory, remove_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
