/* Run one probe by its name: as an extension module `m`, whose `try_one` returns a list of two, or as a program. */
#include "probe.h"

char seen[200];
volatile int happened;

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof seen, format, arguments);
    va_end(arguments);
}

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int new_file(char *path) {
    strcpy(path, "/tmp/hollow-XXXXXX");
    return mkstemp(path);
}

static const Probe *const tables[] = {long_double_probes, lock_probes, file_probes, process_probes,
                                      network_probes, text_probes, machine_probes};

/* Undo what the probe before may have left behind. */
static void begin(void) {
    Set all;
    sigfillset(&all.signals);
    sigprocmask(SIG_UNBLOCK, &all.signals, 0);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    unsetenv("TZ");
    umask(022);
    *seen = 0;
    happened = errno = 0;
}

/* 1 or 0 as the probe says, -1 where there is none of that name. */
static int try_one(const char *name) {
    for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const Probe *probe = tables[i]; probe->name; probe++)
            if (!strcmp(probe->name, name)) {
                begin();
                return !!probe->works();
            }
    say("there is no such probe");
    return -1;
}

#ifdef __EMSCRIPTEN__
#include "python.h"

const char *PyUnicode_AsUTF8(PyObject *text);
PyObject *PyUnicode_FromFormat(const char *format, ...);

static PyObject *try_named(PyObject *module, PyObject *name) {
    int works = try_one(PyUnicode_AsUTF8(name));
    (void)module;
    return PyUnicode_FromFormat("%d %s", works, seen);
}

#define METH_O 8
MODULE(m, {"try_one", try_named, METH_O, 0},)
#else
int main(int count, char **words) {
    if (count == 1) {
        for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++)
            for (const Probe *probe = tables[i]; probe->name; probe++) puts(probe->name);
        return 0;
    }
    int works = try_one(words[1]);
    printf("%d %s\n", works, seen);
    return 0;
}
#endif
