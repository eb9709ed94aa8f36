/* Processes, signals and timers. */
#define _GNU_SOURCE
#include "probe.h"

#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>

extern char **environ;
static char *const words[] = {"true", 0};

/* Whether a child process ends well. */
static int ended(pid_t child) {
    int status = -1, failure = errno;
    if (child > 0) waitpid(child, &status, 0);
    VERDICT(child > 0 && status == 0, "returns %d, errno %d", (int)child, failure);
}

PROBE(fork) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    return ended(child);
}

PROBE(vfork) {
    pid_t child = vfork();
    if (child == 0) _exit(0);
    return ended(child);
}

PROBE(forkpty) {
    int terminal;
    pid_t child = forkpty(&terminal, 0, 0, 0);
    if (child == 0) _exit(0);
    return ended(child);
}

/* exec does not come back where it works, so it is tried in a child where there are children. */
#ifdef __EMSCRIPTEN__
#define EXEC(NAME, CALL)                                                                                   \
    PROBE(NAME) {                                                                                          \
        int result = CALL;                                                                                 \
        VERDICT(0, "returns %d, errno %d", result, errno);                                                 \
    }
#else
#define EXEC(NAME, CALL)                                                                                   \
    PROBE(NAME) {                                                                                          \
        pid_t child = fork();                                                                              \
        if (child == 0) {                                                                                  \
            CALL;                                                                                          \
            _exit(1);                                                                                      \
        }                                                                                                  \
        return ended(child);                                                                               \
    }
#endif
EXEC(execv, execv("/bin/true", words))
EXEC(execve, execve("/bin/true", words, environ))
EXEC(execvp, execvp("true", words))
EXEC(execvpe, execvpe("true", words, environ))
EXEC(execl, execl("/bin/true", "true", (char *)0))
EXEC(execle, execle("/bin/true", "true", (char *)0, environ))
EXEC(execlp, execlp("true", "true", (char *)0))
EXEC(fexecve, fexecve(open("/bin/true", O_RDONLY), words, environ))

PROBE(posix_spawn) {
    pid_t child = 0;
    int status = -1, result = posix_spawn(&child, "/bin/true", 0, 0, words, environ);
    if (!result) waitpid(child, &status, 0);
    VERDICT(result == 0 && status == 0, "returns %d", result);
}

PROBE(system) {
    int result = system("true");
    VERDICT(result == 0, "returns %d, errno %d", result, errno);
}

PROBE(popen) {
    FILE *stream = popen("true", "r");
    VERDICT(stream && pclose(stream) == 0, "returns NULL, errno %d", errno);
}

PROBE(waitpid) {
    pid_t result = waitpid(-1, 0, 0);
    VERDICT(result == -1 && errno == ECHILD, "returns %d, errno %d without a child", (int)result, errno);
}

PROBE(wait) {
    pid_t result = wait(0);
    VERDICT(result == -1 && errno == ECHILD, "returns %d, errno %d without a child", (int)result, errno);
}

PROBE(waitid) {
    siginfo_t info;
    int result = waitid(P_ALL, 0, &info, WEXITED);
    VERDICT(result == -1 && errno == ECHILD, "returns %d, errno %d without a child", result, errno);
}

static void catch (int number) { happened += number != 0; }

PROBE(signal) {
    signal(SIGUSR1, catch);
    int result = raise(SIGUSR1);
    VERDICT(result == 0 && happened == 1, "raise returns %d, the handler ran %d times", result, happened);
}

PROBE(kill) {
    signal(SIGUSR1, catch);
    int result = kill(getpid(), SIGUSR1);
    VERDICT(result == 0 && happened == 1, "returns %d, the handler ran %d times", result, happened);
}

/* As the platform's own compiler lays it out. */
typedef struct {
    void (*handler)(int);
#ifdef __EMSCRIPTEN__
    char mask[SIGNAL_SET_BYTES];
#else
    sigset_t mask;
#endif
    int flags;
    void (*restorer)(void);
} Action;

PROBE(sigaction) {
    Action action = {0}, old = {0};
    action.handler = catch;
    action.flags = (int)SA_RESETHAND;
    int result = sigaction(SIGUSR1, (void *)&action, 0);
    raise(SIGUSR1);
    sigaction(SIGUSR1, 0, (void *)&old);
    VERDICT(result == 0 && happened == 1 && old.handler == SIG_DFL, "returns %d, SA_RESETHAND is %s", result,
            old.handler == SIG_DFL ? "kept" : "ignored");
}

