/* instance - see instance.h. */
#include "core/instance.h"

#include "config/nearest.h"
#include "core/alloc.h"
#include "core/store.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAGIC = 0x74736e69, SECOND = 1000000000 };

static const int64_t FIRST_PAUSE = SECOND / 10, LONGEST_PAUSE = INT64_C(30) * SECOND;

static _Thread_local const char *running;

void instance_enter(const struct instance *instance)
{
    running = instance ? instance->log.name : NULL;
}

const char *instance_running(void)
{
    return running;
}

void runtime_init(struct runtime *runtime, enum vane_mode mode)
{
    *runtime = (struct runtime){ .mode = mode };
    pthread_mutex_init(&runtime->lock, NULL);
    waker_init(&runtime->waker);
}

void runtime_release(struct runtime *runtime)
{
    waker_release(&runtime->waker);
    pthread_mutex_destroy(&runtime->lock);
}

void runtime_fail(struct runtime *runtime, int exit_code)
{
    int none = 0;
    atomic_compare_exchange_strong(&runtime->fatal, &none, exit_code);
    waker_wake(&runtime->waker);
}

/* ---- Life ---- */

struct instance *instance_new(const struct instance_settings *settings)
{
    struct instance *instance = alloc_zero(sizeof *instance);
    *instance = (struct instance){
        .self = { .name = settings->name, .state = alloc_zero(settings->plugin->state_size) },
        .magic = MAGIC, .plugin = settings->plugin, .options = settings->options, .runtime = settings->runtime,
        .pristine = settings->state, .format = settings->format, .format_options = settings->format_options,
        .format_unset = settings->format_unset,
        .log = { .name = settings->log_name, .level = settings->log_level },
        .dead_letter = { .path = settings->options->dead_letter },
        .arena = settings->arena ? arena_ref(settings->arena) : NULL, .key = settings->key,
        .worker = settings->worker, .workers = settings->workers ? settings->workers : 1,
    };
    memcpy(instance->self.state, settings->state, settings->plugin->state_size);
    return instance;
}

void instance_free(struct instance *instance)
{
    encoder_free(instance->encoder);
    decode_plan_free(instance->decode_plan);
    dead_letter_close(&instance->dead_letter);
    stats_release(&instance->stats);
    free(instance->self.state);
    free(instance->crash_stack);
    arena_unref(instance->arena);
    instance->magic = 0;
    free(instance);
}

struct instance *instance_of(struct vane_self *self)
{
    struct instance *instance = (struct instance *)self;
    assert(instance->magic == MAGIC);
    return instance;
}

bool instance_prepare(struct instance *instance)
{
    struct error err;
    if (!instance->format)
        return true;
    bool input = instance->plugin->role == VANE_INPUT;
    if (input && !instance->decode_plan)
        instance->decode_plan = decode_plan_new(instance->format, instance->format_options,
                                                instance->plugin->name, &err);
    if (!input && !instance->encoder)
        instance->encoder = encoder_new(instance->format, instance->format_options, &err);
    if (instance->decode_plan || instance->encoder)
        return true;
    snprintf(instance->reason, sizeof instance->reason, "%s", err.text);
    return false;
}

enum vane_result instance_check(struct instance *instance)
{
    if (!instance_prepare(instance))
        return VANE_FAIL;
    instance_enter(instance);
    enum vane_result result = instance->plugin->check ? instance->plugin->check(&instance->self) : VANE_OK;
    instance_enter(NULL);
    return result;
}

enum vane_result instance_write(struct instance *instance, struct vane_write *write)
{
    return instance->plugin->write(&instance->self, write);
}

/* ---- Opening ---- */

struct loading {
    struct instance *instance;
    enum vane_result result;
};

static bool load_record(const struct vane_record *record, void *context)
{
    struct loading *loading = context;
    struct instance *instance = loading->instance;
    if (record->series && record->series % instance->workers != instance->worker)
        return true;
    loading->result = instance->plugin->load(&instance->self, record);
    return loading->result == VANE_OK;
}

static enum vane_result load(struct instance *instance)
{
    struct loading loading = { .instance = instance, .result = VANE_OK };
    if (instance->plugin->load && instance->runtime->store && !instance->loaded)
        store_visit(instance->runtime->store, instance->key, load_record, &loading);
    instance->loaded |= loading.result == VANE_OK;
    return loading.result;
}

/* A crash for want of stack can be reported only from another one; the first instance of a thread has it. */
static void have_crash_stack(struct instance *instance)
{
    stack_t there;
    size_t size = (size_t)SIGSTKSZ;
    if (sigaltstack(NULL, &there) != 0 || !(there.ss_flags & SS_DISABLE))
        return;
    instance->crash_stack = alloc_resize(instance->crash_stack, 1, size);
    sigaltstack(&(stack_t){ .ss_sp = instance->crash_stack, .ss_size = size }, NULL);
}

