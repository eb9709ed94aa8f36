#include "python.h"

MODULE(m)
