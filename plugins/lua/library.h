/* library - what a script finds in the box: the safe parts of Lua's library, charged for what they do.
 *
 * There: assert error getmetatable ipairs load next pairs pcall print rawequal rawget rawlen rawset select
 * setmetatable tonumber tostring type xpcall, log, string, table, math, utf8, os.time, os.date. Not there: io, debug,
 * coroutine, collectgarbage, dofile, loadfile, string.dump, the rest of os. What differs from Lua's manual:
 *
 *   pairs          visits keys in order (false, true, numbers, texts bytewise), as they were at its start: a key
 *                  that is removed meanwhile is left out, one that is added is not visited
 *   load           text only
 *   setmetatable   refuses __gc and __mode: they depend on when memory is collected
 *   xpcall         calls the handler after unwinding
 *   os.time        needs a table, os.date a time; both are in UTC: a processor has no clock
 *   math.random    starts from the metric (series and time), so a replay draws the same
 *   print          a line in the agent's log
 */
#pragma once
#include "plugins/lua/box.h"

void library_open(struct box *box); /* [raises]: in a protected call */

/* Pushes an iterator over a table or a metric's fields or tags at the top of the stack, whose keys are the array of
 * `count` below the top: pops both, leaves what pairs() returns. [raises] */
int library_walk_keys(lua_State *L);

void library_open_text(lua_State *L, int table);   /* find, match, gmatch, gsub, rep into the table string [raises] */
void library_open_time(lua_State *L);              /* os and math.random [raises] */
void library_open_tables(lua_State *L, int table); /* what walks tables, into the table `table` [raises] */
int library_pairs(lua_State *L);                   /* pairs */

/* Replaces each function of the table at `index` by one that is charged for the texts it is given. [raises] */
void library_charge_texts(lua_State *L, int index);
