#include <new>
#include "python.h"

static volatile int zero = 0;

FUNCTION(get, zero ? throw std::bad_alloc() : 1)
MODULE(m, METHOD(get))
