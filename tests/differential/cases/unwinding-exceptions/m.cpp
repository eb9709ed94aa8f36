#include <stdexcept>
#include "python.h"

static volatile int limit = 3;

__attribute__((noinline)) static void check(int number)
{
    if (number > limit) throw std::runtime_error("too large");
}

static int guard(int number)
{
    try {
        check(number);
        return 0;
    } catch (const std::exception &) {
        return 1;
    }
}

FUNCTION(guarded, guard(1))
MODULE(m, METHOD(guarded))
