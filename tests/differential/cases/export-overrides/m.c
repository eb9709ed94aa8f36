#include "python.h"

EXPORT const char *zlibVersion(void) { return "mine"; }
const char *(*volatile pointer)(void) = zlibVersion;

FUNCTION(get, pointer()[0])
MODULE(m, METHOD(get))
