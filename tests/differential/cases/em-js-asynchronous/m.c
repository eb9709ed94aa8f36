#include <emscripten.h>
#include "python.h"

EM_ASYNC_JS(int, waiting, (int number), { return number + 1; });

FUNCTION(get, waiting(42))
MODULE(m, METHOD(get))
