/* state - see state.h. Records are written without a protected call: nothing in it allocates in Lua but texts longer
 * than 40 bytes as keys of nested tables, for which the limit of memory is lifted meanwhile. */
#include "plugins/lua/state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/lua/saved.h"

enum { SWEEP_FROM = 65536 };

/* Pushes the table. False: the script has put something else in its place, and nothing is pushed. */
static bool push_table(const struct state *state)
{
    lua_State *L = state->box->L;
    lua_pushglobaltable(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->name);
    bool found = lua_rawget(L, -2) == LUA_TTABLE;
    lua_remove(L, -2);
    if (!found)
        lua_pop(L, 1);
    return found;
}

/* ---- Saving ---- */

struct saving {
    struct state      *state;
    struct vane_saver *saver;
    bool               full;
    size_t             refused, keys;
};

/* The key of a record that belongs to this worker. */
static const char *own_key(struct state *state, const char *key)
{
    if (state->worker == 0)
        return key;
    vane_text_clear(&state->own_key);
    vane_text_addf(&state->own_key, "w%u:%s", state->worker, key);
    return state->own_key.data;
}

static void save_gone(const struct saving *to, const struct book_entry *entry)
{
    vane_save(to->saver, &(struct vane_record){
        .lane = entry->saved_lane, .key = entry->saved_own ? own_key(to->state, entry->key) : entry->key,
        .series = entry->saved_own ? 0 : entry->series,
    });
}

static void refuse(struct saving *to, const char *key, const char *why)
{
    struct vane_self *self = to->state->box->self;
    if (to->refused++ == 0)
        vane_log(self, VANE_ERROR, "state[%s] is not saved: it holds %s", key, why);
}

static void save_value(struct saving *to, struct book_entry *entry)
{
    struct state *state = to->state;
    uint64_t hash = book_hash(state->value.data, state->value.length);
    bool own = entry->series == 0, stays = entry->saved_lane == entry->lane && entry->saved_own == own;
    if (!to->full && stays && entry->value_hash == hash)
        return;
    if (!to->full && entry->saved_lane && !stays)
        save_gone(to, entry);
    vane_save(to->saver, &(struct vane_record){
        .lane = entry->lane, .key = own ? own_key(state, entry->key) : entry->key, .data = state->value.data,
        .length = state->value.length, .series = entry->series,
    });
    entry->value_hash = hash;
    entry->saved_lane = entry->lane;
    entry->saved_own = own;
}

/* The pair on top of the stack. */
static void save_pair(struct saving *to)
{
    struct state *state = to->state;
    lua_State *L = state->box->L;
    const char *why;
    if (!saved_key(L, -2, &state->key)) {
        refuse(to, lua_typename(L, lua_type(L, -2)), "a key that is no text, integer or boolean");
        return;
    }
    vane_text_clear(&state->value);
    if (!saved_encode(L, -1, &state->value, &why)) {
        refuse(to, state->key.data + 1, why);
        return;
    }
    struct book_entry *entry = book_add(&state->book, state->key.data, state->key.length);
    if (!entry->lane[0] && !entry->series)
        entry->lane = book_lane(&state->book, "");
    entry->seen = state->book.save;
    save_value(to, entry);
    to->keys++;
}

static bool keep_seen(const struct book_entry *entry, void *context)
{
    const struct saving *to = context;
    if (entry->seen == to->state->book.save)
        return true;
    if (entry->saved_lane && !to->full)
        save_gone(to, entry);
    return false;
}

void state_save(struct state *state, struct vane_saver *saver, bool full)
{
    struct saving to = { state, saver, full, 0, 0 };
    lua_State *L = state->box->L;
    size_t limit = state->box->max_memory;
    state->box->max_memory = SIZE_MAX / 2;
    state->book.save++;
    if (push_table(state)) {
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
            save_pair(&to);
        lua_pop(L, 1);
    }
    state->box->max_memory = limit;
    book_sweep(&state->book, keep_seen, &to);
    if (to.refused)
        vane_count(state->box->self, "state_refused", to.refused);
    vane_gauge(state->box->self, "state_keys", (double)to.keys);
}

/* ---- Loading ---- */

struct loading {
    const struct state       *state;
    const struct vane_record *record;
    const char               *key; /* of the record, without the number of a worker */
};

/* Whose is it? Series come to the right worker; of the rest each worker sees all. False: the number is damaged. */
static bool read_worker(const struct vane_record *record, unsigned *worker, const char **key)
{
    *key = record->key;
    *worker = 0;
    if (record->series || record->key[0] != 'w')
        return true;
    char *end;
    unsigned long number = strtoul(record->key + 1, &end, 10);
    *key = end + 1;
    *worker = (unsigned)number;
    return number > 0 && number <= UINT_MAX && *end == ':';
}

/* There is nobody any more whose it could be; one of the others says so. */
static void drop(struct state *state, unsigned worker, const char *key)
{
    struct vane_self *self = state->box->self;
    if (worker < state->workers || worker % state->workers != state->worker)
        return;
    vane_count(self, "state_dropped", 1);
    if (!state->has_dropped)
        vane_log(self, VANE_WARN, "what worker %u had in `state` is dropped, beginning with state[%s]: "
                 "workers are %u now", worker, *key ? key + 1 : key, state->workers);
    state->has_dropped = true;
}

