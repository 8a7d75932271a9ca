/* watch - see watch.h. A file is watched by its inode, through /proc/self/fd, whatever its name is by now. */
#include "plugins/file_in/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { MILLISECOND = 1000000 };
enum { FOLDER_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB };

static const int64_t SECOND = INT64_C(1000) * MILLISECOND;

static void fall_back(struct watch *watch, const char *what)
{
    vane_log(watch->self, VANE_WARN, "watch_method: inotify: %s: %s; looking at the files four times a "
             "second instead", what, strerror(errno));
    watch_close(watch);
}

void watch_open(struct watch *watch, struct vane_self *self, bool inotify)
{
    *watch = (struct watch){ .self = self, .fd = -1 };
    if (!inotify)
        return;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        fall_back(watch, "begin");
}

void watch_close(struct watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

static int add(struct watch *watch, const char *path, uint32_t events, bool *fresh)
{
    int number = watch->fd < 0 ? -1 : inotify_add_watch(watch->fd, path, events);
    if (number < 0 && watch->fd >= 0 && (errno == ENOSPC || errno == ENOMEM))
        fall_back(watch, "no more watches (see fs.inotify.max_user_watches)");
    *fresh = number > watch->newest;
    if (*fresh)
        watch->newest = number;
    return number;
}

/* To the folder above; false: there is none. */
static bool go_up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (strcmp(folder, "/") == 0 || strcmp(folder, ".") == 0)
        return false;
    if (slash)
        slash[slash == folder] = '\0';
    else
        memcpy(folder, ".", 2);
    return true;
}

bool watch_folder(struct watch *watch, const char *path)
{
    char folder[PATH_MAX];
    bool fresh;
    snprintf(folder, sizeof folder, "%s", path);
    while (add(watch, folder, FOLDER_EVENTS | IN_ONLYDIR, &fresh) < 0)
        if (watch->fd < 0 || errno != ENOENT || !go_up(folder))
            break;
    return fresh;
}

int watch_file(struct watch *watch, int fd)
{
    char path[64];
    bool fresh;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return add(watch, path, IN_MODIFY, &fresh);
}

void watch_forget(struct watch *watch, int number)
{
    if (watch->fd >= 0 && number >= 0)
        inotify_rm_watch(watch->fd, number);
}

bool watch_read(struct watch *watch, void (*touched)(void *context, int number), void *context)
{
    _Alignas(struct inotify_event) char events[16384];
    bool folders = false;
    ssize_t got;
    while (watch->fd >= 0 && (got = read(watch->fd, events, sizeof events)) > 0) {
        for (ssize_t at = 0; at < got;) {
            struct inotify_event event;
            memcpy(&event, events + at, sizeof event);
            at += (ssize_t)(sizeof event + event.len);
            if (event.mask & (IN_MODIFY | IN_Q_OVERFLOW))
                touched(context, event.mask & IN_Q_OVERFLOW ? -1 : event.wd);
            folders |= (event.mask & (FOLDER_EVENTS | IN_Q_OVERFLOW)) != 0;
        }
    }
    return folders;
}

int64_t watch_file_pause(const struct watch *watch)
{
    return watch->fd < 0 ? 250 * MILLISECOND : 2 * SECOND;
}

int64_t watch_folder_pause(const struct watch *watch)
{
    return watch->fd < 0 ? SECOND : 5 * SECOND;
}
