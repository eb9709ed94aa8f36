#include <emscripten.h>
#include "python.h"

FUNCTION(get, EM_ASM_INT({ return $0 + $1; }, 1, 2))
MODULE(m, METHOD(get))
