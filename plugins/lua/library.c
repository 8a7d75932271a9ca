/* library - see library.h. What is charged by the length of texts: string, utf8, tonumber. */
#include "plugins/lua/library.h"

enum { BYTES_PER_INSTRUCTION = 16, LONGEST_LINE = 4000 };

/* ---- Charging what Lua's own functions do ---- */

/* Upvalue 1 holds the function itself, which has no upvalues of its own. */
static int call_charged(lua_State *L)
{
    size_t bytes = 0;
    for (int i = lua_gettop(L); i > 0; i--)
        if (lua_type(L, i) == LUA_TSTRING)
            bytes += lua_rawlen(L, i);
    box_charge(L, (int64_t)(bytes / BYTES_PER_INSTRUCTION));
    lua_CFunction *function = lua_touserdata(L, lua_upvalueindex(1));
    return (*function)(L);
}

void library_charge_texts(lua_State *L, int index)
{
    int table = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (!lua_iscfunction(L, -1))
            continue;
        lua_CFunction function = lua_tocfunction(L, -1);
        lua_pushvalue(L, -2);
        *(lua_CFunction *)lua_newuserdatauv(L, sizeof function, 0) = function;
        lua_pushcclosure(L, call_charged, 1);
        lua_rawset(L, table); /* of a key that is there: allowed while walking */
    }
}

/* ---- What replaces the base library's ---- */

static int set_metatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    static const char *const banned[] = { "__gc", "__mode" };
    for (size_t i = 0; i < sizeof banned / sizeof banned[0] && lua_istable(L, 2); i++) {
        lua_pushstring(L, banned[i]);
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "%s does not exist here: it depends on when memory is collected", banned[i]);
        lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static const char *read_piece(lua_State *L, void *context, size_t *length)
{
    (void)context;
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "a piece to load is a %s", luaL_typename(L, -1));
    lua_replace(L, 5); /* it stays while it is read */
    return lua_tolstring(L, 5, length);
}

/* load(text or function, name, mode, env): text whatever the mode says. */
static int load_text(lua_State *L)
{
    bool has_env = !lua_isnone(L, 4);
    lua_settop(L, 5);
    const char *name = luaL_optstring(L, 2, lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "=(load)");
    int status;
    if (lua_type(L, 1) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(L, 1, &length);
        box_charge(L, (int64_t)length);
        status = luaL_loadbufferx(L, text, length, name, "t");
    } else {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        status = lua_load(L, read_piece, NULL, name, "t");
    }
    if (box_of(L)->stop || status == LUA_ERRMEM)
        return box_stop(L, BOX_MEMORY, 1);
    if (status != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env) {
        lua_pushvalue(L, 4);
        lua_setupvalue(L, -2, 1);
    }
    return 1;
}

/* ---- Logging ---- */

static int log_text(lua_State *L, enum vane_level level, const char *text)
{
    const struct box *box = box_of(L);
    if (!box->is_quiet)
        vane_log(box->self, level, "%.*s", (int)LONGEST_LINE, text);
    return 0;
}

static int print_values(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&buffer, ' ');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
    return log_text(L, VANE_INFO, lua_tostring(L, -1));
}

static int log_at_level(lua_State *L)
{
    return log_text(L, (enum vane_level)lua_tointeger(L, lua_upvalueindex(1)), luaL_checkstring(L, 1));
}

static void open_log(lua_State *L)
{
    static const char *const levels[] = { "error", "warn", "info", "debug" };
    lua_newtable(L);
    for (int level = VANE_ERROR; level <= VANE_DEBUG; level++) {
        lua_pushinteger(L, level);
        lua_pushcclosure(L, log_at_level, 1);
        lua_setfield(L, -2, levels[level]);
    }
    lua_setglobal(L, "log");
}

/* ---- All of it ---- */

static void open_base(lua_State *L)
{
    static const char *const gone[] = { "collectgarbage", "dofile", "loadfile", "warn" };
    static const luaL_Reg own[] = {
        { "load", load_text }, { "pairs", library_pairs }, { "pcall", box_pcall }, { "print", print_values },
        { "setmetatable", set_metatable }, { "xpcall", box_xpcall }, { NULL, NULL },
    };
    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, gone[i]);
    }
    luaL_setfuncs(L, own, 0);
    lua_pop(L, 1);
}

static void open_string(lua_State *L)
{
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    library_charge_texts(L, -1);
    library_open_text(L, lua_gettop(L));
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);
}

void library_open(struct box *box)
{
    lua_State *L = box->L;
    open_base(L);
    open_string(L);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    library_charge_texts(L, -1);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    library_open_tables(L, lua_gettop(L));
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    library_open_time(L);
    lua_settop(L, 0);
    open_log(L);
}
