/* glob - any patterns, any text. Lines: separators, patterns ..., the text. */
#include "core/match/glob.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_LIMIT = 16 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *lines[LINE_LIMIT];
    size_t count = 0;
    for (char *at = text; at && count < LINE_LIMIT; count++)
        lines[count] = strsep(&at, "\n");
    if (count >= 2) {
        struct vane_strings patterns = { (const char *const *)lines + 1, count - 2 };
        struct error err;
        struct glob_list *list = glob_list_new(&patterns, lines[0], &err);
        if (list)
            glob_list_match(list, lines[count - 1], strlen(lines[count - 1]));
        glob_list_free(list);
    }
    free(text);
    return 0;
}
