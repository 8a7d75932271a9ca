/* watch - says when something may have happened to files, so that nobody has to look all the time.
 *
 * With inotify the kernel tells of files that are written to and of folders in which files appear; what it
 * does not tell (network file systems, a watch too many), a look every few seconds finds. Without it,
 * looking is all there is. Own thread of the input.
 */
#pragma once
#include "core/plugin.h"

struct watch {
    struct vane_self *self;
    int               fd;     /* of inotify, for poll; -1: there is none */
    int               newest; /* watch; their numbers grow */
};

/* Falls back to looking, and says so, where inotify cannot be had. */
void watch_open(struct watch *watch, struct vane_self *self, bool inotify);
void watch_close(struct watch *watch);

/* Where the folder does not exist, the one above that does. Answers whether it was not watched yet: what has
 * happened in it before has not been told. */
bool watch_folder(struct watch *watch, const char *path);
int watch_file(struct watch *watch, int fd); /* number of the watch; -1: none */
void watch_forget(struct watch *watch, int number);

/* Reads what has happened. Calls touched(context, number) for each watched file that was written to, number
 * -1: for any of them. Answers whether folders have changed. */
bool watch_read(struct watch *watch, void (*touched)(void *context, int number), void *context);

/* How long (ns) to wait at most before looking at files, and at folders, all the same. */
int64_t watch_file_pause(const struct watch *watch);
int64_t watch_folder_pause(const struct watch *watch);
