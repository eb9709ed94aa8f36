#include <setjmp.h>

static jmp_buf place;

static int digits(int number) {
    if (number < 0) longjmp(place, 7);
    return number < 10 ? 1 : 1 + digits(number / 10);
}

int mixed_digits(int number) {
    int code = setjmp(place);
    return code ? -code : digits(number);
}
