#include <setjmp.h>
#include "python.h"

static jmp_buf place;

__attribute__((noinline)) static void jump(int number)
{
    if (number) longjmp(place, number);
}

static int jumps_back(void)
{
    int number = setjmp(place);
    if (!number) jump(5);
    return number;
}

FUNCTION(jumps, jumps_back())
MODULE(m, METHOD(jumps))
