/* Tests of core/hash.h. */
#include "core/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Saved state names series by their hash: another value would part a series from what was kept of it. The
 * values were computed apart from this program, for every length of a rest. */
static void test_hash_bytes__never_changes(void **state)
{
    static const struct { const char *text; uint64_t hash; } known[] = {
        { "", UINT64_C(0x0400c6c778bbb447) },         { "c", UINT64_C(0xce48eda27174fce9) },
        { "co", UINT64_C(0xab425c955bd632d7) },       { "coi", UINT64_C(0x0213eb12ff154a96) },
        { "coin", UINT64_C(0x4282e7cbf42ef3d4) },     { "price", UINT64_C(0xebe2c4d59a7d4571) },
        { "prices", UINT64_C(0x42e34ba5e7ba9bf9) },   { "binance", UINT64_C(0xee6f53c8ef1c823a) },
        { "btcbusdt", UINT64_C(0xf16bfe1bd8115dae) }, { "btcbusd,venue=binance", UINT64_C(0xd42f9ed449791ae6) },
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(hash_bytes(known[i].text, strlen(known[i].text), 1) == known[i].hash);
}

/* The end of the bytes is the end of the memory: a sanitizer would see a load beyond. */
static void test_hash_bytes__reads_no_byte_beyond(void **state)
{
    (void)state;
    for (size_t length = 1; length < 40; length++) {
        char *exact = malloc(length), loose[48];
        memset(loose, 'x', sizeof loose);
        memset(exact, 'x', length);
        assert_true(hash_bytes(exact, length, 7) == hash_bytes(loose, length, 7));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_bytes__never_changes),
        cmocka_unit_test(test_hash_bytes__reads_no_byte_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
