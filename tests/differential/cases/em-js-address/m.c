#include <emscripten.h>
#include "python.h"

EM_JS(int, in_javascript, (int number), { return number + 1; });

int (*volatile pointer)(int) = in_javascript;

FUNCTION(get, pointer(42))
MODULE(m, METHOD(get))