/* Empties the table at `to` and fills it with what is in the one on top: who holds it sees the loaded values. */
static void refill(lua_State *L, int to)
{
    int from = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, to);) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, to);
    }
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, to);
    }
}

/* Argument 1: the struct loading. */
static int load_record(lua_State *L)
{
    const struct loading *from = lua_touserdata(L, 1);
    const struct vane_record *record = from->record;
    if (!push_table(from->state))
        return luaL_error(L, "the global 'state' is no table");
    if (!saved_push_key(L, from->key))
        return luaL_error(L, "the key is damaged");
    if (!record->data)
        lua_pushnil(L);
    else if (!saved_decode(L, record->data, record->length))
        return luaL_error(L, "what was saved is damaged");
    lua_pushvalue(L, 3);
    bool is_there = lua_rawget(L, 2) == LUA_TTABLE;
    lua_insert(L, 4); /* argument, state, key, what is there, the new value */
    if (is_there && lua_istable(L, 5)) {
        refill(L, 4);
        return 0;
    }
    lua_remove(L, 4);
    lua_rawset(L, 2);
    return 0;
}

static bool call_with(struct state *state, lua_CFunction function, void *argument, struct script_error *error)
{
    lua_State *L = state->box->L;
    box_begin(state->box, 0);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, argument);
    state->box->brief = true;
    bool good = box_call(state->box, 1, 0, error);
    state->box->brief = false;
    return good;
}

bool state_load(struct state *state, const struct vane_record *record, struct script_error *error)
{
    struct book *book = &state->book;
    unsigned worker;
    const char *key;
    if (!read_worker(record, &worker, &key)) {
        snprintf(error->text, sizeof error->text, "state[%s] cannot be loaded: the worker's number is damaged",
                 record->key);
        return false;
    }
    if (!record->series && worker != state->worker) {
        drop(state, worker, key);
        return true;
    }
    const char *lane = book_lane(book, record->lane);
    struct book_entry *entry = book_add(book, key, strlen(key));
    if (!record->data && entry->saved_lane && entry->saved_lane != lane)
        return true; /* it has moved to another lane since */
    entry->series = record->series;
    entry->lane = lane;
    entry->saved_lane = record->data ? lane : NULL;
    entry->saved_own = record->series == 0;
    entry->value_hash = record->data ? book_hash(record->data, record->length) : 0;
    struct script_error why;
    if (call_with(state, load_record, &(struct loading){ state, record, key }, &why))
        return true;
    snprintf(error->text, sizeof error->text, "state[%s] cannot be loaded: %s", key[0] ? key + 1 : key, why.text);
    return false;
}

/* ---- Forgetting ---- */

struct losing {
    const struct state *state;
    const char         *lane;
};

static int forget_lane(lua_State *L)
{
    const struct losing *from = lua_touserdata(L, 1);
    const struct book *book = &from->state->book;
    if (!push_table(from->state))
        return 0;
    for (size_t i = 0; i < book->room; i++) {
        const struct book_entry *entry = &book->entries[i];
        if (!entry->key || !entry->series || strcmp(entry->lane, from->lane) != 0)
            continue;
        saved_push_key(L, entry->key);
        lua_pushnil(L);
        lua_rawset(L, 2);
    }
    return 0;
}

bool state_lose(struct state *state, const char *lane, struct script_error *error)
{
    return call_with(state, forget_lane, &(struct losing){ state, lane }, error);
}

/* Of a series nothing is saved of. Its text may be a new one to Lua, so the limit is lifted meanwhile. */
static bool is_kept(const struct book_entry *entry, void *context)
{
    const struct state *state = context;
    lua_State *L = state->box->L;
    if (entry->saved_lane)
        return true;
    if (entry->key_length > BOX_TEXT_LIMIT / 2)
        return false;
    lua_pushstring(L, entry->key + 1);
    bool kept = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 1);
    return kept;
}

void state_sweep(struct state *state)
{
    struct book *book = &state->book;
    if (book->used <= 2 * book->kept + SWEEP_FROM || !push_table(state))
        return;
    size_t limit = state->box->max_memory;
    state->box->max_memory = SIZE_MAX / 2;
    book_sweep(book, is_kept, state);
    lua_pop(state->box->L, 1);
    state->box->max_memory = limit;
}

/* ---- Life ---- */

void state_open(struct state *state, struct box *box)
{
    state->box = box;
    state->worker = vane_worker(box->self);
    state->workers = vane_workers(box->self);
    lua_newtable(box->L);
    lua_setglobal(box->L, "state");
    lua_pushliteral(box->L, "state");
    state->name = luaL_ref(box->L, LUA_REGISTRYINDEX);
}

void state_release(struct state *state)
{
    book_release(&state->book);
    vane_text_release(&state->key);
    vane_text_release(&state->value);
    vane_text_release(&state->own_key);
}
