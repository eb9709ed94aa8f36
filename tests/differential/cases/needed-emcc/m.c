#include "python.h"

int triple(int number);

FUNCTION(get, triple(7))
MODULE(m, METHOD(get))
