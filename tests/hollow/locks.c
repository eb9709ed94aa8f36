/* Locks, conditions, semaphores and threads. The caller is the only thread that there is. */
#define _GNU_SOURCE
#include "probe.h"

#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

static struct timespec in(double seconds) {
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_nsec += (long)(seconds * 1e9);
    when.tv_sec += when.tv_nsec / 1000000000;
    when.tv_nsec %= 1000000000;
    return when;
}

PROBE(pthread_mutex_trylock) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    int result = pthread_mutex_trylock(&mutex);
    VERDICT(result == EBUSY, "returns %d for a held lock", result);
}

PROBE(pthread_mutex_timedlock) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    struct timespec when = in(SOON);
    pthread_mutex_lock(&mutex);
    int result = pthread_mutex_timedlock(&mutex, &when);
    VERDICT(result == ETIMEDOUT, "returns %d for a held lock", result);
}

static pthread_mutex_t checked(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t checking;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checking, &attributes);
    return checking;
}

PROBE(pthread_mutex_lock) {
    pthread_mutex_t checking = checked();
    pthread_mutex_lock(&checking);
    int result = pthread_mutex_lock(&checking);
    VERDICT(result == EDEADLK, "returns %d for an error-checking lock that the caller holds", result);
}

PROBE(pthread_mutex_unlock) {
    pthread_mutex_t checking = checked();
    int result = pthread_mutex_unlock(&checking);
    VERDICT(result == EPERM, "returns %d for an error-checking lock that nobody holds", result);
}

PROBE(pthread_rwlock_tryrdlock) {
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_wrlock(&rwlock);
    int result = pthread_rwlock_tryrdlock(&rwlock);
    VERDICT(result == EBUSY, "returns %d for a lock that is held for writing", result);
}

PROBE(pthread_rwlock_trywrlock) {
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_rdlock(&rwlock);
    int result = pthread_rwlock_trywrlock(&rwlock);
    VERDICT(result == EBUSY, "returns %d for a lock that is held for reading", result);
}

PROBE(pthread_rwlock_timedrdlock) {
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec when = in(SOON);
    pthread_rwlock_wrlock(&rwlock);
    int result = pthread_rwlock_timedrdlock(&rwlock, &when);
    VERDICT(result == ETIMEDOUT || result == EDEADLK, "returns %d for a lock that is held for writing", result);
}

PROBE(pthread_rwlock_timedwrlock) {
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec when = in(SOON);
    pthread_rwlock_rdlock(&rwlock);
    int result = pthread_rwlock_timedwrlock(&rwlock, &when);
    VERDICT(result == ETIMEDOUT || result == EDEADLK, "returns %d for a lock that is held for reading", result);
}

PROBE(pthread_rwlock_wrlock) {
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_wrlock(&rwlock);
    int result = pthread_rwlock_wrlock(&rwlock);
    VERDICT(result == EDEADLK, "returns %d for a lock that the caller holds", result);
}

PROBE(pthread_spin_trylock) {
    pthread_spinlock_t spin;
    pthread_spin_init(&spin, 0);
    pthread_spin_lock(&spin);
    int result = pthread_spin_trylock(&spin);
    VERDICT(result == EBUSY, "returns %d for a held lock", result);
}

static int wait_for(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    struct timespec when = in(SOON);
    return pthread_cond_timedwait(condition, mutex, &when);
}

PROBE(pthread_cond_timedwait) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    WAITS(wait_for(&condition, &mutex), ETIMEDOUT);
}

PROBE(pthread_cond_wait) {
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    int result = pthread_cond_wait(&condition, &mutex);
    VERDICT(0, "returns %d without a signal", result);
}

PROBE(pthread_barrier_wait) {
    pthread_barrier_t barrier;
    int made = pthread_barrier_init(&barrier, 0, 2);
    int result = pthread_barrier_wait(&barrier);
    VERDICT(0, "pthread_barrier_init returns %d, the first of two returns with %d", made, result);
}

static void *run(void *unused) {
    happened++;
    return unused;
}
static void count(void) { happened++; }
static int run_c11(void *unused) {
    happened++;
    return !unused;
}

PROBE(pthread_create) {
    pthread_t thread;
    int result = pthread_create(&thread, 0, run, 0);
    if (!result) pthread_join(thread, 0);
    VERDICT(result == 0 && happened == 1, "returns %d", result);
}

PROBE(thrd_create) {
    thrd_t thread;
    int result = thrd_create(&thread, run_c11, 0);
    if (result == thrd_success) thrd_join(thread, 0);
    VERDICT(result == thrd_success && happened == 1, "returns %d", result);
}

PROBE(pthread_join) {
    int result = pthread_join(pthread_self(), 0);
    VERDICT(result == EDEADLK, "returns %d for the caller itself", result);
}

PROBE(pthread_cancel) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
    int result = pthread_cancel(pthread_self());
    pthread_testcancel();
    VERDICT(0, "returns %d, and the thread goes on", result);
}

