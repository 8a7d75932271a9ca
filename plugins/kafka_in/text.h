/* text - can these bytes be the value of a tag? Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* UTF-8 (RFC 3629: no surrogates, nothing too long, nothing beyond U+10FFFF) without control characters. */
bool text_is_plain(const void *bytes, size_t length);
