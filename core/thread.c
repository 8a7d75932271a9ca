#include "core/thread.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <string.h>

void thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
    sigset_t agents, before;
    sigemptyset(&agents);
    sigaddset(&agents, SIGTERM);
    sigaddset(&agents, SIGINT);
    sigaddset(&agents, SIGHUP);
    sigaddset(&agents, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &agents, &before); /* inherited */
    int failed = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        fprintf(stderr, "vane: cannot start a thread: %s (limits of processes or memory?)\n", strerror(failed));
        _exit(1); /* not a crash of vane, and no core file */
    }
    pthread_setname_np(*thread, name);
}
