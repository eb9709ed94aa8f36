#include "python.h"

static volatile int numbers[4] = {1, 2, 3, 4};
static volatile int place = 2;

FUNCTION(get, numbers[place] + 1)
MODULE(m, METHOD(get))
