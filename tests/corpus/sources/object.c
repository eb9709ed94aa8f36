/* An object file with symbols of each binding, visibility and kind. */
extern int wanted(int);
extern int wanted_data;
extern int maybe(void) __attribute__((weak));

int shown_data = 7;
static int kept_data = 8;
const char text[] = "text";

static int kept(int value) { return wanted(value) + kept_data++; }
__attribute__((visibility("hidden"))) int hidden(int value) { return kept(value) + wanted_data; }
__attribute__((weak)) int replaceable(void) { return maybe ? maybe() : 0; }
int shown(int value) { return hidden(value) + shown_data; }
__attribute__((visibility("default"))) void *PyInit_object(void) { return &shown_data; }
