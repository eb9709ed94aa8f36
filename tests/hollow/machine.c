/* The machine: limits, priorities, users, clocks, floating-point environment, terminals. */
#define _GNU_SOURCE
#include "probe.h"

#include <dlfcn.h>
#include <fenv.h>
#include <grp.h>
#include <malloc.h>
#include <pty.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

int malloc_trim(size_t left);
static volatile double sink;

PROBE(getrlimit) {
    struct rlimit limit = {0, 0};
    int result = getrlimit(RLIMIT_NOFILE, &limit), last = -1;
    for (unsigned i = 0; result == 0 && i <= limit.rlim_cur && i < 100000; i++) {
        int file = dup(1);
        if (file < 0) break;
        last = file;
    }
    for (int file = last; file > 100; file--) close(file);
    int rest = (int)limit.rlim_cur - last; /* the runtime opens one more than it says */
    VERDICT(result == 0 && (rest == 0 || rest == 1), "%d files by RLIMIT_NOFILE, %d in fact", (int)limit.rlim_cur, last + 1);
}

PROBE(setrlimit) {
    struct rlimit limit = {64, 64}, kept = {0, 0};
    int result = setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &kept);
    VERDICT(result == 0 && kept.rlim_cur == 64, "returns %d, errno %d, and the limit is %d", result, errno, (int)kept.rlim_cur);
}

static void spend(double seconds) {
    double start = now();
    while (now() - start < seconds) sink += 1;
}

PROBE(getrusage) {
    struct rusage before, after;
    int result = getrusage(RUSAGE_SELF, &before);
    spend(0.1);
    getrusage(RUSAGE_SELF, &after);
    double used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
                  (after.ru_stime.tv_sec - before.ru_stime.tv_sec) + (after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    VERDICT(result == 0 && used > 0.001 && after.ru_maxrss > 1000, "returns %d; %.3f s in 0.1 s of work, %ld KB", result, used, after.ru_maxrss);
}

PROBE(times) {
    struct tms before, after;
    times(&before);
    spend(0.5);
    times(&after);
    long used = (after.tms_utime - before.tms_utime) + (after.tms_stime - before.tms_stime);
    VERDICT(used > 0, "%ld ticks in 0.5 s of work", used);
}

PROBE(clock) {
    clock_t before = clock();
    usleep(200000);
    double used = (double)(clock() - before) / CLOCKS_PER_SEC;
    VERDICT(used < 0.1, "%s while nothing was done", used < 0.1 ? "stands" : "goes on");
}

PROBE(clock_gettime) {
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    usleep(200000);
    int result = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used = (after.tv_sec - before.tv_sec) + (after.tv_nsec - before.tv_nsec) / 1e9;
    VERDICT(result == 0 && used < 0.1, "CLOCK_PROCESS_CPUTIME_ID returns %d and %s while nothing was done", result, used < 0.1 ? "stands" : "goes on");
}

PROBE(clock_getcpuclockid) {
    clockid_t id;
    int result = clock_getcpuclockid(0, &id);
    VERDICT(result == 0, "returns %d", result);
}

#define SLEEP(NAME, CALL)                                                                                  \
    PROBE(NAME) {                                                                                          \
        struct timespec time = {0, 50000000};                                                              \
        double start = now();                                                                              \
        (void)time;                                                                                        \
        int result = CALL;                                                                                 \
        double slept = now() - start;                                                                      \
        VERDICT(result == 0 && slept > 0.02, "returns %d %s", result, slept > 0.02 ? "in time" : "at once"); \
    }
SLEEP(nanosleep, nanosleep(&time, 0))
SLEEP(usleep, usleep(50000))
SLEEP(clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &time, 0))
SLEEP(sleep, (int)sleep(1))

PROBE(nice) {
    int before = getpriority(PRIO_PROCESS, 0);
    nice(3);
    int after = getpriority(PRIO_PROCESS, 0);
    VERDICT(after == before + 3, "the priority is %d, then %d", before, after);
}

PROBE(getpriority) {
    errno = 0;
    int result = getpriority(PRIO_PROCESS, 0);
    VERDICT(errno == 0, "returns %d, errno %d", result, errno);
}

PROBE(setpriority) {
    int result = setpriority(PRIO_PROCESS, 0, 5), after = getpriority(PRIO_PROCESS, 0);
    VERDICT(result == 0 && after == 5, "returns %d, and the priority is %d", result, after);
}

PROBE(sched_yield) {
    int result = sched_yield();
    VERDICT(result == 0, "returns %d", result);
}

PROBE(getloadavg) {
    double load[3] = {-1, -1, -1};
    int result = getloadavg(load, 3);
    VERDICT(result == 3 && load[0] >= 0, "returns %d and %g", result, load[0]);
}

PROBE(sysconf) {
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    long files = sysconf(_SC_OPEN_MAX);
    VERDICT(bytes > 1 << 20 && files > 0, "%ld processors, memory %.0f bytes, %ld files", sysconf(_SC_NPROCESSORS_ONLN), bytes, files);
}

PROBE(get_nprocs) {
    int result = get_nprocs();
    VERDICT(result > 0, "returns %d", result);
}

PROBE(get_phys_pages) {
    long result = get_phys_pages();
    VERDICT(result > 0, "returns %ld", result);
}

