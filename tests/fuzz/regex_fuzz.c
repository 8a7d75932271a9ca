/* regex - any pattern on any text: the first line is the pattern. */
#include "core/match/regex.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const char *text = (const char *)data, *line_end = size ? memchr(text, '\n', size) : NULL;
    size_t length = line_end ? (size_t)(line_end - text) : size;
    struct error err;
    struct automaton *regex = regex_new(text, length, &err);
    if (regex)
        automaton_match(regex, text + length, size - length, true);
    automaton_free(regex);
    return 0;
}
