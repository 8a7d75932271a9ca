/* lua_fuzz - any pattern over any subject ends within its steps and stays inside both. The first half of the
 * input is the pattern, the second the subject. */
#include <assert.h>
#include <stdlib.h>

#include "plugins/lua/pattern.c"

static void match(const uint8_t *data, size_t size)
{
    size_t half = size / 2;
    char *text = malloc(half + 1), *subject = malloc(size - half + 1); /* of their own: a read beyond is seen */
    memcpy(text, data, half);
    memcpy(subject, data + half, size - half);
    struct pattern pattern = {
        .text = text, .end = text + half, .subject = subject, .subject_end = subject + (size - half),
        .steps_left = 20000,
    };
    const char *end = pattern_match(&pattern, subject);
    assert(!end || (end >= subject && end <= pattern.subject_end));
    for (int i = 0; end && i < pattern.captured; i++)
        assert(pattern.captures[i].length <= pattern.subject_end - pattern.captures[i].start);
    assert(pattern.steps_left >= -1 - (int64_t)size);
    free(text);
    free(subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4096)
        match(data, size);
    return 0;
}
