#include "python.h"

int more(int number);

FUNCTION(get, more(1))
MODULE(m, METHOD(get))
