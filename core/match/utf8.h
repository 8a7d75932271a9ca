/* utf8 - code points of UTF-8 text, one after the other.
 *
 * A byte that begins no valid sequence (RFC 3629: no overlong form, no surrogate, nothing beyond
 * U+10FFFF) counts as one code point, UTF8_BAD: text from outside need not be valid, and never stops
 * anything. Any thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { UTF8_BAD = 0xfffd, UTF8_LAST = 0x10ffff, UTF8_MAX = 4 };

/* The code point at *at, which is before `end`; moves *at behind it. */
uint32_t utf8_next(const char **at, const char *end);

/* How many bytes the code point at `at` takes; 0: the byte there begins no valid sequence. */
size_t utf8_sequence(const char *at, const char *end);

size_t utf8_count(const char *text, size_t length); /* code points */

/* Answers the bytes written. What is no code point, surrogates too, becomes UTF8_BAD. */
size_t utf8_write(char out[UTF8_MAX], uint32_t rune);
