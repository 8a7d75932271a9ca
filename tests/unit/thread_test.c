/* Threads of the flow are deaf to the agent's signals. */
#include "core/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct found {
    bool blocked, crashes;
};

static void *look(void *context)
{
    struct found *found = context;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    found->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT) && sigismember(&mask, SIGHUP)
                     && sigismember(&mask, SIGUSR1);
    found->crashes = !sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGABRT);
    return NULL;
}

static void test_thread__signals_of_the_agent_are_for_the_main_thread(void **state)
{
    (void)state;
    struct found found = { 0 };
    pthread_t thread;
    thread_start(&thread, "vane-test", look, &found);
    pthread_join(thread, NULL);
    assert_true(found.blocked);
    assert_true(found.crashes);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_thread__signals_of_the_agent_are_for_the_main_thread) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
