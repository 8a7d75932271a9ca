/* dead_letter - where records go that no output will ever take and that no decoder understood.
 *
 * One JSON object a line: {"time":…,"instance":…,"reason":…,"place":…,"record":…}, the record being
 * the bytes that did not decode, or the metric as line protocol. The file is opened at the first
 * record and appended to. One per instance; own thread.
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

struct encoder;

struct dead_letter {
    const char     *path; /* NULL: none; what comes is only counted by the caller */
    int             fd;   /* 0: not open yet */
    bool            hinted;
    struct encoder *encoder;
};

bool dead_letter_write(struct dead_letter *letter, const char *instance, const char *reason, const char *place,
                       const char *record, size_t length, struct error *err);
bool dead_letter_metric(struct dead_letter *letter, const char *instance, const char *reason,
                        const struct vane_metric *metric, struct error *err);
/* For the log, at the first loss where no file is set: what would keep the next. Else "". */
const char *dead_letter_hint(struct dead_letter *letter);
void dead_letter_close(struct dead_letter *letter);
