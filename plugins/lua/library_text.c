/* library_text - string.find, match, gmatch and gsub over the matcher that counts (pattern.h), and string.rep. The
 * budget pays for every step. */
#include "plugins/lua/library.h"
#include "plugins/lua/pattern.h"

enum { STEPS_PER_INSTRUCTION = 2, BYTES_PER_INSTRUCTION = 16 };

/* ---- A match and what it costs ---- */

/* The subject is argument 1, the pattern argument 2. Answers whether it is anchored at the beginning. */
static bool prepare(lua_State *L, struct pattern *m)
{
    size_t length, subject_length;
    const char *subject = luaL_checklstring(L, 1, &subject_length), *text = luaL_checklstring(L, 2, &length);
    bool anchored = length && *text == '^';
    *m = (struct pattern){
        .subject = subject, .subject_end = subject + subject_length, .text = text + anchored, .end = text + length,
    };
    return anchored;
}

/* One attempt at a place. [raises] */
static const char *attempt(lua_State *L, struct pattern *m, const char *at)
{
    int64_t steps = box_of(L)->left * STEPS_PER_INSTRUCTION;
    m->steps_left = steps > 0 ? steps : 0;
    steps = m->steps_left;
    const char *end = pattern_match(m, at);
    box_charge(L, (steps - m->steps_left) / STEPS_PER_INSTRUCTION + 1);
    if (m->error)
        luaL_error(L, "%s", m->error);
    return end;
}

/* The first match at *at or behind it; *at is then where it begins. [raises] */
static const char *search(lua_State *L, struct pattern *m, const char **at, bool anchored)
{
    for (;; ++*at) {
        const char *end = attempt(L, m, *at);
        if (end || anchored || *at >= m->subject_end)
            return end;
    }
}

