/* book - see book.h. Open addressing; it is made anew when it grows and when entries go, so it has no graves. */
#include "plugins/lua/book.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { FIRST_ROOM = 64 };

uint64_t book_hash(const void *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ length;
    const unsigned char *at = bytes;
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    for (; length; at++, length--)
        hash = (hash ^ *at) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

static struct book_entry *place(const struct book *book, const char *key, size_t length, uint64_t hash)
{
    size_t at = hash & (book->room - 1);
    for (;; at = (at + 1) & (book->room - 1)) {
        struct book_entry *entry = &book->entries[at];
        if (!entry->key || (entry->key_hash == hash && entry->key_length == length
                            && memcmp(entry->key, key, length) == 0))
            return entry;
    }
}

static void rebuild(struct book *book, size_t room, bool (*keep)(const struct book_entry *, void *), void *context)
{
    struct book old = *book;
    book->room = room;
    book->used = 0;
    book->entries = memory_zero(room * sizeof *book->entries);
    for (size_t i = 0; i < old.room; i++) {
        const struct book_entry *entry = &old.entries[i];
        if (!entry->key)
            continue;
        if (keep && !keep(entry, context)) {
            free(entry->key);
            continue;
        }
        *place(book, entry->key, entry->key_length, entry->key_hash) = *entry;
        book->used++;
    }
    free(old.entries);
}

struct book_entry *book_find(const struct book *book, const char *key, size_t length)
{
    if (!book->room)
        return NULL;
    struct book_entry *entry = place(book, key, length, book_hash(key, length));
    return entry->key ? entry : NULL;
}

struct book_entry *book_add(struct book *book, const char *key, size_t length)
{
    if (2 * (book->used + 1) > book->room)
        rebuild(book, book->room ? book->room * 2 : FIRST_ROOM, NULL, NULL);
    uint64_t hash = book_hash(key, length);
    struct book_entry *entry = place(book, key, length, hash);
    if (entry->key)
        return entry;
    *entry = (struct book_entry){ .key_length = (uint32_t)length, .key_hash = hash, .lane = "" };
    entry->key = memory_zero(length + 1);
    memcpy(entry->key, key, length);
    book->used++;
    return entry;
}

static size_t room_for(size_t count)
{
    size_t room = FIRST_ROOM;
    while (room < 2 * (count + 1))
        room *= 2;
    return room;
}

void book_sweep(struct book *book, bool (*keep)(const struct book_entry *, void *), void *context)
{
    if (book->room)
        rebuild(book, room_for(book->used), keep, context);
    book->kept = book->used;
}

const char *book_lane(struct book *book, const char *text)
{
    for (struct book_lane *lane = book->lanes; lane; lane = lane->next)
        if (strcmp(lane->text, text) == 0)
            return lane->text;
    size_t length = strlen(text) + 1;
    struct book_lane *lane = memory_zero(sizeof *lane + length);
    memcpy(lane->text, text, length);
    lane->next = book->lanes;
    book->lanes = lane;
    return lane->text;
}

void book_release(struct book *book)
{
    for (size_t i = 0; i < book->room; i++)
        free(book->entries[i].key);
    free(book->entries);
    while (book->lanes) {
        struct book_lane *lane = book->lanes;
        book->lanes = lane->next;
        free(lane);
    }
    *book = (struct book){ 0 };
}

/* ---- Series as text ---- */

static void add_escaped(struct vane_text *text, const char *from, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t plain = strcspn(from + done, "\\{},=");
        if (plain > length - done)
            plain = length - done;
        vane_text_add(text, from + done, plain);
        done += plain;
        if (done < length) {
            vane_text_add(text, "\\", 1);
            vane_text_add(text, from + done++, 1);
        }
    }
}

void book_series_text(struct vane_text *text, const struct vane_series *series)
{
    add_escaped(text, series->name, series->name_length);
    vane_text_add(text, "{", 1);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        const struct vane_tag *tag = &series->tags[i];
        if (i)
            vane_text_add(text, ",", 1);
        add_escaped(text, tag->key, tag->key_length);
        vane_text_add(text, "=", 1);
        add_escaped(text, tag->value, tag->value_length);
    }
    vane_text_add(text, "}", 1);
}
