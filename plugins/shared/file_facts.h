/* file_facts - what a file is, told apart from all others whatever it is called.
 *
 * The identity is the inode's number with its time of birth, since numbers are used again as soon as a
 * file is deleted; where the file system keeps no birth times, the device with the inode's number. It
 * stays the same over renames and restarts. Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { FILE_ID_MAX = 64 };

struct file_facts {
    char    id[FILE_ID_MAX]; /* no white space, no slash in it */
    mode_t  mode;
    int64_t size;
    int64_t born; /* ns since 1970; 0: not known */
};

/* False: errno says why. */
bool file_facts_of(int fd, struct file_facts *facts);
bool file_facts_at(const char *path, struct file_facts *facts); /* what a symbolic link points to */
