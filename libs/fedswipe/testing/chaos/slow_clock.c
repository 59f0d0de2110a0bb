/* Makes a process's wall clock SLOW_CLOCK_SECONDS late. Loaded before the C library (LD_PRELOAD).
 * A wait until a moment of that clock is as long as it would be on a machine whose clock is late. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static long late(void) {
    const char *seconds = getenv("SLOW_CLOCK_SECONDS");
    return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec -= late();
    return (int)failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}

int cnd_timedwait(cnd_t *restrict cnd, mtx_t *restrict mutex, const struct timespec *restrict until) {
    int (*wait)(cnd_t *, mtx_t *, const struct timespec *) = dlsym(RTLD_NEXT, "cnd_timedwait");
    struct timespec when = *until;
    when.tv_sec += late();
    return wait(cnd, mutex, &when);
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec when = *until;
    if (when.tv_sec < 1000000000) /* no wall clock since 2001: the time since the machine's start */
        return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &when);
    when.tv_sec += late();
    return pthread_cond_clockwait(cond, mutex, CLOCK_REALTIME, &when);
}
