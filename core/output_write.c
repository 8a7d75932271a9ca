/* output_write - see output_write.h. */
#include "core/output_write.h"

#include <stdio.h>

/* ---- Settling ---- */

static void note_latency(struct output *output, const struct write *write, size_t first, size_t count)
{
    int64_t now = vane_now();
    for (size_t i = first; i < first + count; i++) {
        int64_t arrival = write->metrics[i]->arrival;
        size_t run = 1;
        if (write->settled[i])
            continue;
        while (i + 1 < first + count && write->metrics[i + 1]->arrival == arrival && !write->settled[i + 1]) {
            run++;
            i++;
        }
        stats_latency(&output->instance->stats, now - arrival, run);
    }
}

static void forget(struct output *output, struct write *write)
{
    struct write **at = &output->writes;
    while (*at != write)
        at = &(*at)->next;
    *at = write->next;
    output->write_count--;
    output->blocked = false;
    write_free(write);
}

/* A pending write is over when its last metric is settled; one inside write() when that returns. */
static void after_settling(struct output *output, struct write *write)
{
    if (write->left > 0 || write->state != WRITE_PENDING)
        return;
    instance_recovered(output->instance, "write");
    forget(output, write);
    waker_wake(&output->waker); /* there may be a next one to begin */
}

void vane_delivered(struct vane_self *self, struct vane_write *view, size_t first, size_t count)
{
    struct output *output = instance_of(self)->output;
    struct write *write = write_of(view);
    note_latency(output, write, first, count);
    stats_add(&output->instance->stats, STATS_OUT, write_settle(write, first, count));
    after_settling(output, write);
}

static void reject(struct output *output, struct write *write, size_t first, size_t count, const char *reason)
{
    struct instance *instance = output->instance;
    struct error err;
    for (size_t i = first; i < first + count; i++) {
        if (write->settled[i])
            continue;
        if (!dead_letter_metric(&instance->dead_letter, instance->log.name, reason, write->metrics[i], &err))
            log_line(&instance->log, VANE_ERROR, "dead letter: %s", err.text);
    }
    size_t rejected = write_settle(write, first, count);
    stats_add(&instance->stats, STATS_REJECTED, rejected);
    if (rejected)
        log_line(&instance->log, VANE_WARN, "rejected %zu metric%s: %s%s", rejected, rejected == 1 ? "" : "s", reason,
                 dead_letter_hint(&instance->dead_letter));
}

void vane_reject(struct vane_self *self, struct vane_write *view, size_t first, size_t count,
                 const char *format, ...)
{
    char reason[512];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    struct output *output = instance_of(self)->output;
    reject(output, write_of(view), first, count, reason);
    after_settling(output, write_of(view));
}

static void try_again_later(struct output *output, struct write *write)
{
    write_shrink(write);
    write->state = WRITE_NEW;
    write->not_before = instance_back_off(output->instance, "write");
}

void vane_again(struct vane_self *self, struct vane_write *view, const char *format, ...)
{
    struct instance *instance = instance_of(self);
    struct write *write = write_of(view);
    va_list args;
    va_start(args, format);
    vsnprintf(instance->reason, sizeof instance->reason, format, args);
    va_end(args);
    if (write->state == WRITE_CALLED)
        write->again = true; /* write() is still running: its answer ends there */
    else
        try_again_later(instance->output, write);
    waker_wake(&instance->output->waker);
}

/* ---- Writing ---- */

static void call_write(struct output *output, struct write *write)
{
    struct instance *instance = output->instance;
    write->state = WRITE_CALLED;
    write->again = false;
    int64_t begun = vane_monotonic();
    enum vane_result result = instance_write(instance, &write->view);
    stats_add(&instance->stats, STATS_WRITES, 1);
    stats_add(&instance->stats, STATS_WRITE_NS, (uint64_t)(vane_monotonic() - begun));

    if (result == VANE_PENDING && !write->again && write->left) {
        write->state = WRITE_PENDING;
        return;
    }
    if (result == VANE_OK && write->left)
        vane_delivered(&instance->self, &write->view, 0, write->view.count);
    if (result == VANE_FAIL && write->left)
        reject(output, write, 0, write->view.count, instance->reason);
    if (write->left) {
        try_again_later(output, write);
        return;
    }
    instance_recovered(instance, "write");
    forget(output, write);
}

void output_write_begin(struct output *output, struct write *write)
{
    struct write **last = &output->writes;
    while (*last)
        last = &(*last)->next;
    *last = write;
    output->write_count++;
    call_write(output, write);
}

bool output_write_conflicts(const struct output *output, const struct write *write)
{
    for (const struct write *other = output->writes; other; other = other->next)
        if (write_shares_series(write, other))
            return true;
    return false;
}

bool output_write_waits(const struct output *output)
{
    for (const struct write *write = output->writes; write; write = write->next)
        if (write->state == WRITE_NEW)
            return true;
    return false;
}

bool output_write_retry(struct output *output)
{
    for (struct write *write = output->writes; write; write = write->next) {
        if (write->state != WRITE_NEW || vane_monotonic() < write->not_before)
            continue;
        call_write(output, write);
        return true;
    }
    return false;
}

void output_write_reclaim(struct output *output)
{
    for (struct write *write = output->writes; write; write = write->next) {
        if (write->state == WRITE_PENDING) {
            write_shrink(write);
            write->state = WRITE_NEW;
        }
    }
}

size_t output_write_drop(struct output *output)
{
    size_t lost = 0;
    while (output->writes) {
        struct write *write = output->writes;
        output->writes = write->next;
        lost += write->left;
        write_free(write);
    }
    output->write_count = 0;
    return lost;
}
