/* lua_state_fuzz - any bytes as a saved record end in an error or in a state, and a state that was loaded is saved and
 * loaded again as what it is. The input: the key up to a newline, then the value; the first bit of the first byte says
 * whether the record belongs to a series. */
#include "plugins/lua/lua.c"

#include <assert.h>
#include <stdlib.h>

#include "core/instance.h"
#include "plugins/lua/saved.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct state *opened;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    static struct runtime runtime;
    static const struct node_options node = { 0 };
    static const struct lua pristine = {
        .source = "function apply(m) return m end", .max_instructions = 1000000, .max_memory = 4 << 20,
    };
    runtime_init(&runtime, VANE_RUN);
    struct instance *instance = instance_new(&(struct instance_settings){
        .plugin = &vane_plugin, .name = "lua", .log_name = "lua", .key = "lua", .options = &node, .state = &pristine,
        .runtime = &runtime, .worker = 1, .workers = 2, .log_level = VANE_ERROR });
    enum vane_result result = instance_open(instance);
    assert(result == VANE_OK);
    opened = &((struct lua *)instance->self.state)->instance.state;
    return 0;
}

/* What lies on top, as bytes; they are loaded, and saved again, as the same. */
static void check_round(lua_State *L)
{
    struct vane_text once = { 0 }, twice = { 0 };
    const char *why;
    bool can = saved_encode(L, -1, &once, &why);
    assert(can);
    bool good = saved_decode(L, once.data, once.length);
    assert(good);
    can = saved_encode(L, -1, &twice, &why);
    assert(can && once.length == twice.length && memcmp(once.data, twice.data, once.length) == 0);
    vane_text_release(&once);
    vane_text_release(&twice);
    lua_pop(L, 1);
}

/* What is in state goes again. */
static void check_state(struct state *state)
{
    lua_State *L = state->box->L;
    state->box->max_memory = SIZE_MAX / 2;
    lua_getglobal(L, "state");
    for (lua_pushnil(L); lua_next(L, -2);) {
        check_round(L);
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
    state->box->max_memory = 4 << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    if (!end || size > 65536)
        return 0;
    size_t key_length = (size_t)(end - data), length = size - key_length - 1;
    char *key = calloc(1, key_length + 1), *value = malloc(length + 1); /* of their own: a read beyond is seen */
    memcpy(key, data, key_length);
    memcpy(value, end + 1, length);
    struct script_error error;
    struct vane_record record = {
        .lane = "", .key = key, .data = value, .length = length, .series = key_length && (key[0] & 1) ? 7 : 0,
    };
    state_load(opened, &record, &error);
    check_state(opened);
    free(key);
    free(value);
    return 0;
}