PROBE(pthread_exit) { pthread_exit(0); }
PROBE(thrd_exit) { thrd_exit(0); }

PROBE(pthread_once) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, count);
    pthread_once(&once, count);
    VERDICT(happened == 1, "calls it %d times", happened);
}

PROBE(pthread_setspecific) {
    pthread_key_t key;
    int made = pthread_key_create(&key, 0), set = pthread_setspecific(key, &key);
    VERDICT(made == 0 && set == 0 && pthread_getspecific(key) == &key, "returns %d", set);
}

PROBE(pthread_sigmask) {
    Set set, old;
    sigemptyset(&set.signals);
    sigaddset(&set.signals, SIGUSR1);
    int result = pthread_sigmask(SIG_BLOCK, &set.signals, 0);
    pthread_sigmask(SIG_BLOCK, 0, &old.signals);
    VERDICT(result == 0 && sigismember(&old.signals, SIGUSR1) == 1, "returns %d, and the signal is %sblocked", result,
            sigismember(&old.signals, SIGUSR1) == 1 ? "" : "not ");
}

PROBE(pthread_atfork) {
    int result = pthread_atfork(0, 0, 0);
    VERDICT(result == 0, "returns %d", result);
}

PROBE(pthread_attr_setstacksize) {
    pthread_attr_t attributes;
    size_t size = 0;
    pthread_attr_init(&attributes);
    int result = pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_attr_getstacksize(&attributes, &size);
    VERDICT(result == 0 && size == 1 << 20, "returns %d", result);
}

PROBE(pthread_getcpuclockid) {
    clockid_t clock = 0;
    int result = pthread_getcpuclockid(pthread_self(), &clock);
    VERDICT(result == 0, "returns %d", result);
}

PROBE(mtx_trylock) {
    mtx_t lock;
    mtx_init(&lock, mtx_plain);
    mtx_lock(&lock);
    int result = mtx_trylock(&lock);
    VERDICT(result == thrd_busy, "returns %d for a held lock", result);
}

PROBE(mtx_timedlock) {
    struct timespec when = in(SOON);
    mtx_t lock;
    mtx_init(&lock, mtx_timed);
    mtx_lock(&lock);
    int result = mtx_timedlock(&lock, &when);
    VERDICT(result == thrd_timedout, "returns %d for a held lock", result);
}

PROBE(cnd_wait) {
    mtx_t lock;
    cnd_t cnd;
    mtx_init(&lock, mtx_plain);
    cnd_init(&cnd);
    mtx_lock(&lock);
    int result = cnd_wait(&cnd, &lock);
    VERDICT(0, "returns %d without a signal", result);
}

static int wait_for_c11(cnd_t *condition, mtx_t *lock) {
    struct timespec when = in(SOON);
    return cnd_timedwait(condition, lock, &when);
}

PROBE(cnd_timedwait) {
    mtx_t lock;
    cnd_t condition;
    mtx_init(&lock, mtx_plain);
    cnd_init(&condition);
    mtx_lock(&lock);
    WAITS(wait_for_c11(&condition, &lock), thrd_timedout);
}

PROBE(sem_trywait) {
    sem_t semaphore;
    int made = sem_init(&semaphore, 0, 0), result = sem_trywait(&semaphore);
    VERDICT(made == 0 && result == -1 && errno == EAGAIN, "returns %d for a count of 0", result);
}

PROBE(sem_wait) {
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    int result = sem_wait(&semaphore);
    VERDICT(0, "returns %d for a count of 0", result);
}

const Probe lock_probes[] = {
    ENTRY(pthread_mutex_trylock), ENTRY(pthread_mutex_timedlock), ENTRY(pthread_mutex_lock),
    ENTRY(pthread_mutex_unlock), ENTRY(pthread_rwlock_tryrdlock), ENTRY(pthread_rwlock_trywrlock),
    ENTRY(pthread_rwlock_timedrdlock), ENTRY(pthread_rwlock_timedwrlock), ENTRY(pthread_rwlock_wrlock),
    ENTRY(pthread_spin_trylock), ENTRY(pthread_cond_timedwait), ENTRY(pthread_cond_wait),
    ENTRY(pthread_barrier_wait), ENTRY(pthread_create), ENTRY(thrd_create), ENTRY(pthread_join),
    ENTRY(pthread_cancel), ENTRY(pthread_exit), ENTRY(thrd_exit), ENTRY(pthread_once), ENTRY(pthread_setspecific),
    ENTRY(pthread_sigmask), ENTRY(pthread_atfork), ENTRY(pthread_attr_setstacksize), ENTRY(pthread_getcpuclockid),
    ENTRY(mtx_trylock), ENTRY(mtx_timedlock), ENTRY(cnd_wait), ENTRY(cnd_timedwait), ENTRY(sem_trywait),
    ENTRY(sem_wait), END};