PROBE(getpwuid) {
    struct passwd *found = getpwuid(getuid());
    VERDICT(found && found->pw_name, "returns NULL for the user itself");
}

PROBE(getpwnam) {
    struct passwd *found = getpwnam("root");
    VERDICT(found && found->pw_uid == 0, "returns NULL for root");
}

PROBE(getgrgid) {
    struct group *found = getgrgid(getgid());
    VERDICT(found && found->gr_name, "returns NULL for the group itself");
}

PROBE(setuid) {
    int result = setuid(7);
    VERDICT(result == 0 && getuid() == 7, "returns %d, errno %d, and the user is %d", result, errno, (int)getuid());
}

PROBE(setgid) {
    int result = setgid(7);
    VERDICT(result == 0 && getgid() == 7, "returns %d, errno %d, and the group is %d", result, errno, (int)getgid());
}

PROBE(getgroups) {
    int result = getgroups(0, 0);
    VERDICT(result >= 0, "returns %d", result);
}

PROBE(gethostname) {
    char name[100] = "";
    int result = gethostname(name, sizeof name);
    VERDICT(result == 0 && *name && strcmp(name, "emscripten"), "returns %d and \"%s\"", result, name);
}

PROBE(fetestexcept) {
    volatile double zero = 0;
    feclearexcept(FE_ALL_EXCEPT);
    sink = 1 / zero;
#ifdef __EMSCRIPTEN__
    int asked = 4; /* its header names no flag */
#else
    int asked = FE_DIVBYZERO;
#endif
    int flags = fetestexcept(asked);
    VERDICT(flags, "no flag is raised by a division by zero");
}

PROBE(feraiseexcept) {
#ifdef __EMSCRIPTEN__
    int flags = 1;
#else
    int flags = FE_OVERFLOW;
#endif
    feclearexcept(FE_ALL_EXCEPT);
    int result = feraiseexcept(flags), set = fetestexcept(flags);
    VERDICT(result == 0 && set, "returns %d, and the flag is not set", result);
}

PROBE(fesetround) {
#ifdef __EMSCRIPTEN__
    int up = 0x800;
#else
    int up = FE_UPWARD;
#endif
    volatile double one = 1, three = 3;
    int result = fesetround(up);
    volatile double high = one / three;
    fesetround(FE_TONEAREST);
    VERDICT(result == 0 && high > one / three, "returns %d, and divisions are rounded as before", result);
}

PROBE(dladdr) {
    Dl_info info;
    int result = dladdr((void *)(intptr_t)now, &info);
    VERDICT(result, "returns %d for a function of its own", result);
}

PROBE(dlerror) {
    void *handle = dlopen("no-such-library.so", RTLD_NOW);
    const char *text = dlerror();
    VERDICT(!handle && text && *text, "says %.80s", text ? text : "nothing");
}

PROBE(malloc_trim) {
    char *block = malloc(32 << 20);
    memset(block, 1, 32 << 20);
    sink = block[5];
    free(block);
    int result = malloc_trim(0);
    VERDICT(result == 0 || result == 1, "returns %d", result);
}

PROBE(malloc) {
    char *block = malloc((size_t)1 << 20);
    VERDICT(block != 0, "returns NULL");
}

PROBE(posix_openpt) {
    int result = posix_openpt(O_RDWR);
    VERDICT(result >= 0, "returns %d, errno %d", result, errno);
}

PROBE(openpty) {
    int a, b, result = openpty(&a, &b, 0, 0, 0);
    VERDICT(result == 0, "returns %d, errno %d", result, errno);
}

PROBE(getppid) {
    VERDICT(getppid() != getpid(), "the parent is %d, the process %d", (int)getppid(), (int)getpid());
}

PROBE(getsid) {
    VERDICT(getsid(0) >= 0, "returns %d, errno %d", (int)getsid(0), errno);
}

PROBE(uname) {
    struct utsname names;
    int result = uname(&names);
    VERDICT(result == 0, "returns %d", result);
}

PROBE(getentropy) {
    unsigned char a[16] = {0}, b[16] = {0};
    int result = getentropy(a, 16);
    getentropy(b, 16);
    VERDICT(result == 0 && memcmp(a, b, 16), "returns %d", result);
}

const Probe machine_probes[] = {
    ENTRY(getrlimit), ENTRY(setrlimit), ENTRY(getrusage), ENTRY(times), ENTRY(clock), ENTRY(clock_gettime),
    ENTRY(clock_getcpuclockid), ENTRY(nanosleep), ENTRY(usleep), ENTRY(clock_nanosleep), ENTRY(sleep), ENTRY(nice), ENTRY(getpriority),
    ENTRY(setpriority), ENTRY(sched_yield), ENTRY(getloadavg), ENTRY(sysconf), ENTRY(get_nprocs), ENTRY(get_phys_pages),
    ENTRY(getpwuid), ENTRY(getpwnam), ENTRY(getgrgid), ENTRY(setuid), ENTRY(setgid), ENTRY(getgroups), ENTRY(gethostname),
    ENTRY(fetestexcept), ENTRY(feraiseexcept), ENTRY(fesetround), ENTRY(dladdr), ENTRY(dlerror), ENTRY(malloc_trim), ENTRY(malloc),
    ENTRY(posix_openpt), ENTRY(openpty), ENTRY(getppid), ENTRY(getsid), ENTRY(uname), ENTRY(getentropy), END};
