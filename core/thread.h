/* thread - a thread of the flow. Where the system gives none the process ends, as for want of memory: an agent
 * that lacks one of its threads can keep no promise. Signals of the agent are for the main thread: they
 * interrupt no system call of a plugin, nor of threads that a library starts.
 */
#pragma once
#include <pthread.h>

void thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context);
