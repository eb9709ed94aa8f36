#include "python.h"

static char room[SIZE] = {1};
static char *volatile place = room;

FUNCTION(get, place[0])
MODULE(m, METHOD(get))
