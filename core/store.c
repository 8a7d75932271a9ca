/* store - see store.h. What was loaded stays in memory until store_forget: a node may find its records in another
 * part than it is in now, and that one may have written by then. The lock guards positions, parts and what
 * was loaded; files are written without it. */
#include "core/store.h"

#include "core/alloc.h"
#include "core/store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST_CHAIN = 1 << 20 }; /* bytes of changes that are always worth appending */

struct position {
    char   *lane;
    char   *part;
    int64_t next, newest;
};

struct store_part {
    struct store_part *next;
    char              *name, *directory;
    struct store_file *chain; /* loaded: the full file, then its changes */
    size_t             chain_length;
    uint64_t           loaded;         /* number of the file that ends the chain; 0: none */
    uint64_t           newest;         /* number of the newest file */
    uint64_t           full, old_full; /* numbers of the newest full file and the one before */
    size_t             full_bytes, change_bytes;
    bool               written; /* in this run */
};

struct store {
    char              *directory;
    int                lock;
    pthread_mutex_t    mutex;
    struct store_part *parts;
    struct position   *positions;
    size_t             position_count;
    uint64_t           newest;
};

/* ---- Positions ---- */

static struct position *find_position(const struct store *store, const char *lane)
{
    for (size_t i = 0; i < store->position_count; i++)
        if (strcmp(store->positions[i].lane, lane) == 0)
            return &store->positions[i];
    return NULL;
}

static void set_position(struct store *store, const char *part, const struct store_position *at)
{
    struct position *position = find_position(store, at->lane);
    if (!position) {
        store->positions = alloc_resize(store->positions, store->position_count + 1, sizeof *position);
        position = &store->positions[store->position_count++];
        *position = (struct position){ .lane = alloc_text(at->lane) };
    }
    free(position->part);
    position->part = alloc_text(part);
    position->next = at->next;
    position->newest = at->newest;
}

bool store_position(struct store *store, const char *lane, struct store_position *position)
{
    pthread_mutex_lock(&store->mutex);
    const struct position *found = find_position(store, lane);
    if (found)
        *position = (struct store_position){ lane, found->next, found->newest };
    pthread_mutex_unlock(&store->mutex);
    return found != NULL;
}

/* ---- Loading ---- */

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The numbers of a part's files, ascending. */
static uint64_t *list_numbers(const char *directory, size_t *count)
{
    uint64_t *numbers = NULL;
    *count = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char *end;
        uint64_t number = strtoull(entry->d_name, &end, 10);
        if (!number || strcmp(end, ".checkpoint") != 0)
            continue;
        numbers = alloc_resize(numbers, *count + 1, sizeof *numbers);
        numbers[(*count)++] = number;
    }
    if (dir)
        closedir(dir);
    if (*count)
        qsort(numbers, *count, sizeof *numbers, compare_numbers);
    return numbers;
}

static void free_chain(struct store_part *part)
{
    for (size_t i = 0; i < part->chain_length; i++)
        store_file_release(&part->chain[i]);
    free(part->chain);
    part->chain = NULL;
    part->chain_length = 0;
}

/* The chain that ends at `number`, newest first while it is read, turned round at the end. */
static bool load_chain(struct store_part *part, uint64_t number, struct error *err)
{
    for (uint64_t at = number; at;) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%" PRIu64 ".checkpoint", part->directory, at);
        part->chain = alloc_resize(part->chain, part->chain_length + 1, sizeof *part->chain);
        struct store_file *file = &part->chain[part->chain_length++];
        if (!store_file_read(file, path, err)) {
            free_chain(part);
            return false;
        }
        if (!file->previous)
            part->full = at;
        at = file->previous;
    }
    for (size_t i = 0; i < part->chain_length / 2; i++) {
        struct store_file swap = part->chain[i];
        part->chain[i] = part->chain[part->chain_length - 1 - i];
        part->chain[part->chain_length - 1 - i] = swap;
    }
    part->loaded = part->newest = number;
    return true;
}

/* A node's name as the name of a folder: letters, digits, - and _ stay, what else there is becomes %XX. */
static char *folder_name(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    struct vane_text text = { 0 };
    vane_text_add(&text, "", 0);
    for (; *name; name++)
        vane_text_addf(&text, strchr(plain, *name) ? "%c" : "%%%02X", (unsigned char)*name);
    return text.data;
}