enum vane_result instance_open(struct instance *instance)
{
    const struct vane_plugin *plugin = instance->plugin;
    have_crash_stack(instance);
    instance_enter(instance);
    memcpy(instance->self.state, instance->pristine, plugin->state_size);
    instance->opened = true;
    enum vane_result result = plugin->open ? plugin->open(&instance->self) : VANE_OK;
    if (result == VANE_OK)
        result = load(instance);
    if (result == VANE_FAIL && instance->options->startup_error_behavior == COMMON_STARTUP_RETRY)
        result = VANE_RETRY;
    if (result == VANE_OK) {
        instance->opened_at = vane_monotonic();
        if (instance->tries && strcmp(instance->failing, "open") == 0)
            instance_recovered(instance, "open");
        return result;
    }
    if (result == VANE_RETRY)
        instance_back_off(instance, "open");
    instance_close(instance);
    if (result == VANE_FAIL)
        instance_failed(instance, "open", 2);
    return result;
}

void instance_close(struct instance *instance)
{
    instance_enter(instance);
    if (instance->opened && instance->plugin->close)
        instance->plugin->close(&instance->self);
    instance->opened = false;
}

/* ---- Failing ---- */

static int64_t longest_pause(const struct instance *instance)
{
    int64_t longest = instance->runtime->longest_pause;
    return longest ? longest : LONGEST_PAUSE;
}

/* What failed, where the reason does not say so itself, as "write /dev/full: No space left on device" does. */
static const char *what_failed(const struct instance *instance, const char *what)
{
    size_t length = strlen(what);
    bool said = strncmp(instance->reason, what, length) == 0 && instance->reason[length] == ' ';
    return said ? "" : what;
}

int64_t instance_back_off(struct instance *instance, const char *what)
{
    const struct runtime *runtime = instance->runtime;
    int64_t longest = longest_pause(instance);
    int64_t now = vane_monotonic(), limit = runtime->first_pause ? runtime->first_pause : FIRST_PAUSE;
    const char *failed = what_failed(instance, what);
    instance->failing = what;
    for (unsigned i = 0; i < instance->tries && limit < longest; i++)
        limit *= 2;
    if (limit > longest)
        limit = longest;
    /* Full jitter, but never nothing: a tenth of the limit at least. */
    int64_t pause = limit / 10 + (int64_t)((double)random() / RAND_MAX * (double)(limit - limit / 10));
    int64_t asked = instance->retry_after - now;
    instance->retry_after = 0;
    stats_add(&instance->stats, STATS_ERRORS, 1);
    if (instance->tries++ == 0)
        log_line(&instance->log, VANE_WARN, "%s%s%s; trying again until it succeeds", failed, *failed ? ": " : "",
                 instance->reason);
    instance->not_before = now + (asked > pause ? asked : pause);
    return instance->not_before;
}

void instance_recovered(struct instance *instance, const char *what)
{
    if (instance->tries)
        log_line(&instance->log, VANE_INFO, "%s: succeeded after %u failed %s", what, instance->tries,
                 instance->tries == 1 ? "try" : "tries");
    instance->tries = 0;
}

void instance_lasted(struct instance *instance)
{
    if (instance->tries && vane_monotonic() - instance->opened_at >= longest_pause(instance))
        instance_recovered(instance, instance->failing);
}

void instance_pause(struct instance *instance, struct waker *waker, const atomic_bool *enough)
{
    int64_t left;
    while (!atomic_load(enough) && (left = instance->not_before - vane_monotonic()) > 0)
        waker_wait(waker, left);
}

void instance_failed(struct instance *instance, const char *what, int exit_code)
{
    stats_add(&instance->stats, STATS_ERRORS, 1);
    const char *failed = what_failed(instance, what);
    log_line(&instance->log, VANE_ERROR, "%s%s%s", failed, *failed ? ": " : "", instance->reason);
    int behavior = instance->options->startup_error_behavior;
    if (exit_code == 2 && (behavior == COMMON_STARTUP_IGNORE || behavior == COMMON_STARTUP_PROBE))
        log_line(&instance->log, VANE_WARN, "ignored, as startup_error_behavior says");
    else
        runtime_fail(instance->runtime, exit_code);
}

static void note(struct instance *instance, const char *format, va_list args)
{
    vsnprintf(instance->reason, sizeof instance->reason, format, args);
}

enum vane_result vane_retry(struct vane_self *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(instance_of(self), format, args);
    va_end(args);
    return VANE_RETRY;
}

enum vane_result vane_fail(struct vane_self *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(instance_of(self), format, args);
    va_end(args);
    return VANE_FAIL;
}

const char *vane_nearest(const char *word, const char *const *names)
{
    struct nearest nearest = { .word = word };
    for (; *names; names++)
        nearest_offer(&nearest, *names);
    return nearest.name;
}

void vane_retry_after(struct vane_self *self, int64_t ns)
{
    instance_of(self)->retry_after = vane_monotonic() + ns;
}

/* ---- Log, counters ---- */

void vane_log(struct vane_self *self, enum vane_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_line_args(&instance_of(self)->log, level, format, args);
    va_end(args);
}

