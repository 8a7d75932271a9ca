/* absent - names of the library that the box has none of, so that a script which calls for one is told so. Own
 * thread.
 */
#pragma once
/* The absent function or library that a message of Lua's is about, as "os.execute"; NULL: none. */
const char *absent_named(const char *message);
