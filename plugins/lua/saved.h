/* saved - values of Lua as bytes, the same bytes for the same value.
 *
 * A value begins with the version byte, then: T and F are booleans; i and d an integer and a float of 8 bytes, little
 * endian; s a text after its length of 4 bytes; { a table after the count of its pairs, which are sorted by key
 * (order.h). Own thread.
 */
#pragma once
#include "plugins/lua/box.h"

enum { SAVED_VERSION = 1, SAVED_DEPTH = 32 };

/* Appends the value at `index`. False: it cannot be saved, and `why` says what is in it. Raises nothing. */
bool saved_encode(lua_State *L, int index, struct vane_text *out, const char **why);

/* Pushes the value; false where the bytes are damaged, and nothing is pushed. [raises] */
bool saved_decode(lua_State *L, const char *bytes, size_t length);

/* A key of `state` as text of a record: s and the text, i and digits, b and 0 or 1. False: it cannot be one. */
bool saved_key(lua_State *L, int index, struct vane_text *out);
bool saved_push_key(lua_State *L, const char *text); /* false: damaged, nothing is pushed [raises] */
