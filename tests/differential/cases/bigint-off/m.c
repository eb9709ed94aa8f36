#include "python.h"

long long PyLong_AsLongLong(PyObject *number);
double emscripten_date_now(void);

FUNCTION(get, EXPRESSION)
MODULE(m, METHOD(get))
