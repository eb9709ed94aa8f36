#include "python.h"

__attribute__((weak)) extern int nobody;

FUNCTION(get, &nobody ? nobody : 0)
MODULE(m, METHOD(get))
