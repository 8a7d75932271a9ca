/* paths - the files that a pattern names.
 *
 *     *  ?  [abc]  [!abc]   as in a shell: within one folder, a dot in front only where the pattern has it
 *     **                    any number of folders, none too; in front of other text (as in **.log) it stands
 *                           for itself, a slash and a star
 *     \x                    x itself, in a part of the path that has one of the above
 *
 * What a pattern names are regular files, in the order of their paths, byte by byte; ** does not go through
 * symbolic links. Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* A list of paths; zeroed it is empty. */
struct paths {
    char **items;
    size_t count, room;
};

bool paths_is_pattern(const char *text);

/* Appends the files that the pattern names, and to `folders` those that were looked into: a file
 * that appears in one of them may be another one. */
void paths_expand(struct paths *files, struct paths *folders, const char *pattern);

/* Appends a path. */
void paths_add(struct paths *paths, const char *path);

/* Appends the folder that a path lies in; "." where it has none. */
void paths_add_folder_of(struct paths *folders, const char *path);

void paths_clear(struct paths *paths);   /* keeps the list's own memory */
void paths_release(struct paths *paths); /* frees it; zeroed again */
