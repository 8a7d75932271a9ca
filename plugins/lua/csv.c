/* csv - see csv.h. */
#include "plugins/lua/csv.h"

struct csv {
    const char *name, *at, *end;
    int         line; /* of the record */
    int         next_line;
};

/* Pushes a quoted value; at behind the opening quote. */
static void push_quoted(lua_State *L, struct csv *csv)
{
    luaL_Buffer value;
    luaL_buffinit(L, &value);
    for (;; csv->at++) {
        if (csv->at == csv->end)
            luaL_error(L, "%s:%d: a quote is not closed", csv->name, csv->line);
        if (*csv->at == '"') {
            csv->at++;
            if (csv->at == csv->end || *csv->at != '"')
                break;
        }
        csv->next_line += *csv->at == '\n';
        luaL_addchar(&value, *csv->at);
    }
    luaL_pushresult(&value);
    if (csv->at < csv->end && !strchr(",\r\n", *csv->at))
        luaL_error(L, "%s:%d: text behind a closing quote", csv->name, csv->line);
}

static void push_plain(lua_State *L, struct csv *csv)
{
    const char *start = csv->at;
    while (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n')
        csv->at++;
    size_t length = (size_t)(csv->at - start);
    if (length && start[length - 1] == '\r')
        length--;
    lua_pushlstring(L, start, length);
}

static void skip_empty_lines(struct csv *csv)
{
    for (; csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r'); csv->at++)
        csv->next_line += *csv->at == '\n';
    csv->line = csv->next_line;
}

/* Pushes the next record as an array of texts; answers their count, 0: there is none, and nothing is pushed. */
static lua_Integer push_record(lua_State *L, struct csv *csv)
{
    skip_empty_lines(csv);
    if (csv->at == csv->end)
        return 0;
    lua_newtable(L);
    for (lua_Integer count = 1;; count++) {
        if (csv->at < csv->end && *csv->at == '"') {
            csv->at++;
            push_quoted(L, csv);
        } else {
            push_plain(L, csv);
        }
        lua_rawseti(L, -2, count);
        if (csv->at < csv->end && *csv->at == '\r')
            csv->at++;
        if (csv->at == csv->end || *csv->at != ',')
            return count;
        csv->at++;
    }
}

/* From the record on top and the names below it, a row with its values by name takes the record's place. */
static void name_values(lua_State *L, int names, lua_Integer count)
{
    int record = lua_gettop(L);
    lua_createtable(L, 0, (int)count);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, names, i);
        lua_rawgeti(L, record, i);
        lua_rawset(L, -3);
    }
    lua_remove(L, record);
}

static void add_row(lua_State *L, const struct csv *csv, int rows, const char *column)
{
    if (!column) {
        lua_rawseti(L, rows, (lua_Integer)lua_rawlen(L, rows) + 1);
        return;
    }
    if (lua_getfield(L, -1, column) == LUA_TNIL)
        luaL_error(L, "%s: there is no column '%s'", csv->name, column);
    lua_insert(L, -2);
    lua_rawset(L, rows);
}

void csv_push_table(lua_State *L, const char *name, const char *bytes, size_t length, const char *column)
{
    struct csv csv = { .name = name, .at = bytes, .end = bytes + length, .line = 1, .next_line = 1 };
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv.at += 3;
    lua_newtable(L);
    int rows = lua_gettop(L), names = rows + 1;
    lua_Integer width = push_record(L, &csv), count;
    if (width == 0)
        luaL_error(L, "%s is empty", name);
    while ((count = push_record(L, &csv)) > 0) {
        if (count != width)
            luaL_error(L, "%s:%d: %d values, but %d names", name, csv.line, (int)count, (int)width);
        name_values(L, names, width);
        add_row(L, &csv, rows, column);
    }
    lua_settop(L, rows);
}
