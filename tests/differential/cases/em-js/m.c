#include <emscripten.h>
#include "python.h"

EM_JS(int, in_javascript, (int number), { return number + 1; });

FUNCTION(get, in_javascript(42))
MODULE(m, METHOD(get))
