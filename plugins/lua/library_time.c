/* library_time - os.time and os.date in UTC, and math.random that a replay repeats.
 *
 * The generator is splitmix64 over a seed that is set for every call (box_begin), of a metric's series and time.
 * math.randomseed sets it for the rest of the call. */
#include "plugins/lua/library.h"

#include <time.h>

enum { LONGEST_DATE = 512 };

/* ---- os ---- */

static int get_part(lua_State *L, const char *name, int preset)
{
    int is_whole = 1;
    lua_getfield(L, 1, name);
    lua_Integer value = lua_isnil(L, -1) ? preset : lua_tointegerx(L, -1, &is_whole);
    if (!is_whole || value < -1000000 || value > 1000000 || (lua_isnil(L, -1) && preset < 0))
        luaL_error(L, "os.time: '%s' is missing or no integer within a million", name);
    lua_pop(L, 1);
    return (int)value;
}

static int os_time(lua_State *L)
{
    if (!lua_istable(L, 1))
        return luaL_error(L, "os.time needs a table: a processor has no clock (metric.time is its time)");
    struct tm parts = {
        .tm_year = get_part(L, "year", -1) - 1900, .tm_mon = get_part(L, "month", -1) - 1,
        .tm_mday = get_part(L, "day", -1), .tm_hour = get_part(L, "hour", 12), .tm_min = get_part(L, "min", 0),
        .tm_sec = get_part(L, "sec", 0),
    };
    lua_pushinteger(L, timegm(&parts));
    return 1;
}

static void set_part(lua_State *L, const char *name, int value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static int push_parts(lua_State *L, const struct tm *parts)
{
    lua_createtable(L, 0, 9);
    set_part(L, "year", parts->tm_year + 1900);
    set_part(L, "month", parts->tm_mon + 1);
    set_part(L, "day", parts->tm_mday);
    set_part(L, "hour", parts->tm_hour);
    set_part(L, "min", parts->tm_min);
    set_part(L, "sec", parts->tm_sec);
    set_part(L, "wday", parts->tm_wday + 1);
    set_part(L, "yday", parts->tm_yday + 1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "isdst");
    return 1;
}

static int os_date(lua_State *L)
{
    const char *format = luaL_optstring(L, 1, "%c");
    if (lua_isnoneornil(L, 2))
        return luaL_error(L, "os.date needs a time in seconds: a processor has no clock (metric.time // 1000000000)");
    time_t seconds = (time_t)luaL_checkinteger(L, 2);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts))
        return luaL_error(L, "os.date: that time has no date");
    format += *format == '!';
    if (strncmp(format, "*t", 2) == 0)
        return push_parts(L, &parts);
    char text[LONGEST_DATE];
    size_t length = *format ? strftime(text, sizeof text, format, &parts) : 0;
    if (!length && *format)
        return luaL_error(L, "os.date: the date is empty or longer than %d bytes", LONGEST_DATE - 1);
    lua_pushlstring(L, text, length);
    return 1;
}

/* ---- math.random ---- */

static uint64_t draw(struct box *box)
{
    uint64_t mixed = box->seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* Uniform in 0 .. most: draws above the largest multiple are thrown away. */
static uint64_t draw_up_to(struct box *box, uint64_t most)
{
    uint64_t drawn = draw(box);
    if (most == UINT64_MAX)
        return drawn;
    uint64_t count = most + 1, usable = UINT64_MAX - UINT64_MAX % count;
    while (drawn >= usable)
        drawn = draw(box);
    return drawn % count;
}

static int math_random(lua_State *L)
{
    struct box *box = box_of(L);
    int count = lua_gettop(L);
    if (count == 0) {
        lua_pushnumber(L, (double)(draw(box) >> 11) * 0x1p-53);
        return 1;
    }
    lua_Integer low = count == 1 ? 1 : luaL_checkinteger(L, 1), high = luaL_checkinteger(L, count == 1 ? 1 : 2);
    if (count == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)draw(box));
        return 1;
    }
    luaL_argcheck(L, low <= high && count <= 2, count, "interval is empty");
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + draw_up_to(box, (uint64_t)high - (uint64_t)low)));
    return 1;
}

static int math_randomseed(lua_State *L)
{
    box_of(L)->seed = (uint64_t)luaL_checkinteger(L, 1);
    return 0;
}

void library_open_time(lua_State *L)
{
    static const luaL_Reg os[] = { { "time", os_time }, { "date", os_date }, { NULL, NULL } };
    lua_newtable(L);
    luaL_setfuncs(L, os, 0);
    lua_setglobal(L, "os");
    lua_getglobal(L, "math");
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
    lua_pushcfunction(L, math_randomseed);
    lua_setfield(L, -2, "randomseed");
    lua_pop(L, 1);
}
