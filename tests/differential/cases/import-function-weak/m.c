#include "python.h"

__attribute__((weak)) int nobody(void);

FUNCTION(checked, nobody ? nobody() : 0)
FUNCTION(unchecked, nobody())
MODULE(m, METHOD(checked) METHOD(unchecked))
