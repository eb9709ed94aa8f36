#include "python.h"

int nobody_returns(void);
void nobody_takes_wide(long long wide, double real);
unsigned long strlen(const char *text);

FUNCTION(returning, nobody_returns())
FUNCTION(wide, (nobody_takes_wide(1, 2.0), 0))
FUNCTION(there, strlen("four"))
MODULE(m, METHOD(returning) METHOD(wide) METHOD(there))