/* The name is a folder's, here and in the next. */
static struct store_part *find_part(const struct store *store, const char *name)
{
    struct store_part *part = store->parts;
    while (part && strcmp(part->name, name) != 0)
        part = part->next;
    return part;
}

static struct store_part *add_part(struct store *store, const char *name)
{
    struct store_part *part = alloc_zero(sizeof *part);
    struct vane_text directory = { 0 };
    vane_text_addf(&directory, "%s/%s", store->directory, name);
    part->name = alloc_text(name);
    part->directory = directory.data;
    part->next = store->parts;
    store->parts = part;
    return part;
}

static void load_part(struct store *store, const char *name, struct vane_text *notes)
{
    struct store_part *part = find_part(store, name);
    if (part)
        free_chain(part);
    else
        part = add_part(store, name);
    size_t count;
    uint64_t *numbers = list_numbers(part->directory, &count);
    if (count && numbers[count - 1] > store->newest)
        store->newest = numbers[count - 1];
    bool loaded = false;
    while (count > 0 && !loaded) {
        struct error err;
        loaded = load_chain(part, numbers[--count], &err);
        if (!loaded)
            vane_text_addf(notes, "%s%s", notes->length ? "; " : "", err.text);
    }
    free(numbers);
}

static void load_positions(struct store *store)
{
    struct vane_text lane = { 0 };
    for (struct store_part *part = store->parts; part; part = part->next) {
        if (!part->chain_length)
            continue;
        const struct store_file *file = &part->chain[part->chain_length - 1];
        const char *at = file->positions;
        for (size_t i = 0; i < file->position_count; i++) {
            struct store_position position;
            at = store_file_position(at, &lane, &position);
            const struct position *other = find_position(store, lane.data);
            const struct store_part *owner = store->parts;
            while (other && owner && strcmp(owner->name, other->part) != 0)
                owner = owner->next;
            if (!other || owner->newest < part->newest)
                set_position(store, part->name, &position);
        }
    }
    vane_text_release(&lane);
}

static bool take_lock(struct store *store, struct error *err)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/.lock", store->directory);
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    int why = errno;
    char whole[VANE_PATH_MOST];
    if (store->lock < 0)
        return error_set(err, "state_directory: open %s: %s; another one is set with state_directory in [agent], or "
                              "with --state-directory", vane_path(whole, path), strerror(why));
    if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, "state_directory: %s is in use by another agent; give each agent its own "
                              "(state_directory in [agent], or --state-directory)", store->directory);
    return true;
}

static bool make_directory(const char *directory, struct error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", directory);
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(path, 0750); /* what fails here fails below */
        *at = '/';
    }
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return true;
    int why = errno;
    char whole[VANE_PATH_MOST];
    return error_set(err, "state_directory: make %s: %s; another one is set with state_directory in [agent], or with "
                          "--state-directory", vane_path(whole, path), strerror(why));
}

void store_load(struct store *store, struct vane_text *notes)
{
    pthread_mutex_lock(&store->mutex);
    DIR *dir = opendir(store->directory);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            load_part(store, entry->d_name, notes);
    if (dir)
        closedir(dir);
    load_positions(store);
    pthread_mutex_unlock(&store->mutex);
}

struct store *store_open(const char *directory, struct vane_text *notes, struct error *err)
{
    if (!make_directory(directory, err))
        return NULL;
    struct store *store = alloc_zero(sizeof *store);
    store->directory = alloc_text(directory);
    pthread_mutex_init(&store->mutex, NULL);
    if (!take_lock(store, err)) {
        store_close(store);
        return NULL;
    }
    store_load(store, notes);
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    while (store->parts) {
        struct store_part *part = store->parts;
        store->parts = part->next;
        free_chain(part);
        free(part->name);
        free(part->directory);
        free(part);
    }
    for (size_t i = 0; i < store->position_count; i++) {
        free(store->positions[i].lane);
        free(store->positions[i].part);
    }
    free(store->positions);
    if (store->lock >= 0)
        close(store->lock);
    pthread_mutex_destroy(&store->mutex);
    free(store->directory);
    free(store);
}

uint64_t store_newest(const struct store *store)
{
    return store->newest;
}

/* ---- Records ---- */

