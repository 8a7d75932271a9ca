/* Arenas: alignment, growth, texts, counting of holders and of bytes. */
#include "core/arena.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_arena__what_is_taken_is_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1);
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_take(arena, i);
        assert_int_equal((uintptr_t)pieces[i] % 8, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t at = 0; at < i; at++)
            assert_int_equal(pieces[i][at], i);
    arena_unref(arena);
}

static void test_arena__a_piece_larger_than_a_block_is_fine(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    memset(arena_take_array(arena, 3 << 20, 1), 1, 3 << 20);
    memset(arena_take(arena, 100), 2, 100);
    assert_true(arena_bytes(arena) >= 3 << 20);
    arena_unref(arena);
}

static void test_arena__texts_are_terminated_copies(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    assert_string_equal(arena_text(arena, "abcdef", 3), "abc");
    assert_string_equal(arena_text(arena, NULL, 0), "");
    assert_memory_equal(arena_text(arena, "a\0b", 3), "a\0b\0", 4);
    arena_unref(arena);
}

static void test_arena__extends_only_the_last_piece_and_only_within_its_block(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    char *first = arena_take(arena, 16), *last = arena_take(arena, 16);
    assert_false(arena_extend(arena, first, 16, 32));
    assert_true(arena_extend(arena, last, 16, 64));
    memset(last, 1, 64);
    assert_false(arena_extend(arena, last, 64, 4096));
    char *next = arena_take(arena, 8);
    assert_ptr_equal(next, last + 64);
    arena_unref(arena);
}

static void test_arena__counts_all_it_holds(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    size_t empty = arena_bytes(arena), taken = 0;
    for (int i = 0; i < 1000; i++, taken += 104)
        arena_take(arena, 100);
    assert_true(arena_bytes(arena) - empty >= taken);
    assert_true(arena_bytes(arena) - empty < 3 * taken);
    arena_unref(arena);
}

static void *ref_and_unref(void *context)
{
    for (int i = 0; i < 10000; i++)
        arena_unref(arena_ref(context));
    return NULL;
}

static void test_arena__holders_come_and_go_on_any_thread(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    assert_false(arena_shared(arena));
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, arena), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_false(arena_shared(arena));
    arena_ref(arena);
    assert_true(arena_shared(arena));
    arena_unref(arena);
    arena_unref(arena);
    arena_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__what_is_taken_is_aligned_and_apart),
        cmocka_unit_test(test_arena__a_piece_larger_than_a_block_is_fine),
        cmocka_unit_test(test_arena__texts_are_terminated_copies),
        cmocka_unit_test(test_arena__extends_only_the_last_piece_and_only_within_its_block),
        cmocka_unit_test(test_arena__counts_all_it_holds),
        cmocka_unit_test(test_arena__holders_come_and_go_on_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
