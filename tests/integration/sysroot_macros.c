/* What pyconfig.h alone defines: the names, generated from the file itself, and their text. */
#include <stddef.h>
#include <pyconfig.h>

#define TEXT(value) TEXT_OF(value)
#define TEXT_OF(value) #value
const struct { const char *name; const char *text; } macros[] = {
#include "macros.h"
    {NULL, NULL},
};
