#include "config/fingerprint.h"

#include "core/hash.h"

#include <string.h>
#include <sys/stat.h>

static uint64_t of_table(const struct toml_table *table);

static uint64_t of_bytes(const void *bytes, size_t length)
{
    return hash_bytes(bytes, length, length);
}

/* What stat() knows of the file that the string names, if it does. */
static uint64_t of_file(const char *text)
{
    static const char secret[] = "@{file:";
    char path[4096];
    size_t length = strlen(text), skip = strncmp(text, secret, sizeof secret - 1) == 0 ? sizeof secret - 1 : 0;
    if (length - skip >= sizeof path)
        return 0;
    memcpy(path, text + skip, length - skip + 1);
    if (skip)
        path[length - skip - 1] = '\0'; /* the closing brace */
    struct stat found;
    if (!path[0] || stat(path, &found) != 0 || !S_ISREG(found.st_mode))
        return 0;
    const int64_t known[] = { (int64_t)found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec };
    return of_bytes(known, sizeof known);
}

static uint64_t of_datetime(const struct toml_datetime *time)
{
    const int parts[] = { (int)time->kind, time->year, time->month, time->day, time->hour, time->minute, time->second,
                          time->nanosecond, time->offset };
    return of_bytes(parts, sizeof parts);
}

static uint64_t of_value(const struct toml_value *value, bool is_data)
{
    uint64_t hash = value->type;
    switch (value->type) {
    case TOML_STRING:
        return hash_mix(of_bytes(value->string.text, value->string.length), is_data ? 0 : of_file(value->string.text));
    case TOML_INT: return hash_mix(hash, of_bytes(&value->integer, sizeof value->integer));
    case TOML_FLOAT: return hash_mix(hash, of_bytes(&value->real, sizeof value->real));
    case TOML_BOOL: return hash_mix(hash, value->boolean);
    case TOML_DATETIME: return hash_mix(hash, of_datetime(&value->datetime));
    case TOML_TABLE: return hash_mix(hash, of_table(value->table));
    case TOML_ARRAY:
        for (size_t i = 0; i < value->array.count; i++)
            hash = hash_mix(hash, of_value(&value->array.items[i], is_data));
        return hash_mix(hash, value->array.count);
    }
    return hash;
}

/* Files that are read or written as the agent runs change all the time. */
static const char *const data_files[] = { "files", "dead_letter", NULL };

static bool is_among(const char *key, const char *const *keys)
{
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys != NULL;
}

/* A sum, so that the order of the keys does not matter. */
static uint64_t of_keys(const struct toml_table *table, const char *const *without)
{
    uint64_t sum = 0;
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next)
        if (!is_among(entry->key, without))
            sum += hash_mix(of_bytes(entry->key, entry->key_length),
                            of_value(&entry->value, is_among(entry->key, data_files)));
    return sum;
}

static uint64_t of_table(const struct toml_table *table)
{
    return of_keys(table, (const char *const[]){ NULL });
}

uint64_t fingerprint_of(const struct options_source *source, const char *const *without)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < source->count; i++)
        hash = hash_mix(hash, of_keys(source->tables[i], without));
    return hash;
}
