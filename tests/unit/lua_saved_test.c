/* Values of Lua as bytes and back, keys of the state as text, series as text, and the book of keys. */
#include "plugins/lua/saved.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdarg.h>
#include <cmocka.h>

#include "core/batch.h"
#include "plugins/lua/book.h"

static lua_State *run(const char *chunk)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dostring(L, chunk) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    return L;
}

/* The bytes of what the chunk returns. */
static bool encoded(const char *chunk, struct vane_text *bytes, const char **why)
{
    lua_State *L = run(chunk);
    vane_text_clear(bytes);
    bool good = saved_encode(L, -1, bytes, why);
    lua_close(L);
    return good;
}

/* Saved and loaded, does the value pass the test, a function in `check`? */
static void comes_back(const char *chunk, const char *check)
{
    struct vane_text bytes = { 0 };
    const char *why;
    assert_true(encoded(chunk, &bytes, &why));
    lua_State *L = run(check);
    assert_true(saved_decode(L, bytes.data, bytes.length));
    lua_call(L, 1, 1);
    assert_true(lua_toboolean(L, -1));
    lua_close(L);
    vane_text_release(&bytes);
}

static void test_saved__values_come_back(void **state)
{
    (void)state;
    comes_back("return 1 << 62", "return function(v) return math.type(v) == 'integer' and v == 1 << 62 end");
    comes_back("return math.mininteger", "return function(v) return v == math.mininteger end");
    comes_back("return 3.0", "return function(v) return math.type(v) == 'float' and v == 3 end");
    comes_back("return 0/0", "return function(v) return v ~= v end");
    comes_back("return -1/0", "return function(v) return v == -math.huge end");
    comes_back("return 'a\\0b\\255'", "return function(v) return v == 'a\\0b\\255' end");
    comes_back("return false", "return function(v) return v == false end");
    comes_back("return { 1, 'x', { a = { true } }, [true] = 2, [1.5] = 3 }",
               "return function(v) return v[1] == 1 and v[2] == 'x' and v[3].a[1] and v[true] == 2 "
               "and v[1.5] == 3 end");
}

static void test_saved__bytes_do_not_depend_on_the_order_of_making(void **state)
{
    (void)state;
    struct vane_text one = { 0 }, two = { 0 };
    const char *why;
    assert_true(encoded("local t = {} for i = 1, 99 do t['k' .. i] = i t[i] = {} end return t", &one, &why));
    assert_true(encoded("local t = {} for i = 99, 1, -1 do t[i] = {} t['k' .. i] = i end return t", &two, &why));
    assert_int_equal(one.length, two.length);
    assert_memory_equal(one.data, two.data, one.length);
    vane_text_release(&one);
    vane_text_release(&two);
}

static void test_saved__what_cannot_be_is_named(void **state)
{
    (void)state;
    struct vane_text bytes = { 0 };
    const char *why;
    assert_false(encoded("return { a = print }", &bytes, &why));
    assert_string_equal(why, "a function");
    assert_false(encoded("local t = {} t.t = t return t", &bytes, &why));
    assert_non_null(strstr(why, "hold themselves"));
    assert_false(encoded("return { [{}] = 1 }", &bytes, &why));
    assert_string_equal(why, "a key that is no text, number or boolean");
    vane_text_release(&bytes);
}

static void test_saved__damaged_bytes_are_refused(void **state)
{
    (void)state;
    struct vane_text bytes = { 0 };
    const char *why;
    assert_true(encoded("return { 1, 'x', { a = 2.5 } }", &bytes, &why));
    lua_State *L = luaL_newstate();
    for (size_t length = 0; length < bytes.length; length++) {
        assert_false(saved_decode(L, bytes.data, length));
        assert_int_equal(lua_gettop(L), 0);
    }
    static const char huge[] = "\1{\xff\xff\xff\xff", nan_key[] = "\1{\1\0\0\0d\0\0\0\0\0\0\xf8\x7fT";
    assert_false(saved_decode(L, huge, sizeof huge - 1));
    assert_false(saved_decode(L, nan_key, sizeof nan_key - 1));
    lua_close(L);
    vane_text_release(&bytes);
}

static void test_saved__keys_are_text(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    lua_State *L = run("return 'a b', -7, true, 1.5, 'x\\0y'");
    const char *const texts[] = { "sa b", "i-7", "b1" };
    for (int i = 1; i <= 3; i++) {
        assert_true(saved_key(L, i, &text));
        assert_string_equal(text.data, texts[i - 1]);
        assert_true(saved_push_key(L, text.data));
        assert_true(lua_rawequal(L, i, -1));
    }
    assert_false(saved_key(L, 4, &text));
    assert_false(saved_key(L, 5, &text));
    assert_false(saved_push_key(L, "?"));
    lua_close(L);
    vane_text_release(&text);
}

static void test_book__series_have_one_text_each(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    struct vane_text text = { 0 };
    struct vane_tag tags[] = { vane_tag("coin", "b,t}c"), vane_tag("a", "x=y\\") };
    book_series_text(&text, vane_series(&batch->view, "m{", tags, 2));
    assert_string_equal(text.data, "m\\{{a=x\\=y\\\\,coin=b\\,t\\}c}");
    vane_text_clear(&text);
    book_series_text(&text, vane_series(&batch->view, "total", NULL, 0));
    assert_string_equal(text.data, "total{}");
    vane_text_release(&text);
    batch_unref(batch);
}

static bool is_even(const struct book_entry *entry, void *context)
{
    (void)context;
    return (entry->key[entry->key_length - 1] - '0') % 2 == 0;
}

static void test_book__keeps_what_a_sweep_keeps(void **state)
{
    (void)state;
    struct book book = { 0 };
    char key[16];
    for (int i = 0; i < 1000; i++)
        book_add(&book, key, (size_t)snprintf(key, sizeof key, "k%d", i))->series = (uint64_t)i;
    book_sweep(&book, is_even, NULL);
    assert_int_equal(book.used, 500);
    assert_null(book_find(&book, "k7", 2));
    assert_int_equal(book_find(&book, "k998", 4)->series, 998);
    assert_ptr_equal(book_lane(&book, "a/1"), book_lane(&book, "a/1"));
    book_release(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved__values_come_back),
        cmocka_unit_test(test_saved__bytes_do_not_depend_on_the_order_of_making),
        cmocka_unit_test(test_saved__what_cannot_be_is_named),
        cmocka_unit_test(test_saved__damaged_bytes_are_refused),
        cmocka_unit_test(test_saved__keys_are_text),
        cmocka_unit_test(test_book__series_have_one_text_each),
        cmocka_unit_test(test_book__keeps_what_a_sweep_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
