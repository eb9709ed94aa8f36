#include "python.h"

extern int nobody;
extern int nobody_else;

FUNCTION(get, nobody + nobody_else)
MODULE(m, METHOD(get))
