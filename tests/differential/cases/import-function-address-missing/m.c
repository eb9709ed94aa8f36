#include "python.h"

int nobody(void);
int (*volatile pointer)(void) = nobody;

FUNCTION(get, pointer())
MODULE(m, METHOD(get))
