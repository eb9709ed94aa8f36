#include "python.h"

extern "C" int nobody(void);

static struct Early {
    int number = nobody();
} early;

FUNCTION(get, early.number)
MODULE(m, METHOD(get))
