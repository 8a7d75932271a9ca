/* document_internal - what document.c (sections to nodes) and document_files.c (which files, their
 * bytes) share; nobody else includes it. */
#pragma once
#include "config/document.h"

/* Paths in the order they are to be read. */
struct config_paths {
    char **items;
    size_t count, capacity;
};

void config_paths_add(struct config_paths *paths, const char *path);
void config_paths_release(struct config_paths *paths);

/* Adds the files of a directory, see config_read. */
bool config_paths_walk(struct config_paths *paths, const char *directory, struct config_errors *errors);

/* Adds the files that are read when none are named; it is an error if there are none. */
bool config_paths_default(struct config_paths *paths, struct config_errors *errors);

/* Appends what a file holds. */
bool config_load(struct vane_text *text, const char *path, struct config_errors *errors);

/* The name of a file that stands for standard input, and what that is called in errors. */
#define CONFIG_STDIN      "-"
#define CONFIG_STDIN_NAME "stdin"
