/* nearest - see nearest.h. The distance is the textbook dynamic programme with three rows. */
#include "config/nearest.h"

#include <stdbool.h>
#include <string.h>

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > NEAREST_LENGTH_LIMIT || b_length > NEAREST_LENGTH_LIMIT)
        return NEAREST_LENGTH_LIMIT;
    size_t rows[3][NEAREST_LENGTH_LIMIT + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b_length];
}

/* The plural of the word counts as the word where the name goes on: header_rows begins header_row_count. */
static bool starts_or_ends(const char *name, const char *word)
{
    size_t length = strlen(word), name_length = strlen(name);
    size_t stem = length > 3 && word[length - 1] == 's' ? length - 1 : length;
    return length >= 3 && name_length > length
        && (memcmp(name, word, stem) == 0 || memcmp(name + name_length - length, word, length) == 0);
}

static size_t common_prefix(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] && lower(a[length]) == lower(b[length]))
        length++;
    return length;
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    if (!nearest->word)
        return;
    /* A third of the letters wrong is still a slip; more is another word. */
    size_t limit = (strlen(nearest->word) + 2) / 3;
    size_t distance = nearest_distance(nearest->word, name);
    if (distance > limit && starts_or_ends(name, nearest->word))
        distance = limit;
    if (distance > limit || distance >= NEAREST_LENGTH_LIMIT)
        return;
    size_t prefix = common_prefix(nearest->word, name);
    if (nearest->name && (nearest->distance < distance
                          || (nearest->distance == distance && nearest->prefix >= prefix)))
        return;
    nearest->name = name;
    nearest->distance = distance;
    nearest->prefix = prefix;
}
