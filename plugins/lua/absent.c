/* absent - see absent.h. What is absent is nil, as a script may ask for it, so Lua's own message says "attempt to call
 * a nil value (field 'execute')": it is read here, where it becomes the error of a call. */
#include "plugins/lua/absent.h"

#include <stdbool.h>
#include <string.h>

struct absent {
    const char *how, *called; /* as Lua's message has them */
    const char *name;
};

static const struct absent absents[] = {
    { "global", "io", "io" }, { "global", "debug", "debug" }, { "global", "package", "package" },
    { "global", "coroutine", "coroutine" }, { "global", "dofile", "dofile" }, { "global", "loadfile", "loadfile" },
    { "global", "collectgarbage", "collectgarbage" }, { "field", "execute", "os.execute" },
    { "field", "exit", "os.exit" }, { "field", "getenv", "os.getenv" }, { "field", "remove", "os.remove" },
    { "field", "rename", "os.rename" }, { "field", "tmpname", "os.tmpname" }, { "field", "clock", "os.clock" },
    { "field", "difftime", "os.difftime" }, { "field", "setlocale", "os.setlocale" },
    { "field", "dump", "string.dump" },
};

static bool is_named(const char *at, const struct absent *absent)
{
    size_t how = strlen(absent->how), called = strlen(absent->called);
    return strncmp(at, absent->how, how) == 0 && strncmp(at + how, " '", 2) == 0
           && strncmp(at + how + 2, absent->called, called) == 0 && strcmp(at + how + 2 + called, "')") == 0;
}

const char *absent_named(const char *message)
{
    static const char nil[] = "a nil value (";
    const char *at = strstr(message, nil);
    for (size_t i = 0; at && i < sizeof absents / sizeof absents[0]; i++)
        if (is_named(at + strlen(nil), &absents[i]))
            return absents[i].name;
    return NULL;
}
