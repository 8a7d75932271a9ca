/* faults - what is wrong with the options, one fault behind the other in one message. Own thread.
 */
#pragma once
#include "core/plugin.h"

enum { FAULTS_ROOM = 500 };

struct faults {
    char   text[FAULTS_ROOM]; /* empty: none; what has no room is cut off */
    size_t length;
};

/* Adds a fault behind "; ". Answers false, for those who return so. */
bool faults_add(struct faults *faults, const char *format, ...) VANE_PRINTF(2, 3);

/* Goes on with the last fault. */
void faults_extend(struct faults *faults, const char *format, ...) VANE_PRINTF(2, 3);