/* Records of an owner in one part, in order; false when visit wants no more. */
static bool visit_part(const struct store_part *part, const char *owner,
                       bool (*visit)(const struct vane_record *, void *), void *context, bool *found)
{
    struct vane_text texts[3] = { { 0 } };
    bool more = true;
    for (size_t i = 0; i < part->chain_length && more; i++) {
        const char *at = part->chain[i].records, *end = at + part->chain[i].records_length;
        struct vane_record record;
        while (more && (at = store_file_record(at, end, texts, &record))) {
            if (strcmp(texts[0].data, owner) != 0)
                continue;
            *found = true;
            more = visit ? visit(&record, context) : false;
        }
    }
    for (int i = 0; i < 3; i++)
        vane_text_release(&texts[i]);
    return more;
}

/* Of the parts that know the owner, the one with the newest checkpoint: a node may have moved. */
static const struct store_part *part_of_owner(const struct store *store, const char *owner)
{
    const struct store_part *best = NULL;
    for (const struct store_part *part = store->parts; part; part = part->next) {
        bool found = false;
        visit_part(part, owner, NULL, NULL, &found);
        if (found && (!best || part->loaded > best->loaded))
            best = part;
    }
    return best;
}

bool store_visit(struct store *store, const char *owner, bool (*visit)(const struct vane_record *, void *),
                 void *context)
{
    pthread_mutex_lock(&store->mutex);
    const struct store_part *part = part_of_owner(store, owner);
    bool found = false, all = !part || visit_part(part, owner, visit, context, &found);
    pthread_mutex_unlock(&store->mutex);
    return all;
}

void store_forget(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    for (struct store_part *part = store->parts; part; part = part->next)
        free_chain(part);
    pthread_mutex_unlock(&store->mutex);
}

/* ---- Writing ---- */

bool store_wants_full(const struct store *store, const char *name)
{
    char *folder = folder_name(name);
    const struct store_part *part = find_part(store, folder);
    free(folder);
    return !part || !part->written
        || (part->change_bytes > LEAST_CHAIN && part->change_bytes > part->full_bytes);
}

/* Files from before the full file before the newest one serve no more. */
static void remove_old(const struct store_part *part)
{
    size_t count;
    uint64_t *numbers = list_numbers(part->directory, &count);
    for (size_t i = 0; i < count; i++) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%" PRIu64 ".checkpoint", part->directory, numbers[i]);
        if (numbers[i] < part->old_full)
            unlink(path);
    }
    free(numbers);
}

/* Positions of the checkpoint join those known; the file has all of its part. */
static void merge_positions(struct store *store, const char *part, const struct store_checkpoint *checkpoint,
                            struct store_checkpoint *merged)
{
    pthread_mutex_lock(&store->mutex);
    for (size_t i = 0; i < checkpoint->position_count; i++)
        set_position(store, part, &checkpoint->positions[i]);
    struct store_position *all = alloc_array(store->position_count, sizeof *all);
    size_t count = 0;
    for (const struct position *at = store->positions; at < store->positions + store->position_count; at++)
        if (strcmp(at->part, part) == 0)
            all[count++] = (struct store_position){ at->lane, at->next, at->newest };
    pthread_mutex_unlock(&store->mutex);
    *merged = *checkpoint;
    merged->positions = all;
    merged->position_count = count;
}

static struct store_part *part_of_checkpoint(struct store *store, const char *name)
{
    char *folder = folder_name(name);
    pthread_mutex_lock(&store->mutex);
    struct store_part *part = find_part(store, folder);
    if (!part)
        part = add_part(store, folder);
    pthread_mutex_unlock(&store->mutex);
    free(folder);
    return part;
}

bool store_write(struct store *store, const struct store_checkpoint *checkpoint, struct error *err)
{
    struct store_part *part = part_of_checkpoint(store, checkpoint->part);
    if (!make_directory(part->directory, err))
        return false;
    struct store_checkpoint merged;
    merge_positions(store, part->name, checkpoint, &merged);
    struct vane_text bytes = { 0 };
    store_file_compose(&bytes, &merged, checkpoint->full ? 0 : part->newest);
    free((void *)merged.positions);

    char name[64];
    snprintf(name, sizeof name, "%" PRIu64 ".checkpoint", checkpoint->number);
    bool written = store_file_write(part->directory, name, &bytes, err);
    size_t length = bytes.length;
    vane_text_release(&bytes);
    if (!written)
        return false;
    part->newest = store->newest = checkpoint->number;
    part->written = true;
    if (!checkpoint->full) {
        part->change_bytes += length;
        return true;
    }
    part->old_full = part->full;
    part->full = checkpoint->number;
    part->full_bytes = length;
    part->change_bytes = 0;
    remove_old(part);
    return true;
}