/* Pushes capture i; without captures, capture 0 is the whole match. [raises] */
static void push_capture(lua_State *L, const struct pattern *m, int i, const char *start, const char *end)
{
    if (i >= m->captured) {
        if (i > 0)
            luaL_error(L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(L, start, (size_t)(end - start));
        return;
    }
    if (m->captures[i].length == PATTERN_OPEN)
        luaL_error(L, "unfinished capture");
    if (m->captures[i].length == PATTERN_PLACE)
        lua_pushinteger(L, m->captures[i].start - m->subject + 1);
    else
        lua_pushlstring(L, m->captures[i].start, (size_t)m->captures[i].length);
}

/* All captures; the whole match where there is none and `whole`. */
static int push_captures(lua_State *L, const struct pattern *m, const char *start, const char *end, bool whole)
{
    int count = m->captured == 0 && whole ? 1 : m->captured;
    luaL_checkstack(L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(L, m, i, start, end);
    return count;
}

/* ---- find, match ---- */

/* Argument 3, from the end where negative, as an offset; false: behind the end. */
static bool start_offset(lua_State *L, const struct pattern *m, size_t *offset)
{
    lua_Integer length = m->subject_end - m->subject, start = luaL_optinteger(L, 3, 1);
    if (start < 0)
        start = start < -length ? 1 : length + start + 1;
    if (start == 0)
        start = 1;
    *offset = (size_t)start - 1;
    return start <= length + 1;
}

static int push_span(lua_State *L, const struct pattern *m, const char *start, const char *end)
{
    lua_pushinteger(L, start - m->subject + 1);
    lua_pushinteger(L, end - m->subject);
    return 2;
}

static int find_plain(lua_State *L, const struct pattern *m, const char *at, size_t length)
{
    box_charge(L, (m->subject_end - at) / BYTES_PER_INSTRUCTION);
    const char *found = length ? memmem(at, (size_t)(m->subject_end - at), m->end - length, length) : at;
    if (found)
        return push_span(L, m, found, found + length);
    lua_pushnil(L);
    return 1;
}

static int find_or_match(lua_State *L, bool find)
{
    struct pattern m;
    size_t offset, length;
    bool anchored = prepare(L, &m);
    const char *text = lua_tolstring(L, 2, &length);
    if (!start_offset(L, &m, &offset)) {
        lua_pushnil(L);
        return 1;
    }
    const char *at = m.subject + offset;
    if (find && (lua_toboolean(L, 4) || pattern_is_plain(text, length)))
        return find_plain(L, &m, at, length);
    const char *end = search(L, &m, &at, anchored);
    if (!end) {
        lua_pushnil(L);
        return 1;
    }
    int spans = find ? push_span(L, &m, at, end) : 0;
    return spans + push_captures(L, &m, at, end, !find);
}

static int text_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int text_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch ---- */

/* Upvalues: subject, pattern, where to go on, where the last match ended (-1: none). */
static int next_match(lua_State *L)
{
    struct pattern m;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    bool anchored = prepare(L, &m);
    m.text -= anchored; /* in gmatch it has no meaning */
    const char *at = m.subject + lua_tointeger(L, lua_upvalueindex(3));
    const char *last = m.subject + lua_tointeger(L, lua_upvalueindex(4));
    for (; at <= m.subject_end; at++) {
        const char *end = search(L, &m, &at, false);
        if (!end)
            break;
        if (end == last)
            continue;
        lua_pushinteger(L, end - m.subject);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(L, &m, at, end, true);
    }
    return 0;
}

static int text_gmatch(lua_State *L)
{
    struct pattern m;
    size_t offset;
    prepare(L, &m);
    if (!start_offset(L, &m, &offset))
        offset = (size_t)(m.subject_end - m.subject) + 1;
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)offset);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* ---- gsub ---- */

struct span {
    const char *start, *end;
};

/* A replacement text, in which %0 to %9 and %% have a meaning. */
static void add_text(lua_State *L, luaL_Buffer *out, const struct pattern *m, struct span match)
{
    size_t length;
    const char *text = lua_tolstring(L, 3, &length);
    for (const char *end = text + length; text < end; text++) {
        if (*text != '%') {
            luaL_addchar(out, *text);
            continue;
        }
        text++;
        if (text < end && *text == '0') {
            luaL_addlstring(out, match.start, (size_t)(match.end - match.start));
        } else if (text < end && *text >= '1' && *text <= '9') {
            push_capture(L, m, *text - '1', match.start, match.end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(out);
        } else if (text < end && *text == '%') {
            luaL_addchar(out, '%');
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* What takes the place of a match. */
static void add_replacement(lua_State *L, luaL_Buffer *out, const struct pattern *m, struct span match)
{
    int type = lua_type(L, 3);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        add_text(L, out, m, match);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, m, match.start, match.end, true), 1);
    } else {
        push_capture(L, m, 0, match.start, match.end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, match.start, (size_t)(match.end - match.start));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        luaL_addvalue(out);
    }
}

static int text_gsub(lua_State *L)
{
    struct pattern m;
    bool anchored = prepare(L, &m);
    int type = lua_type(L, 3);
    luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                     "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, m.subject_end - m.subject + 1), count = 0;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    const char *at = m.subject, *last = NULL;
    while (count < most) {
        const char *end = attempt(L, &m, at);
        if (end && end != last) {
            count++;
            add_replacement(L, &out, &m, (struct span){ at, end });
            at = last = end;
        } else if (at < m.subject_end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&out, at, (size_t)(m.subject_end - at));
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

/* ---- rep ---- */

static int text_rep(lua_State *L)
{
    size_t length, between;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &between);
    if (count <= 0 || length + between == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((size_t)count > BOX_TEXT_LIMIT || (length + between) * (size_t)count > BOX_TEXT_LIMIT + between)
        return luaL_error(L, "string.rep: the text would be longer than %d bytes", (int)BOX_TEXT_LIMIT);
    box_charge(L, count);
    luaL_Buffer out;
    luaL_buffinitsize(L, &out, (length + between) * (size_t)count);
    for (lua_Integer i = 0; i < count; i++) {
        luaL_addlstring(&out, text, length);
        if (i + 1 < count)
            luaL_addlstring(&out, separator, between);
    }
    luaL_pushresult(&out);
    return 1;
}

void library_open_text(lua_State *L, int table)
{
    static const luaL_Reg functions[] = {
        { "find", text_find }, { "gmatch", text_gmatch }, { "gsub", text_gsub }, { "match", text_match },
        { "rep", text_rep }, { NULL, NULL },
    };
    lua_pushvalue(L, table);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
