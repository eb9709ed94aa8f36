/* What is to run when the program ends: a handler, and a destructor of the module. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text) { write(2, text, strlen(text)); }
static void handler(void) { say("the handler runs\n"); }
__attribute__((destructor)) static void destructor(void) { say("the destructor runs\n"); }
static int begin(void) {
    int result = atexit(handler);
    say("it is registered\n");
    return result;
}

#ifdef __EMSCRIPTEN__
#include "python.h"
FUNCTION(start, begin())
FUNCTION(end, (exit(0), 0))
MODULE(ends, METHOD(start) METHOD(end))
#else
int main(void) { return begin(); }
#endif
