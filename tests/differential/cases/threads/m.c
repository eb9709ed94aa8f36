#include <pthread.h>
#include "python.h"

static _Atomic int counter;
static _Thread_local int own = 3;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int count(void)
{
    pthread_mutex_lock(&lock);
    counter += own;
    pthread_mutex_unlock(&lock);
    return counter;
}

FUNCTION(get, count())
MODULE(m, METHOD(get))