void vane_count(struct vane_self *self, const char *name, uint64_t add)
{
    struct stats_named *named = stats_find(&instance_of(self)->stats, name, false);
    atomic_fetch_add_explicit(&named->count, add, memory_order_relaxed);
}

void vane_gauge(struct vane_self *self, const char *name, double value)
{
    struct stats_named *named = stats_find(&instance_of(self)->stats, name, true);
    atomic_store_explicit(&named->value, value, memory_order_relaxed);
}

/* ---- About the agent ---- */

enum vane_mode vane_mode(struct vane_self *self)
{
    return instance_of(self)->runtime->mode;
}

unsigned vane_workers(struct vane_self *self)
{
    return instance_of(self)->workers;
}

unsigned vane_worker(struct vane_self *self)
{
    return instance_of(self)->worker;
}

const char *vane_agent(struct vane_self *self)
{
    return instance_of(self)->runtime->agent_id;
}

void vane_tick_every(struct vane_self *self, int64_t ns)
{
    instance_of(self)->tick_every = ns;
}

void vane_uses_route(struct vane_self *self, const char *route)
{
    struct instance *instance = instance_of(self);
    unsigned number = 0;
    while (strcmp(instance->plugin->routes[number], route) != 0)
        number++;
    instance->routes_used |= UINT64_C(1) << number;
}

/* ---- Formats ---- */

/* "prices.csv: byte 120, line 7"; "binance_data: offset 120" */
static void name_place(const struct instance *instance, const struct bad_record *bad, char *place, size_t size)
{
    long long at = (long long)bad->place;
    if (instance->reads_messages)
        snprintf(place, size, "%s: offset %lld", bad->source, at);
    else
        snprintf(place, size, "%s: byte %lld, line %llu", bad->source, at + (long long)bad->offset,
                 (unsigned long long)bad->line);
}

/* Whoever has forgotten data_format should not wonder at what a csv row lacks. */
static void hint_at_format(struct instance *instance, char *hint, size_t size)
{
    hint[0] = '\0';
    if (instance->format_unset)
        snprintf(hint, size, " (data_format is %s, the default)", instance->format->name);
    instance->format_unset = false;
}

static void bad_record(void *context, const struct bad_record *bad)
{
    struct instance *instance = context;
    stats_add(&instance->stats, STATS_BAD, 1);
    char place[256], format[64];
    name_place(instance, bad, place, sizeof place);
    hint_at_format(instance, format, sizeof format);
    log_line(&instance->log, VANE_WARN, "%s: %s%s%s", place, bad->reason, format,
             dead_letter_hint(&instance->dead_letter));
    struct error err;
    if (!dead_letter_write(&instance->dead_letter, instance->log.name, bad->reason, place, bad->bytes,
                           bad->length, &err))
        log_line(&instance->log, VANE_ERROR, "dead letter: %s", err.text);
}

struct vane_decoder *vane_decoder_new(struct vane_self *self, const char *source, bool messages)
{
    struct instance *instance = instance_of(self);
    instance->reads_messages = messages;
    instance->bad_records = (struct decode_sink){ .bad = bad_record, .context = instance };
    return (struct vane_decoder *)decoder_new(instance->decode_plan, source, &instance->bad_records);
}

void vane_decoder_free(struct vane_decoder *decoder)
{
    decoder_free((struct decoder *)decoder);
}

size_t vane_decode(struct vane_decoder *decoder, struct vane_batch *batch, const char *bytes, size_t length,
                   bool last, int64_t place)
{
    return decoder_decode((struct decoder *)decoder, batch_of(batch), bytes, length, last, place);
}

bool vane_decoder_in_head(const struct vane_decoder *decoder)
{
    return decoder_in_head((const struct decoder *)decoder);
}

void vane_decoder_refuse(struct vane_decoder *decoder, const char *bytes, size_t length, int64_t place,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    decoder_refuse((struct decoder *)decoder, bytes, length, place, format, args);
    va_end(args);
}

struct encoding {
    struct vane_self  *self;
    struct vane_write *write;
    size_t             first;
};

static void reject_unencodable(void *context, size_t index, const char *reason)
{
    struct encoding *encoding = context;
    vane_reject(encoding->self, encoding->write, encoding->first + index, 1, "%s", reason);
}

size_t vane_encode(struct vane_self *self, struct vane_text *out, struct vane_write *write, size_t first,
                   size_t count)
{
    struct encoding encoding = { self, write, first };
    struct encode_sink sink = { .reject = reject_unencodable, .context = &encoding };
    return encoder_encode(instance_of(self)->encoder, out, write->metrics + first, count, &sink);
}

void vane_encode_head(struct vane_self *self, struct vane_text *out, const struct vane_metric *first)
{
    encoder_encode_head(instance_of(self)->encoder, out, first);
}

enum vane_framing vane_framing(struct vane_self *self)
{
    return instance_of(self)->format->encode->framing;
}
