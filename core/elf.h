/* elf - is a file a shared object of this machine, and whole? To be asked before dlopen, which maps what
 * the headers promise: where a file ends before that, the first touch of the missing pages is a SIGBUS.
 * Any thread.
 *
 * The layout is that of the System V ABI (gABI, chapters 4 and 5) in <elf.h>.
 */
#pragma once
#include "core/error.h"

/* Reads nothing but regular files, so a FIFO does not block. False: a sentence that begins with the path. */
bool elf_check(const char *path, struct error *err);