PROBE(sigprocmask) {
    Set set;
    sigemptyset(&set.signals);
    sigaddset(&set.signals, SIGUSR1);
    signal(SIGUSR1, catch);
    int result = sigprocmask(SIG_BLOCK, &set.signals, 0);
    raise(SIGUSR1);
    int early = happened;
    sigprocmask(SIG_UNBLOCK, &set.signals, 0);
    VERDICT(result == 0 && early == 0 && happened == 1, "returns %d, the handler ran %d times while the signal was blocked", result, early);
}

PROBE(sigpending) {
    Set set, waiting;
    sigemptyset(&set.signals);
    sigemptyset(&waiting.signals);
    sigaddset(&set.signals, SIGUSR1);
    signal(SIGUSR1, catch);
    sigprocmask(SIG_BLOCK, &set.signals, 0);
    raise(SIGUSR1);
    int result = sigpending(&waiting.signals);
    VERDICT(result == 0 && sigismember(&waiting.signals, SIGUSR1) == 1, "returns %d, and a blocked signal is %spending", result,
            sigismember(&waiting.signals, SIGUSR1) == 1 ? "" : "not ");
}

/* Some seconds at most for a handler to run. */
static int comes(int result) {
    double start = now();
    while (!happened && now() - start < 5) usleep(1000);
    VERDICT(result >= 0 && happened, "returns %d, and the signal %s", result, happened ? "comes" : "does not come");
}

PROBE(alarm) {
    signal(SIGALRM, catch);
    int result = (int)alarm(1);
    double start = now();
    while (!happened && now() - start < 10) usleep(1000);
    VERDICT(happened, "returns %d, and the signal %s", result, happened ? "comes" : "does not come");
}

PROBE(ualarm) {
    signal(SIGALRM, catch);
    return comes((int)ualarm(20000, 0));
}

PROBE(setitimer) {
    struct itimerval time = {{0, 0}, {0, 20000}};
    signal(SIGALRM, catch);
    return comes(setitimer(ITIMER_REAL, &time, 0));
}

PROBE(getitimer) {
    struct itimerval time = {{0, 0}, {5, 0}}, left = {{0, 0}, {0, 0}}, none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &time, 0);
    int result = getitimer(ITIMER_REAL, &left);
    setitimer(ITIMER_REAL, &none, 0);
    VERDICT(result == 0 && left.it_value.tv_sec + left.it_value.tv_usec > 0, "returns %d", result);
}

PROBE(pause) {
    int result = pause();
    VERDICT(0, "returns %d at once", result);
}

PROBE(sigwait) {
    Set set;
    int number = 0;
    sigemptyset(&set.signals);
    sigaddset(&set.signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set.signals, 0);
    int result = sigwait(&set.signals, &number);
    VERDICT(0, "returns %d with signal %d", result, number);
}

PROBE(sigtimedwait) {
    Set set;
    struct timespec time = {0, 50000000};
    sigemptyset(&set.signals);
    sigaddset(&set.signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set.signals, 0);
    int result = sigtimedwait(&set.signals, 0, &time);
    VERDICT(result == -1 && errno == EAGAIN, "returns %d, errno %d", result, errno);
}

PROBE(sigaltstack) {
    static char space[65536];
    stack_t stack = {0}, old = {0};
    stack.ss_sp = space;
    stack.ss_size = sizeof space;
    int result = sigaltstack(&stack, 0);
    sigaltstack(0, &old);
    VERDICT(result == 0 && old.ss_sp == space, "returns %d, errno %d", result, errno);
}

PROBE(setsid) {
    pid_t child = getpid(), result = getsid(0);
    VERDICT(result > 0 && child > 0, "returns %d", (int)result);
}


const Probe process_probes[] = {
    ENTRY(fork), ENTRY(vfork), ENTRY(forkpty), ENTRY(execv), ENTRY(execve), ENTRY(execvp), ENTRY(execvpe),
    ENTRY(execl), ENTRY(execle), ENTRY(execlp), ENTRY(fexecve), ENTRY(posix_spawn), ENTRY(system), ENTRY(popen),
    ENTRY(waitpid), ENTRY(wait), ENTRY(waitid), ENTRY(signal), ENTRY(kill), ENTRY(sigaction),
    ENTRY(sigprocmask), ENTRY(sigpending), ENTRY(alarm), ENTRY(ualarm), ENTRY(setitimer), ENTRY(getitimer),
    ENTRY(pause), ENTRY(sigwait), ENTRY(sigtimedwait), ENTRY(sigaltstack), END};
