/* csv - a small csv file as a table of Lua: commas, double quotes as in RFC 4180, names in the first line. Own
 * thread. */
#pragma once
#include "plugins/lua/box.h"

enum { CSV_LIMIT = 16 << 20 }; /* bytes of a file */

/* Pushes an array of rows; with a column, rows by its value, where a later one replaces an earlier. `name` is for
 * errors, which tell the line. [raises] */
void csv_push_table(lua_State *L, const char *name, const char *bytes, size_t length, const char *column);
