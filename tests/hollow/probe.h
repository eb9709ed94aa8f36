/* What a probe is. The same sources are built for the platform, as an extension module, and for the machine that
   runs the tests, as a program: what is a fault of the probe shows there. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* What a probe saw, in words, for whoever reads the outcome. */
extern char seen[200];
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often a callback of the probe ran; 0 at its start. */
extern volatile int happened;

/* A set of signals with room for what every runtime writes: Emscripten's sigset_t had 128 bytes once, and has 8. */
typedef union {
    sigset_t signals;
    char room[128];
} Set;

/* Seconds of a clock that only goes forward. */
double now(void);

/* A new empty file, open for reading and writing; its name goes to `path`, which has 64 bytes. */
int new_file(char *path);

typedef struct {
    const char *name; /* of the function that is tried */
    int (*works)(void); /* whether it does what POSIX or C promises */
} Probe;

extern const Probe probes[];
extern const Probe long_double_probes[];
extern const Probe lock_probes[];
extern const Probe file_probes[];
extern const Probe process_probes[];
extern const Probe network_probes[];
extern const Probe text_probes[];
extern const Probe machine_probes[];

#define PROBE(NAME) static int works_##NAME(void)
#define ENTRY(NAME) {#NAME, works_##NAME}
#define END {0, 0}
/* Whether each of three calls with a timeout of SOON seconds takes its time: on a busy machine one that does not
   wait may be slow too, but not three times. */
#define SOON 0.2
#define WAITS(CALL, RIGHT)                                                                                 \
    int result = 0, waits = 1;                                                                             \
    for (int i = 0; i < 3; i++) {                                                                          \
        double start = now();                                                                              \
        result = CALL;                                                                                     \
        waits &= result == (RIGHT) && now() - start > SOON / 2;                                            \
    }                                                                                                      \
    VERDICT(waits, "returns %d %s", result, waits ? "in time" : "at once")
/* The end of a probe: what was seen, and whether the function works. */
#define VERDICT(WORKS, ...) return say(__VA_ARGS__), (WORKS)
